#include "cli/rule_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "cli/subject_claims.h"
#include "diag/severity_words.h"
#include "oidc/catalogue.h"
#include "rules/engine.h"

namespace oidc_audit::cli {

namespace {

constexpr const char* kRules = "Rule options";

std::vector<std::string> severity_choices(bool or_never) {
  const std::span<const std::string_view> words = severity_words();
  std::vector<std::string> out(words.begin(), words.end());
  if (or_never) out.emplace_back("never");
  return out;
}

SetValue to_severity_word(std::optional<std::string>& target, std::vector<std::string> words) {
  return [&target, words = std::move(words)](std::string_view text) -> Result<void> {
    RETURN_IF_ERROR(check_choice(text, words));
    target = std::string(text);
    return {};
  };
}

SetValue to_switch(std::vector<RuleChange>& changes, bool enabled) {
  return [&changes, enabled](std::string_view text) -> Result<void> {
    changes.push_back({std::string(text), enabled, std::nullopt});
    return {};
  };
}

bool has_error(const std::vector<Issue>& issues) {
  return std::any_of(issues.begin(), issues.end(),
                     [](const Issue& issue) { return issue.level == IssueLevel::error; });
}

Result<void> apply_changes(const std::vector<RuleChange>& changes, const rules::RuleSet& rules,
                           rules::Config& config) {
  for (const RuleChange& change : changes) {
    if (!rules.knows(change.rule)) {
      const auto near = rules.nearest_id(change.rule);
      return Error(ErrorKind::usage, fmt::format("there is no rule `{}`", change.rule),
                   near ? fmt::format("did you mean `{}`?", *near) : "`oidc-audit rules` lists them");
    }
    rules::RuleOverride override;
    override.enabled = change.enabled;
    override.severity = change.severity;
    config.rules.emplace_back(change.rule, override);
  }
  return {};
}

// What is wrong with rules is wrong usage, whatever kind of trouble it is.
Result<void> add_rules(const std::string& directory, Context& context, SourceManager& sources,
                       RunRules& out) {
  auto added = add_rule_directory(directory, context, sources, out.rules, out.own);
  if (added.ok()) return {};
  return Error(ErrorKind::configuration, added.error().message(), added.error().hint());
}

}  // namespace

Result<RuleChange> parse_severity_change(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error(ErrorKind::usage, fmt::format("`{}` is not of the form RULE=LEVEL", text));
  }
  const std::string_view level = text.substr(equals + 1);
  RETURN_IF_ERROR(check_choice(level, severity_choices(false)));
  return RuleChange{std::string(text.substr(0, equals)), std::nullopt, parse_severity(level)};
}

void declare_fail_on(CommandSpec& spec, std::optional<std::string>& fail_on) {
  const std::vector<std::string> levels = severity_choices(true);
  OptionDecl& declared =
      spec.custom("--fail-on", "SEVERITY", to_severity_word(fail_on, levels),
                  "end with status 1 when there is a finding of this severity or a higher one");
  declared.choices = levels;
  declared.default_text = "high";
}

void declare_thresholds(CommandSpec& spec, RuleOptions& options) {
  const std::vector<std::string> levels = severity_choices(false);
  declare_fail_on(spec, options.fail_on);
  OptionDecl& minimum =
      spec.custom("--min-severity", "SEVERITY", to_severity_word(options.min_severity, levels),
                  "show findings from this severity on");
  minimum.choices = levels;
  minimum.default_text = "low";
}

void declare_rule_choice(CommandSpec& spec, RuleOptions& options) {
  OptionDecl& rules = spec.option(
      "--rules", "DIR", options.rule_directories,
      "add the rules below DIR (a rule pack or a directory of packs) and the providers in DIR/providers");
  rules.group = kRules;
  OptionDecl& enable = spec.custom("--enable", "RULE", to_switch(options.rule_changes, true),
                                   "run a rule that is off by default");
  enable.group = kRules;
  enable.repeatable = true;
  OptionDecl& disable =
      spec.custom("--disable", "RULE", to_switch(options.rule_changes, false), "do not run a rule");
  disable.group = kRules;
  disable.repeatable = true;
  OptionDecl& severity = spec.custom(
      "--severity", "RULE=LEVEL",
      [&options](std::string_view text) -> Result<void> {
        ASSIGN_OR_RETURN(RuleChange change, parse_severity_change(text));
        options.rule_changes.push_back(std::move(change));
        return {};
      },
      "give the findings of a rule another severity");
  severity.group = kRules;
  severity.repeatable = true;
}

Thresholds thresholds(const RuleOptions& options, const rules::Config& config) {
  Thresholds out;
  out.fail_on = config.fail_on.value_or(Severity::high);
  if (options.fail_on) out.fail_on = parse_severity(*options.fail_on);
  // What decides the status is shown, unless the user says otherwise.
  if (out.fail_on) out.minimum = std::min(out.minimum, *out.fail_on);
  if (config.min_severity) out.minimum = *config.min_severity;
  if (options.min_severity) out.minimum = parse_severity(*options.min_severity).value_or(out.minimum);
  return out;
}

bool fails(const Thresholds& limits, const rules::RunResult& result) {
  return limits.fail_on && rules::worst(result) >= limits.fail_on;
}

RunRules::RunRules() : rules(rules::RuleSet::builtin()) {}
RunRules::~RunRules() = default;

const oidc::Catalogue& RunRules::catalogue() const { return own ? *own : oidc::Catalogue::builtin(); }

Result<void> load_rules(const RuleOptions& options, LoadedConfig& loaded, Context& context,
                        SourceManager& sources, RunRules& out) {
  for (const std::string& pack : loaded.config.rule_packs) {
    RETURN_IF_ERROR(add_rules(path_beside(loaded, pack, context.files), context, sources, out));
  }
  for (const std::string& directory : options.rule_directories) {
    RETURN_IF_ERROR(add_rules(directory, context, sources, out));
  }
  const std::vector<Issue> issues = out.rules.check_config(loaded.config, out.catalogue());
  print_issues(sources, issues, context);
  if (has_error(issues)) {
    return Error(ErrorKind::configuration, fmt::format("configuration `{}` cannot be used", loaded.path));
  }
  return apply_changes(options.rule_changes, out.rules, loaded.config);
}

}  // namespace oidc_audit::cli
