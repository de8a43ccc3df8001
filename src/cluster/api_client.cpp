#include "cluster/api_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <string_view>

#include "base/strings.h"
#include "base/unicode.h"
#include "cluster/api_status.h"
#include "cluster/proxy.h"
#include "cluster/warning_header.h"

namespace oidc_audit::cluster {

namespace {

constexpr std::size_t kShownBytes = 500;
constexpr std::size_t kMostWarnings = 50;

Endpoint endpoint_of(const ClientConfig& config, const GetEnv& env) {
  Endpoint out;
  out.server = config.server;
  out.tls_server_name = config.tls_server_name;
  out.insecure_skip_tls_verify = config.insecure_skip_tls_verify;
  out.ca_pem = config.ca_pem;
  out.proxy = config.proxy_url.empty() ? proxy_from_environment(config.server, env) : config.proxy_url;
  out.compression = !config.disable_compression;
  return out;
}

std::string_view header(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return {};
}

bool is_json(const HttpResponse& response) {
  std::string type = to_lower_ascii(header(response, "content-type"));
  type = std::string(trim_ascii(std::string_view(type).substr(0, type.find(';'))));
  return type == "application/json" || (type.starts_with("application/") && type.ends_with("+json"));
}

/// A whole number of seconds; dates are not what API servers send.
std::optional<std::chrono::milliseconds> retry_after(const HttpResponse& response) {
  const std::string_view text = header(response, "retry-after");
  unsigned seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (text.empty() || code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return std::chrono::seconds(std::min(seconds, 1'000'000U));
}

bool is_success(int status) { return status >= 200 && status < 300; }
bool is_redirect(int status) { return status == 301 || status == 302 || status == 307 || status == 308; }

/// The part of `location` behind the server's own address; nullopt when it leads elsewhere.
std::optional<std::string> same_host_target(const std::string& server, std::string_view location) {
  if (location.starts_with('/') && !location.starts_with("//")) return std::string(location);
  const std::string origin = server.substr(0, server.find('/', server.find("://") + 3));
  if (to_lower_ascii(location).starts_with(to_lower_ascii(origin) + "/"))
    return std::string(location.substr(origin.size()));
  return std::nullopt;
}

}  // namespace

struct ApiClient::Exchange {
  ApiRequest request;
  Done done;
  std::string target;
  RequestAuth auth;  // as it was last sent
  int retries = 0;
  int blind_retries = 0;
  int redirects = 0;
  bool asked_anew = false;
  std::chrono::milliseconds waited{0};
};

std::string query_part(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~").find(c) != std::string_view::npos;
    if (plain) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string refusal_text(const ApiAnswer& answer) {
  if (const auto status = read_status(answer.body); status && !status->message.empty())
    return escape_for_display(std::string_view(status->message).substr(0, kShownBytes));
  return fmt::format("the server answers with status {}", answer.status);
}

ApiClient::ApiClient(const ClientConfig& config, Credentials& credentials, const GetEnv& env,
                     std::string user_agent, const ClientLimits& limits)
    : config_(config),
      credentials_(credentials),
      user_agent_(std::move(user_agent)),
      limits_(limits),
      transfers_(endpoint_of(config, env), limits.most_at_once) {}

ApiClient::~ApiClient() = default;

void ApiClient::send(ApiRequest request, Done done) {
  auto exchange = std::make_shared<Exchange>();
  exchange->request = std::move(request);
  exchange->done = std::move(done);
  exchange->target = exchange->request.path;
  char separator = '?';
  if (config_.request_timeout_ms > 0)
    exchange->request.query.emplace_back("timeout", fmt::format("{}ms", config_.request_timeout_ms));
  for (const auto& [name, value] : exchange->request.query) {
    exchange->target += separator + query_part(name) + "=" + query_part(value);
    separator = '&';
  }
  dispatch(exchange, {});
}

void ApiClient::run() { transfers_.run(); }

void ApiClient::dispatch(const std::shared_ptr<Exchange>& exchange, std::chrono::milliseconds delay) {
  if (failure_) return;
  auto auth = credentials_.now();
  if (!auth.ok()) return fail(std::move(auth).error());
  TransferRequest transfer;
  transfer.target = exchange->target;
  exchange->auth = auth.value();
  transfer.headers = std::move(auth.value().headers);
  transfer.headers.emplace_back("User-Agent", user_agent_);
  transfer.headers.emplace_back("Accept", exchange->request.accept);
  if (!exchange->request.body.empty()) {
    transfer.method = "POST";
    transfer.body = exchange->request.body;
    transfer.headers.emplace_back("Content-Type", "application/json");
  }
  transfer.client_certificate_pem = std::move(auth.value().client_certificate_pem);
  transfer.client_key_pem = std::move(auth.value().client_key_pem);
  transfer.timeout = std::chrono::milliseconds(config_.request_timeout_ms);
  transfer.max_body_bytes = exchange->request.max_body_bytes;
  transfers_.start(
      std::move(transfer), [this, exchange](TransferResult result) { answered(exchange, std::move(result)); },
      delay);
}

void ApiClient::answered(const std::shared_ptr<Exchange>& exchange, TransferResult result) {
  if (failure_) return;
  if (retry(exchange, result)) return;
  if (result.error) return exchange->done(*std::move(result.error));
  HttpResponse& response = result.response;
  take_warnings(response);
  if (response.status == 401) {
    if (!unauthorized(exchange, response)) dispatch(exchange, {});
    return;
  }
  accepted_ = true;
  if (is_redirect(response.status) && redirect(exchange, response)) return;
  if (is_success(response.status) && !is_json(response)) {
    const std::string type(header(response, "content-type").substr(0, 100));
    return exchange->done(
        Error(ErrorKind::network,
              fmt::format("{}{} answers with {}, not JSON", config_.server, exchange->request.path,
                          type.empty() ? "no content type" : fmt::format("`{}`", escape_for_display(type))),
              "is this the address of an API server, or that of something in front of it?"));
  }
  exchange->done(ApiAnswer{response.status, std::move(response.body)});
}

bool ApiClient::retry(const std::shared_ptr<Exchange>& exchange, const TransferResult& result) {
  const bool get = exchange->request.body.empty();
  const int status = result.error ? 0 : result.response.status;
  const bool busy = status == 429 || status >= 500;
  if (!(result.error && result.connection_lost && get) && !busy) return false;
  std::chrono::milliseconds wait{};
  if (const auto asked = busy ? retry_after(result.response) : std::nullopt) {
    if (++exchange->retries > limits_.most_retries) return false;
    wait = std::min(*asked, limits_.most_wait);
  } else {
    if (!get || ++exchange->blind_retries > limits_.most_blind_retries) return false;
    wait = limits_.blind_wait * (1LL << (exchange->blind_retries - 1));
  }
  exchange->waited += wait;
  if (exchange->waited > limits_.most_waiting) return false;
  dispatch(exchange, wait);
  return true;
}

bool ApiClient::redirect(const std::shared_ptr<Exchange>& exchange, const HttpResponse& response) {
  const std::string_view location = header(response, "location");
  const auto target = same_host_target(config_.server, location);
  if (!target || !exchange->request.body.empty()) {
    exchange->done(
        Error(ErrorKind::network,
              fmt::format("{}{} redirects to another host (`{}`), and credentials are not taken there",
                          config_.server, exchange->request.path,
                          escape_for_display(location.substr(0, location.find_first_of("?#")))),
              "is this the address of an API server?"));
    return true;
  }
  if (++exchange->redirects > limits_.most_redirects) {
    exchange->done(Error(ErrorKind::network,
                         fmt::format("{}{} redirects without end", config_.server, exchange->request.path)));
    return true;
  }
  // A prefix of the server's own path stands in the target already.
  const std::size_t slash = config_.server.find('/', config_.server.find("://") + 3);
  const std::string prefix = slash == std::string::npos ? "" : config_.server.substr(slash);
  if (!prefix.empty() && !target->starts_with(prefix + "/")) {
    exchange->done(Error(ErrorKind::network, fmt::format("{}{} redirects out of the server's own path",
                                                         config_.server, exchange->request.path)));
    return true;
  }
  exchange->target = target->substr(prefix.size());
  dispatch(exchange, {});
  return true;
}

// True: it stays at that. A credential that was good before may only have run out.
bool ApiClient::unauthorized(const std::shared_ptr<Exchange>& exchange, const HttpResponse& response) {
  if (accepted_ && !exchange->asked_anew && credentials_.refused(exchange->auth)) {
    exchange->asked_anew = true;
    return false;
  }
  refused_ = true;
  const ApiAnswer answer{response.status, response.body};
  fail(Error(ErrorKind::network,
             fmt::format("{}: the server does not accept the credentials ({})", config_.server,
                         refusal_text(answer)),
             "log in again, or choose another context or user"));
  return true;
}

void ApiClient::take_warnings(const HttpResponse& response) {
  for (const auto& [name, value] : response.headers) {
    if (name != "warning") continue;
    for (std::string& text : read_warnings(value)) {
      if (warnings_.size() >= kMostWarnings) return;
      if (std::find(warnings_.begin(), warnings_.end(), text) == warnings_.end())
        warnings_.push_back(std::move(text));
    }
  }
}

void ApiClient::fail(Error error) {
  if (!failure_) failure_ = std::move(error);
  transfers_.drop_all();
}

}  // namespace oidc_audit::cluster
