#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rbac/model.h"

namespace oidc_audit::rbac {

struct BuiltinPolicy;

struct PolicyOptions {
  /// Take a default role from the embedded data when a binding names it and the input lacks it, and let the
  /// embedded roles take part in aggregation.
  bool builtin = true;
  /// Compute the rules of ClusterRoles with an aggregationRule as the controller would. Roles dumped from a
  /// live server keep their stored rules either way.
  bool aggregate = true;
  /// Add the default bindings too (discovery for all authenticated users and so on); the input then stands
  /// for what is applied to a fresh cluster.
  bool builtin_bindings = false;
  /// Release of the server, 1.NN: the embedded data of the nearest one is taken. Absent: the newest.
  std::optional<int> kubernetes_minor;
};

/// What was done to the input before it could be asked. For `notes` of an answer.
struct PolicyNote {
  enum class Kind : std::uint8_t {
    builtin_role,        ///< `object` came from the embedded defaults
    aggregated,          ///< the rules of `object` were computed
    stored_rules,        ///< `object` aggregates, but its stored rules stand (live dump, or aggregation off)
    own_rules_replaced,  ///< rules written into the aggregated `object` are overwritten by the controller
    bad_selector,        ///< a selector of `object` is invalid: the controller fails, stored rules stay
    unknown_namespace,   ///< `object` names no namespace and so cannot apply to any request
  };
  Kind kind;
  ObjectRef object;
  std::string message;  ///< one sentence, lower case, no final period
};

/// The roles and bindings that decisions are made from: the input's, resolved against each other once.
/// Owns what it adds; borrows the rest, which must outlive it and not move.
class Policy {
 public:
  Policy(std::span<const Role> roles, std::span<const Binding> bindings, const PolicyOptions& options = {});
  /// For objects that are not in one array.
  Policy(std::vector<const Role*> roles, std::vector<const Binding*> bindings,
         const PolicyOptions& options = {});
  ~Policy();
  Policy(Policy&&) noexcept;
  Policy& operator=(Policy&&) noexcept;

  /// Where the role of a binding is, or why it is nowhere.
  static constexpr std::uint32_t kNoRole = 0xFFFF'FFFFU;

  /// In input order, embedded ones last. An aggregated role stands here with its effective rules.
  std::span<const Role* const> roles() const noexcept { return roles_; }
  std::span<const Binding* const> bindings() const noexcept { return bindings_; }

  /// Index into roles() of what bindings()[i] refers to, or kNoRole.
  std::uint32_t role_index(std::size_t binding) const { return role_of_[binding]; }
  /// The role that bindings()[i] refers to; null when there is none.
  const Role* role_of(std::size_t binding) const;

  const Role* find_cluster_role(std::string_view name) const;
  const Role* find_role(std::string_view namespace_name, std::string_view name) const;

  /// A default ClusterRole of Kubernetes, whether a binding refers to it or not; null where the defaults were
  /// not to be taken.
  const Role* default_cluster_role(std::string_view name) const;

  /// The object as it stands in the input, before aggregation; for an embedded role the role itself.
  const Role* as_written(const Role* role) const;

  std::span<const PolicyNote> notes() const noexcept { return notes_; }
  /// True when some role in use was computed by aggregation rather than stored.
  bool assumes_aggregation() const noexcept { return assumes_aggregation_; }

 private:
  struct Lookup;
  void build(const PolicyOptions& options);
  void index_roles();
  void add_builtins(const PolicyOptions& options);
  void aggregate(const PolicyOptions& options);
  void resolve();
  std::uint32_t find_target(const Binding& binding) const;
  void note(PolicyNote::Kind kind, const Role& role, std::string message);

  std::vector<const Role*> roles_;
  std::vector<const Binding*> bindings_;
  std::vector<std::uint32_t> role_of_;                           // parallel to bindings_
  std::deque<Role> owned_roles_;                                 // aggregated copies
  std::vector<std::pair<const Role*, const Role*>> as_written_;  // copy, original
  std::unique_ptr<Lookup> lookup_;
  const BuiltinPolicy* defaults_ = nullptr;
  std::vector<PolicyNote> notes_;
  bool assumes_aggregation_ = false;
};

/// The server's text for a binding whose role is not there (lister NotFound, rule.go GetRoleReferenceRules).
std::string missing_role_text(const Binding& binding);

}  // namespace oidc_audit::rbac
