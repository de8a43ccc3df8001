#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cluster/api_client.h"
#include "cluster/aws_auth_reader.h"
#include "cluster/cluster_dump.h"

namespace oidc_audit::cluster {

struct ReadProgress {
  std::size_t lists = 0;
  std::size_t lists_done = 0;
  std::size_t pages = 0;
  std::size_t bytes = 0;
};

/// What is to be read, and within which bounds.
struct ReadPlan {
  std::vector<ListKind> kinds;
  bool discovery = false;
  AwsAuth aws_auth = AwsAuth::no;
  std::string asked_namespace;    ///< -n: where to look when lists over all namespaces are forbidden
  std::string context_namespace;  ///< the same when namespaces may not be listed either
  std::size_t page_size = 500;
  std::size_t max_page_bytes = std::size_t{1} << 30;
  std::size_t max_total_bytes = std::size_t{3} << 30;
  std::size_t max_discovery_bytes = std::size_t{64} << 20;
  std::function<void(const ReadProgress&)> progress;  ///< may be null
};

/// Reads lists of all kinds at once, each page by page. A page token that has expired starts its list anew
/// once, then the list is asked for without pages: a mixed state could show a binding without its role. What
/// may not be listed over all namespaces is listed namespace by namespace; what stays out of reach is in
/// `gaps`. Fails (network) when the server gave no usable answer at all or refuses the credentials. Source:
/// client-go tools/pager/pager.go.
Result<ClusterDump> read_cluster(ApiClient& client, const ReadPlan& plan);

}  // namespace oidc_audit::cluster
