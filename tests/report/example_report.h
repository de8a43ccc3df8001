#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/report.h"

namespace oidc_audit::test {

/// A report about one text: findings are put on the places of given words.
class ExampleReport {
 public:
  explicit ExampleReport(std::string text, std::string name = "deploy/rbac.yaml");

  /// A finding at the first `word` behind the last one that was found.
  Finding& add(std::string rule, Severity severity, std::string_view word, std::string message);
  Issue& add_issue(std::string code, IssueLevel level, std::string_view word, std::string message);
  RuleInfo& add_rule(std::string id, Severity severity);
  SourceRange range_of(std::string_view word) const;

  report::ScanReport report() const {
    return {sources, findings, suppressed, issues, rules, summary, "1.2.3"};
  }

  SourceManager sources;
  BufferId buffer{};
  std::vector<Finding> findings;
  std::vector<Finding> suppressed;
  std::vector<Issue> issues;
  std::vector<RuleInfo> rules;
  report::Summary summary;
};

/// The whole of a report.
std::string text_of(const report::ScanReport& report, const report::TextOptions& options);
std::string json_of(const report::ScanReport& report);

}  // namespace oidc_audit::test
