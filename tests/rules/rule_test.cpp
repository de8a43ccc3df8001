#include <catch2/catch.hpp>
#include <set>

#include "base/strings.h"
#include "rules/vocabulary.h"
#include "run_support.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::rules;
using namespace oidc_audit::rules_test;

namespace {

std::string first_issue(std::string rule) {
  std::vector<Issue> issues;
  const RuleSet set = one_rule(std::move(rule), &issues);
  if (issues.empty()) return {};
  CHECK(set.rules().empty());
  return issues.front().hint.empty() ? issues.front().message
                                     : issues.front().message + " | " + issues.front().hint;
}

}  // namespace

TEST_CASE("what is wrong with a rule") {
  struct Row {
    const char* name;
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"fine", "when: subject.external\n", ""},
      {"unknown_key", "wen: 'true'\n", "`wen` is no key of a rule | did you mean `when`?"},
      {"unknown_each", "each: subjects\n",
       "`each` must be `object`, `binding`, `subject`, `role`, `role-rule`, `iam-mapping`, `authentication`, "
       "`authenticator`, `claim-mapping` or `validation-rule`, not `subjects` | did you mean "
       "`subject`?"},
      {"folder", "id: other-id\n", "id `other-id` differs from the name of its folder, `test-rule`"},
      {"not_kebab", "id: Test_Rule\n",
       "id `Test_Rule` is not in kebab-case | lower-case letters, digits and single hyphens"},
      {"foreign_variable", "each: role\nwhen: subject.external\n",
       "`subject` cannot be used in a rule asked of each role | it has `role`, `config`, `inventory`"},
      {"wrong_type", "when: subject.name\n", "the expression is of type string, and bool is needed"},
      {"effect", "effects: [dead, opened]\n",
       "an effect must be `live`, `dead`, `open-in-expander`, `rejected` or `unknown`, not `opened`"},
      {"brace", "message: 'a { b'\n", "`{` is not closed; write `{{` for a brace"},
      {"place", "related: [{of: role-name, message: x}]\n", "`role-name` names no place"},
      {"let_cycle_is_undeclared", "let: {a: b, b: 'true'}\nwhen: a\n", nullptr},
      {"map_in_text", "message: '{subject.segments}'\n",
       "a value of type map(string, string) cannot stand in a text"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const std::string issue = first_issue(row.text);
      if (row.expected == nullptr) {
        CHECK_FALSE(issue.empty());
      } else {
        CHECK(issue == row.expected);
      }
    }
  }
}

TEST_CASE("a mistake in an expression is shown where it stands in rule.yaml") {
  std::vector<Issue> issues;
  MemoryFiles files({{"p/pack.yaml", "id: p\n"},
                     {"p/x/rule.yaml",
                      "id: x\ntitle: t\nseverity: low\nconfidence: low\nsince: '1'\neach: subject\n"
                      "when: subject.external && subject.nmae == ''\nmessage: 'a {subject.nmae} "
                      "b'\nrationale: r\nremediation: m\n"}});
  SourceManager sources;
  RuleSet set;
  auto result = set.add_directory(files, "p", sources);
  REQUIRE(result.ok());
  REQUIRE_FALSE(result.value().empty());
  const Issue& issue = result.value().front();
  CHECK(issue.message.find("nmae") != std::string::npos);
  REQUIRE(issue.location.range);
  const LineColumn at = sources.start(*issue.location.range);
  CHECK(at.line == 7);
  CHECK(at.column >= 27);
  CHECK(at.column <= 40);
}

TEST_CASE("a directory without rules is an error") {
  SourceManager sources;
  RuleSet set;
  const MemoryFiles files(std::map<std::string, std::string>{{"p/x.txt", ""}});
  CHECK_FALSE(set.add_directory(files, "p", sources).ok());
  CHECK_FALSE(set.add_directory(files, "q", sources).ok());
}

TEST_CASE("the vocabulary is documented, every word of it") {
  const std::string page =
      oidc_audit::test::read_file(oidc_audit::test::source_dir() + "/docs/writing-rules.md");
  for (std::size_t v = 0; v < kVariableCount; ++v) {
    const VariableFacts& facts = facts_of(static_cast<Variable>(v));
    std::set<std::string_view> names(facts.bits.begin(), facts.bits.end());
    CHECK(names.size() == facts.bits.size());
    for (const FactRow& row : facts.rows) {
      CHECK(names.insert(row.name).second);
      CHECK_FALSE(cel::Type::parse(row.type).is_error());
    }
    for (const std::string_view name : names) {
      INFO(kVariableNames[v] << "." << name);
      CHECK(page.find("`" + std::string(name) + "`") != std::string::npos);
    }
  }
}

TEST_CASE("every fact can be read of a plain subject, binding and role") {
  // An expression with all facts of a variable: none may be an error.
  for (std::size_t v = 0; v < kVariableCount; ++v) {
    const VariableFacts& facts = facts_of(static_cast<Variable>(v));
    std::string list;
    for (const std::string_view bit : facts.bits)
      list += "string(" + std::string(kVariableNames[v]) + "." + std::string(bit) + "), ";
    for (const FactRow& row : facts.rows) {
      const std::string fact = std::string(kVariableNames[v]) + "." + std::string(row.name);
      list += row.type == "string"                                          ? fact + ", "
              : row.type.starts_with("list") || row.type.starts_with("map") ? "string(size(" + fact + ")), "
                                                                            : "string(" + fact + "), ";
    }
    constexpr const char* kEach[kVariableCount] = {
        "subject",       "binding",       "binding",        "role-rule",   "subject",
        "object",        "subject",       "subject",        "iam-mapping", "authentication",
        "authenticator", "claim-mapping", "validation-rule"};
    const char* each = kEach[v];
    const RuleSet set = one_rule("each: " + std::string(each) + "\nwhen: 'size([" + list + "\"\"]) > 0'\n");
    INFO(kVariableNames[v]);
    REQUIRE(set.rules().size() == 1);
    Scan scan(binding("repo:octo-org/web:ref:refs/heads/main") + binding("x", "RoleBinding", "none", "dev") +
              "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules:\n"
              "- {apiGroups: [''], resources: [pods], verbs: [get]}\n---\n"
              "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata:\n"
              "  mapRoles: '[{rolearn: x}]'\n  mapAccounts: '[1]'\n---\n"
              "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
              "- issuer: {url: https://gitlab.com, audiences: [k8s]}\n"
              "  claimValidationRules: [{claim: namespace_id, requiredValue: '72'}]\n"
              "  claimMappings: {username: {claim: sub, prefix: 'gl:'}}\n");
    scan.run(set);
    for (const Issue& issue : scan.result.issues) CHECK(issue.message == "");
    CHECK_FALSE(scan.result.findings.empty());
  }
}

TEST_CASE("highest severity") {
  CHECK(one_rule("severity: high").infos().front().highest == Severity::critical);
  CHECK(one_rule("severity: {base: high, adjust: []}").infos().front().highest == Severity::high);
  CHECK(one_rule("severity: high\neffects: [dead]").infos().front().highest == Severity::medium);
  CHECK(one_rule("severity: {base: low, adjust: false, when: [{if: 'true', then: critical}]}")
            .infos()
            .front()
            .highest == Severity::critical);
}
