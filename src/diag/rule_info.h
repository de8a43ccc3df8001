#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/strong_string.h"
#include "diag/severity.h"

namespace oidc_audit {

/// What reports say about a rule, apart from its findings.
struct RuleInfo {
  RuleId id;
  std::string pack;
  std::string title;
  Severity severity = Severity::medium;
  Confidence confidence = Confidence::medium;
  std::string since;
  std::vector<std::string> aliases;
  std::string rationale;
  std::string remediation;
  std::vector<std::string> references;
  std::vector<std::string> tags;
  /// The highest severity that a finding of the rule can have, bound role and cases taken into account;
  /// nullopt: `severity`. Consumers that know one severity a rule are told this one.
  std::optional<Severity> highest = {};
};

}  // namespace oidc_audit
