#include "cluster/credentials.h"

#include <fmt/format.h>

#include <iterator>

#include "base/base64.h"
#include "base/files.h"
#include "base/strings.h"

namespace oidc_audit::cluster {

namespace {

constexpr std::size_t kMaxTokenBytes = 1U << 20;
constexpr std::chrono::seconds kTokenPeriod{50};  // a minute with 10 s of leeway

/// A header value must not be able to end the header.
bool fits_header(std::string_view value) {
  for (const char c : value) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

bool is_key_char(char c) {
  // The characters of an HTTP token (RFC 7230) without upper case and without the percent sign.
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$&'*+-.^_`|~").find(c) != std::string_view::npos;
}

/// `scopes.example/X` as `scopes.example%2fx` (client-go transport/round_trippers.go headerKeyEscape).
std::string extra_header(std::string_view key) {
  std::string out = "Impersonate-Extra-";
  for (const char c : to_lower_ascii(key)) {
    if (is_key_char(c)) {
      out += c;
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

void add_impersonation(const Impersonation& as, RequestAuth& auth) {
  if (!as.user.empty()) auth.headers.emplace_back("Impersonate-User", as.user);
  if (!as.uid.empty()) auth.headers.emplace_back("Impersonate-Uid", as.uid);
  for (const std::string& group : as.groups) auth.headers.emplace_back("Impersonate-Group", group);
  for (const auto& [key, values] : as.extra) {
    for (const std::string& value : values) auth.headers.emplace_back(extra_header(key), value);
  }
}

}  // namespace

Result<RequestAuth> Credentials::now() {
  RequestAuth auth;
  auth.client_certificate_pem = config_.client_certificate_pem;
  auth.client_key_pem = config_.client_key_pem;
  if (!config_.token_file.empty()) {
    ASSIGN_OR_RETURN(const std::string token, file_token());
    auth.headers.emplace_back("Authorization", "Bearer " + token);
  } else if (!config_.token.empty()) {
    auth.headers.emplace_back("Authorization", "Bearer " + config_.token);
  } else if (!config_.username.empty()) {
    auth.headers.emplace_back("Authorization",
                              "Basic " + encode_base64(config_.username + ":" + config_.password));
  } else if (config_.exec) {
    ASSIGN_OR_RETURN(ExecCredential given, plugins_.credential(config_));
    if (!given.token.empty()) auth.headers.emplace_back("Authorization", "Bearer " + given.token);
    if (!given.client_certificate_pem.empty()) {
      auth.client_certificate_pem = std::move(given.client_certificate_pem);
      auth.client_key_pem = std::move(given.client_key_pem);
    }
  }
  add_impersonation(config_.impersonation, auth);
  for (const auto& [name, value] : auth.headers) {
    if (!fits_header(value))
      return Error(ErrorKind::configuration,
                   fmt::format("the value for the header {} holds control characters", name),
                   "look at the token or name in the kubeconfig");
  }
  return auth;
}

bool Credentials::refused(const RequestAuth& used) {
  // Of several requests that are refused together the first brings the new credential for all.
  const auto is_new = [&] {
    const auto current = now();
    return current.ok() && current.value() != used;
  };
  if (!config_.token_file.empty()) {
    file_read_.reset();
    return is_new();
  }
  if (!config_.token.empty() || !config_.username.empty() || !config_.exec) return false;
  if (!is_new()) plugins_.forget(config_);
  return true;
}

Result<std::string> Credentials::file_token() {
  const auto now = std::chrono::steady_clock::now();
  if (file_read_ && now - *file_read_ < kTokenPeriod) return file_token_;
  auto text = files_.read(config_.token_file, kMaxTokenBytes);
  std::string token(text.ok() ? trim_ascii(text.value()) : std::string_view());
  if (token.empty()) {
    // The last good one stays in use.
    if (!file_token_.empty()) return file_token_;
    if (!text.ok()) return std::move(text).error().with_context("reading the token file");
    return Error(ErrorKind::unreadable, fmt::format("the token file `{}` is empty", config_.token_file));
  }
  file_token_ = token;
  file_read_ = now;
  return token;
}

}  // namespace oidc_audit::cluster
