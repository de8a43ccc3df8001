#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cluster/exec_plugin.h"
#include "cluster/kubeconfig.h"

namespace oidc_audit {
class Files;
}

namespace oidc_audit::cluster {

/// What a request carries to say who it comes from. Holds secrets: never printed.
struct RequestAuth {
  std::vector<std::pair<std::string, std::string>> headers;
  std::string client_certificate_pem;
  std::string client_key_pem;
  friend bool operator==(const RequestAuth&, const RequestAuth&) = default;
};

/// The credentials of one context as they are now: a token file is read again every minute, a plugin runs
/// again when its credential has expired. Source: client-go transport/token_source.go, round_trippers.go.
class Credentials {
 public:
  /// All outlive this. `plugins` is shared between contexts.
  Credentials(const ClientConfig& config, const Files& files, ExecPlugins& plugins)
      : config_(config), files_(files), plugins_(plugins) {}

  /// Fails (configuration, unreadable) when a token file is empty or missing, or a plugin gives nothing.
  Result<RequestAuth> now();
  /// A server answered 401 to `used`. True when asking anew may give something else, or already has.
  bool refused(const RequestAuth& used);

 private:
  Result<std::string> file_token();

  const ClientConfig& config_;
  const Files& files_;
  ExecPlugins& plugins_;
  std::string file_token_;
  std::optional<std::chrono::steady_clock::time_point> file_read_;
};

}  // namespace oidc_audit::cluster
