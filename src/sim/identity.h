#pragma once

#include "sim/near_miss.h"

namespace oidc_audit::oidc {
struct AuthConfig;
struct AuthenticationResult;
}  // namespace oidc_audit::oidc

namespace oidc_audit::sim {

/// What near misses need to know of the token and the configuration that made an identity: prefixes and
/// claims as configured, where an administrator changes them (flag or field), and the token's other claims.
/// REQUIRES: `result` came of `config`.
IdentitySource identity_source(const oidc::AuthenticationResult& result, const oidc::AuthConfig& config);

/// String values of a JSON payload, nested objects flattened with dots, in document order. Values longer than
/// a name can be, and more than 2,000 of them, are left out.
std::vector<ClaimValue> claim_values(const std::string& claims_json);

}  // namespace oidc_audit::sim
