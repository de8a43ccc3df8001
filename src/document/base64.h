#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::document {

/// Standard base64 with padding, white space ignored, as YAML's `!!binary` has it. False when it is not.
bool decode_base64(std::string_view text, std::string& out);

}  // namespace oidc_audit::document
