#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "rbac/model.h"

namespace oidc_audit::rbac {

/// The objects that kube-apiserver makes at start-up (bootstrappolicy/policy.go, controller_policy.go,
/// namespace_policy.go), as a server of one release printed them after aggregation. Read from embedded text
/// on first use; an input that needs none of them costs nothing.
struct BuiltinPolicy {
  std::string_view release;  ///< "1.37.2"
  std::vector<Role> roles;   ///< `admin`, `edit` and `view` hold their aggregated rules
  std::vector<Binding> bindings;

  const Role* find_cluster_role(std::string_view name) const;
  const Role* find_role(std::string_view namespace_name, std::string_view name) const;
};

/// Of the embedded release that is nearest to 1.`kubernetes_minor`; without a minor, of the newest.
/// Immutable; the texts live as long as the process.
const BuiltinPolicy& builtin_policy(std::optional<int> kubernetes_minor = {});

/// Of the newest release.
const Role* find_builtin_cluster_role(std::string_view name);

/// True when the object is one that a server of an embedded release makes itself, judged by its whole
/// content: name, namespace, rules, aggregation, labels that feed an aggregated role, role reference and
/// subjects. Rules that depend on feature gates may be missing, those of alpha features may be there;
/// `admin`, `edit` and `view` may be empty or hold what default roles aggregate to. Metadata that servers
/// set, other labels and annotations do not matter. A name alone proves nothing.
bool is_default_object(const Role& role);
bool is_default_object(const Binding& binding);

}  // namespace oidc_audit::rbac
