#pragma once

#include <vector>

#include "rbac/authorizer.h"

namespace oidc_audit::rbac {

/// What would grant the request if user and group names of bindings were patterns, as some authenticating
/// proxies and generators of bindings read them. Kubernetes never does. Bindings that match literally are
/// among them; ordered as Decision::granted_by.
std::vector<Grant> grants_with_patterns(const Policy& policy, const Attributes& request);

}  // namespace oidc_audit::rbac
