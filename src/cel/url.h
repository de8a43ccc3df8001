#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oidc_audit::cel {

/// A URL as Go's net/url holds it.
struct Url {
  std::string scheme;
  std::string opaque;
  bool has_user = false;
  std::string user;
  std::optional<std::string> password;
  std::string host;      ///< with port, and with brackets around IPv6
  std::string path;      ///< unescaped
  std::string raw_path;  ///< as written, when that is not how `path` would be escaped
  bool omit_host = false;
  bool force_query = false;
  std::string query;
  std::string fragment;
  std::string raw_fragment;

  std::string hostname() const;
  std::string port() const;
  std::string escaped_path() const;
  std::string text() const;
  /// Names with their values in the order written; pairs that cannot be read are dropped.
  std::vector<std::pair<std::string, std::vector<std::string>>> parse_query() const;
};

/// ParseRequestURI succeeds, and then what Parse gives (Go 1.26). Nothing otherwise, with Go's message in
/// `problem`.
std::optional<Url> parse_request_url(std::string_view text, std::string& problem);
/// ParseRequestURI alone.
bool is_request_url(std::string_view text, std::string& problem);

}  // namespace oidc_audit::cel
