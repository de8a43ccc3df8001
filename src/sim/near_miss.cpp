#include "sim/near_miss.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "sim/candidates.h"

namespace oidc_audit::sim {

bool would_grant(const rbac::Role& role, const rbac::Attributes& request) {
  return std::any_of(role.rules.begin(), role.rules.end(),
                     [&](const rbac::PolicyRule& rule) { return rbac::rule_allows(rule, request); });
}

std::size_t breadth_of(const rbac::Role& role) {
  const auto width = [](const std::vector<rbac::Text>& list, std::size_t everything) {
    const bool all =
        std::any_of(list.begin(), list.end(), [](const rbac::Text& t) { return t.value == "*"; });
    return all ? everything : list.size();
  };
  std::size_t breadth = 0;
  for (const rbac::PolicyRule& rule : role.rules) {
    const std::size_t things =
        width(rule.resources, 200) * width(rule.api_groups, 20) + width(rule.non_resource_urls, 50);
    breadth += width(rule.verbs, 12) * things / (rule.resource_names.empty() ? 1 : 4) + 1;
  }
  return breadth;
}

bool in_scope(const rbac::Binding& binding, const rbac::Attributes& request) {
  if (binding.kind == rbac::BindingKind::cluster_role_binding) return true;
  return !request.namespace_name.empty() && binding.meta.namespace_name.value == request.namespace_name;
}

std::string describe_request(const rbac::Attributes& request) {
  if (!request.is_resource) return fmt::format("`{} {}`", request.verb, request.path);
  std::string what = rbac::combined_resource(request);
  if (!request.api_group.empty()) what += "." + request.api_group;
  if (!request.name.empty()) what += " " + request.name;
  const std::string where =
      request.namespace_name.empty() ? "at cluster scope" : "in namespace " + request.namespace_name;
  return fmt::format("`{} {}` {}", request.verb, what, where);
}

namespace {

/// The narrowest role at hand that grants the request, as a command.
NearMiss no_binding(const Refusal& refusal) {
  const rbac::Attributes& request = refusal.request;
  const rbac::Role* best = nullptr;
  for (const rbac::Role* role : refusal.authorizer.policy().roles()) {
    const bool reachable =
        role->kind == rbac::RoleKind::cluster_role ||
        (!request.namespace_name.empty() && role->meta.namespace_name.value == request.namespace_name);
    if (!reachable || !would_grant(*role, request)) continue;
    const auto key = [](const rbac::Role& r) { return std::tuple(breadth_of(r), r.kind, r.meta.name.value); };
    if (best == nullptr || key(*role) < key(*best)) best = role;
  }
  NearMiss miss;
  miss.cause = Cause::no_binding;
  miss.message = fmt::format("nothing that is bound to `{}` or its groups comes near {}", request.user.name,
                             describe_request(request));
  const bool cluster = request.namespace_name.empty();
  const std::string scope = cluster ? "a ClusterRoleBinding"
                                    : fmt::format("a RoleBinding in namespace `{}`", request.namespace_name);
  if (best == nullptr) {
    miss.fix = fmt::format("make a role with exactly {} and bind it to `{}` by {}", describe_request(request),
                           request.user.name, scope);
  } else {
    miss.fix = fmt::format("bind {} `{}`, the narrowest role here that grants it, to `{}` by {}",
                           best->kind == rbac::RoleKind::cluster_role ? "ClusterRole" : "Role",
                           best->meta.name.value, request.user.name, scope);
  }
  return miss;
}

}  // namespace

std::vector<NearMiss> explain_refusal(const rbac::Authorizer& authorizer, const rbac::Attributes& request,
                                      const NameParser& parse_name, const ExplainOptions& options) {
  const Refusal refusal{authorizer, request, parse_name, options.source};
  std::vector<Candidate> candidates;
  collect_subject_misses(refusal, candidates);
  collect_grant_misses(refusal, candidates);
  const auto key = [](const Candidate& c) {
    return std::tie(c.tier, c.changes, c.miss.cause, c.breadth, c.miss.object, c.miss.pointer,
                    c.miss.message);
  };
  std::sort(candidates.begin(), candidates.end(),
            [&](const Candidate& a, const Candidate& b) { return key(a) < key(b); });
  std::vector<NearMiss> out;
  for (Candidate& candidate : candidates) {
    if (out.size() >= options.limit) break;
    const bool repeats = std::any_of(out.begin(), out.end(), [&](const NearMiss& m) {
      return m.cause == candidate.miss.cause && m.object == candidate.miss.object &&
             m.pointer == candidate.miss.pointer;
    });
    if (!repeats) out.push_back(std::move(candidate.miss));
  }
  const bool only_far = out.empty() || out.front().cause == Cause::group_not_in_token;
  if (only_far && out.size() < options.limit) out.push_back(no_binding(refusal));
  return out;
}

}  // namespace oidc_audit::sim
