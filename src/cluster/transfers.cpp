#include "cluster/transfers.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <string_view>

#include "base/strings.h"
#include "cluster/body_buffer.h"
#include "cluster/curl_global.h"

namespace oidc_audit::cluster {

namespace {

using Clock = std::chrono::steady_clock;

constexpr long kConnectMilliseconds = 30'000;
constexpr long kStallSeconds = 60;

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeMulti {
  void operator()(CURLM* handle) const { curl_multi_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
using List = std::unique_ptr<curl_slist, FreeList>;

void append(List& list, const std::string& text) {
  curl_slist* longer = curl_slist_append(list.get(), text.c_str());
  if (longer == nullptr) return;
  static_cast<void>(list.release());
  list.reset(longer);
}

/// One transfer from being queued to its end.
struct Transfer {
  TransferRequest request;
  Transfers::Done done;
  Clock::time_point due;
  TransferResult result;
  BodyBuffer body;
  bool too_large = false;
  std::unique_ptr<CURL, FreeEasy> handle;
  List headers;
  List connect_to;
  std::string url;
  std::array<char, CURL_ERROR_SIZE> error_text{};
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  BodyBuffer& body = transfer.body;
  if (bytes > transfer.request.max_body_bytes - std::min(body.size(), transfer.request.max_body_bytes)) {
    transfer.too_large = true;
    return 0;
  }
  body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  // A new status line begins a new response (100 Continue, a proxy's answer).
  if (line.starts_with("HTTP/")) transfer.result.response.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    transfer.result.response.headers.emplace_back(to_lower_ascii(line.substr(0, colon)),
                                                  std::string(trim_ascii(line.substr(colon + 1))));
  }
  return size * count;
}

struct Authority {
  std::string scheme;
  std::string host;  ///< brackets of IPv6 kept
  std::string port;  ///< empty: the scheme's
  std::string path;  ///< prefix of all paths, may be empty
};

Authority parse_server(const std::string& server) {
  Authority out;
  const std::size_t colon = server.find("://");
  out.scheme = to_lower_ascii(server.substr(0, colon));
  std::string_view rest = std::string_view(server).substr(colon + 3);
  const std::size_t slash = rest.find_first_of("/?#");
  if (slash != std::string_view::npos && rest[slash] == '/') out.path = rest.substr(slash);
  rest = rest.substr(0, slash);
  const std::size_t close = rest.rfind(']');
  const std::size_t port = rest.rfind(':');
  if (port != std::string_view::npos && (close == std::string_view::npos || port > close)) {
    out.port = rest.substr(port + 1);
    rest = rest.substr(0, port);
  }
  out.host = rest;
  return out;
}

curl_blob blob_of(const std::string& text) {
  return {const_cast<char*>(text.data()), text.size(), CURL_BLOB_COPY};
}

bool is_connection_lost(CURLcode code) {
  return code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR || code == CURLE_GOT_NOTHING ||
         code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM;
}

}  // namespace

class Transfers::Impl {
 public:
  Impl(Endpoint endpoint, std::size_t most_at_once)
      : endpoint_(std::move(endpoint)), server_(parse_server(endpoint_.server)), most_(most_at_once) {}

  ~Impl() { drop_all(); }

  void start(TransferRequest request, Done done, std::chrono::milliseconds delay) {
    auto transfer = std::make_unique<Transfer>();
    transfer->request = std::move(request);
    transfer->done = std::move(done);
    transfer->due = Clock::now() + delay;
    waiting_.push_back(std::move(transfer));
  }

  void drop_all() {
    waiting_.clear();
    for (const auto& transfer : active_) curl_multi_remove_handle(multi_.get(), transfer->handle.get());
    active_.clear();
  }

  void run() {
    if (!multi_ && !make_multi()) return fail_all("libcurl cannot be initialised");
    while (!waiting_.empty() || !active_.empty()) {
      begin_due();
      int running = 0;
      if (curl_multi_perform(multi_.get(), &running) != CURLM_OK) return fail_all("libcurl failed");
      take_finished();
      if (waiting_.empty() && active_.empty()) break;
      if (curl_multi_poll(multi_.get(), nullptr, 0, wait_milliseconds(), nullptr) != CURLM_OK)
        return fail_all("libcurl failed");
    }
  }

 private:
  bool make_multi() {
    if (!initialise_curl()) return false;
    multi_.reset(curl_multi_init());
    if (!multi_) return false;
    curl_multi_setopt(multi_.get(), CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
    return true;
  }

  void fail_all(const std::string& message) {
    std::deque<std::unique_ptr<Transfer>> all = std::move(waiting_);
    waiting_.clear();
    for (auto& transfer : active_) {
      curl_multi_remove_handle(multi_.get(), transfer->handle.get());
      all.push_back(std::move(transfer));
    }
    active_.clear();
    for (const auto& transfer : all) {
      transfer->result.error = Error(ErrorKind::network, message);
      transfer->done(std::move(transfer->result));
    }
  }

  void begin_due() {
    const auto now = Clock::now();
    for (auto it = waiting_.begin(); it != waiting_.end() && active_.size() < most_;) {
      if ((*it)->due > now) {
        ++it;
        continue;
      }
      std::unique_ptr<Transfer> transfer = std::move(*it);
      it = waiting_.erase(it);
      prepare(*transfer);
      curl_multi_add_handle(multi_.get(), transfer->handle.get());
      active_.push_back(std::move(transfer));
    }
  }

  int wait_milliseconds() const {
    long long wait = 1000;
    if (active_.size() >= most_) return static_cast<int>(wait);
    const auto now = Clock::now();
    for (const auto& transfer : waiting_) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(transfer->due - now).count() + 1;
      wait = std::clamp<long long>(left, 0, wait);
    }
    return static_cast<int>(wait);
  }

  void take_finished() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      CURL* const handle = message->easy_handle;
      const CURLcode code = message->data.result;
      const auto it = std::find_if(active_.begin(), active_.end(),
                                   [&](const auto& each) { return each->handle.get() == handle; });
      curl_multi_remove_handle(multi_.get(), handle);
      if (it == active_.end()) continue;
      const std::unique_ptr<Transfer> transfer = std::move(*it);
      active_.erase(it);
      finish(*transfer, code);
      transfer->done(std::move(transfer->result));
    }
  }

  void set_tls(CURL* curl, Transfer& transfer) {
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    if (endpoint_.insecure_skip_tls_verify) {
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
      curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
    } else if (!endpoint_.ca_pem.empty()) {
      curl_blob blob = blob_of(endpoint_.ca_pem);
      curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
      curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    }
    if (!transfer.request.client_certificate_pem.empty()) {
      curl_blob certificate = blob_of(transfer.request.client_certificate_pem);
      curl_blob key = blob_of(transfer.request.client_key_pem);
      curl_easy_setopt(curl, CURLOPT_SSLCERT_BLOB, &certificate);
      curl_easy_setopt(curl, CURLOPT_SSLCERTTYPE, "PEM");
      curl_easy_setopt(curl, CURLOPT_SSLKEY_BLOB, &key);
      curl_easy_setopt(curl, CURLOPT_SSLKEYTYPE, "PEM");
    }
  }

  /// TLS speaks to `tls_server_name`: the URL names it, the connection goes to the real host all the same.
  void set_address(CURL* curl, Transfer& transfer) {
    const std::string real = server_.host + (server_.port.empty() ? "" : ":" + server_.port);
    std::string shown = real;
    if (server_.scheme == "https" && !endpoint_.tls_server_name.empty()) {
      const std::string port = server_.port.empty() ? "443" : server_.port;
      const bool v6 = endpoint_.tls_server_name.find(':') != std::string::npos;
      const std::string name = v6 ? "[" + endpoint_.tls_server_name + "]" : endpoint_.tls_server_name;
      shown = name + ":" + port;
      append(transfer.connect_to, fmt::format("{}:{}:{}:{}", name, port, server_.host, port));
      append(transfer.headers, "Host: " + real);
      curl_easy_setopt(curl, CURLOPT_CONNECT_TO, transfer.connect_to.get());
    }
    transfer.url = server_.scheme + "://" + shown + server_.path + transfer.request.target;
    curl_easy_setopt(curl, CURLOPT_URL, transfer.url.c_str());
  }

  void set_proxy(CURL* curl) {
    std::string proxy = endpoint_.proxy;
    // Go gives the name to a SOCKS proxy to resolve.
    if (proxy.starts_with("socks5://")) proxy.insert(6, "h");
    curl_easy_setopt(curl, CURLOPT_PROXY, proxy.c_str());
    if (!proxy.empty()) curl_easy_setopt(curl, CURLOPT_NOPROXY, "");
  }

  void prepare(Transfer& transfer) {
    transfer.handle.reset(curl_easy_init());
    CURL* const curl = transfer.handle.get();
    const TransferRequest& request = transfer.request;
    for (const auto& [name, value] : request.headers)
      append(transfer.headers, value.empty() ? name + ";" : name + ": " + value);
    set_address(curl, transfer);
    set_proxy(curl);
    set_tls(curl, transfer);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NETRC, static_cast<long>(CURL_NETRC_IGNORED));
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(curl, CURLOPT_PIPEWAIT, 1L);
    if (endpoint_.compression) curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "gzip");
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectMilliseconds);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, kStallSeconds);
    if (request.timeout.count() > 0)
      curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    if (request.method != "GET") {
      curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
      curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
      curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.c_str());
      append(transfer.headers, "Expect:");
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer.headers.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, transfer.error_text.data());
  }

  void finish(Transfer& transfer, CURLcode code) const {
    TransferResult& result = transfer.result;
    if (transfer.too_large) {
      result.error = Error(ErrorKind::limit, fmt::format("{} answers with more than {} bytes",
                                                         endpoint_.server, transfer.request.max_body_bytes));
      return;
    }
    if (code != CURLE_OK) {
      result.error = failure(transfer, code);
      result.connection_lost = is_connection_lost(code);
      return;
    }
    long status = 0;
    curl_easy_getinfo(transfer.handle.get(), CURLINFO_RESPONSE_CODE, &status);
    result.response.status = static_cast<int>(status);
    result.response.body = transfer.body.take();
  }

  Error failure(const Transfer& transfer, CURLcode code) const {
    const std::string_view detail = trim_ascii(transfer.error_text.data());
    const std::string said = detail.empty() ? curl_easy_strerror(code) : std::string(detail);
    std::string hint;
    switch (code) {
      case CURLE_PEER_FAILED_VERIFICATION:
      case CURLE_SSL_CACERT_BADFILE:
      case CURLE_SSL_ISSUER_ERROR:
        hint =
            "certificate-authority of the kubeconfig must hold the CA that signed the server's certificate, "
            "and the certificate must name the host (or tls-server-name)";
        break;
      case CURLE_SSL_CONNECT_ERROR:
        hint = "does the server speak TLS at this address, and does certificate-authority hold its CA?";
        break;
      case CURLE_SSL_CERTPROBLEM:
        hint = "look at client-certificate and client-key in the kubeconfig";
        break;
      case CURLE_OPERATION_TIMEDOUT:
        hint = "--request-timeout sets how long one request may take";
        break;
      case CURLE_COULDNT_CONNECT:
      case CURLE_COULDNT_RESOLVE_HOST:
        hint = "did you choose the right context, and is the server running?";
        break;
      default:
        break;
    }
    return Error(ErrorKind::network, fmt::format("{}: {}", endpoint_.server, said), std::move(hint));
  }

  Endpoint endpoint_;
  Authority server_;
  std::size_t most_;
  std::unique_ptr<CURLM, FreeMulti> multi_;
  std::deque<std::unique_ptr<Transfer>> waiting_;
  std::list<std::unique_ptr<Transfer>> active_;
};

Transfers::Transfers(Endpoint endpoint, std::size_t most_at_once)
    : impl_(std::make_unique<Impl>(std::move(endpoint), most_at_once)) {}
Transfers::~Transfers() = default;
void Transfers::start(TransferRequest request, Done done, std::chrono::milliseconds delay) {
  impl_->start(std::move(request), std::move(done), delay);
}
void Transfers::run() { impl_->run(); }
void Transfers::drop_all() { impl_->drop_all(); }

}  // namespace oidc_audit::cluster
