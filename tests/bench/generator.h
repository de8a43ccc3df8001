#pragma once

#include <cstddef>
#include <string>

namespace oidc_audit::bench {

enum class Shape {
  yaml,         ///< a stream of manifests as people write them
  json,         ///< a `v1 List` on one line an item
  json_pretty,  ///< what `kubectl get -o json` prints, with the fields a server adds
};

/// `count` ClusterRoleBindings and RoleBindings of external CI identities (Terraform, GitHub, GitLab,
/// Spacelift, CircleCI, groups of a company) to default roles. The same text for the same count.
std::string make_bindings(std::size_t count, Shape shape);

}  // namespace oidc_audit::bench
