#pragma once

#include <string_view>

namespace oidc_audit {

/// Whether a word is, or begins as, a JWT in compact form, signed or encrypted (RFC 7515, 7516): a JSON
/// object in base64url and a dot behind it. For hiding: what only looks so counts, too.
bool looks_like_token(std::string_view word);

}  // namespace oidc_audit
