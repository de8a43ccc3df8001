#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace oidc_audit {

struct HttpRequest {
  std::string url;  ///< absolute, https unless the caller has said otherwise
  std::vector<std::pair<std::string, std::string>> headers;
  std::string ca_pem;  ///< trust these instead of the system's; empty: the system's
  std::chrono::milliseconds timeout{10'000};
  std::size_t max_body_bytes = 16U << 20;
};

struct HttpResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

/// The one way out to the network that layers below `cluster/` know of.
class Http {
 public:
  virtual ~Http() = default;
  /// Fails with ErrorKind::network when no complete answer arrived; any status is a success here.
  virtual Result<HttpResponse> get(const HttpRequest& request) = 0;
};

}  // namespace oidc_audit
