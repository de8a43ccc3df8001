#pragma once

#include <string>
#include <string_view>

namespace oidc_audit {

/// Standard base64 with padding, on one line.
std::string encode_base64(std::string_view bytes);

}  // namespace oidc_audit
