#pragma once

#include <optional>

#include "base/result.h"
#include "report/verification.h"

namespace oidc_audit::rbac {
struct Attributes;
}
namespace oidc_audit::oidc {
struct AuthenticationResult;
}

namespace oidc_audit::cli {

class ClusterConnection;
struct ClusterOptions;
struct Context;
struct TokenOptions;

/// Asks the server of `connection` itself about a request, and compares.
report::DecisionVerification verify_decision(ClusterConnection& connection, const rbac::Attributes& request,
                                             bool allowed);

/// Asks the chosen cluster who the token of `token` is, with nothing else of the context's credentials, and
/// compares. Fails (usage, configuration) when there is no token, no cluster or more than one.
Result<report::IdentityVerification> verify_identity(const TokenOptions& token, const ClusterOptions& cluster,
                                                     const oidc::AuthenticationResult& result,
                                                     Context& context);

}  // namespace oidc_audit::cli
