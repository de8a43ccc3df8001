#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cluster/credentials.h"
#include "cluster/kubeconfig.h"
#include "cluster/transfers.h"

namespace oidc_audit::cluster {

/// Bounds and waits of a client; each is there so that a server that is slow, busy or hostile ends a run
/// with a message instead of holding it.
struct ClientLimits {
  std::size_t most_at_once = 8;
  int most_retries = 10;       ///< of a request whose answers say when to come again
  int most_blind_retries = 4;  ///< of a request whose answers do not, and after a lost connection
  std::chrono::milliseconds blind_wait{500};        ///< before the first of those; doubled each time
  std::chrono::milliseconds most_wait{30'000};      ///< for one Retry-After
  std::chrono::milliseconds most_waiting{120'000};  ///< for one request, all waits together
  int most_redirects = 5;                           ///< to the same host
};

struct ApiRequest {
  std::string path;                                        ///< `/api/v1/namespaces`
  std::vector<std::pair<std::string, std::string>> query;  ///< not yet encoded
  std::string accept = "application/json";
  std::string body;  ///< not empty: POST of JSON
  std::size_t max_body_bytes = 16U << 20;
};

struct ApiAnswer {
  int status = 0;
  std::string body;  ///< JSON when the status is one of success
};

/// Speaks to the API server of one context as client-go does: credentials, impersonation, retries, redirects
/// to the same host only, warnings. Source: client-go rest/request.go, rest/with_retry.go.
class ApiClient {
 public:
  using Done = std::function<void(Result<ApiAnswer>)>;

  /// `config` and `credentials` outlive this. `env` is asked for proxies.
  ApiClient(const ClientConfig& config, Credentials& credentials, const GetEnv& env, std::string user_agent,
            const ClientLimits& limits = {});
  ~ApiClient();
  ApiClient(const ApiClient&) = delete;
  ApiClient& operator=(const ApiClient&) = delete;

  /// `done` is called from run() with any answer that the server stands by, also a 403 or 404; or with an
  /// error (network, limit) when there is none. A 401 ends everything: see failure().
  void send(ApiRequest request, Done done);
  void run();

  /// Set when going on makes no sense: the server does not accept the credentials, or there are none.
  const std::optional<Error>& failure() const { return failure_; }
  /// The failure is that the server answered 401.
  bool refused() const { return refused_; }
  /// Texts of `Warning` headers with code 299, each once, in the order in which they came.
  const std::vector<std::string>& warnings() const { return warnings_; }

 private:
  struct Exchange;
  void dispatch(const std::shared_ptr<Exchange>& exchange, std::chrono::milliseconds delay);
  void answered(const std::shared_ptr<Exchange>& exchange, TransferResult result);
  /// True when the request goes out once more.
  bool retry(const std::shared_ptr<Exchange>& exchange, const TransferResult& result);
  bool redirect(const std::shared_ptr<Exchange>& exchange, const HttpResponse& response);
  bool unauthorized(const std::shared_ptr<Exchange>& exchange, const HttpResponse& response);
  void take_warnings(const HttpResponse& response);
  void fail(Error error);

  const ClientConfig& config_;
  Credentials& credentials_;
  std::string user_agent_;
  ClientLimits limits_;
  Transfers transfers_;
  std::optional<Error> failure_;
  std::vector<std::string> warnings_;
  bool refused_ = false;
  bool accepted_ = false;  ///< the server has taken the credentials before
};

/// What an answer that is no success says, for people: the server's own words if it has any.
std::string refusal_text(const ApiAnswer& answer);

/// `text` as a part of a query, percent-encoded.
std::string query_part(std::string_view text);

}  // namespace oidc_audit::cluster
