#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cli/auth_config_key.h"
#include "cli/auth_lint.h"
#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "cli/rule_options.h"
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
rules::RunResult ask_rules(const RunRules& rules, const Inputs& inputs, const rules::Config& config,
                           Severity minimum, const ServerConfigs& servers) {
  rules::RunOptions run;
  run.minimum = minimum;
  run.access_entries = &servers.access_entries;
  run.servers = servers.servers;
  run.comments = servers.comments;
  if (inputs.clusters.empty())
    return rules::run(rules.rules, *inputs.inventory, inputs.sources, config, rules.catalogue(), run);
  rules::RunResult all;
  const bool files = inputs.counts.files != 0;
  if (files)
    append(all, rules::run(rules.rules, *inputs.inventory, inputs.sources, config, rules.catalogue(), run));
  for (const ClusterInput& cluster : inputs.clusters) {
    // Configurations are looked at once. Of which of several clusters one is that was only found, nobody
    // said.
    run.ask_servers = !files && &cluster == &inputs.clusters.front();
    if (!run.ask_servers) run.comments.clear();
    if (inputs.clusters.size() > 1 && !servers.given) {
      for (rules::ServerConfig& server : run.servers) server.joined = false;
    }
    run.complete = cluster.complete();
    append(all, rules::run(rules.rules, *cluster.inventory, inputs.sources, config, rules.catalogue(), run));
  }
  sort_findings(all.findings);
  sort_findings(all.suppressed);
  return all;
}

/// The server's configuration is one of the things looked at.
Result<void> name_auth_config(const LoadedConfig& config, const Context& context, ScanOptions& options) {
  std::optional<std::string>& file = options.authentication.file;
  const bool given = file.has_value();
  // By itself, what the configuration file names is not what somebody wants looked at.
  if (!given && options.input.paths.empty() && !options.input.cluster.wanted()) return {};
  RETURN_IF_ERROR(settle_auth_config(config, context, options.authentication));
  if (!file) return {};
  if (*file == "-") {
    options.input.paths.push_back(*file);
    return {};
  }
  if (given && context.files.type(*file) == FileType::none)
    return Error(ErrorKind::configuration, fmt::format("`{}`: no such file or directory", *file));
  options.input.required.push_back(*file);
  return {};
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
  RunRules rules;
  if (auto read = load_rules(options.rules, config, context, inputs.sources, rules); !read.ok()) {
    return context.fail(read.error());
  }
  if (auto named = name_auth_config(config, context, options); !named.ok())
    return context.fail(named.error());
  if (auto read = load_inputs(options.input, context, inputs); !read.ok()) return context.fail(read.error());
  ServerConfigs servers;
  if (auto found = find_server_configs(options.authentication, context, inputs, servers); !found.ok()) {
    return context.fail(found.error());
  }

  const Thresholds limits = thresholds(options.rules, config.config);
  rules::RunResult result = ask_rules(rules, inputs, config.config, limits.minimum, servers);
  const bool failed = fails(limits, result);
  const ExitCode status = with_inputs(failed ? ExitCode::findings : ExitCode::ok, inputs, options.input);

  report::Summary summary = summarize(inputs);
  count_configurations(servers, summary);
  summary.rules_run = result.rules_asked;
  summary.suppressed = result.suppressed.size();
  summary.below_minimum = rules::hidden_count(result);

  Collector issues;
  for (Issue& issue : inputs.issues) issues.add(std::move(issue));
  for (Issue& issue : servers.issues) issues.add(std::move(issue));
  for (Issue& issue : result.issues) issues.add(std::move(issue));
  inputs.issues = issues.take_issues();
  print_issues(inputs, context);

  const ScanRun run{options,
                    inputs,
                    context,
                    {inputs.sources, result.findings, result.suppressed, inputs.issues, rules.rules.infos(),
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
      "column. Configurations of an API server's authentication by tokens are looked at too: "
      "AuthenticationConfiguration, the --oidc-* arguments in a static pod manifest, a kubeadm "
      "ClusterConfiguration or a config.yaml of k3s and RKE2, and the forms of EKS, GKE, OpenShift and AKS, "
      "access entries of EKS among them. When there is one, bindings are compared with what it "
      "can produce. Documents of other kinds are passed over; Helm templates are skipped with a hint.");
  spec.example("Scan a directory", "scan deploy/");
  spec.example("Scan what a chart renders to; -n names the namespace it goes to",
               "scan -n ci - < rendered.yaml");
  spec.example("Compare bindings with what the server makes of tokens",
               "scan --auth-config auth.yaml deploy/");
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
