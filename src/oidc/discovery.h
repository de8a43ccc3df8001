#pragma once

#include <string>

#include "base/result.h"
#include "oidc/jwks.h"

namespace oidc_audit {
class Http;
}

namespace oidc_audit::oidc {

struct JwtAuthenticator;

/// Fetches the keys of an authenticator's issuer as the server does (go-oidc NewProvider): the discovery
/// document at issuer.discoveryURL, else below issuer.url, whose `issuer` must equal issuer.url, and then
/// its `jwks_uri`. Both must be https. Fails with ErrorKind::network or ErrorKind::malformed.
Result<KeySet> discover_keys(const JwtAuthenticator& authenticator, Http& http);

}  // namespace oidc_audit::oidc
