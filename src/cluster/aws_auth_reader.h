#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "cluster/api_client.h"
#include "cluster/cluster_dump.h"

namespace oidc_audit::cluster {

/// Whether the ConfigMap kube-system/aws-auth, by which EKS maps IAM identities, is read along.
enum class AwsAuth : std::uint8_t {
  no,
  /// Only a server of EKS goes by it, so elsewhere one that may not be read leaves nothing out.
  if_eks,
  needed,  ///< the question cannot be answered without: what may not be read is a gap
};

/// Whether a server's version is that of an EKS cluster (`v1.31.2-eks-7f9249a`).
bool is_eks_version(std::string_view version);

/// Reads the ConfigMap. That there is none says nothing: a cluster may do with access entries.
class AwsAuthReader {
 public:
  /// Sends the request; its answer comes while `client` runs. This outlives it.
  void start(ApiClient& client);
  /// Puts the ConfigMap among the pages of `dump`, or what is to be said of it among its gaps or remarks.
  void finish(AwsAuth wanted, ClusterDump& dump);

 private:
  std::optional<Result<ApiAnswer>> answer_;
};

}  // namespace oidc_audit::cluster
