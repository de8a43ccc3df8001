#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace oidc_audit::test {

/// What is wrong with a SARIF document beyond its schema: what GitHub, GitLab and Azure DevOps ask for and
/// drop or refuse silently. Empty when all is well.
std::vector<std::string> sarif_violations(const nlohmann::json& document);

}  // namespace oidc_audit::test
