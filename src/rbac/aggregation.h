#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rbac/model.h"

namespace oidc_audit::rbac {

/// Why the controller cannot use a selector (helpers.go LabelSelectorAsSelector, selector.go), or nullopt.
std::optional<std::string> selector_error(const LabelSelector& selector);

/// Whether a role's labels satisfy a valid selector: every matchLabels pair and every expression. A selector
/// with neither selects everything. REQUIRES: !selector_error(selector).
bool selector_matches(const LabelSelector& selector, const Role& role);

struct AggregatedRole {
  std::size_t role = 0;           ///< index into the roles given
  std::vector<PolicyRule> rules;  ///< what the controller would store
};

struct AggregationFailure {
  std::size_t role = 0;
  std::string message;  ///< the role keeps its stored rules
};

struct AggregationResult {
  std::vector<AggregatedRole> roles;  ///< by name
  std::vector<AggregationFailure> failures;
};

/// Rewrites the rules of ClusterRoles as kube-controller-manager's clusterrole-aggregation controller does
/// (clusterroleaggregation_controller.go): for each selector in order the rules of the matching ClusterRoles
/// by name, itself left out, equal rules once; own rules are overwritten; repeated until nothing changes, so
/// that chains converge. Namespaced Roles and roles whose `frozen` flag is set are not rewritten but are
/// selected. Where roles select each other the result depends on the controller's order; here it is by name.
AggregationResult aggregate_cluster_roles(std::span<const Role* const> roles,
                                          const std::vector<bool>& frozen = {});

/// Deep equality as the controller tests it: order in lists matters, absent and empty lists are equal.
bool same_rule(const PolicyRule& a, const PolicyRule& b);

}  // namespace oidc_audit::rbac
