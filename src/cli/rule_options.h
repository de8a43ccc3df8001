#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "diag/severity.h"
#include "oidc/catalogue.h"
#include "rules/config.h"
#include "rules/rule_set.h"
#include "source/source_manager.h"

namespace oidc_audit::rules {
struct RunResult;
}

namespace oidc_audit::cli {

class CommandSpec;
struct Context;
struct LoadedConfig;

/// A change to one rule, in the order of the command line.
struct RuleChange {
  std::string rule;  ///< id or alias
  std::optional<bool> enabled;
  std::optional<Severity> severity;
};

/// Which rules a command runs, and which of their findings count. What was not given comes from the
/// configuration.
struct RuleOptions {
  std::optional<std::string> fail_on;       ///< a severity or `never`
  std::optional<std::string> min_severity;  ///< a severity
  std::vector<std::string> rule_directories;
  std::vector<RuleChange> rule_changes;
};

/// Reads `RULE=LEVEL`, for --severity.
Result<RuleChange> parse_severity_change(std::string_view text);

/// Declares --fail-on: a severity or `never`, `high` when it is not given.
void declare_fail_on(CommandSpec& spec, std::optional<std::string>& fail_on);
/// Declares --fail-on and --min-severity.
void declare_thresholds(CommandSpec& spec, RuleOptions& options);
/// Declares --rules, --enable, --disable and --severity, in the group `Rule options`.
void declare_rule_choice(CommandSpec& spec, RuleOptions& options);

/// From which severity on findings count, and from which on they are shown.
struct Thresholds {
  std::optional<Severity> fail_on;  ///< nullopt: never
  Severity minimum = Severity::low;
};
Thresholds thresholds(const RuleOptions& options, const rules::Config& config);
/// Whether a finding, shown or not, decides the exit status.
bool fails(const Thresholds& limits, const rules::RunResult& result);

/// The rules and providers of a run.
struct RunRules {
  rules::RuleSet rules;
  std::optional<oidc::Catalogue> own;  ///< when a directory brings providers

  RunRules();
  ~RunRules();
  const oidc::Catalogue& catalogue() const;
};

/// The built-in rules, those of the directories that configuration and options name, with the changes of the
/// options put into `loaded`. Issues are printed. Fails (configuration, usage) when they cannot be used.
Result<void> load_rules(const RuleOptions& options, LoadedConfig& loaded, Context& context,
                        SourceManager& sources, RunRules& out);

}  // namespace oidc_audit::cli
