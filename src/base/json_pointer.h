#pragma once

#include <string>
#include <string_view>

namespace oidc_audit {

/// A key as one step of an RFC 6901 pointer: `~` becomes `~0`, `/` becomes `~1`.
std::string pointer_token(std::string_view key);
/// The key that a step names; a `~` that nothing follows is itself.
std::string key_of_pointer_token(std::string_view token);

}  // namespace oidc_audit
