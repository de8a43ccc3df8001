#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/http.h"
#include "base/result.h"

namespace oidc_audit::cluster {

/// How the server of one cluster is reached.
struct Endpoint {
  std::string server;           ///< `https://host:port/prefix`
  std::string tls_server_name;  ///< for SNI and verification; empty: the host
  bool insecure_skip_tls_verify = false;
  std::string ca_pem;  ///< empty: the system's roots
  std::string proxy;   ///< empty: none; the environment is not looked at
  bool compression = true;
};

struct TransferRequest {
  std::string method = "GET";
  std::string target;  ///< path and query, `/api/v1/namespaces?limit=500`
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::chrono::milliseconds timeout{0};  ///< of the whole transfer; 0: none
  std::size_t max_body_bytes = 16U << 20;
};

struct TransferResult {
  std::optional<Error> error;  ///< set: no complete answer arrived
  /// The connection broke although it had been made, so that asking again may help.
  bool connection_lost = false;
  HttpResponse response;
};

/// Transfers to one server, several at once over libcurl's multi interface: HTTP/2 where the server has it,
/// TLS 1.2 at least, no redirects, no cookies, bodies bounded. What stalls for a minute is ended. Everything
/// happens inside run(), in one thread.
class Transfers {
 public:
  using Done = std::function<void(TransferResult)>;

  Transfers(Endpoint endpoint, std::size_t most_at_once);
  ~Transfers();
  Transfers(const Transfers&) = delete;
  Transfers& operator=(const Transfers&) = delete;

  /// Queues a transfer; `done` is called from run() and may start others. With `delay` it waits first.
  void start(TransferRequest request, Done done, std::chrono::milliseconds delay = {});
  /// Runs until nothing is queued or in flight.
  void run();
  /// Drops all that is queued and in flight without calling back.
  void drop_all();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace oidc_audit::cluster
