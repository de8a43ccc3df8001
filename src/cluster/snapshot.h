#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cluster/cluster_dump.h"

namespace oidc_audit::cluster {

/// What clusters held at one time, to be looked at again without them. In one gzip stream: a line of JSON
/// that says what follows (`oidc-audit/snapshot/1`), then the servers' answers one behind the other. The same
/// dumps give the same bytes. Holds no credentials and no addresses.
struct Snapshot {
  std::string tool;  ///< version of the program that wrote it
  std::vector<ClusterDump> clusters;
};

/// True when the bytes are compressed by gzip, as a snapshot is and no manifest.
bool looks_like_snapshot(std::string_view bytes);

Result<std::string> write_snapshot(const Snapshot& snapshot);

/// Fails (malformed) when the bytes are damaged, no snapshot or one of a form that is not known, and (limit)
/// when they unpack to more than `max_bytes`.
Result<Snapshot> read_snapshot(std::string_view bytes, std::size_t max_bytes);

}  // namespace oidc_audit::cluster
