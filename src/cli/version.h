#pragma once

#include <string_view>

namespace oidc_audit::cli {

/// Of the program, from CMakeLists.txt.
inline constexpr std::string_view kVersion = OIDC_AUDIT_VERSION;

}  // namespace oidc_audit::cli
