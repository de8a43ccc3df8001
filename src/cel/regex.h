#pragma once

#include <string>
#include <string_view>

#include "cel/value.h"

namespace oidc_audit::cel {

/// A pattern compiled once, as a value that stands where the pattern's text stood. On failure the value is
/// null and `failure` is Go's message.
Value compile_pattern(std::string_view pattern, std::string& failure);

/// Whether Go's regexp package would compile the pattern.
bool is_valid_pattern(std::string_view pattern, std::string& failure);

}  // namespace oidc_audit::cel
