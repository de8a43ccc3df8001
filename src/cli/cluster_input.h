#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cluster/cluster_dump.h"
#include "diag/issue.h"
#include "rules/completeness.h"
#include "source/source_range.h"

namespace oidc_audit {
class Collector;
class SourceManager;
}  // namespace oidc_audit
namespace oidc_audit::rbac {
class Inventory;
}

namespace oidc_audit::cli {

class ClusterConnection;

/// The objects of one cluster, read from its server or from a snapshot. Not movable while in use: the
/// inventory points into the sources.
struct ClusterInput {
  ClusterInput();
  ~ClusterInput();
  ClusterInput(ClusterInput&&) noexcept;
  ClusterInput& operator=(ClusterInput&&) noexcept;

  std::string label;
  std::string server_version;
  std::string taken_at;
  std::unique_ptr<rbac::Inventory> inventory;
  std::vector<BufferId> discovery;
  std::vector<cluster::Gap> gaps;
  std::unique_ptr<ClusterConnection> connection;  ///< null for a snapshot

  /// False: not a single list was given.
  bool has_anything() const;
  /// Which kinds were read to the last object.
  rules::Completeness complete() const;
  bool is_complete(const std::string& resource) const;
};

/// What a gap means for a run.
Issue gap_issue(const cluster::Gap& gap, const std::string& label);

/// Takes a dump in: its texts move into `sources`, its objects into an inventory. What is missing or wrong
/// becomes issues.
ClusterInput take_dump(cluster::ClusterDump dump, SourceManager& sources, Collector& issues);

}  // namespace oidc_audit::cli
