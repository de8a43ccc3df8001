#include <catch2/catch.hpp>
#include <cstdlib>
#include <set>

#include "base/files.h"
#include "oidc/catalogue.h"
#include "rules/docs.h"
#include "rules/fixtures.h"
#include "rules/rule_set.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::rules;

TEST_CASE("the fixtures of every pack pass") {
  const auto files = make_system_files();
  const auto report =
      test_fixtures(*files, oidc_audit::test::source_dir() + "/rules/packs", oidc::Catalogue::builtin());
  REQUIRE(report.ok());
  for (const FixtureFailure& failure : report.value().failures) {
    FAIL_CHECK(failure.file << ":" << failure.line << ": " << failure.message << " [" << failure.rule << "]");
  }
  CHECK(report.value().rules > 0);
  CHECK(report.value().marks >= report.value().rules);

  // What is embedded is what is tested.
  const RuleSet builtin = RuleSet::builtin();
  std::vector<std::string> ids;
  for (const auto& rule : builtin.rules()) ids.push_back(rule->rule.info.id.str());
  CHECK(ids == report.value().rule_ids);
}

TEST_CASE("embedded rules compile, are unique and say everything") {
  const RuleSet builtin = RuleSet::builtin();
  for (const Issue& issue : builtin.check()) FAIL_CHECK(issue.message);
  std::set<std::string> ids;
  for (const RuleInfo& info : builtin.infos()) {
    INFO(info.id.str());
    CHECK(ids.insert(info.id.str()).second);
    CHECK_FALSE(info.title.ends_with('.'));
    CHECK_FALSE(info.rationale.empty());
    CHECK_FALSE(info.remediation.empty());
    CHECK_FALSE(info.references.empty());
    CHECK(info.highest >= info.severity);
  }
  for (const auto& rule : builtin.rules()) {
    for (const std::string& alias : rule->rule.info.aliases) CHECK(ids.count(alias) == 0);
  }
}

TEST_CASE("what is wrong with fixtures") {
  const std::string rule =
      "id: x\ntitle: t\nseverity: low\nconfidence: low\nsince: '1'\neach: subject\nwhen: subject.name == "
      "'bad'\n"
      "message: m\nrationale: r\nremediation: m\n";
  const auto manifest = [](const std::string& name, const std::string& comment) {
    return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
           "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}\nsubjects:\n"
           "- {kind: User, apiGroup: rbac.authorization.k8s.io, name: " +
           name + "}" + comment + "\n";
  };
  struct Row {
    const char* name;
    std::string bad, good;
    const char* expected;
  };
  const std::string good = manifest("good", "");
  const Row rows[] = {
      {"fine", manifest("bad", " # finding: x low live"), good, ""},
      {"id_alone", manifest("bad", " # finding: x"), good, ""},
      {"other_severity", manifest("bad", " # finding: x high"), good,
       "it is reported as low live, and marked as high "},
      {"other_effect", manifest("bad", " # finding: x low dead"), good,
       "it is reported as low live, and marked as low dead"},
      {"not_reported", manifest("better", " # finding: x"), good, "it is marked and not reported"},
      {"not_marked", manifest("bad", ""), good, "a bad fixture needs a mark: `# finding: x`"},
      {"good_reports", manifest("bad", " # finding: x"), manifest("bad", ""),
       "it is reported and not marked (low live): m"},
      {"no_good", manifest("bad", " # finding: x"), "", "the rule has no good fixture"},
      {"other_rule", manifest("bad", " # finding: x # finding: y"), good,
       "the mark is for `y`, and the fixture runs `x` alone"},
      {"nothing_to_ask", manifest("bad", " # finding: x"), "a: 1\n",
       "it holds nothing that a rule for each subject is asked of"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      std::map<std::string, std::string> content = {
          {"p/pack.yaml", "id: p\n"}, {"p/x/rule.yaml", rule}, {"p/x/bad.yaml", row.bad}};
      if (!row.good.empty()) content["p/x/good.yaml"] = row.good;
      const auto report = test_fixtures(MemoryFiles(content), "p", oidc::Catalogue::builtin());
      REQUIRE(report.ok());
      const auto& failures = report.value().failures;
      CHECK((failures.empty() ? "" : failures.front().message) == row.expected);
    }
  }
}

TEST_CASE("the pages of the rules are fresh") {
  const auto files = make_system_files();
  const std::string folder = oidc_audit::test::source_dir() + "/docs/rules";
  std::set<std::string> expected;
  // Like the target `docs`, for where the program was not built; fails all the same, so that somebody looks.
  const bool accept = std::getenv("OIDC_AUDIT_ACCEPT") != nullptr;
  CHECK_FALSE(accept);
  for (const auto& [name, text] : rule_pages(RuleSet::builtin())) {
    expected.insert(name);
    if (accept) CHECK(files->write_atomically(folder + "/" + name, text).ok());
    const auto page = files->read(folder + "/" + name, 1U << 20);
    INFO(name << ": stale; build the target `docs`");
    CHECK((page.ok() && page.value() == text));
  }
  const auto entries = files->list(folder);
  REQUIRE(entries.ok());
  for (const DirEntry& entry : entries.value()) {
    INFO(entry.name << ": of a rule that is no more; build the target `docs`");
    CHECK(expected.count(entry.name) == 1);
  }
}
