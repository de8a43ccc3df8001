#pragma once

#include <span>
#include <string_view>

namespace oidc_audit {

/// Every severity as it is spelt, the lowest first, so that the index is the value.
std::span<const std::string_view> severity_words();
/// Likewise of confidence.
std::span<const std::string_view> confidence_words();

}  // namespace oidc_audit
