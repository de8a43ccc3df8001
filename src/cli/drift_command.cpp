#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "rbac/inventory.h"
#include "report/drift_report.h"

namespace oidc_audit::cli {

namespace {

struct DriftCommandOptions {
  InputOptions input;
  bool declared_only = false;
};

Result<void> load(const DriftCommandOptions& given, Context& context, Inputs& inputs) {
  ASSIGN_OR_RETURN(const LoadedConfig config, load_config(context, inputs.sources));
  InputOptions input = given.input;
  input.config_exclude = config.config.exclude;
  input.config_directory = config.directory;
  input.cluster_namespace = input.namespace_name.value_or("");
  input.all_kinds = false;
  if (!input.namespace_name && !config.config.namespace_name.empty())
    input.namespace_name = config.config.namespace_name;
  if (input.paths.empty())
    return Error(ErrorKind::usage, "no files were named to compare the cluster with", "drift -f DIR --live");
  RETURN_IF_ERROR(load_inputs(input, context, inputs));
  print_issues(inputs, context);
  if (inputs.clusters.empty() && inputs.counts.clusters_failed == 0 && inputs.counts.unreadable == 0)
    return Error(ErrorKind::usage, "no cluster was named to compare the files with",
                 "add --live, --context NAME, or a snapshot");
  return {};
}

ExitCode run_drift(const DriftCommandOptions& options, Context& context) {
  Inputs inputs;
  if (auto loaded = load(options, context, inputs); !loaded.ok()) return context.fail(loaded.error());
  if (inputs.counts.files == 0) {
    context.messages.error("no manifest was read, so nothing was compared");
    return ExitCode::unreadable;
  }
  // What could not be read was said, and may have been the cluster.
  if (inputs.clusters.empty() && inputs.counts.unreadable != 0) return ExitCode::unreadable;
  std::vector<report::ClusterDrift> clusters;
  bool drifted = false;
  for (const ClusterInput& cluster : inputs.clusters) {
    rbac::DriftOptions compare;
    compare.declared_only = options.declared_only;
    compare.complete = [&cluster](std::string_view resource) {
      return cluster.is_complete(std::string(resource));
    };
    report::ClusterDrift found{cluster.label, cluster.server_version, cluster.gaps.empty(),
                               rbac::find_drift(*inputs.inventory, *cluster.inventory, compare)};
    drifted =
        drifted || std::any_of(found.drift.entries.begin(), found.drift.entries.end(),
                               [](const auto& entry) { return entry.effect != rbac::DriftEffect::none; });
    clusters.push_back(std::move(found));
  }
  const report::DriftReport report{inputs.sources, clusters};
  context.out.write(context.options.output == "json" ? report::drift_json(report)
                                                     : report::drift_text(report, context.color_out));
  return with_inputs(drifted ? ExitCode::findings : ExitCode::ok, inputs, options.input);
}

}  // namespace

void declare_drift(CommandSpec& spec) {
  auto options = std::make_shared<DriftCommandOptions>();
  spec.description(
      "Compares the roles and bindings that files declare with those of a live cluster, by what they grant: "
      "what the "
      "cluster gives and no file declares (`more`, marked +), and what files declare and the cluster does "
      "not give "
      "(`less`, marked -). Objects that every server makes itself, order and metadata do not count. Status "
      "1: some "
      "difference has an effect on permissions.");
  spec.example("Does the cluster have what the repository says?", "drift -f deploy/ --live");
  spec.example("Only what the repository declares", "drift -f deploy/ --context prod --declared-only");
  spec.example("Against a snapshot", "drift -f deploy/ -f prod.snapshot");
  spec.output_formats({"text", "json"});
  spec.positionals("PATH", options->input.paths, "files, directories, snapshots");
  spec.option("-n,--namespace", "NAME", options->input.namespace_name,
              "namespace of namespaced objects that name none");
  spec.flag("--declared-only", options->declared_only, "leave out objects that only the cluster has");
  add_input_options(spec, options->input);
  add_cluster_options(spec, options->input.cluster, true);
  spec.run([options](Context& context) { return run_drift(*options, context); });
}

}  // namespace oidc_audit::cli
