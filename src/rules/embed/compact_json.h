#pragma once

#include <string>

#include "document/tree.h"

namespace oidc_audit::rules {

/// `value` as JSON without any white space; members keep their order. A number is written as it stands
/// when JSON can read it that way, else as a string.
std::string compact_json(document::Value value);

}  // namespace oidc_audit::rules
