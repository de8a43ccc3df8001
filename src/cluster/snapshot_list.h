#pragma once

#include <string>

#include "base/result.h"
#include "cluster/cluster_dump.h"

namespace oidc_audit::cluster {

/// The objects of a dump as one `v1 List` in JSON, each with its kind, as `kubectl get -o json` prints them.
/// Fails (malformed) when a part of it is no list or object in JSON.
Result<std::string> objects_as_list(const ClusterDump& dump);

}  // namespace oidc_audit::cluster
