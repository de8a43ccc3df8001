#include "report/ci_reports.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "base/strings.h"
#include "example_report.h"
#include "support/json_schema.h"
#include "support/test_data.h"

using namespace oidc_audit;
using nlohmann::json;
using test::ExampleReport;

namespace {

const std::vector<std::string> kPaths = {"deploy/rbac.yaml"};

ExampleReport example() {
  ExampleReport report("kind: X\nname: alpha\nname: beta gamma\n");
  report.add_rule("first-rule", Severity::medium);
  report.add_rule("second-rule", Severity::critical);
  report.add("first-rule", Severity::medium, "alpha", "`alpha` is risky");
  report.add("second-rule", Severity::critical, "beta", "`beta` is worse");
  return report;
}

json codequality(const ExampleReport& report) {
  return json::parse(report::gitlab_codequality_report(report.report(), kPaths));
}

}  // namespace

TEST_CASE("a Code Quality report has the worst first, each at its lines") {
  const json issues = codequality(example());
  REQUIRE(issues.size() == 2);
  CHECK(issues[0]["check_name"] == "second-rule");
  CHECK(issues[0]["severity"] == "blocker");
  CHECK(issues[0]["location"]["path"] == "deploy/rbac.yaml");
  CHECK(issues[0]["location"]["lines"]["begin"] == 3);
  CHECK(issues[1]["severity"] == "major");
  CHECK(issues[1]["description"] == "`alpha` is risky.");
}

TEST_CASE("severities of Code Quality are GitLab's") {
  const std::pair<Severity, const char*> rows[] = {{Severity::info, "info"},
                                                   {Severity::low, "minor"},
                                                   {Severity::medium, "major"},
                                                   {Severity::high, "critical"},
                                                   {Severity::critical, "blocker"}};
  for (const auto& [severity, word] : rows) {
    ExampleReport report("alpha\n");
    report.add("r", severity, "alpha", "m");
    CHECK(codequality(report)[0]["severity"] == word);
  }
}

TEST_CASE("fingerprints of Code Quality are unique and do not depend on lines") {
  ExampleReport report("alpha alpha alpha\n");
  for (int i = 0; i < 3; ++i) report.add("r", Severity::high, "alpha", "m");
  std::set<std::string> prints;
  for (const json& issue : codequality(report)) prints.insert(issue["fingerprint"].get<std::string>());
  CHECK(prints.size() == 3);
  ExampleReport moved("\n\n\nalpha\n");
  moved.add("r", Severity::high, "alpha", "m");
  CHECK(prints.count(codequality(moved)[0]["fingerprint"].get<std::string>()) == 1);
}

TEST_CASE("a Code Quality report without findings is an empty array") {
  CHECK(codequality(ExampleReport("x\n")) == json::array());
}

TEST_CASE("Code Quality is valid by the strict schema, and the check can fail") {
  const auto shared = test::shared_dir();
  if (!shared) {
    WARN("skipped: the schema is in the shared test data, which OIDC_AUDIT_SHARED does not name");
    return;
  }
  const json schema = json::parse(test::read_file(*shared + "/schemas/gitlab-codequality-report.json"));
  const json issues = codequality(example());
  CHECK(test::schema_violations(schema, issues) == std::vector<std::string>{});
  for (const char* member : {"description", "check_name", "fingerprint", "severity", "location"}) {
    json broken = issues;
    broken[0].erase(member);
    INFO(member);
    CHECK_FALSE(test::schema_violations(schema, broken).empty());
  }
  json severity = issues;
  severity[1]["severity"] = "high";
  CHECK_FALSE(test::schema_violations(schema, severity).empty());
}

TEST_CASE("annotations of GitHub name file, lines and columns") {
  const std::string out = report::github_report(example().report(), kPaths);
  CHECK(out ==
        "::error file=deploy/rbac.yaml,line=3,endLine=3,col=7,endColumn=11,title=second-rule "
        "(critical)::`beta` is worse.\n"
        "::warning file=deploy/rbac.yaml,line=2,endLine=2,col=7,endColumn=12,title=first-rule "
        "(medium)::`alpha` is risky.\n");
}

TEST_CASE("names cannot run workflow commands") {
  ExampleReport report("alpha\n");
  report.add("r", Severity::low, "alpha", "group `50%\r\n::add-mask::x ##[error]y \x1B[31m` is trusted");
  const std::vector<std::string> paths = {"a:b,c%\n.yaml"};
  const std::string out = report::github_report(report.report(), paths);
  CHECK(std::count(out.begin(), out.end(), '\n') == 1);
  CHECK(out.rfind("::notice file=a%3Ab%2Cc%25%0A.yaml,line=1,", 0) == 0);
  CHECK(out.find("50%25") != std::string::npos);
  CHECK(out.find("##[") == std::string::npos);
  CHECK(out.find('\x1B') == std::string::npos);
  CHECK(out.find('\r') == std::string::npos);
}

TEST_CASE("a step has ten annotations of a kind, the worst, and says how many are left") {
  std::string text;
  for (int i = 0; i < 40; ++i) text += "n" + std::to_string(i) + "x\n";
  ExampleReport report(text);
  for (int i = 0; i < 40; ++i) {
    const Severity severity = i < 12 ? Severity::high : i < 24 ? Severity::critical : Severity::low;
    report.add("r", severity, "n" + std::to_string(i) + "x", "m");
  }
  const std::string out = report::github_report(report.report(), kPaths);
  std::size_t errors = 0;
  std::size_t notices = 0;
  for (const std::string_view line : split(out, '\n')) {
    if (line.rfind("::error", 0) == 0) {
      ++errors;
      CHECK(line.find("(critical)") != std::string_view::npos);
    }
    if (line.rfind("::notice", 0) == 0) ++notices;
  }
  CHECK(errors == 10);
  CHECK(notices == 10);
  CHECK(out.find("20 more findings are not annotated") != std::string::npos);
}
