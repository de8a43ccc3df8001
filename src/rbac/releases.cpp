#include "rbac/releases.h"

#include <charconv>
#include <cstdlib>

namespace oidc_audit::rbac {

namespace {

constexpr EmbeddedRelease kReleases[] = {
#include "rbac/data/releases.inc"
};

}  // namespace

std::span<const EmbeddedRelease> embedded_releases() { return kReleases; }

int minor_of(std::string_view release) {
  if (!release.starts_with("1.")) return 0;
  int minor = 0;
  std::from_chars(release.data() + 2, release.data() + release.size(), minor);
  return minor;
}

const EmbeddedRelease& nearest_release(std::span<const EmbeddedRelease> releases,
                                       std::optional<int> kubernetes_minor) {
  const EmbeddedRelease* best = &releases.front();
  if (!kubernetes_minor) return *best;
  for (const EmbeddedRelease& release : releases) {
    const auto distance = [&](const EmbeddedRelease& r) {
      return std::abs(minor_of(r.name) - *kubernetes_minor);
    };
    const bool closer = distance(release) < distance(*best);
    const bool older = distance(release) == distance(*best) && minor_of(release.name) < minor_of(best->name);
    if (closer || older) best = &release;
  }
  return *best;
}

const EmbeddedRelease& nearest_release(std::optional<int> kubernetes_minor) {
  return nearest_release(embedded_releases(), kubernetes_minor);
}

}  // namespace oidc_audit::rbac
