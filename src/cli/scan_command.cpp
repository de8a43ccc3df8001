#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <numeric>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "cli/sarif_paths.h"
#include "cli/scan_options.h"
#include "cli/scan_summary.h"
#include "cli/version.h"
#include "diag/collector.h"
#include "oidc/catalogue.h"
#include "rbac/inventory.h"
#include "report/ci_reports.h"
#include "report/report.h"
#include "rules/engine.h"
#include "rules/rule_set.h"

namespace oidc_audit::cli {

namespace {

/// What a scan was asked for and what came of it, when the report is written.
struct ScanRun {
  const ScanOptions& options;
  const Inputs& inputs;
  Context& context;
  report::ScanReport report;
  ExitCode status;
};

void write_text(const ScanRun& run) {
  report::TextOptions text;
  text.color = run.context.color_out;
  text.width = run.context.width;
  text.summary = !run.context.options.quiet;
  text.verbose = run.context.options.verbosity > 0;
  report::text_report(run.report, text, [&](std::string_view piece) { run.context.out.write(piece); });
}

void write_json(const ScanRun& run) {
  report::json_report(run.report, [&](std::string_view piece) { run.context.out.write(piece); });
}

/// The category that uploads of this run replace each other by: never one for manifests and clusters alike,
/// or the one would close the alerts of the other.
std::string sarif_category(const ScanOptions& options, const Inputs& inputs) {
  if (options.sarif_category) return *options.sarif_category;
  if (inputs.clusters.empty()) return "oidc-audit/manifests/";
  if (inputs.clusters.size() > 1) return "oidc-audit/clusters/";
  return "oidc-audit/cluster/" + inputs.clusters.front().label + "/";
}

// By what consumers of machine-readable reports know the files.
std::vector<std::string> repository_paths(const ScanRun& run) {
  std::vector<std::string> outside;
  std::vector<std::string> paths =
      sarif_paths(run.inputs, run.context.files, run.options.sarif_root, outside);
  if (!outside.empty()) {
    run.context.messages.warning(
        fmt::format("`{}`{} lies outside of the repository: consumers of {} cannot place its findings",
                    outside.front(),
                    outside.size() == 1 ? "" : fmt::format(" (and {} more)", outside.size() - 1),
                    run.context.options.output == "sarif" ? "SARIF" : "the report"),
        "--sarif-root DIR says what paths are relative to");
  }
  return paths;
}

void write_sarif(const ScanRun& run) {
  report::SarifOptions sarif;
  sarif.paths = repository_paths(run);
  sarif.category = sarif_category(run.options, run.inputs);
  sarif.exit_code = static_cast<int>(run.status);
  run.context.out.write(report::sarif_report(run.report, sarif));
}

void write_gitlab_codequality(const ScanRun& run) {
  run.context.out.write(report::gitlab_codequality_report(run.report, repository_paths(run)));
}

void write_github(const ScanRun& run) {
  run.context.out.write(report::github_report(run.report, repository_paths(run)));
}

/// The formats of -o, the default one first. A new one is a row here and a file in report/.
struct Format {
  std::string_view name;
  void (*write)(const ScanRun& run);
};
constexpr std::array kFormats = {
    Format{"text", write_text},     Format{"json", write_json},
    Format{"sarif", write_sarif},   Format{"gitlab-codequality", write_gitlab_codequality},
    Format{"github", write_github},
};

/// From which severity on findings count, and from which on they are shown.
struct Thresholds {
  std::optional<Severity> fail_on;  ///< nullopt: never
  Severity minimum = Severity::low;
};

Thresholds thresholds(const ScanOptions& options, const rules::Config& config) {
  Thresholds out;
  out.fail_on = config.fail_on.value_or(Severity::high);
  if (options.fail_on) out.fail_on = parse_severity(*options.fail_on);
  // What decides the status is shown, unless the user says otherwise.
  if (out.fail_on) out.minimum = std::min(out.minimum, *out.fail_on);
  if (config.min_severity) out.minimum = *config.min_severity;
  if (options.min_severity) out.minimum = parse_severity(*options.min_severity).value_or(out.minimum);
  return out;
}

/// The highest severity of what was found, shown or not; nullopt when nothing was.
std::optional<Severity> worst(const rules::RunResult& result) {
  std::optional<Severity> out;
  for (std::size_t i = 0; i < result.hidden.size(); ++i) {
    if (result.hidden[i] != 0) out = static_cast<Severity>(i);
  }
  for (const Finding& finding : result.findings) out = std::max(out, std::optional(finding.severity));
  return out;
}

bool has_error(const std::vector<Issue>& issues) {
  return std::any_of(issues.begin(), issues.end(),
                     [](const Issue& issue) { return issue.level == IssueLevel::error; });
}

Result<void> add_packs(rules::RuleSet& rules, const std::string& directory, Context& context,
                       Inputs& inputs) {
  auto issues = rules.add_directory(context.files, directory, inputs.sources);
  if (!issues.ok()) {
    return Error(ErrorKind::configuration, issues.error().message(), issues.error().hint());
  }
  print_issues(inputs.sources, issues.value(), context);
  if (has_error(issues.value())) {
    return Error(ErrorKind::configuration, fmt::format("the rules in `{}` cannot be used", directory));
  }
  return {};
}

Result<void> apply_changes(const std::vector<RuleChange>& changes, const rules::RuleSet& rules,
                           rules::Config& config) {
  for (const RuleChange& change : changes) {
    if (rules.find(change.rule) == nullptr) {
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

Result<rules::RuleSet> load_rules(const ScanOptions& options, LoadedConfig& loaded, Context& context,
                                  Inputs& inputs) {
  rules::RuleSet rules = rules::RuleSet::builtin();
  for (const std::string& pack : loaded.config.rule_packs) {
    const bool absolute = !pack.empty() && pack.front() == '/';
    RETURN_IF_ERROR(add_packs(rules, absolute ? pack : loaded.directory + "/" + pack, context, inputs));
  }
  for (const std::string& directory : options.rule_directories) {
    RETURN_IF_ERROR(add_packs(rules, directory, context, inputs));
  }
  const std::vector<Issue> issues = rules.check_config(loaded.config, oidc::Catalogue::builtin());
  print_issues(inputs.sources, issues, context);
  if (has_error(issues)) {
    return Error(ErrorKind::configuration, fmt::format("configuration `{}` cannot be used", loaded.path));
  }
  RETURN_IF_ERROR(apply_changes(options.rule_changes, rules, loaded.config));
  return rules;
}

Result<void> check_formats(const ScanOptions& options, const Context& context) {
  const auto& paths = options.input.paths;
  const bool from_stdin = std::find(paths.begin(), paths.end(), "-") != paths.end();
  const std::string& format = context.options.output;
  const bool for_people_or_scripts = format == "text" || format == "json";
  if (!for_people_or_scripts && from_stdin && !options.input.stdin_filename) {
    return Error(ErrorKind::usage,
                 fmt::format("{} needs a file to point at, and standard input has none",
                             format == "sarif" ? "SARIF" : format),
                 "--stdin-filename PATH says what file it stands for");
  }
  return {};
}

void append(rules::RunResult& all, rules::RunResult part) {
  const auto move_to = [](auto& from, auto& to) {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  };
  move_to(part.findings, all.findings);
  move_to(part.suppressed, all.suppressed);
  move_to(part.issues, all.issues);
  for (std::size_t i = 0; i < all.hidden.size(); ++i) all.hidden[i] += part.hidden[i];
  all.rules_asked = part.rules_asked;
}

void sort_findings(std::vector<Finding>& findings) {
  Collector collector;
  for (Finding& finding : findings) collector.add(std::move(finding));
  findings = collector.take_findings();
}

/// Asks the rules about the files and about each cluster by itself: objects of one say nothing of another.
rules::RunResult ask_rules(const rules::RuleSet& rules, const Inputs& inputs, const rules::Config& config,
                           Severity minimum) {
  const oidc::Catalogue& catalogue = oidc::Catalogue::builtin();
  rules::RunOptions run;
  run.minimum = minimum;
  if (inputs.clusters.empty())
    return rules::run(rules, *inputs.inventory, inputs.sources, config, catalogue, run);
  rules::RunResult all;
  if (inputs.counts.files != 0)
    append(all, rules::run(rules, *inputs.inventory, inputs.sources, config, catalogue, run));
  for (const ClusterInput& cluster : inputs.clusters) {
    run.complete = cluster.complete();
    append(all, rules::run(rules, *cluster.inventory, inputs.sources, config, catalogue, run));
  }
  sort_findings(all.findings);
  sort_findings(all.suppressed);
  return all;
}

ExitCode run_scan(const ScanOptions& given, Context& context) {
  if (auto checked = check_formats(given, context); !checked.ok()) return context.fail(checked.error());
  Inputs inputs;
  auto loaded = load_config(context, inputs.sources);
  if (!loaded.ok()) return context.fail(loaded.error());
  LoadedConfig config = std::move(loaded).value();
  ScanOptions options = given;
  options.input.cluster_namespace = given.input.namespace_name.value_or("");
  options.input.config_exclude = config.config.exclude;
  options.input.config_directory = config.directory;
  if (!options.input.namespace_name && !config.config.namespace_name.empty()) {
    options.input.namespace_name = config.config.namespace_name;
  }
  auto rules = load_rules(options, config, context, inputs);
  if (!rules.ok()) return context.fail(rules.error());
  if (auto read = load_inputs(options.input, context, inputs); !read.ok()) return context.fail(read.error());

  const Thresholds limits = thresholds(options, config.config);
  rules::RunResult result = ask_rules(rules.value(), inputs, config.config, limits.minimum);
  const bool failed = limits.fail_on && worst(result) >= *limits.fail_on;
  const ExitCode status = with_inputs(failed ? ExitCode::findings : ExitCode::ok, inputs, options.input);

  report::Summary summary = summarize(inputs);
  summary.rules_run = result.rules_asked;
  summary.suppressed = result.suppressed.size();
  summary.below_minimum = std::accumulate(result.hidden.begin(), result.hidden.end(), std::size_t{0});

  Collector issues;
  for (Issue& issue : inputs.issues) issues.add(std::move(issue));
  for (Issue& issue : result.issues) issues.add(std::move(issue));
  inputs.issues = issues.take_issues();
  print_issues(inputs, context);

  const ScanRun run{options,
                    inputs,
                    context,
                    {inputs.sources, result.findings, result.suppressed, inputs.issues, rules.value().infos(),
                     std::move(summary), std::string(kVersion)},
                    status};
  const auto format = std::find_if(kFormats.begin(), kFormats.end(),
                                   [&](const Format& each) { return each.name == context.options.output; });
  format->write(run);
  return status;
}

}  // namespace

void declare_scan(CommandSpec& spec) {
  auto options = std::make_shared<ScanOptions>();
  spec.description(
      "Reads RBAC objects from YAML and JSON files, Lists and dumps of `kubectl get` among them, or from "
      "live "
      "clusters, and reports "
      "what is wrong with bindings that trust identities from outside the cluster, each at its line and "
      "column. Documents of other kinds are passed over; Helm templates are skipped with a hint.");
  spec.example("Scan a directory", "scan deploy/");
  spec.example("Scan what a chart renders to; -n names the namespace it goes to",
               "scan -n ci - < rendered.yaml");
  spec.example("Fail on medium findings too, in a form for code scanning",
               "scan --fail-on medium -o sarif --output-file oidc-audit.sarif .");
  spec.example("Scan the cluster of the current context", "scan --live");
  spec.example("Scan two clusters in one report", "scan --context staging --context prod -o json");
  spec.example("Without a rule, and with another one less severe",
               "scan --disable role-bound-by-nobody --severity generic-group=low .");
  spec.output_formats(
      {kFormats[0].name, kFormats[1].name, kFormats[2].name, kFormats[3].name, kFormats[4].name});
  declare_scan_options(spec, *options);
  spec.run([options](Context& context) { return run_scan(*options, context); });
}

}  // namespace oidc_audit::cli
