#pragma once

#include <cstddef>
#include <string>

namespace oidc_audit::bench {

enum class Shape {
  yaml,         ///< a stream of manifests as people write them
  json,         ///< a `v1 List` on one line an item
  json_pretty,  ///< what `kubectl get -o json` prints, with the fields a server adds
};

enum class Names {
  distinct,  ///< every binding is of another identity of CI (Terraform, GitHub, GitLab, Spacelift, groups),
             ///< cluster-wide and in namespaces, many of them risky: the worst case
  teams,  ///< two thousand prefixed groups of a company, to `view` and `edit` in namespaces: what is common
};

/// `count` ClusterRoleBindings and RoleBindings to default roles. The same text for the same arguments.
std::string make_bindings(std::size_t count, Shape shape, Names names = Names::distinct);

}  // namespace oidc_audit::bench
