#include "example_report.h"

#include <stdexcept>
#include <utility>

namespace oidc_audit::test {

ExampleReport::ExampleReport(std::string text, std::string name) {
  buffer = sources.add(std::move(name), std::move(text)).value();
  summary.files_read = 1;
  summary.documents = 1;
}

SourceRange ExampleReport::range_of(std::string_view word) const {
  const std::size_t at = sources.text(buffer).find(word);
  if (at == std::string_view::npos) throw std::runtime_error("no such word: " + std::string(word));
  return {buffer, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + word.size())};
}

Finding& ExampleReport::add(std::string rule, Severity severity, std::string_view word, std::string message) {
  Finding finding;
  finding.rule = RuleId(std::move(rule));
  finding.severity = severity;
  finding.effects = {Effect::live};
  finding.message = std::move(message);
  finding.location.object = {"rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "ops"};
  finding.location.pointer = "/subjects/0/name";
  finding.location.range = range_of(word);
  findings.push_back(std::move(finding));
  return findings.back();
}

Issue& ExampleReport::add_issue(std::string code, IssueLevel level, std::string_view word,
                                std::string message) {
  Issue issue;
  issue.code = std::move(code);
  issue.level = level;
  issue.message = std::move(message);
  issue.location.range = range_of(word);
  issues.push_back(std::move(issue));
  return issues.back();
}

RuleInfo& ExampleReport::add_rule(std::string id, Severity severity) {
  RuleInfo rule;
  rule.id = RuleId(std::move(id));
  rule.pack = "core";
  rule.title = "binding trusts too much";
  rule.severity = severity;
  rule.rationale = "Because a name says it.\nIn two lines.\n\nSecond paragraph.";
  rule.remediation = "Name less.";
  rule.references = {"https://kubernetes.io/docs/"};
  rules.push_back(std::move(rule));
  return rules.back();
}

std::string text_of(const report::ScanReport& report, const report::TextOptions& options) {
  std::string out;
  report::text_report(report, options, [&](std::string_view piece) { out += piece; });
  return out;
}

std::string json_of(const report::ScanReport& report) {
  std::string out;
  report::json_report(report, [&](std::string_view piece) { out += piece; });
  return out;
}

}  // namespace oidc_audit::test
