#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::oidc {

/// What Go's net/url Parse makes of a text, as far as the validation of issuers looks at it.
struct GoUrl {
  std::string error;   ///< as Go words it, `parse "x": ...`; empty when it parses
  std::string scheme;  ///< lower case
  std::string host;    ///< with port and brackets
  std::string path;    ///< as written
  std::string query;
  std::string fragment;
  bool has_user = false;
};

/// Parses as url.Parse (Go 1.26, net/url url.go).
GoUrl parse_go_url(std::string_view text);

}  // namespace oidc_audit::oidc
