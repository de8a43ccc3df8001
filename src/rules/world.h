#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "rbac/model.h"
#include "rbac/policy.h"
#include "rbac/role_facts.h"
#include "rules/authentication.h"
#include "rules/completeness.h"
#include "rules/config.h"
#include "rules/subject_analysis.h"
#include "rules/subject_set.h"
#include "rules/traits.h"

namespace oidc_audit::oidc {
class IamNames;
}

namespace oidc_audit::rules {

/// The objects that rules are asked about; borrowed.
struct Objects {
  std::vector<const rbac::Role*> roles;
  std::vector<const rbac::Binding*> bindings;
  std::vector<const rbac::ServiceAccount*> service_accounts;
  std::vector<const rbac::Namespace*> namespaces;
};

inline constexpr std::uint32_t kNone = 0xFFFF'FFFFU;

/// A role as rules see it. Computed when first asked for.
struct RoleEntry {
  const rbac::Role* role = nullptr;     ///< with effective rules
  const rbac::Role* written = nullptr;  ///< as it stands in the input
  std::uint32_t index = kNone;
  rbac::RoleFacts facts;
  Traits traits;
  std::uint32_t external_binding = kNone;  ///< the widest binding of an external subject
  bool in_input = true;                    ///< not taken from the defaults
  bool computed = false;                   ///< its rules come from aggregation
  bool ready = false;
  bool default_object = false;
};

struct BindingEntry {
  const rbac::Binding* binding = nullptr;
  std::uint32_t index = kNone;
  std::uint32_t role = kNone;  ///< into World::role()
  Traits traits;
  bool default_object = false;
  bool ready = false;
};

/// The input of one run with its objects resolved against each other, and the facts that follow. What is dear
/// is computed when it is first asked for.
class World {
 public:
  /// `complete` given: what is known of the input's completeness; the configuration's word counts before it,
  /// and without either it is judged by the objects. `authentication` may be null: no configuration of a
  /// server is known. `iam`: the names that IAM identities get; may be null.
  World(const Objects& objects, const Config& config, const oidc::Catalogue& catalogue,
        const std::optional<Completeness>& complete = std::nullopt,
        const Authentication* authentication = nullptr, const oidc::IamNames* iam = nullptr);
  ~World();
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  const Objects& objects() const noexcept { return objects_; }
  const Config& config() const noexcept { return analyzer_.config(); }
  const Authentication* authentication() const noexcept { return authentication_; }
  const SubjectAnalyzer& analyzer() const noexcept { return analyzer_; }
  const rbac::Policy& policy() const noexcept { return policy_; }
  const Completeness& complete() const noexcept { return complete_; }
  SubjectSet& subjects() noexcept { return *subjects_; }
  const SubjectSet& subjects() const noexcept { return *subjects_; }

  std::size_t role_count() const noexcept { return policy_.roles().size(); }
  std::size_t binding_count() const noexcept { return bindings_.size(); }
  RoleEntry& role(std::uint32_t index);
  /// What a binding of a missing role has.
  const RoleEntry& no_role() const noexcept { return no_role_; }
  BindingEntry& binding(std::uint32_t index);
  const BindingEntry& raw_binding(std::uint32_t index) const { return bindings_[index]; }

  bool has_service_account(std::string_view namespace_name, std::string_view name) const;
  bool has_namespace(std::string_view name) const;

  /// Facts of a subject that other objects decide: accounts and namespaces that are missing.
  void object_traits(const SubjectEntry& entry, Traits& out) const;

  /// Why no token of the server has the name of a subject; of a subject that is not external, nothing.
  const Unproducible& unproducible(std::uint32_t entry);

  /// An external user whose name says nothing of whose it is.
  struct TenantlessUser {
    std::string_view name;
    std::string issuer;  ///< that it is of; empty: not known
  };
  /// All of them, in the order of the input; found when first asked for.
  std::span<const TenantlessUser> tenantless_users();

  /// Says that an external subject of the binding has a name that tokens can carry.
  void mark_live(std::uint32_t binding);

  // Facts of one subject in one binding.
  /// The same subject stands earlier in the same binding.
  bool is_duplicate(std::uint32_t binding, std::uint32_t subject) const;
  /// A binding that gives the subject the same or more in the same or a wider scope; kNone: none.
  std::uint32_t shadowing_binding(std::uint32_t binding, std::uint32_t entry);
  /// A use of a subject that differs only in phase, with the same role in the same scope.
  std::optional<SubjectUse> phase_twin(std::uint32_t binding, std::uint32_t entry,
                                       const SubjectAnalysis& analysis);

 private:
  struct Grants;
  void find_completeness(const std::optional<Completeness>& known);
  void resolve_bindings();
  void fill_role(RoleEntry& entry);
  bool covers(std::uint32_t wide, std::uint32_t narrow);

  const Objects& objects_;
  const Authentication* authentication_;
  const oidc::IamNames* iam_;
  SubjectAnalyzer analyzer_;
  rbac::Policy policy_;
  Completeness complete_;
  std::vector<RoleEntry> roles_;
  RoleEntry no_role_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> feeds_;  // role, and the aggregated role it is part of
  std::vector<BindingEntry> bindings_;
  std::optional<SubjectSet> subjects_;
  std::unordered_set<std::string> accounts_;
  std::unordered_set<std::string_view> namespaces_;
  std::unordered_map<std::uint64_t, bool> covered_;
  std::unique_ptr<Grants> grants_;
  std::uint32_t unproducible_entry_ = kNone;  // whose answer is kept
  Unproducible unproducible_;
  std::optional<std::vector<TenantlessUser>> tenantless_users_;
};

}  // namespace oidc_audit::rules
