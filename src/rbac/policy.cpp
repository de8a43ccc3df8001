#include "rbac/policy.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "rbac/aggregation.h"
#include "rbac/builtins.h"
#include "rbac/releases.h"

namespace oidc_audit::rbac {

namespace {

struct RoleKey {
  std::string_view namespace_name;
  std::string_view name;
  friend bool operator==(const RoleKey&, const RoleKey&) = default;
};

struct RoleKeyHash {
  std::size_t operator()(const RoleKey& key) const noexcept {
    const std::hash<std::string_view> hash;
    return hash(key.name) * 31 + hash(key.namespace_name);
  }
};

template <typename T>
std::vector<const T*> pointers(std::span<const T> objects) {
  std::vector<const T*> out;
  out.reserve(objects.size());
  for (const T& object : objects) out.push_back(&object);
  return out;
}

}  // namespace

struct Policy::Lookup {
  std::unordered_map<std::string_view, std::uint32_t> cluster_roles;
  std::unordered_map<RoleKey, std::uint32_t, RoleKeyHash> roles;

  void add(const Role& role, std::uint32_t index) {
    if (role.kind == RoleKind::cluster_role) {
      cluster_roles[role.meta.name.value] = index;
    } else if (!role.meta.namespace_name.empty()) {
      roles[RoleKey{role.meta.namespace_name.value, role.meta.name.value}] = index;
    }
  }
};

Policy::Policy(std::span<const Role> roles, std::span<const Binding> bindings, const PolicyOptions& options)
    : Policy(pointers(roles), pointers(bindings), options) {}

Policy::Policy(std::vector<const Role*> roles, std::vector<const Binding*> bindings,
               const PolicyOptions& options)
    : roles_(std::move(roles)), bindings_(std::move(bindings)), lookup_(std::make_unique<Lookup>()) {
  build(options);
}

Policy::~Policy() = default;
Policy::Policy(Policy&&) noexcept = default;
Policy& Policy::operator=(Policy&&) noexcept = default;

const Role* Policy::role_of(std::size_t binding) const {
  const std::uint32_t index = role_of_[binding];
  return index == kNoRole ? nullptr : roles_[index];
}

const Role* Policy::find_cluster_role(std::string_view name) const {
  const auto it = lookup_->cluster_roles.find(name);
  return it == lookup_->cluster_roles.end() ? nullptr : roles_[it->second];
}

const Role* Policy::find_role(std::string_view namespace_name, std::string_view name) const {
  const auto it = lookup_->roles.find(RoleKey{namespace_name, name});
  return it == lookup_->roles.end() ? nullptr : roles_[it->second];
}

const Role* Policy::default_cluster_role(std::string_view name) const {
  return defaults_ == nullptr ? nullptr : defaults_->find_cluster_role(name);
}

const Role* Policy::as_written(const Role* role) const {
  for (const auto& [copy, original] : as_written_)
    if (copy == role) return original;
  return role;
}

void Policy::note(PolicyNote::Kind kind, const Role& role, std::string message) {
  notes_.push_back({kind, role.meta.ref(), std::move(message)});
}

void Policy::build(const PolicyOptions& options) {
  index_roles();
  if (options.builtin) add_builtins(options);
  aggregate(options);
  resolve();
}

void Policy::index_roles() {
  lookup_->cluster_roles.reserve(roles_.size());
  for (std::size_t i = 0; i < roles_.size(); ++i) {
    const Role& role = *roles_[i];
    lookup_->add(role, static_cast<std::uint32_t>(i));
    if (role.kind == RoleKind::role && role.meta.namespace_name.empty())
      note(PolicyNote::Kind::unknown_namespace, role,
           fmt::format("Role `{}` names no namespace; no binding can refer to it", role.meta.name.value));
  }
  for (const Binding* binding : bindings_) {
    if (binding->kind == BindingKind::role_binding && binding->meta.namespace_name.empty())
      notes_.push_back({PolicyNote::Kind::unknown_namespace, binding->meta.ref(),
                        fmt::format("RoleBinding `{}` names no namespace; it takes part in no answer",
                                    binding->meta.name.value)});
  }
}

std::uint32_t Policy::find_target(const Binding& binding) const {
  if (!binding.role_ref.kind) return kNoRole;
  if (*binding.role_ref.kind == RoleKind::cluster_role) {
    const auto it = lookup_->cluster_roles.find(binding.role_ref.name.value);
    return it == lookup_->cluster_roles.end() ? kNoRole : it->second;
  }
  if (binding.kind == BindingKind::cluster_role_binding) return kNoRole;
  const auto it =
      lookup_->roles.find(RoleKey{binding.meta.namespace_name.value, binding.role_ref.name.value});
  return it == lookup_->roles.end() ? kNoRole : it->second;
}

namespace {

/// Says it when the release asked for is not the one at hand.
std::string nearest_words(const PolicyOptions& options, const BuiltinPolicy& builtins) {
  if (!options.kubernetes_minor || *options.kubernetes_minor == minor_of(builtins.release)) return {};
  return fmt::format(", the nearest to 1.{} that is known", *options.kubernetes_minor);
}

}  // namespace

void Policy::add_builtins(const PolicyOptions& options) {
  const BuiltinPolicy& builtins = builtin_policy(options.kubernetes_minor);
  defaults_ = &builtins;
  if (options.builtin_bindings) {
    std::unordered_set<std::string> present;
    for (const Binding* binding : bindings_) present.insert(oidc_audit::to_string(binding->meta.ref()));
    for (const Binding& binding : builtins.bindings)
      if (present.count(oidc_audit::to_string(binding.meta.ref())) == 0) bindings_.push_back(&binding);
  }
  for (const Binding* binding : bindings_) {
    if (!binding->role_ref.kind || find_target(*binding) != kNoRole) continue;
    const std::string_view name = binding->role_ref.name.value;
    const Role* role = nullptr;
    if (*binding->role_ref.kind == RoleKind::cluster_role) {
      role = builtins.find_cluster_role(name);
    } else if (binding->kind == BindingKind::role_binding) {
      role = builtins.find_role(binding->meta.namespace_name.value, name);
    }
    if (role == nullptr) continue;
    lookup_->add(*role, static_cast<std::uint32_t>(roles_.size()));
    roles_.push_back(role);
    if (binding->meta.builtin) continue;
    note(PolicyNote::Kind::builtin_role, *role,
         fmt::format("{} `{}` is not in the input; the default one of Kubernetes {} was used{}",
                     role->meta.kind.value, name, builtins.release, nearest_words(options, builtins)));
  }
}

void Policy::aggregate(const PolicyOptions& options) {
  bool any = false;
  for (const Role* role : roles_) {
    if (!role->has_aggregation_rule || role->kind != RoleKind::cluster_role) continue;
    const bool stored = !options.aggregate || role->meta.from_server;
    if (!stored) any = true;
    if (stored && !role->meta.builtin)
      note(PolicyNote::Kind::stored_rules, *role,
           fmt::format("ClusterRole `{}` aggregates; its stored rules were used", role->meta.name.value));
  }
  if (!any) return;

  std::vector<const Role*> participants = roles_;
  if (options.builtin) {
    for (const Role& role : builtin_policy(options.kubernetes_minor).roles)
      if (role.kind == RoleKind::cluster_role && lookup_->cluster_roles.count(role.meta.name.value) == 0)
        participants.push_back(&role);
  }
  std::vector<bool> frozen;
  frozen.reserve(participants.size());
  for (const Role* role : participants) frozen.push_back(role->meta.from_server);

  const AggregationResult result = aggregate_cluster_roles(participants, frozen);
  for (const AggregatedRole& aggregated : result.roles) {
    if (aggregated.role >= roles_.size()) continue;  // an embedded role that nobody uses
    const Role& written = *participants[aggregated.role];
    const bool own_lost = !written.meta.builtin && !written.rules.empty() &&
                          !std::equal(written.rules.begin(), written.rules.end(), aggregated.rules.begin(),
                                      aggregated.rules.end(), same_rule);
    Role& copy = owned_roles_.emplace_back(written);
    copy.rules = aggregated.rules;
    roles_[aggregated.role] = &copy;
    as_written_.emplace_back(&copy, &written);
    assumes_aggregation_ = true;
    if (!written.meta.builtin)
      note(PolicyNote::Kind::aggregated, written,
           fmt::format("the {} rules of ClusterRole `{}` were aggregated as the controller would; the answer "
                       "assumes that it has run",
                       copy.rules.size(), written.meta.name.value));
    if (own_lost)
      note(PolicyNote::Kind::own_rules_replaced, written,
           fmt::format("rules written into the aggregated ClusterRole `{}` are overwritten by the controller",
                       written.meta.name.value));
  }
  for (const AggregationFailure& failure : result.failures) {
    if (failure.role >= roles_.size()) continue;
    note(PolicyNote::Kind::bad_selector, *roles_[failure.role],
         fmt::format("ClusterRole `{}` cannot be aggregated: {}; its stored rules were used",
                     roles_[failure.role]->meta.name.value, failure.message));
  }
}

void Policy::resolve() {
  role_of_.reserve(bindings_.size());
  for (const Binding* binding : bindings_) role_of_.push_back(find_target(*binding));
}

}  // namespace oidc_audit::rbac
