#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit::cluster {

/// Texts of a `Warning` header, several of which may stand behind commas: those with code 299, escapes
/// undone. What is malformed ends the reading. Source: apimachinery util/net/http.go ParseWarningHeader.
std::vector<std::string> read_warnings(std::string_view header);

}  // namespace oidc_audit::cluster
