#include "cli/scan_options.h"

#include "cli/command.h"

namespace oidc_audit::cli {

namespace {

constexpr const char* kSarif = "SARIF options";

}  // namespace

void declare_scan_options(CommandSpec& spec, ScanOptions& options) {
  spec.positionals(
      "PATH", options.input.paths,
      "files, snapshots, directories (searched for *.yaml, *.yml, *.json) or `-` for standard input");
  declare_thresholds(spec, options.rules);
  spec.option("-n,--namespace", "NAMESPACE", options.input.namespace_name,
              "namespace of namespaced objects that name none (Helm and kustomize output is like that)");

  declare_rule_choice(spec, options.rules);
  add_input_options(spec, options.input);
  add_cluster_options(spec, options.input.cluster, true);

  add_auth_config_options(spec, options.authentication);

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
