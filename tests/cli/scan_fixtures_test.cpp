#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "../report/sarif_check.h"
#include "run_cli.h"
#include "support/json_schema.h"
#include "support/test_data.h"

using namespace oidc_audit;
using nlohmann::json;
using test::run_cli;

namespace {

namespace fs = std::filesystem;

// Whole inputs with many kinds of findings and many files.
const std::vector<std::string> kInputs = {"fixtures/quickstart", "fixtures/projects", "rules/packs"};

json scan(const std::string& input, const char* format) {
  const auto result = run_cli({"scan", "-o", format, "--min-severity", "info", "--fail-on", "never", input});
  INFO(result.err);
  return json::parse(result.out);
}

}  // namespace

TEST_CASE("SARIF of whole inputs has what consumers ask for") {
  const test::InDirectory here(test::source_dir());
  for (const std::string& input : kInputs) {
    DYNAMIC_SECTION(input) {
      const json sarif = scan(input, "sarif");
      CHECK(test::sarif_violations(sarif) == std::vector<std::string>{});
      CHECK_FALSE(sarif["runs"][0]["results"].empty());
      CHECK(sarif["runs"][0]["tool"]["driver"]["rules"].size() > 50);
      for (const json& result : sarif["runs"][0]["results"]) {
        const std::string uri =
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].get<std::string>();
        CHECK(fs::exists(uri));
      }
    }
  }
}

TEST_CASE("SARIF of whole inputs fits the official schema") {
  const auto shared = test::shared_dir();
  if (!shared) {
    WARN("skipped: the SARIF schema is in the shared test data, which OIDC_AUDIT_SHARED does not name");
    return;
  }
  const json schema = json::parse(test::read_file(*shared + "/schemas/sarif-2.1.0.json"));
  const test::InDirectory here(test::source_dir());
  for (const std::string& input : kInputs) {
    DYNAMIC_SECTION(input) {
      CHECK(test::schema_violations(schema, scan(input, "sarif")) == std::vector<std::string>{});
    }
  }
}

TEST_CASE("JSON of whole inputs fits its published schema") {
  const json schema = json::parse(test::read_file(test::source_dir() + "/docs/schema/scan-1.schema.json"));
  const test::InDirectory here(test::source_dir());
  for (const std::string& input : kInputs) {
    DYNAMIC_SECTION(input) {
      const json report = scan(input, "json");
      CHECK(test::schema_violations(schema, report) == std::vector<std::string>{});
      CHECK_FALSE(report["findings"].empty());
    }
  }
}

TEST_CASE("SARIF paths are relative to the repository, wherever the program runs") {
  const test::TempDir dir;
  dir.write("repo/.git/HEAD", "ref: refs/heads/main\n");
  dir.write("repo/deploy/my rbac.yaml",
            test::read_file(test::source_dir() + "/fixtures/quickstart/people.yaml"));
  const auto uri_of = [](const std::vector<std::string>& more) {
    std::vector<std::string> args = {"scan", "-o", "sarif", "--min-severity", "info"};
    args.insert(args.end(), more.begin(), more.end());
    const json sarif = json::parse(run_cli(args).out);
    return sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
  };
  const std::string file = dir.path() + "/repo/deploy/my rbac.yaml";
  {
    const test::InDirectory here(dir.path() + "/repo/deploy");
    CHECK(uri_of({"my rbac.yaml"}) == "deploy/my%20rbac.yaml");
    CHECK(uri_of({file}) == "deploy/my%20rbac.yaml");
    CHECK(uri_of({"--sarif-root", ".", "my rbac.yaml"}) == "my%20rbac.yaml");
  }
  const test::InDirectory elsewhere(test::source_dir());
  CHECK(uri_of({file}) == "deploy/my%20rbac.yaml");
}
