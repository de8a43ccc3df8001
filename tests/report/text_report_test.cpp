#include <catch2/catch.hpp>
#include <string>

#include "base/unicode.h"
#include "example_report.h"

using namespace oidc_audit;
using namespace oidc_audit::report;
using oidc_audit::test::ExampleReport;
using oidc_audit::test::text_of;

namespace {

const char* const kText = "kind: ClusterRoleBinding\nsubjects:\n- name: org:x\n  kind: Group\n";

}  // namespace

TEST_CASE("a finding is a block in compiler style") {
  ExampleReport example(kText);
  Finding& finding = example.add("open-tenant", Severity::high, "org:x", "group `org:x` is open");
  finding.effects = {Effect::dead, Effect::open_in_expander};
  finding.remedy = "name one tenant:\n  name: org:mine";
  finding.related.push_back({finding.location, "bound here"});
  example.summary.objects = {{"ClusterRoleBinding", 1}, {"Role", 0}, {"ClusterRole", 2}};
  example.summary.subjects = 1;
  example.summary.subjects_external = 1;
  example.summary.rules_run = 12;
  example.summary.documents = 4;
  example.summary.other_objects = 1;
  example.summary.templates = 1;
  CHECK(text_of(example.report(), {}) ==
        "deploy/rbac.yaml:3:9: high: group `org:x` is open [open-tenant]\n"
        "    3 | - name: org:x\n"
        "      |         ^~~~~\n"
        "  in: ClusterRoleBinding/ops /subjects/0/name\n"
        "  effect: dead, open-in-expander (confidence: medium)\n"
        "  fix: name one tenant:\n"
        "         name: org:mine\n"
        "  see: deploy/rbac.yaml:3:9: bound here\n"
        "\n"
        "1 finding: 1 high\n"
        "1 ClusterRoleBinding, 2 ClusterRoles; 1 subject, 1 external; 12 rules run\n"
        "1 file read: 4 documents, 1 object of other kinds passed over, 1 template skipped\n");
}

TEST_CASE("a clean run says what was looked at") {
  ExampleReport example(kText);
  example.summary.below_minimum = 2;
  example.summary.suppressed = 1;
  example.summary.files_unreadable = 1;
  example.summary.complete = false;
  const std::string text = text_of(example.report(), {});
  CHECK(text ==
        "no findings in what could be looked at; 2 below --min-severity not shown; 1 suppressed\n"
        "no RBAC objects; 0 rules run\n"
        "1 file read: 1 document, 1 path not readable\n"
        "not everything could be looked at: see the errors\n");
  TextOptions quiet;
  quiet.summary = false;
  CHECK(text_of(example.report(), quiet).empty());
}

TEST_CASE("no byte of a hostile name reaches the terminal") {
  const std::string evil =
      "org:\x1B]0;pwned\x07\xE2\x80\xAE\xC2\x9B"
      "31m\r\x7F\xFF";
  ExampleReport example("name: " + evil + "\n", "dir\x1B[2J/a\nb.yaml");
  Finding& finding = example.add("open-tenant", Severity::critical, evil, "group `" + evil + "` is\nopen");
  finding.rule = RuleId("r\x1B[1m");
  finding.location.object.name = evil;
  finding.location.pointer = "/metadata/annotations/" + evil;
  finding.remedy = "remove `" + evil + "`";
  finding.aliases = {evil};
  finding.related.push_back({finding.location, "see " + evil});
  TextOptions options;
  options.verbose = true;
  options.width = 60;
  const std::string text = text_of(example.report(), options);
  CHECK(is_valid_utf8(text));
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (text[at] != '\n') CHECK_FALSE(is_unsafe_to_print(point.value));
    at += point.bytes;
  }
  Issue& issue = example.add_issue("bad-\x1B", IssueLevel::error, evil, "`" + evil + "` is wrong");
  issue.hint = "write `" + evil + "`";
  const std::string line = issue_text(example.sources, issue, false);
  CHECK(line.find('\x1B') == std::string::npos);
  CHECK(line.find('\x07') == std::string::npos);
}

TEST_CASE("color is only added, never needed") {
  ExampleReport example(kText);
  example.add("open-tenant", Severity::high, "org:x", "group `org:x` is open").remedy = "close it";
  TextOptions colored;
  colored.color = true;
  std::string text = text_of(example.report(), colored);
  CHECK(text.find("\x1B[1;31mhigh\x1B[0m") != std::string::npos);
  std::string stripped;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1B') {
      i = text.find('m', i);
      continue;
    }
    stripped += text[i];
  }
  CHECK(stripped == text_of(example.report(), {}));
}

TEST_CASE("text is folded to the terminal, snippets are not") {
  ExampleReport example(kText);
  Finding& finding = example.add("open-tenant", Severity::low, "org:x", "short");
  finding.remedy =
      "use a group that is mapped from claims and bind to that instead of the subject\n"
      "  claimMappings: {groups: {expression: \"[claims.terraform_organization_name]\"}}";
  TextOptions options;
  options.width = 40;
  options.summary = false;
  const std::string text = text_of(example.report(), options);
  CHECK(text.find("  fix: use a group that is mapped from\n       claims and bind") != std::string::npos);
  CHECK(text.find("  claimMappings: {groups: {expression: \"[claims.terraform_organization_name]\"}}") !=
        std::string::npos);
}

TEST_CASE("an issue is two lines with its place") {
  ExampleReport example(kText);
  Issue& issue = example.add_issue("invalid-kind", IssueLevel::warning, "Group", "kind is wrong");
  issue.hint = "did you mean `Group`?";
  CHECK(issue_text(example.sources, issue, false) ==
        "deploy/rbac.yaml:4:9: warning: kind is wrong [invalid-kind]\n"
        "  hint: did you mean `Group`?\n");
  issue.location = {};
  issue.hint.clear();
  CHECK(issue_text(example.sources, issue, false) == "oidc-audit: warning: kind is wrong [invalid-kind]\n");
}

TEST_CASE("a live object is named where there is no text") {
  ExampleReport example(kText);
  example.add("open-tenant", Severity::high, "org:x", "open").location.range.reset();
  TextOptions options;
  options.summary = false;
  CHECK(text_of(example.report(), options).substr(0, 48) ==
        "ClusterRoleBinding/ops: high: open [open-tenant]");
}
