#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/authorizer.h"
#include "rbac/role_facts.h"

namespace oidc_audit::rbac {

/// "Who can VERB RESOURCE?"
struct AccessQuestion {
  /// The request without its user. With an empty name, grants that are limited to names are listed as such
  /// where a request of that verb can carry a name.
  Attributes request;
  /// Grants in whichever namespace count, each listed with its own; `request.namespace_name` is ignored.
  bool all_namespaces = false;
  /// False for a resource known to be cluster-scoped: RoleBindings then grant nothing, except on the
  /// `namespaces` object of their own namespace.
  bool namespaced = true;
  /// Find those, too, who can make the access theirs.
  bool indirect = false;
  /// List the group `system:masters`, which no binding names.
  bool masters = true;
};

/// How a role answers a question, found once a role.
struct RoleJudgement {
  Reach reach = Reach::none;
  std::vector<std::size_t> rules;       ///< 0-based, those that grant
  std::vector<std::string_view> names;  ///< when reach is `named`: sorted
};

struct AccessGrant {
  const Binding* binding = nullptr;
  std::size_t subject = 0;
  const Role* role = nullptr;
  const RoleJudgement* judgement = nullptr;  ///< lives as long as the answer

  bool cluster_wide() const noexcept { return binding->kind == BindingKind::cluster_role_binding; }
  /// "" when cluster-wide.
  std::string_view namespace_name() const noexcept {
    return cluster_wide() ? std::string_view() : binding->meta.namespace_name.value;
  }
};

/// A name that RBAC can bind. For a ServiceAccount without namespace in a RoleBinding, that of the binding.
struct Holder {
  SubjectKind kind = SubjectKind::user;
  std::string_view namespace_name;  ///< ServiceAccounts only
  std::string_view name;
  friend auto operator<=>(const Holder&, const Holder&) = default;
};
/// `User`, `Group`, `ServiceAccount`; empty for other kinds.
std::string_view to_string(SubjectKind kind);

struct HolderAccess {
  Holder holder;
  bool masters = false;             ///< the group system:masters: no grants
  std::vector<AccessGrant> grants;  ///< cluster-wide first, then by namespace and binding
};

/// Ways to an access that one does not have.
enum class IndirectWay : std::uint8_t {
  escalate,         ///< may put any permission into roles
  bind,             ///< may bind a role that grants it
  impersonate,      ///< may act as somebody who has it
  create_token,     ///< may mint a token of a service account that has it
  create_pods,      ///< may run pods as a service account that has it
  create_workloads  ///< the same through a controller (deployments, jobs ...)
};
/// `escalate`, `bind`, `impersonate`, `create-token`, `create-pods`, `create-workloads`.
std::string_view to_string(IndirectWay way);

struct IndirectAccess {
  Holder holder;
  IndirectWay way = IndirectWay::escalate;
  std::string through;  ///< what is bound or impersonated: `ClusterRole/admin`, `Group/ops`, `any user`
  AccessGrant grant;    ///< of the power named by `way`
};

struct WhoCan {
  std::vector<HolderAccess> holders;     ///< users, groups, service accounts; by namespace and name
  std::vector<IndirectAccess> indirect;  ///< by holder, way and what it goes through
  /// Bindings in scope whose role is missing: what they would grant is not known.
  std::vector<LookupError> errors;
  std::deque<RoleJudgement> judgements;  ///< what grants point at
};

/// Complete over all bindings of the policy: each role is judged once, then bindings by what they refer to.
WhoCan who_can(const Policy& policy, const AccessQuestion& question);

/// One rule that an identity holds.
struct HeldRule {
  const Binding* binding = nullptr;
  std::size_t subject = 0;
  const Role* role = nullptr;
  std::size_t rule_index = 0;
  const PolicyRule* rule = nullptr;
};

struct HeldScope {
  std::string_view namespace_name;  ///< "" is cluster-wide
  std::vector<HeldRule> rules;      ///< by binding name and rule
};

struct WhatCan {
  std::vector<HeldScope> scopes;  ///< cluster-wide first, then by namespace; empty ones are left out
  std::vector<LookupError> errors;
  bool masters = false;  ///< is in system:masters: may do everything before RBAC is asked
};

/// Every rule that the identity holds, cluster-wide and in each namespace, or in one namespace alone
/// (`only`: not null). With `groups_alone`, what its groups give without any user name.
WhatCan what_can(const Authorizer& authorizer, const UserInfo& user, const std::string_view* only = nullptr,
                 bool groups_alone = false);

}  // namespace oidc_audit::rbac
