#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "example_report.h"
#include "support/json_schema.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::report;
using nlohmann::json;
using oidc_audit::test::ExampleReport;
using oidc_audit::test::json_of;

TEST_CASE("the JSON report has the documented members") {
  ExampleReport example("kind: \xF0\x9F\x98\x80 x\nname: org:x\n");
  Finding& finding = example.add("open-tenant", Severity::high, "x\nname: org", "group is open");
  finding.aliases = {"OR-001"};
  finding.remedy = "close it";
  finding.related.push_back({{finding.location.object, "/roleRef", std::nullopt}, "the role"});
  example.add_issue("duplicate-key", IssueLevel::warning, "name", "key twice").hint = "remove one";
  example.summary.objects = {{"ClusterRoleBinding", 1}};
  const json report = json::parse(json_of(example.report()));
  CHECK(report["schema"] == "oidc-audit/scan/1");
  CHECK(report["version"] == "1.2.3");
  const json expected = json::parse(R"({
    "rule": "open-tenant", "aliases": ["OR-001"], "severity": "high", "confidence": "medium",
    "effects": ["live"], "message": "group is open", "remedy": "close it",
    "object": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
               "namespace": "", "name": "ops"},
    "pointer": "/subjects/0/name",
    "location": {"file": "deploy/rbac.yaml", "line": 1, "column": 9, "endLine": 2, "endColumn": 10},
    "related": [{"object": {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
                            "namespace": "", "name": "ops"},
                 "pointer": "/roleRef", "location": null, "message": "the role"}]})");
  CHECK(report["findings"] == json::array({expected}));
  CHECK(report["issues"][0]["code"] == "duplicate-key");
  CHECK(report["issues"][0]["location"]["line"] == 2);
  CHECK(report["summary"]["complete"] == true);
  CHECK(report["summary"]["findings"]["high"] == 1);
  CHECK(report["summary"]["findings"]["critical"] == 0);
  CHECK(report["summary"]["objects"]["ClusterRoleBinding"] == 1);
}

TEST_CASE("the JSON report of nothing is a document too") {
  ExampleReport example("");
  const json report = json::parse(json_of(example.report()));
  CHECK(report["findings"].empty());
  CHECK(report["issues"].empty());
  CHECK(report["summary"]["files"]["read"] == 1);
}

TEST_CASE("the JSON report fits its published schema, and the check can fail") {
  const json schema = json::parse(test::read_file(test::source_dir() + "/docs/schema/scan-1.schema.json"));
  ExampleReport example("name: org:x\nother: y\n");
  Finding& finding = example.add("open-tenant", Severity::high, "org:x", "group is open");
  finding.effects = {Effect::dead, Effect::open_in_expander};
  finding.related.push_back({{finding.location.object, "/roleRef", std::nullopt}, "the role"});
  example.suppressed = example.findings;
  example.add_issue("duplicate-key", IssueLevel::warning, "other", "key twice");
  example.summary.objects = {{"ClusterRoleBinding", 1}};
  const json report = json::parse(json_of(example.report()));
  CHECK(test::schema_violations(schema, report) == std::vector<std::string>{});
  const std::vector<std::string> members = {"schema",
                                            "findings/0/rule",
                                            "findings/0/severity",
                                            "findings/0/effects",
                                            "findings/0/location/line",
                                            "findings/0/object/namespace",
                                            "suppressed/0/message",
                                            "issues/0/level",
                                            "summary/complete",
                                            "summary/findings/high"};
  for (const std::string& member : members) {
    DYNAMIC_SECTION(member) {
      json changed = report;
      changed[json::json_pointer("/" + member)] = json::object();
      CHECK_FALSE(test::schema_violations(schema, changed).empty());
    }
  }
  json added = report;
  added["findings"][0]["colour"] = "red";
  CHECK_FALSE(test::schema_violations(schema, added).empty());
}
