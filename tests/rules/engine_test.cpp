#include <catch2/catch.hpp>

#include "base/strings.h"
#include "rules/places.h"
#include "rules/suppressions.h"
#include "run_support.h"

using namespace oidc_audit;
using namespace oidc_audit::rules;
using namespace oidc_audit::rules_test;

namespace {

std::string role_yaml(std::string_view name, std::string_view rules) {
  return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: " +
         std::string(name) + "}\nrules:\n" + std::string(rules) + "---\n";
}

}  // namespace

TEST_CASE("severity follows the role, the scope and the effects") {
  struct Row {
    const char* name;
    const char* rule;
    std::string manifest;
    Severity expected;
  };
  const std::string high = "severity: high\n";
  const std::string list_pods = "- {apiGroups: [''], resources: [pods], verbs: [list]}\n";
  const std::string get_secrets = "- {apiGroups: [''], resources: [secrets], verbs: [get]}\n";
  const Row rows[] = {
      {"edit_cluster_wide", "", binding("x"), Severity::high},
      {"admin_cluster_wide", "", binding("x", "ClusterRoleBinding", "cluster-admin"), Severity::critical},
      {"admin_in_a_namespace", "", binding("x", "RoleBinding", "cluster-admin", "dev"), Severity::medium},
      {"edit_in_kube_system", "", binding("x", "RoleBinding", "edit", "kube-system"), Severity::high},
      {"view_cluster_wide", "", binding("x", "ClusterRoleBinding", "view"), Severity::medium},
      {"view_in_a_namespace", "", binding("x", "RoleBinding", "view", "dev"), Severity::low},
      {"secrets_are_not_mere_reading", "",
       binding("x", "ClusterRoleBinding", "r") + role_yaml("r", get_secrets), Severity::high},
      {"own_role_that_reads", "", binding("x", "ClusterRoleBinding", "r") + role_yaml("r", list_pods),
       Severity::medium},
      {"missing_role", "", binding("x", "ClusterRoleBinding", "nowhere"), Severity::high},
      {"dead_is_capped", "effects: [dead]\n", binding("x", "ClusterRoleBinding", "cluster-admin"),
       Severity::medium},
      {"dead_or_live_is_not", "effects: [live, dead]\n", binding("x"), Severity::high},
      {"rejected_is_capped", "effects: [rejected]\n", binding("x"), Severity::medium},
      {"unknown_is_not_capped", "effects: [unknown]\n", binding("x"), Severity::high},
      {"expander_is_capped", "effects: [dead, open-in-expander]\n", binding("organization:my-org:*"),
       Severity::medium},
      {"expander_open_tenant", "effects: [dead, open-in-expander]\n",
       binding("organization:*:project:p:workspace:w:run_phase:apply"), Severity::high},
      {"no_adjustment", "severity: {base: high, adjust: []}\n", binding("x", "RoleBinding", "view", "dev"),
       Severity::high},
      {"no_cap", "severity: {base: high, cap: false}\neffects: [dead]\n", binding("x"), Severity::high},
      {"case", "severity: {base: info, when: [{if: binding.write_capable, then: low}]}\n", binding("x"),
       Severity::low},
      {"case_that_fails_is_skipped",
       "severity: {base: info, when: [{if: \"subject.segments['no'] == ''\", then: low}]}\n", binding("x"),
       Severity::info},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const std::string rule =
          std::string(row.rule).find("severity") == std::string::npos ? high + row.rule : row.rule;
      Scan scan(row.manifest);
      scan.run(one_rule(rule));
      REQUIRE(scan.result.findings.size() == 1);
      CHECK(to_string(scan.result.findings[0].severity) == to_string(row.expected));
    }
  }
}

TEST_CASE("an expanding front-end lifts the cap, the configuration sets the level") {
  const RuleSet rules = one_rule("severity: high\neffects: [dead, open-in-expander]\n");
  const std::string manifest = binding("organization:my-org:*", "ClusterRoleBinding", "cluster-admin");
  CHECK(Scan(manifest, "expanding-front-end: true").run(rules).result.findings.at(0).severity ==
        Severity::critical);
  CHECK(Scan(manifest, "rules: {test-rule: info}").run(rules).result.findings.at(0).severity ==
        Severity::info);
  CHECK(Scan(manifest, "rules: {test-rule: off}").run(rules).result.findings.empty());
}

TEST_CASE("a finding says what, where and what to do") {
  const RuleSet rules = one_rule(
      "aliases: [T-1]\nlet: {who: \"subject.kind + ' ' + subject.name\"}\nwhen: "
      "subject.name.startsWith('oidc:')\n"
      "message: \"{who} may {binding.role_name} {binding.scope}: {subject.providers}\"\n"
      "remediation: |\n  bind `{subject.local}`\n  or nobody\nrelated: [{of: role, message: the role}]\n");
  Scan scan(binding("oidc:jane", "RoleBinding", "r", "dev") +
            role_yaml("r", "- {apiGroups: [''], resources: [pods], verbs: [list]}\n"));
  scan.run(rules);
  REQUIRE(scan.result.findings.size() == 1);
  const Finding& f = scan.result.findings[0];
  CHECK(f.message == "User oidc:jane may r in namespace `dev`: ");
  CHECK(f.remedy == "bind `jane`\nor nobody");
  CHECK(f.aliases == std::vector<std::string>{"T-1"});
  CHECK(f.location.pointer == "/subjects/0/name");
  CHECK(to_string(f.location.object) == "RoleBinding/dev/b");
  CHECK(scan.underlined(f) == "\"oidc:jane\"");
  REQUIRE(f.related.size() == 1);
  CHECK(to_string(f.related[0].location.object) == "ClusterRole/r");
  REQUIRE(f.subject);
  CHECK(f.subject->name == "oidc:jane");
}

TEST_CASE("places are the smallest value that exists") {
  struct Row {
    const char* name;
    const char* rule;
    const char* pointer;
    const char* text;
  };
  const Row rows[] = {
      {"verb", "each: role-rule\nat: \"/verbs/{rule.verbs.indexOf('*')}\"\n", "/rules/0/verbs/1", "'*'"},
      {"no_such_index", "each: role-rule\nat: /verbs/9\n", "/rules/0/verbs", "get, '*'"},
      {"role_name", "each: role\n", "/metadata/name", "r"},
      {"no_such_field", "each: role\nat: /aggregationRule\n", "", "r"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Scan scan(role_yaml("r", "- {apiGroups: [''], resources: [pods], verbs: [get, '*']}\n"));
      scan.run(one_rule(row.rule));
      REQUIRE(scan.result.findings.size() == 1);
      CHECK(scan.result.findings[0].location.pointer == row.pointer);
      CHECK(scan.underlined(scan.result.findings[0]) == row.text);
    }
  }
}

TEST_CASE("an expression that fails reports nothing and says so once") {
  Scan scan(binding("x") + binding("y", "RoleBinding", "edit", "dev"));
  scan.run(one_rule("when: subject.segments['absent'] == 'x'\n"));
  CHECK(scan.result.findings.empty());
  REQUIRE(scan.result.issues.size() == 1);
  CHECK(scan.result.issues[0].code == "rule-error");
}

TEST_CASE("names that are nearly the same find one another") {
  struct Row {
    const char* name;
    const char* a;
    const char* b;
    const char* fact;
  };
  const Row rows[] = {
      {"case", "oidc:Jane", "oidc:jane", "case_variant_of"},
      {"confusable", "oidc:adm\xD1\x96n", "oidc:admin", "confusable_with"},
      {"digit_one", "team-1", "team-l", "confusable_with"},
      {"slash", "/platform/admins", "platform/admins", "slash_variant_of"},
      {"nfc", "e\xCC\x81quipe", "\xC3\xA9quipe", "nfc_bound"},
      {"space", "jane@example.com ", "jane@example.com", "trimmed_bound"},
      {"id", "repo:octo-org-12/web-34:ref:refs/heads/main", "repo:octo-org@12/web@34:ref:refs/heads/main",
       "id_twin"},
      {"owner", "repo:acme-123/web:environment:me@home", "repo:acme/web:environment:me@5", "owner_twin"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const std::string fact = std::string("subject.") + row.fact;
      Scan scan(binding(row.a) + binding(row.b, "RoleBinding", "edit", "dev"));
      scan.run(one_rule("when: " + fact + " != '' && subject.name == '" + row.a + "'\nmessage: '{" + fact +
                        "}'\nrelated: [{of: " + row.fact + ", message: there}]\n"));
      REQUIRE(scan.result.findings.size() == 1);
      CHECK(scan.result.findings[0].message == row.b);
      REQUIRE(scan.result.findings[0].related.size() == 1);
      CHECK(to_string(scan.result.findings[0].related[0].location.object) == "RoleBinding/dev/b");
    }
  }
  Scan scan(binding("alpha") + binding("beta", "RoleBinding", "edit", "dev"));
  scan.run(
      one_rule("when: subject.case_variant_of != '' || subject.confusable_with != '' || "
               "subject.slash_variant_of != ''\n"));
  CHECK(scan.result.findings.empty());
}

TEST_CASE("grants: twice, shadowed, plan beside apply") {
  Scan twice(
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
      "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\nsubjects:\n"
      "- &s {kind: User, apiGroup: rbac.authorization.k8s.io, name: a}\n- *s\n");
  twice.run(one_rule("when: grant.duplicate\n"));
  REQUIRE(twice.result.findings.size() == 1);
  CHECK(twice.result.findings[0].location.pointer == "/subjects/1/name");

  const std::string shadow = "when: grant.shadowed_by != ''\nmessage: '{grant.shadowed_by}'\n";
  Scan wide(binding("a", "ClusterRoleBinding", "cluster-admin") + binding("a", "RoleBinding", "view", "dev"));
  wide.run(one_rule(shadow));
  REQUIRE(wide.result.findings.size() == 1);
  CHECK(wide.result.findings[0].message == "ClusterRoleBinding/b");
  CHECK(to_string(wide.result.findings[0].location.object) == "RoleBinding/dev/b");
  Scan apart(binding("a", "RoleBinding", "view", "one") + binding("a", "RoleBinding", "edit", "two"));
  CHECK(apart.run(one_rule(shadow)).result.findings.empty());

  const std::string workspace = "organization:my-org:project:p:workspace:w:run_phase:";
  Scan phases(
      binding(workspace + "plan", "RoleBinding", "edit", "dev") +
      replace_all(binding(workspace + "apply", "RoleBinding", "edit", "dev"), "name: b\n", "name: c\n"));
  phases.run(one_rule("when: grant.phase_twin != '' && subject.read_phase\nmessage: '{grant.phase_twin}'\n"));
  REQUIRE(phases.result.findings.size() == 1);
  CHECK(phases.result.findings[0].message == workspace + "apply");
}

TEST_CASE("comments, annotations and the configuration accept findings") {
  const RuleSet rules = one_rule("aliases: [T-1]\nwhen: subject.external\n");
  const auto with = [](std::string_view before, std::string_view behind, std::string_view annotation = {}) {
    std::string out =
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: b\n";
    if (!annotation.empty())
      out += "  annotations: {oidc-audit.dev/ignore: \"" + std::string(annotation) + "\"}\n";
    out += "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}\nsubjects:\n";
    return out + std::string(before) + "- {kind: User, apiGroup: rbac.authorization.k8s.io, name: x}" +
           std::string(behind) + "\n";
  };
  struct Row {
    const char* name;
    std::string manifest;
    const char* config;
    bool accepted;
    const char* note;
  };
  const Row rows[] = {
      {"none", with("", ""), "", false, ""},
      {"behind", with("", " # oidc-audit: ignore[test-rule] reviewed"), "", true, ""},
      {"above", with("# oidc-audit: ignore[test-rule] reviewed\n# and more\n", ""), "", true, ""},
      {"alias", with("", " # oidc-audit: ignore[T-1] reviewed"), "", true, ""},
      {"no_reason", with("", " # oidc-audit: ignore[test-rule]"), "", false, "suppression-without-reason"},
      {"unknown", with("", " # oidc-audit: ignore[tset-rule] reviewed"), "", false, "unknown-suppression"},
      {"malformed", with("", " # oidc-audit: ignore test-rule"), "", false, "unknown-suppression"},
      {"annotation", with("", "", "test-rule: reviewed"), "", true, ""},
      {"annotation_without_reason", with("", "", "test-rule"), "", false, "suppression-without-reason"},
      {"config_subject", with("", ""), "suppressions: [{rule: test-rule, subject: 'x*', reason: r}]", true,
       ""},
      {"config_object", with("", ""),
       "suppressions: [{rule: T-1, object: 'ClusterRoleBinding/*', reason: r}]", true, ""},
      {"config_other", with("", ""), "suppressions: [{rule: test-rule, subject: y, reason: r}]", false,
       "unused-suppression"},
      {"unused", with("", "") + "# oidc-audit: ignore[test-rule] reviewed\n", "", false,
       "unused-suppression"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Scan scan(row.manifest, row.config);
      scan.run(rules);
      CHECK(scan.result.findings.size() == (row.accepted ? 0U : 1U));
      CHECK(scan.result.suppressed.size() == (row.accepted ? 1U : 0U));
      CHECK((scan.result.issues.empty() ? std::string() : scan.result.issues[0].code) == row.note);
    }
  }
}

TEST_CASE("missing objects are stale only where the input is complete") {
  const RuleSet rules = one_rule(
      "each: binding\nwhen: binding.role_missing\neffects: \"inventory.complete_cluster_roles ? ['dead'] : "
      "['unknown']\"\n");
  const std::string manifest = binding("x", "ClusterRoleBinding", "nowhere");
  CHECK(Scan(manifest).run(rules).result.findings.at(0).effects == std::vector<Effect>{Effect::unknown});
  CHECK(Scan(manifest, "complete-input: true").run(rules).result.findings.at(0).effects ==
        std::vector<Effect>{Effect::dead});
  const std::string dump =
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: cluster-admin, uid: u}\n"
      "rules: [{apiGroups: ['*'], resources: ['*'], verbs: ['*']}]\n---\n";
  CHECK(Scan(dump + manifest).run(rules).result.findings.at(0).effects == std::vector<Effect>{Effect::dead});
}

TEST_CASE("findings do not depend on the order of the input") {
  const RuleSet rules =
      one_rule("when: subject.case_variant_of != ''\nmessage: '{subject.name} {subject.case_variant_of}'\n");
  const std::string a = binding("oidc:Jane");
  const std::string b = binding("oidc:jane", "RoleBinding", "edit", "dev");
  const auto messages = [&](const std::string& text) {
    Scan scan(text);
    std::vector<std::string> out;
    for (const Finding& f : scan.run(rules).result.findings) out.push_back(f.message);
    std::sort(out.begin(), out.end());
    return out;
  };
  CHECK(messages(a + b).size() == 2);
  CHECK(messages(a + b) == messages(b + a));
}

TEST_CASE("a name by itself") {
  const RuleSet rules =
      one_rule("when: subject.has_wildcard\nmessage: '{subject.name} in {binding.role_name}'\n");
  const Config config;
  const auto found = check_subject(rules, rbac::SubjectKind::user, "organization:my-org:*", config,
                                   oidc::Catalogue::builtin());
  REQUIRE(found.size() == 1);
  CHECK(found[0].message == "A test");
  CHECK(found[0].severity == Severity::high);
  CHECK(check_subject(rules, rbac::SubjectKind::user, "jane", config, oidc::Catalogue::builtin()).empty());
}

TEST_CASE("an alias names every rule that has it") {
  MemoryFiles files(
      {{"p/pack.yaml", "id: p\n"},
       {"p/one/rule.yaml",
        "id: one\ntitle: t\nseverity: low\nconfidence: low\nsince: '1'\naliases: [T-1]\neach: subject\n"
        "when: subject.external\nmessage: one\nrationale: r\nremediation: m\n"},
       {"p/two/rule.yaml",
        "id: two\ntitle: t\nseverity: low\nconfidence: low\nsince: '1'\naliases: [T-1]\neach: binding\n"
        "when: binding.has_external\nmessage: two\nrationale: r\nremediation: m\n"}});
  SourceManager sources;
  RuleSet rules;
  REQUIRE(rules.add_directory(files, "p", sources).ok());
  CHECK(rules.knows("T-1"));
  CHECK(rules.find("T-1") == nullptr);
  Scan all(binding("jane"));
  CHECK(all.run(rules).result.findings.size() == 2);
  Scan off(binding("jane"), "rules: {T-1: off}\n");
  CHECK(off.run(rules).result.findings.empty());
  CHECK(rules.check_config(off.config, oidc::Catalogue::builtin()).empty());
  Scan one(binding("jane"), "rules: {T-1: off, two: high}\n");
  one.run(rules);
  REQUIRE(one.result.findings.size() == 1);
  CHECK(one.result.findings.front().severity == Severity::high);
}
