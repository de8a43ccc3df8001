#include "cluster/curl_http.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "cluster/curl_global.h"

namespace oidc_audit::cluster {

namespace {

struct FreeEasy {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

/// What the callbacks of one transfer fill.
struct Transfer {
  HttpResponse response;
  std::size_t max_body_bytes = 0;
  bool too_large = false;
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t bytes = size * count;
  if (transfer.response.body.size() + bytes > transfer.max_body_bytes) {
    transfer.too_large = true;
    return 0;
  }
  transfer.response.body.append(data, bytes);
  return bytes;
}

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::string_view line(data, size * count);
  // A new status line begins a new response (100 Continue, a proxy's answer).
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos) {
    transfer.response.headers.emplace_back(to_lower_ascii(line.substr(0, colon)),
                                           std::string(trim_ascii(line.substr(colon + 1))));
  }
  return size * count;
}

class CurlHttp final : public Http {
 public:
  explicit CurlHttp(bool allow_http) : allow_http_(allow_http) {}

  Result<HttpResponse> get(const HttpRequest& request) override {
    if (!allow_http_ && !request.url.starts_with("https://")) {
      return Error(ErrorKind::network, fmt::format("`{}` is not an https URL", request.url));
    }
    if (!initialise_curl())
      return Error(ErrorKind::network, "libcurl cannot be loaded", "install it (Debian: libcurl4)");
    const std::unique_ptr<CURL, FreeEasy> handle(curl_easy_init());
    if (!handle)
      return Error(ErrorKind::network, "libcurl cannot be loaded", "install it (Debian: libcurl4)");
    std::unique_ptr<curl_slist, FreeList> headers;
    for (const auto& [name, value] : request.headers) {
      curl_slist* longer = curl_slist_append(headers.get(), fmt::format("{}: {}", name, value).c_str());
      if (longer == nullptr) return Error(ErrorKind::network, "out of memory");
      static_cast<void>(headers.release());
      headers.reset(longer);
    }
    Transfer transfer;
    transfer.max_body_bytes = request.max_body_bytes;
    CURL* curl = handle.get();
    curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, allow_http_ ? "http,https" : "https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(request.timeout.count()));
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &transfer);
    if (!request.ca_pem.empty()) {
      curl_blob blob{const_cast<char*>(request.ca_pem.data()), request.ca_pem.size(), CURL_BLOB_COPY};
      curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &blob);
      curl_easy_setopt(curl, CURLOPT_CAPATH, nullptr);
    }
    const CURLcode code = curl_easy_perform(curl);
    if (transfer.too_large) {
      return Error(ErrorKind::limit,
                   fmt::format("`{}` answers with more than {} bytes", request.url, request.max_body_bytes));
    }
    if (code != CURLE_OK) {
      return Error(ErrorKind::network, fmt::format("`{}`: {}", request.url, curl_easy_strerror(code)));
    }
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    transfer.response.status = static_cast<int>(status);
    return std::move(transfer.response);
  }

 private:
  bool allow_http_;
};

}  // namespace

std::unique_ptr<Http> make_curl_http(bool allow_http) { return std::make_unique<CurlHttp>(allow_http); }

}  // namespace oidc_audit::cluster
