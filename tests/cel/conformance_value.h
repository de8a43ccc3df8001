#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cel/value.h"

namespace oidc_audit::test {

/// The value that a conformance file writes as `{"int64": "5"}` and the like.
cel::Value decode_value(const nlohmann::json& encoded);

/// Whether a result is the value that a file expects: of the same kind, NaN equal to NaN, map entries in any
/// order. `why` says where they part.
bool same_value(const nlohmann::json& expected, const cel::Value& actual, std::string& why);

}  // namespace oidc_audit::test
