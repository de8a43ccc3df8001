#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::report {

/// A line of a file as it may be shown: encoded tokens (JWTs, signed or encrypted) and the values of what is
/// named like a secret
/// (`token: x`, `"clientSecret": "x"`, `--etcd-password=x`) become asterisks, byte for byte, so that columns
/// stay where they are. Booleans, null and values that are collections are left. Linear.
std::string hide_secrets(std::string_view line);

}  // namespace oidc_audit::report
