#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/inputs.h"
#include "diag/severity.h"

namespace oidc_audit::cli {

class CommandSpec;

/// A change to one rule, in the order of the command line.
struct RuleChange {
  std::string rule;  ///< id or alias
  std::optional<bool> enabled;
  std::optional<Severity> severity;
};

/// Options of `scan` as they were given; what was not given comes from the configuration.
struct ScanOptions {
  InputOptions input;
  std::optional<std::string> fail_on;       ///< a severity or `never`
  std::optional<std::string> min_severity;  ///< a severity
  std::vector<std::string> rule_directories;
  std::vector<RuleChange> rule_changes;
  std::string sarif_root;
  std::optional<std::string> sarif_category;  ///< nullopt: by what was scanned
};

/// Reads `RULE=LEVEL`, for --severity.
Result<RuleChange> parse_severity_change(std::string_view text);

void declare_scan_options(CommandSpec& spec, ScanOptions& options);

}  // namespace oidc_audit::cli
