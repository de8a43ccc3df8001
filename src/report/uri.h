#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::report {

/// A relative path (`/` separated) as a URI reference (RFC 3986): everything but unreserved characters and
/// slashes is percent-encoded, a colon too, so that the first part is never read as a scheme. Leading `./`
/// and doubled slashes are taken out.
std::string relative_uri(std::string_view path);

/// One part of a path: slashes are encoded, too.
std::string uri_part(std::string_view text);

}  // namespace oidc_audit::report
