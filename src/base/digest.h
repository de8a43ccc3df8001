#pragma once

#include <string>
#include <string_view>

namespace oidc_audit {

/// Lower-case hex of SHA-256.
std::string sha256_hex(std::string_view bytes);

}  // namespace oidc_audit
