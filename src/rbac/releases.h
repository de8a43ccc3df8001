#pragma once

#include <optional>
#include <span>
#include <string_view>

namespace oidc_audit::rbac {

/// What is embedded of one release of Kubernetes, in the forms that data/update.py describes.
struct EmbeddedRelease {
  std::string_view name;       ///< "1.37.2"
  std::string_view policy;     ///< default RBAC objects
  std::string_view resources;  ///< API resources
};

/// Newest first, never empty.
std::span<const EmbeddedRelease> embedded_releases();

/// The release that is nearest to 1.`kubernetes_minor`: the same, else the closest, of two equally close the
/// older one. Without a minor the newest.
const EmbeddedRelease& nearest_release(std::span<const EmbeddedRelease> releases,
                                       std::optional<int> kubernetes_minor);
const EmbeddedRelease& nearest_release(std::optional<int> kubernetes_minor);

/// 37 of "1.37.2"; 0 of what has no such form.
int minor_of(std::string_view release);

}  // namespace oidc_audit::rbac
