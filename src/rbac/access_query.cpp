#include "rbac/access_query.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>

#include "rbac/indirect_access.h"

namespace oidc_audit::rbac {

namespace {

struct HolderHash {
  std::size_t operator()(const Holder& holder) const noexcept {
    const std::hash<std::string_view> hash;
    return (hash(holder.name) * 31 + hash(holder.namespace_name)) * 4 + static_cast<std::size_t>(holder.kind);
  }
};

auto grant_key(const AccessGrant& grant) {
  return std::tuple(!grant.cluster_wide(), grant.namespace_name(), grant.binding->meta.name.value,
                    grant.subject);
}

}  // namespace

std::string_view to_string(SubjectKind kind) {
  switch (kind) {
    case SubjectKind::user:
      return "User";
    case SubjectKind::group:
      return "Group";
    case SubjectKind::service_account:
      return "ServiceAccount";
    case SubjectKind::other:
      return "";
  }
  return "";
}

std::optional<Holder> holder_of(const Binding& binding, const Subject& subject) {
  if (subject.kind == SubjectKind::other) return std::nullopt;
  Holder holder{subject.kind, {}, subject.name.value};
  if (subject.kind != SubjectKind::service_account) return holder;
  holder.namespace_name = subject.namespace_name.value;
  if (holder.namespace_name.empty() && binding.kind == BindingKind::role_binding)
    holder.namespace_name = binding.meta.namespace_name.value;
  if (holder.namespace_name.empty()) return std::nullopt;
  return holder;
}

RoleJudgement judge_role(const Role& role, const Attributes& request) {
  RoleJudgement judgement;
  const bool nameless = request.name.empty();
  const bool can_be_named =
      request.verb != "deletecollection" && !(request.verb == "create" && request.subresource.empty());
  for (std::size_t i = 0; i < role.rules.size(); ++i) {
    const PolicyRule& rule = role.rules[i];
    if (rule_allows(rule, request)) {
      judgement.reach = Reach::all;
      judgement.rules.push_back(i);
    } else if (request.is_resource && nameless && can_be_named && !rule.resource_names.empty() &&
               verb_matches(rule, request.verb) && api_group_matches(rule, request.api_group) &&
               resource_matches(rule, request.resource, request.subresource)) {
      if (judgement.reach == Reach::none) judgement.reach = Reach::named;
      judgement.rules.push_back(i);
      for (const Text& name : rule.resource_names) judgement.names.push_back(name.value);
    }
  }
  if (judgement.reach == Reach::all) judgement.names.clear();
  std::sort(judgement.names.begin(), judgement.names.end());
  judgement.names.erase(std::unique(judgement.names.begin(), judgement.names.end()), judgement.names.end());
  return judgement;
}

const RoleJudgement& RoleJudge::operator[](std::uint32_t role) {
  const RoleJudgement*& known = known_[role];
  if (known == nullptr) known = &judgements_.emplace_back(judge_role(*policy_.roles()[role], request_));
  return *known;
}

namespace {

bool is_namespaces_object(const Attributes& request) {
  return request.is_resource && request.api_group.empty() && request.resource == "namespaces" &&
         (request.subresource.empty() || request.subresource == "status" ||
          request.subresource == "finalize");
}

/// Whether a RoleBinding there can grant the question at all.
bool in_scope(const AccessQuestion& question, const Binding& binding) {
  if (binding.kind == BindingKind::cluster_role_binding) return true;
  const std::string_view place = binding.meta.namespace_name.value;
  if (!question.request.is_resource || place.empty()) return false;
  if (is_namespaces_object(question.request)) {
    const std::string_view verb = question.request.verb;
    if (verb == "list" || verb == "watch" || verb == "create" || verb == "deletecollection") return false;
    return question.request.name.empty() ? question.all_namespaces || place == question.request.namespace_name
                                         : place == question.request.name;
  }
  if (!question.namespaced) return false;
  return question.all_namespaces || place == question.request.namespace_name;
}

void add_masters(WhoCan& answer) {
  HolderAccess masters;
  masters.holder = {SubjectKind::group, {}, "system:masters"};
  masters.masters = true;
  answer.holders.push_back(std::move(masters));
}

}  // namespace

WhoCan who_can(const Policy& policy, const AccessQuestion& question) {
  WhoCan answer;
  RoleJudge judge(policy, question.request, answer.judgements);
  std::unordered_map<Holder, std::size_t, HolderHash> numbers;
  numbers.reserve(policy.bindings().size());
  if (question.masters) {
    add_masters(answer);
    numbers.emplace(answer.holders.front().holder, 0);
  }
  for (std::size_t i = 0; i < policy.bindings().size(); ++i) {
    const Binding& binding = *policy.bindings()[i];
    if (!in_scope(question, binding)) continue;
    const std::uint32_t role = policy.role_index(i);
    if (role == Policy::kNoRole) {
      answer.errors.push_back({&binding, missing_role_text(binding)});
      continue;
    }
    const RoleJudgement& judgement = judge[role];
    if (judgement.reach == Reach::none) continue;
    for (std::size_t s = 0; s < binding.subjects.size(); ++s) {
      const std::optional<Holder> holder = holder_of(binding, binding.subjects[s]);
      if (!holder) continue;
      const auto [it, added] = numbers.emplace(*holder, answer.holders.size());
      if (added) answer.holders.push_back({*holder, false, {}});
      std::vector<AccessGrant>& grants = answer.holders[it->second].grants;
      // The same subject twice in one binding is one grant.
      if (!grants.empty() && grants.back().binding == &binding) continue;
      grants.push_back({&binding, s, policy.roles()[role], &judgement});
    }
  }
  if (question.indirect) answer.indirect = find_indirect_access(policy, question, answer);
  for (HolderAccess& access : answer.holders) {
    if (access.grants.size() < 2) continue;
    std::sort(access.grants.begin(), access.grants.end(),
              [](const AccessGrant& a, const AccessGrant& b) { return grant_key(a) < grant_key(b); });
  }
  std::sort(answer.holders.begin(), answer.holders.end(),
            [](const HolderAccess& a, const HolderAccess& b) { return a.holder < b.holder; });
  return answer;
}

WhatCan what_can(const Authorizer& authorizer, const UserInfo& user, const std::string_view* only,
                 bool groups_alone) {
  WhatCan answer;
  answer.masters = std::find(user.groups.begin(), user.groups.end(), "system:masters") != user.groups.end();
  std::vector<std::string_view> places = {std::string_view()};
  if (only == nullptr) {
    for (const std::string_view place : authorizer.namespaces_of(user)) places.push_back(place);
  } else if (!only->empty()) {
    places.push_back(*only);
  }
  for (const std::string_view place : places) {
    HeldScope scope{place, {}};
    authorizer.visit_rules_for(user, place, [&](const RuleVisit& visit) {
      const bool cluster_wide = visit.binding->kind == BindingKind::cluster_role_binding;
      if (cluster_wide != place.empty()) return true;  // cluster-wide ones come first, once
      if (groups_alone && visit.binding->subjects[visit.subject].kind != SubjectKind::group) return true;
      if (visit.rule == nullptr) {
        answer.errors.push_back({visit.binding, std::string(visit.error)});
      } else {
        scope.rules.push_back({visit.binding, visit.subject, visit.role, visit.rule_index, visit.rule});
      }
      return true;
    });
    std::stable_sort(scope.rules.begin(), scope.rules.end(), [](const HeldRule& a, const HeldRule& b) {
      return a.binding->meta.name.value < b.binding->meta.name.value;
    });
    if (!scope.rules.empty()) answer.scopes.push_back(std::move(scope));
  }
  return answer;
}

}  // namespace oidc_audit::rbac
