#pragma once

#include <string>
#include <vector>

#include "rbac/drift.h"
#include "source/source_manager.h"

namespace oidc_audit::report {

/// How one cluster differs from the files.
struct ClusterDrift {
  std::string cluster;
  std::string server_version;
  bool complete = true;  ///< everything was read
  rbac::Drift drift;
};

struct DriftReport {
  const SourceManager& sources;
  const std::vector<ClusterDrift>& clusters;
};

/// `oidc-audit/drift/1`
std::string drift_json(const DriftReport& report);
/// For people: `+` before what only the cluster gives, `-` before what only the files give.
std::string drift_text(const DriftReport& report, bool color);

}  // namespace oidc_audit::report
