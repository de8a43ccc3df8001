#include "rbac/indirect_access.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <tuple>

#include "rbac/builtins.h"

namespace oidc_audit::rbac {

namespace {

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

Attributes power(std::string_view verb, std::string_view group, std::string_view resource,
                 std::string_view subresource = {}) {
  Attributes request;
  request.verb = verb;
  request.api_group = group;
  request.resource = resource;
  request.subresource = subresource;
  return request;
}

class Search {
 public:
  Search(const Policy& policy, const AccessQuestion& question, WhoCan& answer)
      : policy_(policy), question_(question), answer_(answer) {}

  std::vector<IndirectAccess> run() {
    collect_direct();
    escalate();
    bind();
    impersonate();
    service_accounts();
    sort();
    return std::move(found_);
  }

 private:
  /// Every binding whose role has the power, wherever it is.
  void each_with(const Attributes& request,
                 const std::function<void(const Binding&, const Role&, const RoleJudgement&)>& use) {
    RoleJudge judge(policy_, request, answer_.judgements);
    for (std::size_t i = 0; i < policy_.bindings().size(); ++i) {
      const std::uint32_t role = policy_.role_index(i);
      if (role == Policy::kNoRole) continue;
      const RoleJudgement& judgement = judge[role];
      if (judgement.reach != Reach::none) use(*policy_.bindings()[i], *policy_.roles()[role], judgement);
    }
  }

  /// Whether a power that this binding gives reaches the place of the question.
  bool reaches_question(const Binding& binding) const {
    if (binding.kind == BindingKind::cluster_role_binding) return true;
    if (!question_.request.is_resource || !question_.namespaced) return false;
    return question_.all_namespaces || binding.meta.namespace_name == question_.request.namespace_name;
  }

  void add(const Binding& binding, const Role& role, const RoleJudgement& judgement, IndirectWay way,
           const std::string& through) {
    for (std::size_t s = 0; s < binding.subjects.size(); ++s) {
      const std::optional<Holder> holder = holder_of(binding, binding.subjects[s]);
      if (holder) found_.push_back({*holder, way, through, {&binding, s, &role, &judgement}});
    }
  }

  void collect_direct() {
    for (const HolderAccess& access : answer_.holders) {
      switch (access.holder.kind) {
        case SubjectKind::user:
          users_.insert(access.holder.name);
          break;
        case SubjectKind::group:
          groups_.insert(access.holder.name);
          break;
        case SubjectKind::service_account:
          accounts_[access.holder.namespace_name].insert(access.holder.name);
          break;
        case SubjectKind::other:
          break;
      }
    }
  }

  void escalate() {
    for (const std::string_view resource : {"clusterroles", "roles"}) {
      each_with(power("escalate", kRbac, resource),
                [&](const Binding& binding, const Role& role, const RoleJudgement& judgement) {
                  const bool namespaced = binding.kind == BindingKind::role_binding;
                  if (namespaced && (resource == "clusterroles" || !reaches_question(binding))) return;
                  add(binding, role, judgement, IndirectWay::escalate, "any " + std::string(resource));
                });
    }
  }

  /// Names of ClusterRoles that grant the question, embedded ones included.
  std::set<std::string_view> granting(RoleKind kind) const {
    std::set<std::string_view> names;
    const auto look = [&](const Role& role) {
      if (role.kind == kind && judge_role(role, question_.request).reach != Reach::none)
        names.insert(role.meta.name.value);
    };
    for (const Role* role : policy_.roles()) look(*role);
    if (kind == RoleKind::cluster_role)
      for (const Role& role : builtin_policy().roles) look(role);
    return names;
  }

  /// Bindings that some role of the same identity lets it write are not traced: `bind` without the right to
  /// create bindings is rare, and the answer says what the power is.
  void bind() {
    for (const RoleKind kind : {RoleKind::cluster_role, RoleKind::role}) {
      const std::string_view resource = kind == RoleKind::cluster_role ? "clusterroles" : "roles";
      const std::string prefix = kind == RoleKind::cluster_role ? "ClusterRole/" : "Role/";
      const std::set<std::string_view> names = granting(kind);
      if (names.empty()) continue;
      each_with(power("bind", kRbac, resource),
                [&](const Binding& binding, const Role& role, const RoleJudgement& judgement) {
                  if (!reaches_question(binding)) return;
                  if (judgement.reach == Reach::all) {
                    add(binding, role, judgement, IndirectWay::bind, "any " + std::string(resource));
                    return;
                  }
                  for (const std::string_view name : judgement.names)
                    if (names.count(name) != 0)
                      add(binding, role, judgement, IndirectWay::bind, prefix + std::string(name));
                });
    }
  }

  void impersonate_named(std::string_view resource, const std::set<std::string_view>& targets,
                         const std::string& prefix, const std::string& any) {
    if (targets.empty()) return;
    each_with(power("impersonate", "", resource),
              [&](const Binding& binding, const Role& role, const RoleJudgement& judgement) {
                if (binding.kind == BindingKind::role_binding) return;  // users and groups are cluster-scoped
                if (judgement.reach == Reach::all) {
                  add(binding, role, judgement, IndirectWay::impersonate, any);
                  return;
                }
                for (const std::string_view name : judgement.names)
                  if (targets.count(name) != 0)
                    add(binding, role, judgement, IndirectWay::impersonate, prefix + std::string(name));
              });
  }

  void impersonate() {
    impersonate_named("users", users_, "User/", "any user");
    impersonate_named("groups", groups_, "Group/", "any group");
    through_accounts(power("impersonate", "", "serviceaccounts"), IndirectWay::impersonate, true);
  }

  /// A power over service accounts, by their names or over their namespace.
  void through_accounts(const Attributes& request, IndirectWay way, bool named_by_account) {
    if (accounts_.empty()) return;
    each_with(request, [&](const Binding& binding, const Role& role, const RoleJudgement& judgement) {
      if (judgement.reach == Reach::named && !named_by_account) return;
      if (binding.kind == BindingKind::role_binding) {
        const auto it = accounts_.find(binding.meta.namespace_name.value);
        if (it != accounts_.end()) in_namespace(binding, role, judgement, way, it->first, it->second);
      } else if (judgement.reach == Reach::all && accounts_.size() > 1) {
        // One line stands for all: there may be very many.
        add(binding, role, judgement, way, "any service account");
      } else {
        for (const auto& [place, names] : accounts_)
          in_namespace(binding, role, judgement, way, place, names);
      }
    });
  }

  void in_namespace(const Binding& binding, const Role& role, const RoleJudgement& judgement, IndirectWay way,
                    std::string_view place, const std::set<std::string_view>& names) {
    const std::string prefix = "ServiceAccount/" + std::string(place) + "/";
    if (judgement.reach == Reach::all) {
      add(binding, role, judgement, way, prefix + (names.size() == 1 ? std::string(*names.begin()) : "*"));
      return;
    }
    for (const std::string_view name : judgement.names)
      if (names.count(name) != 0) add(binding, role, judgement, way, prefix + std::string(name));
  }

  void service_accounts() {
    through_accounts(power("create", "", "serviceaccounts", "token"), IndirectWay::create_token, true);
    through_accounts(power("create", "", "pods"), IndirectWay::create_pods, false);
    for (const std::string_view resource : {"deployments", "daemonsets", "statefulsets", "replicasets"})
      through_accounts(power("create", "apps", resource), IndirectWay::create_workloads, false);
    for (const std::string_view resource : {"jobs", "cronjobs"})
      through_accounts(power("create", "batch", resource), IndirectWay::create_workloads, false);
    through_accounts(power("create", "", "replicationcontrollers"), IndirectWay::create_workloads, false);
  }

  void sort() {
    const auto key = [](const IndirectAccess& a) {
      return std::tuple(a.holder, a.way, std::string_view(a.through), !a.grant.cluster_wide(),
                        a.grant.namespace_name(), a.grant.binding->meta.name.value, a.grant.subject);
    };
    std::sort(found_.begin(), found_.end(),
              [&key](const IndirectAccess& a, const IndirectAccess& b) { return key(a) < key(b); });
    // One line for each holder, way and target.
    const auto same = [](const IndirectAccess& a, const IndirectAccess& b) {
      return a.holder == b.holder && a.way == b.way && a.through == b.through;
    };
    found_.erase(std::unique(found_.begin(), found_.end(), same), found_.end());
  }

  const Policy& policy_;
  const AccessQuestion& question_;
  WhoCan& answer_;
  std::set<std::string_view> users_;
  std::set<std::string_view> groups_;
  std::map<std::string_view, std::set<std::string_view>> accounts_;  // by namespace
  std::vector<IndirectAccess> found_;
};

}  // namespace

std::string_view to_string(IndirectWay way) {
  switch (way) {
    case IndirectWay::escalate:
      return "escalate";
    case IndirectWay::bind:
      return "bind";
    case IndirectWay::impersonate:
      return "impersonate";
    case IndirectWay::create_token:
      return "create-token";
    case IndirectWay::create_pods:
      return "create-pods";
    case IndirectWay::create_workloads:
      return "create-workloads";
  }
  return "";
}

std::vector<IndirectAccess> find_indirect_access(const Policy& policy, const AccessQuestion& question,
                                                 WhoCan& answer) {
  return Search(policy, question, answer).run();
}

}  // namespace oidc_audit::rbac
