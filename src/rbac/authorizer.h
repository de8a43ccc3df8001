#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/attributes.h"
#include "rbac/model.h"
#include "rbac/policy.h"

namespace oidc_audit::rbac {

/// One step of the walk (rule.go VisitRulesFor): a rule that the user holds, or a binding of the user whose
/// role could not be found. Pointers live as long as the Policy.
struct RuleVisit {
  const Binding* binding = nullptr;
  std::size_t subject = 0;           ///< the first of binding->subjects that applies to the user
  const Role* role = nullptr;        ///< null when `error` is set
  std::size_t rule_index = 0;        ///< into role->rules
  const PolicyRule* rule = nullptr;  ///< null when `error` is set
  std::string_view error;            ///< the server's text about a role that is missing; else empty
};

/// Returns false to end the walk.
using RuleVisitor = std::function<bool(const RuleVisit&)>;

/// What an authorizer of the server's chain says. RBAC never says deny.
enum class Verdict : std::uint8_t { allow, no_opinion, deny };
/// `Allow`, `NoOpinion`, `Deny`.
std::string_view to_string(Verdict verdict);

/// One path that grants a request. Of the subjects of a binding the first that applies is named, as the
/// server does; each rule that matches has an entry of its own.
struct Grant {
  const Binding* binding = nullptr;
  std::size_t subject = 0;
  const Role* role = nullptr;
  std::size_t rule = 0;  ///< 0-based
  std::string reason;    ///< `RBAC: allowed by ClusterRoleBinding "b" of ClusterRole "r" to User "u"`
};

/// A binding of the user whose role does not exist.
struct LookupError {
  const Binding* binding = nullptr;
  std::string text;  ///< as the server words it: `clusterrole.rbac.authorization.k8s.io "x" not found`
};

struct Decision {
  bool allowed = false;
  Verdict verdict = Verdict::no_opinion;
  /// Who decided: "system:masters" (in front of RBAC, empty reason, no grants) or "rbac".
  std::string authorizer;
  /// What the server writes into the audit event: the reason of the first grant, or `RBAC: ` and the
  /// lookup errors, or "".
  std::string reason;
  /// Every granting path: cluster-wide bindings first, then by name of binding and rule. The server names
  /// any one of them.
  std::vector<Grant> granted_by;
  /// Missing roles met on the way, ordered by binding; also filled when something else grants.
  std::vector<LookupError> errors;
};

struct AuthorizeOptions {
  /// Members of `system:masters` are allowed before RBAC is asked (reload.go, builtin.go).
  bool masters = true;
};

/// Answers from a Policy as kube-apiserver's RBAC authorizer does (rbac.go), through an index by subject: a
/// question costs time in the number of bindings of its user, not of the cluster. The Policy must outlive it.
/// Const members may be used from several threads.
class Authorizer {
 public:
  explicit Authorizer(const Policy& policy);
  ~Authorizer();
  Authorizer(Authorizer&&) noexcept;
  Authorizer& operator=(Authorizer&&) noexcept;

  /// The one walk: rules of ClusterRoleBindings, then, with a namespace, of its RoleBindings; each in the
  /// order of the Policy. A missing role is passed to the visitor and does not stop the walk.
  void visit_rules_for(const UserInfo& user, std::string_view namespace_name, const RuleVisitor& visit) const;

  /// Namespaces in which a RoleBinding names the user or a group of the user; sorted, each once.
  std::vector<std::string_view> namespaces_of(const UserInfo& user) const;

  /// The verdict alone, without reasons; allocates nothing.
  bool is_allowed(const Attributes& request, const AuthorizeOptions& options = {}) const;

  /// The verdict with every granting path and every error.
  Decision decide(const Attributes& request, const AuthorizeOptions& options = {}) const;

  const Policy& policy() const noexcept { return *policy_; }

 private:
  struct Index;
  const Policy* policy_;
  std::unique_ptr<Index> index_;
};

/// The same walk over every binding in turn: the reference that the index is tested against.
void visit_rules_for_linear(const Policy& policy, const UserInfo& user, std::string_view namespace_name,
                            const RuleVisitor& visit);
Decision decide_linear(const Policy& policy, const Attributes& request, const AuthorizeOptions& options = {});

/// rbac.go RuleAllows: whether one rule grants the request. Only the half of the rule that fits the kind of
/// request is looked at.
bool rule_allows(const PolicyRule& rule, const Attributes& request);

// The parts of rule_allows (evaluation_helpers.go), for those who explain a refusal.
bool verb_matches(const PolicyRule& rule, std::string_view verb);
bool api_group_matches(const PolicyRule& rule, std::string_view api_group);
bool resource_matches(const PolicyRule& rule, std::string_view resource, std::string_view subresource);
bool resource_name_matches(const PolicyRule& rule, std::string_view name);
bool non_resource_url_matches(const PolicyRule& rule, std::string_view path);

/// rule.go appliesToUser. `binding_namespace` is "" for a ClusterRoleBinding.
bool subject_applies(const Subject& subject, const UserInfo& user, std::string_view binding_namespace);

/// The text that the server gives as reason when this binding grants (rule.go describers).
std::string grant_reason(const Binding& binding, std::size_t subject);

/// `RBAC: ` and the errors as apimachinery's aggregate prints them; "" without errors.
std::string denial_reason(const std::vector<LookupError>& errors);

/// A refusal's reason as the server tells it to clients and in audit events: from 1.37 on its chain of
/// authorizers puts the name of each before what it says (apiserver union.go), and `rbac` is the name that
/// --authorization-mode gives. "" stays "".
std::string refusal_reason(std::string_view reason, int kubernetes_minor);

/// The message of the server's 403, byte for byte as Status.message holds it (errors.go NewForbidden,
/// responsewriters/errors.go). `reason` is what refusal_reason() made of Decision::reason.
std::string denied_message(const Attributes& request, std::string_view reason);

}  // namespace oidc_audit::rbac
