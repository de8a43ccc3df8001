#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace oidc_audit::test {

/// Checks a document against a JSON Schema (the keywords of draft-04 and draft-07 that published schemas of
/// report formats use; `format` is not checked). Gives back one line for each violation. Throws
/// std::runtime_error for a keyword that it does not know, so that nothing is passed over in silence.
std::vector<std::string> schema_violations(const nlohmann::json& schema, const nlohmann::json& document);

}  // namespace oidc_audit::test
