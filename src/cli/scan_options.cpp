#include "cli/scan_options.h"

#include <fmt/format.h>

#include "cli/command.h"

namespace oidc_audit::cli {

namespace {

constexpr const char* kRules = "Rule options";
constexpr const char* kSarif = "SARIF options";

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

}  // namespace

Result<RuleChange> parse_severity_change(std::string_view text) {
  const std::size_t equals = text.rfind('=');
  if (equals == std::string_view::npos || equals == 0) {
    return Error(ErrorKind::usage, fmt::format("`{}` is not of the form RULE=LEVEL", text));
  }
  const std::string_view level = text.substr(equals + 1);
  static const std::vector<std::string> kLevels = {"info", "low", "medium", "high", "critical"};
  RETURN_IF_ERROR(check_choice(level, kLevels));
  return RuleChange{std::string(text.substr(0, equals)), std::nullopt, parse_severity(level)};
}

void declare_scan_options(CommandSpec& spec, ScanOptions& options) {
  spec.positionals(
      "PATH", options.input.paths,
      "files, snapshots, directories (searched for *.yaml, *.yml, *.json) or `-` for standard input");
  const std::vector<std::string> levels = {"info", "low", "medium", "high", "critical"};
  std::vector<std::string> or_never = levels;
  or_never.emplace_back("never");
  OptionDecl& fail_on =
      spec.custom("--fail-on", "SEVERITY", to_severity_word(options.fail_on, or_never),
                  "end with status 1 when there is a finding of this severity or a higher one");
  fail_on.choices = or_never;
  fail_on.default_text = "high";
  OptionDecl& minimum =
      spec.custom("--min-severity", "SEVERITY", to_severity_word(options.min_severity, levels),
                  "show findings from this severity on");
  minimum.choices = levels;
  minimum.default_text = "low";
  spec.option("-n,--namespace", "NAMESPACE", options.input.namespace_name,
              "namespace of namespaced objects that name none (Helm and kustomize output is like that)");

  OptionDecl& rules = spec.option("--rules", "DIR", options.rule_directories,
                                  "add the rules below DIR: a rule pack or a directory of packs");
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

  add_input_options(spec, options.input);
  add_cluster_options(spec, options.input.cluster, true);

  spec.option("--sarif-root", "DIR", options.sarif_root,
              "what paths in SARIF are relative to; default: the repository's root")
      .group = kSarif;
  OptionDecl& category =
      spec.option("--sarif-category", "ID", options.sarif_category,
                  "automation id of the run; empty: none, so that the upload's own counts");
  category.group = kSarif;
  category.default_text = "oidc-audit/manifests/, oidc-audit/cluster/NAME/";
}

}  // namespace oidc_audit::cli
