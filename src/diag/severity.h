#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace oidc_audit {

/// How bad it is if true. Ordered.
enum class Severity : std::uint8_t { info, low, medium, high, critical };
/// How likely it is to be true. Ordered.
enum class Confidence : std::uint8_t { low, medium, high };

/// What the thing found does in a cluster.
enum class Effect : std::uint8_t {
  live,              ///< a token can produce the name today
  dead,              ///< nothing is granted; the binding misleads
  open_in_expander,  ///< dead in RBAC, matches too much where a front-end expands patterns
  rejected,          ///< the API server refuses the manifest
  unknown,           ///< depends on what the tool was not given
};

std::string_view to_string(Severity severity);
std::string_view to_string(Confidence confidence);
/// `open-in-expander` and so on, as reports spell it.
std::string_view to_string(Effect effect);
std::optional<Severity> parse_severity(std::string_view text);
std::optional<Confidence> parse_confidence(std::string_view text);
std::optional<Effect> parse_effect(std::string_view text);

}  // namespace oidc_audit
