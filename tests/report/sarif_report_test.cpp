#include <algorithm>
#include <catch2/catch.hpp>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>

#include "example_report.h"
#include "sarif_check.h"
#include "support/json_schema.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::report;
using nlohmann::json;
using oidc_audit::test::ExampleReport;
using oidc_audit::test::sarif_violations;
using oidc_audit::test::schema_violations;

namespace {

const char* const kText =
    "kind: ClusterRoleBinding\nsubjects:\n- {name: \xF0\x9F\x98\x80, x: org:x, y: org:y}\n- name: org:z\n";

ExampleReport example() {
  ExampleReport made(kText);
  made.add_rule("alpha", Severity::medium).highest = Severity::high;
  made.add_rule("beta", Severity::low);
  made.add_rule("gamma", Severity::info);
  made.add("alpha", Severity::low, "org:x", "group `org:x` is open");
  made.add("alpha", Severity::high, "org:y", "group `org:y` is open");
  Finding& last = made.add("beta", Severity::critical, "org:z", "group `org:z` is open");
  last.remedy = "close it";
  last.related.push_back({last.location, "the [role]"});
  last.subject = SubjectRef{"Group", "", "org:z"};
  return made;
}

SarifOptions options() {
  SarifOptions made;
  made.paths = {"deploy/rbac.yaml"};
  made.category = "oidc-audit/manifests/";
  made.exit_code = 1;
  return made;
}

json sarif_of(const ExampleReport& report) { return json::parse(sarif_report(report.report(), options())); }

}  // namespace

TEST_CASE("SARIF says what consumers read") {
  const ExampleReport report = example();
  const json run = sarif_of(report)["runs"][0];
  CHECK(sarif_violations(sarif_of(report)) == std::vector<std::string>{});
  CHECK(run["tool"]["driver"]["rules"].size() == 3);
  // The worst first; two findings of a rule on one line are one result with the worse level.
  REQUIRE(run["results"].size() == 2);
  CHECK(run["results"][0]["ruleId"] == "beta");
  CHECK(run["results"][0]["level"] == "error");
  CHECK(run["results"][0]["message"]["text"] ==
        "Group `org:z` is open.\nFix: close it\nSee [the \\[role\\]](1).");
  CHECK(run["results"][1]["level"] == "error");
  CHECK(run["results"][1]["message"]["text"] == "Group `org:x` is open. Group `org:y` is open.");
  // UTF-16 units: the face takes two.
  const json region = run["results"][1]["locations"][0]["physicalLocation"]["region"];
  CHECK(region == json::parse(R"({"startLine": 3, "startColumn": 17, "endLine": 3, "endColumn": 22,
                                  "snippet": {"text": "org:x"}})"));
  CHECK(run["invocations"][0]["executionSuccessful"] == true);
  CHECK(run["invocations"][0]["exitCode"] == 1);
  CHECK(run["tool"]["driver"]["rules"][0]["properties"]["security-severity"] == "8.0");
  CHECK(run["tool"]["driver"]["rules"][0]["defaultConfiguration"]["level"] == "warning");
  CHECK_FALSE(run["tool"]["driver"]["rules"][2]["properties"].contains("security-severity"));
}

TEST_CASE("fingerprints survive a move of the file and of the subject") {
  const ExampleReport before = example();
  ExampleReport after(std::string("# comment\n\n") + kText, "elsewhere.yaml");
  after.rules = before.rules;
  Finding& moved = after.add("beta", Severity::critical, "org:z", "group `org:z` is open");
  moved.location.pointer = "/subjects/7/name";
  moved.subject = SubjectRef{"Group", "", "org:z"};
  const auto print = [](const ExampleReport& report) {
    return sarif_of(report)["runs"][0]["results"][0]["partialFingerprints"]["oidcAuditBinding/v1"];
  };
  CHECK(print(before) == print(after));
  moved.subject->name = "org:w";
  CHECK(print(before) != print(after));
}

TEST_CASE("live objects have a path of their own") {
  ExampleReport report = example();
  report.findings.resize(1);
  report.findings[0].location.range.reset();
  report.findings[0].location.object.name = "a/b c";
  const json sarif = sarif_of(report);
  CHECK(sarif_violations(sarif) == std::vector<std::string>{});
  const json place = sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
  CHECK(place["artifactLocation"] ==
        json::parse(R"({"uri": "cluster/live/clusterrolebindings/a%2Fb%20c.yaml"})"));
  CHECK(place["region"] == json::parse(R"({"startLine": 1})"));
}

TEST_CASE("issues are notifications") {
  ExampleReport report = example();
  report.add_issue("yaml-syntax", IssueLevel::error, "kind", "broken `{0}`").hint = "mend it";
  report.add_issue("remark", IssueLevel::note, "kind", "not told");
  const json notes = sarif_of(report)["runs"][0]["invocations"][0]["toolExecutionNotifications"];
  REQUIRE(notes.size() == 1);
  CHECK(notes[0]["level"] == "warning");
  CHECK(notes[0]["message"]["text"] == "Broken `{{0}}`. Hint: mend it.");
  CHECK(sarif_violations(sarif_of(report)) == std::vector<std::string>{});
}

TEST_CASE("hostile names stay harmless in SARIF") {
  const std::string evil = "[x](https://evil.example){0}\x1B[31m\xE2\x80\xAE\"\\\n\xFF";
  ExampleReport report("name: \"" + evil + "\"\n");
  report.add_rule("alpha", Severity::high);
  Finding& finding = report.add("alpha", Severity::high, evil, "group `" + evil + "` is open");
  finding.remedy = "remove `" + evil + "`";
  finding.location.object.name = evil;
  finding.related.push_back({finding.location, evil});
  const std::string text = sarif_report(report.report(), options());
  CHECK(text.find('\x1B') == std::string::npos);
  CHECK(text.find("\xE2\x80\xAE") == std::string::npos);
  CHECK(sarif_violations(json::parse(text)) == std::vector<std::string>{});
}

TEST_CASE("of very many findings on a line the number is told") {
  std::string text;
  for (int i = 0; i < 500; ++i) text += "n" + std::to_string(i) + "x ";
  ExampleReport report(text);
  report.add_rule("alpha", Severity::high);
  for (int i = 0; i < 500; ++i) {
    report.add("alpha", Severity::high, "n" + std::to_string(i) + "x", "a message of some length");
  }
  const json sarif = sarif_of(report);
  REQUIRE(sarif["runs"][0]["results"].size() == 1);
  const std::string message = sarif["runs"][0]["results"][0]["message"]["text"];
  CHECK(message.size() <= 2000);
  CHECK(message.find(" more on this line.") != std::string::npos);
  CHECK(sarif_violations(sarif) == std::vector<std::string>{});
}

TEST_CASE("a rule's help leads to its first reference that is a link") {
  ExampleReport report = example();
  report.rules[0].references = {"RFC 6749", "https://example.org/why", "https://example.org/more"};
  report.rules[1].references = {"a book"};
  const json sarif = sarif_of(report);
  const json& rules = sarif["runs"][0]["tool"]["driver"]["rules"];
  CHECK(rules[0].value("helpUri", "") == "https://example.org/why");
  CHECK_FALSE(rules[1].contains("helpUri"));
  CHECK(sarif_violations(sarif) == std::vector<std::string>{});
}

TEST_CASE("many findings are sorted worst first") {
  std::string text;
  for (int i = 0; i < 6000; ++i) text += "n" + std::to_string(i) + "x\n";
  ExampleReport report(text);
  report.add_rule("alpha", Severity::high);
  for (int i = 0; i < 6000; ++i) {
    report.add("alpha", static_cast<Severity>(i * 7 % 5), "n" + std::to_string(i) + "x",
               "m" + std::to_string(i));
  }
  const json sarif = sarif_of(report);
  CHECK(sarif["runs"][0]["results"].size() == 6000);
  CHECK(sarif_violations(sarif) == std::vector<std::string>{});
}

namespace {

struct Mutation {
  const char* name;
  std::function<void(json&)> apply;
};

json& result(json& sarif) { return sarif["runs"][0]["results"][0]; }
json& rule(json& sarif) { return sarif["runs"][0]["tool"]["driver"]["rules"][0]; }
json& place(json& sarif) { return result(sarif)["locations"][0]["physicalLocation"]; }

// Each of these is dropped, refused or shown wrongly by a consumer.
const std::vector<Mutation>& mutations() {
  static const std::vector<Mutation> all = {
      {"version", [](json& s) { s["version"] = "2.0.0"; }},
      {"foreign_schema", [](json& s) { s["$schema"] = "https://example.org/sarif-2.1.0-rtm.5.json"; }},
      {"no_results", [](json& s) { s["runs"][0].erase("results"); }},
      {"column_kind", [](json& s) { s["runs"][0].erase("columnKind"); }},
      {"category", [](json& s) { s["runs"][0]["automationDetails"]["id"] = "manifests"; }},
      {"two_runs", [](json& s) { s["runs"].push_back(s["runs"][0]); }},
      {"rules_unsorted",
       [](json& s) {
         std::swap(s["runs"][0]["tool"]["driver"]["rules"][0], s["runs"][0]["tool"]["driver"]["rules"][1]);
       }},
      {"name_equals_id", [](json& s) { rule(s)["name"] = rule(s)["id"]; }},
      {"name_is_id_but_for_case", [](json& s) { rule(s)["name"] = "Alpha"; }},
      {"no_information_uri", [](json& s) { s["runs"][0]["tool"]["driver"].erase("informationUri"); }},
      {"bad_help_uri", [](json& s) { rule(s)["helpUri"] = "docs/rules/alpha.md"; }},
      {"no_help", [](json& s) { rule(s).erase("help"); }},
      {"long_description", [](json& s) { rule(s)["fullDescription"]["text"] = std::string(1025, 'x'); }},
      {"numeric_severity", [](json& s) { rule(s)["properties"]["security-severity"] = 8.0; }},
      {"many_tags", [](json& s) { rule(s)["properties"]["tags"] = std::vector<std::string>(11, "x"); }},
      {"rule_index", [](json& s) { result(s)["ruleIndex"] = 99; }},
      {"level", [](json& s) { result(s)["level"] = "fatal"; }},
      {"kind", [](json& s) { result(s)["kind"] = "review"; }},
      {"no_location", [](json& s) { result(s)["locations"] = json::array(); }},
      {"logical_only", [](json& s) { result(s)["locations"][0].erase("physicalLocation"); }},
      {"absolute_uri", [](json& s) { place(s)["artifactLocation"]["uri"] = "file:///a.yaml"; }},
      {"dot_uri", [](json& s) { place(s)["artifactLocation"]["uri"] = "./a.yaml"; }},
      {"unencoded_uri", [](json& s) { place(s)["artifactLocation"]["uri"] = "a b.yaml"; }},
      {"backwards_region", [](json& s) { place(s)["region"]["endColumn"] = 1; }},
      {"line_zero", [](json& s) { place(s)["region"]["startLine"] = 0; }},
      {"no_line_hash", [](json& s) { result(s)["partialFingerprints"].erase("primaryLocationLineHash"); }},
      {"no_own_print", [](json& s) { result(s)["partialFingerprints"].erase("oidcAuditBinding/v1"); }},
      {"dangling_link", [](json& s) { result(s)["message"]["text"] = "See [role](7)."; }},
      {"foreign_link", [](json& s) { result(s)["message"]["text"] = "See [role](https://x.example)."; }},
      {"placeholder", [](json& s) { result(s)["message"]["text"] = "Group {0}."; }},
      {"not_sorted", [](json& s) { std::swap(s["runs"][0]["results"][0], s["runs"][0]["results"][1]); }},
      {"twice_on_a_line", [](json& s) { s["runs"][0]["results"].push_back(s["runs"][0]["results"][1]); }},
  };
  return all;
}

}  // namespace

TEST_CASE("the structural check sees every mutation") {
  for (const Mutation& mutation : mutations()) {
    DYNAMIC_SECTION(mutation.name) {
      json sarif = sarif_of(example());
      mutation.apply(sarif);
      CHECK_FALSE(sarif_violations(sarif).empty());
    }
  }
}

TEST_CASE("SARIF is valid by the official schema, and the check can fail") {
  const auto shared = test::shared_dir();
  if (!shared) {
    WARN("skipped: the SARIF schema is in the shared test data, which OIDC_AUDIT_SHARED does not name");
    return;
  }
  const json schema = json::parse(test::read_file(*shared + "/schemas/sarif-2.1.0.json"));
  ExampleReport report = example();
  report.add_issue("yaml-syntax", IssueLevel::error, "kind", "broken");
  CHECK(schema_violations(schema, sarif_of(report)) == std::vector<std::string>{});
  const Mutation breaks[] = {
      {"level", [](json& s) { result(s)["level"] = "fatal"; }},
      {"version", [](json& s) { s["version"] = "2.0.0"; }},
      {"unknown_member", [](json& s) { result(s)["colour"] = "red"; }},
      {"no_message", [](json& s) { result(s).erase("message"); }},
      {"line_zero", [](json& s) { place(s)["region"]["startLine"] = 0; }},
      {"text_as_number", [](json& s) { result(s)["message"]["text"] = 7; }},
      {"no_driver", [](json& s) { s["runs"][0]["tool"].erase("driver"); }},
      {"no_runs", [](json& s) { s.erase("runs"); }},
      {"column_kind", [](json& s) { s["runs"][0]["columnKind"] = "bytes"; }},
  };
  for (const Mutation& mutation : breaks) {
    DYNAMIC_SECTION(mutation.name) {
      json sarif = sarif_of(report);
      mutation.apply(sarif);
      CHECK_FALSE(schema_violations(schema, sarif).empty());
    }
  }
}
