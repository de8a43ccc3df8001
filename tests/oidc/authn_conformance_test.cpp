// Every case of the shared authentication suites, whose expectations come from running the server's own
// authenticator, is answered as `whoami --cases` answers it.

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "oidc/authn_case.h"
#include "support/test_data.h"

namespace oidc_audit::oidc {
namespace {

using nlohmann::json;

// `{{.Expired}}` is the expiry as the test that it was taken from prints it.
bool same_error(const std::string& expected, const std::string& actual) {
  const std::string mark = "{{.Expired}}";
  const std::size_t at = expected.find(mark);
  if (at == std::string::npos) return expected == actual;
  const std::string behind = expected.substr(at + mark.size());
  return actual.starts_with(expected.substr(0, at)) && actual.ends_with(behind);
}

void check(const json& expect, const CaseAnswer& answer) {
  CHECK(answer.outcome == expect.at("outcome").get<std::string>());
  if (expect.contains("error")) {
    const std::string error = expect["error"];
    INFO("expected: " << error);
    INFO("answered: " << answer.error);
    CHECK(same_error(error, answer.error));
  }
  if (expect.contains("errors")) CHECK(answer.errors == expect["errors"].get<std::vector<std::string>>());
  if (expect["outcome"] != "user") return;
  CHECK(answer.user.name == expect["username"].get<std::string>());
  CHECK(answer.user.uid == expect["uid"].get<std::string>());
  const json& groups = expect["groups"];
  CHECK(answer.user.groups ==
        (groups.is_null() ? std::vector<std::string>() : groups.get<std::vector<std::string>>()));
  std::map<std::string, std::vector<std::string>> extra(answer.user.extra.begin(), answer.user.extra.end());
  if (expect["extra"].is_null()) {
    CHECK(extra.empty());
  } else {
    CHECK(extra == expect["extra"].get<std::map<std::string, std::vector<std::string>>>());
  }
}

TEST_CASE("authentication agrees with the server", "[oidc][conformance]") {
  const auto dir = oidc_audit::test::conformance_dir();
  if (!dir) {
    WARN("no conformance cases: set OIDC_AUDIT_CONFORMANCE");
    return;
  }
  const json index = json::parse(oidc_audit::test::read_file(*dir + "/oidc-authn/index.json"));
  REQUIRE(!index.at("suites").empty());
  for (const auto& [suite, about] : index["suites"].items()) {
    const std::string file = about.at("file");
    const json cases = json::parse(oidc_audit::test::read_file(*dir + "/oidc-authn/" + file));
    CHECK(cases.size() == about.at("tests").get<std::size_t>());
    std::size_t number = 0;
    for (const json& one : cases) {
      const std::string line = one.dump();
      for (const auto& [key, minor] :
           {std::pair("expect", 36), std::pair("kubernetes_1_33", 33), std::pair("kubernetes_1_37", 37)}) {
        if (!one.contains(key)) continue;
        // No sections: Catch2 would start the whole test again for each.
        INFO(suite << " " << number << " " << one.at("name").get<std::string>() << " 1." << minor);
        const auto answer = answer_case(line, Timestamp{}, minor);
        REQUIRE(answer.ok());
        check(one[key], answer.value());
      }
      ++number;
    }
  }
}

TEST_CASE("lines that are no case", "[oidc][conformance]") {
  for (const char* line : {"", "[]", "{", "{}", R"({"claims":{}})", R"({"flags":[],"now":"yesterday"})",
                           R"({"flags":[],"kubernetes_version":"1.2"})"}) {
    DYNAMIC_SECTION(line) { CHECK(!answer_case(line, Timestamp{}).ok()); }
  }
}

TEST_CASE("answers are one line of JSON", "[oidc][conformance]") {
  CaseAnswer answer;
  answer.outcome = "user";
  answer.user = {"a\"b", "u", {"g1", "g2"}, {{"k", {"v"}}}};
  CHECK(
      answer.to_json() ==
      R"({"outcome":"user","username":"a\"b","uid":"u","groups":["g1","g2"],"extra":{"k":["v"]},"error":""})");
}

TEST_CASE("releases", "[oidc][conformance]") {
  CHECK(parse_kubernetes_version("1.33").value() == 33);
  CHECK(parse_kubernetes_version("v1.36.2").value() == 36);
  for (const char* text : {"", "1", "1.", "2.36", "1.99", "1.x", "1.36x", "36"}) {
    DYNAMIC_SECTION(text) { CHECK(!parse_kubernetes_version(text).ok()); }
  }
}

}  // namespace
}  // namespace oidc_audit::oidc
