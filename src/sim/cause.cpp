#include "sim/cause.h"

#include <algorithm>
#include <array>

namespace oidc_audit::sim {

namespace {

constexpr std::array<std::string_view, kCauseCount> kNames = {
    "subject-kind",
    "groups-claim-not-configured",
    "subject-claim",
    "subject-prefix",
    "subject-context",
    "subject-phase",
    "subject-id-form",
    "subject-tenant",
    "subject-path",
    "subject-case",
    "subject-space",
    "subject-pattern",
    "subject-spelling",
    "subject-namespace",
    "verb",
    "resource",
    "api-group",
    "subresource",
    "resource-name",
    "namespace",
    "cluster-scope",
    "path",
    "role-missing",
    "role-kind",
    "aggregation",
    "group-not-in-token",
    "no-binding",
};

}  // namespace

std::string_view to_string(Cause cause) { return kNames[static_cast<std::size_t>(cause)]; }

std::optional<Cause> parse_cause(std::string_view text) {
  const auto it = std::find(kNames.begin(), kNames.end(), text);
  if (it == kNames.end()) return std::nullopt;
  return static_cast<Cause>(it - kNames.begin());
}

}  // namespace oidc_audit::sim
