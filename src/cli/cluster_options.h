#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/kubeconfig.h"

namespace oidc_audit::cli {

class CommandSpec;
struct Context;

/// Which live clusters a command reads, and how it reaches them.
struct ClusterOptions {
  bool live = false;                  ///< --live: the current context
  std::vector<std::string> contexts;  ///< --context, repeated
  bool all_contexts = false;
  std::string label;  ///< what reports call the cluster; empty: its context's name
  bool no_exec = false;
  std::int64_t chunk_size = 500;  ///< objects a page; 0: whole lists
  cluster::KubeFlags kube;        ///< but for the context

  /// --live, --context and --all-contexts each ask for it.
  bool wanted() const { return live || all_contexts || !contexts.empty(); }
};

/// Declares --live and the flags that kubectl's plugins share (cli-runtime's ConfigFlags), by their names, in
/// the group `Cluster options`. Those that are not offered are declared too, hidden, and say why. With
/// `impersonation` also --as and its relatives; commands with a simulated identity declare those themselves.
/// -n is the command's own.
void add_cluster_options(CommandSpec& spec, ClusterOptions& options, bool impersonation);

/// Fails (usage) when flags about a cluster stand without --live, or exclude each other.
Result<void> check_cluster_options(const ClusterOptions& options);

}  // namespace oidc_audit::cli
