#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit::sim {

/// A name cut in two: what an administrator may have put before it, and the rest.
struct Front {
  std::string_view prefix;
  std::string_view core;
};

/// The ways to take a prefix off a name: none, the configured one, an issuer URL, one word before a
/// separator.
std::vector<Front> fronts(std::string_view name, const std::optional<std::string>& configured);

/// Whether two beginnings that differ are both prefixes, or the same one written in two ways.
bool fronts_are_prefixes(std::string_view a, std::string_view b,
                         const std::optional<std::string>& configured);

/// Whether only what stands before a common core differs, and both fronts look like prefixes
/// (`oidc:`, `https://issuer#`, quoted, doubled or without separator).
bool differs_by_prefix(std::string_view bound, std::string_view actual,
                       const std::optional<std::string>& configured_prefix);

}  // namespace oidc_audit::sim
