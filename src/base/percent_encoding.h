#pragma once

#include <string>
#include <string_view>

namespace oidc_audit {

/// Each `%` with two hexadecimal digits behind it as the byte it stands for; everything else is kept, also a
/// `%` that escapes nothing. Undone once.
std::string percent_decode(std::string_view text);

}  // namespace oidc_audit
