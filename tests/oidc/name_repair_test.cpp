#include "oidc/name_repair.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>
#include <vector>

#include "oidc/catalogue.h"
#include "oidc/value_class.h"

using namespace oidc_audit::oidc;

TEST_CASE("UUIDs are written in lower case, and nothing else") {
  CHECK(with_lower_uuids("{1D397906-81BF-459E-9A8D-EAE79C0BC5F3}:{0B7C9D44-2F36-4F0E-9F2B-5A9E5B6F1C22}") ==
        "{1d397906-81bf-459e-9a8d-eae79c0bc5f3}:{0b7c9d44-2f36-4f0e-9f2b-5a9e5b6f1c22}");
  CHECK(with_lower_uuids("org/1D397906-81BF-459E-9A8D-EAE79C0BC5F3/project/Web") ==
        "org/1d397906-81bf-459e-9a8d-eae79c0bc5f3/project/Web");
  for (const char* same : {"", "-", "Web-Shop", "1d397906-81bf-459e-9a8d-eae79c0bc5f3",
                           "1D397906-81BF-459E-9A8D-EAE79C0BC5F", "1D397906-81BF-459E-9A8D-EAE79C0BC5FG"}) {
    DYNAMIC_SECTION("`" << same << "`") { CHECK(with_lower_uuids(same).empty()); }
  }
}

TEST_CASE("slashes are tried otherwise, the smallest change first") {
  using Texts = std::vector<std::string>;
  CHECK(with_other_slashes("plain:name").empty());
  CHECK(with_other_slashes("repo:a//b:ref:x") == Texts{"repo:a/b:ref:x", "repo:a/b:ref:x/"});
  CHECK(with_other_slashes("project_path:/a/b/:ref:x") ==
        Texts{"project_path:a/b:ref:x", "project_path:/a/b/:ref:x/"});
  CHECK(with_other_slashes("https://h.example//job/x") ==
        Texts{"https://h.example/job/x", "https://h.example/job/x/"});
}

TEST_CASE("the URLs of Jenkins jobs are written as Jenkins does, from any spelling") {
  struct Row {
    const char* text;
    const char* written;
  };
  const Row rows[] = {{"web", "web"},
                      {"My Job", "My%20Job"},
                      {"My%20Job", "My%20Job"},
                      {"web/job/feature/login", "web/job/feature%252Flogin"},
                      {"web/job/feature%2Flogin", "web/job/feature%252Flogin"},
                      {"web/job/feature%252Flogin", "web/job/feature%252Flogin"},
                      {"caf\xC3\xA9", "caf%C3%A9"},
                      {"caf%c3%a9", "caf%C3%A9"},
                      {"100%", "100%25"}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.text) {
      CHECK(jenkins_job_path(row.text) == row.written);
      CHECK(jenkins_job_path(row.written) == row.written);
    }
  }
  CHECK(query_escaped("my idp") == "my+idp");
  CHECK(query_escaped("a/b&c") == "a%2Fb%26c");
  CHECK(query_escaped("a%2fb+c") == "a%2Fb+c");
}

TEST_CASE("of readings alike, the one that the token's claims confirm comes first") {
  const std::string id = "0191f956-042f-7ec4-aa62-8e5eeae396d0";
  for (const std::string wanted : {"pipeline_id", "cluster_id", "organization_id", "job_id"}) {
    DYNAMIC_SECTION(wanted) {
      const ClaimLookup claims = [&](std::string_view claim) -> std::optional<std::string> {
        if (claim == wanted) return id;
        return claim.ends_with("_id") ? std::optional<std::string>("1d397906-81bf-459e-9a8d-eae79c0bc5f3")
                                      : std::nullopt;
      };
      ParseOptions options;
      options.issuer = "https://agent.buildkite.com";
      options.claims = &claims;
      const ParsedName parsed = Catalogue::builtin().parse(id, options);
      REQUIRE(parsed.candidates.size() > 3);
      CHECK(parsed.candidates.front().find(wanted) != nullptr);
    }
  }
}
