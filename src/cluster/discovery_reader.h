#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/api_client.h"

namespace oidc_audit::cluster {

/// Asks a server which resources it has: in one answer each for the core group and the others where it can
/// do that (aggregated discovery), else group by group. Source: client-go discovery/discovery_client.go.
class DiscoveryReader {
 public:
  /// Queues the requests; the client's run() fills this, which must outlive it.
  void start(ApiClient& client, std::size_t max_body_bytes);
  /// JSON texts, in an order that does not depend on the network.
  std::vector<std::string>& texts();
  /// What could not be discovered, for people: extension servers that are down, and the like.
  const std::vector<std::string>& failures() const { return failures_; }

 private:
  void ask(const std::string& path, bool aggregated);
  void take(const std::string& path, Result<ApiAnswer> answer);
  void ask_versions(const std::string& path, const std::string& body);

  ApiClient* client_ = nullptr;
  std::size_t max_body_bytes_ = 0;
  std::vector<std::pair<std::string, std::string>> found_;  // path, text
  std::vector<std::string> texts_;
  std::vector<std::string> failures_;
};

/// `gitVersion` of the answer to /version; empty when it is something else.
std::string read_git_version(std::string_view body);

}  // namespace oidc_audit::cluster
