#include "rbac/authorizer.h"

#include <algorithm>
#include <tuple>
#include <unordered_set>

#include "base/go_quote.h"
#include "base/strings.h"

namespace oidc_audit::rbac {

namespace {

constexpr std::string_view kServiceAccountPrefix = "system:serviceaccount:";
constexpr std::string_view kMasters = "system:masters";
constexpr std::string_view kAuthenticated = "system:authenticated";
constexpr std::string_view kUnauthenticated = "system:unauthenticated";
constexpr std::string_view kAnonymous = "system:anonymous";

bool has(const std::vector<Text>& list, std::string_view value) {
  return std::any_of(list.begin(), list.end(), [value](const Text& t) { return t.value == value; });
}

bool has_or_star(const std::vector<Text>& list, std::string_view value) {
  return std::any_of(list.begin(), list.end(),
                     [value](const Text& t) { return t.value == "*" || t.value == value; });
}

/// Whether `element` is exactly `resource/subresource`, without making that string.
bool is_combined(std::string_view element, std::string_view resource, std::string_view subresource) {
  return element.size() == resource.size() + 1 + subresource.size() && element.starts_with(resource) &&
         element[resource.size()] == '/' && element.ends_with(subresource);
}

bool resource_element_matches(std::string_view element, std::string_view resource,
                              std::string_view subresource) {
  if (element == "*") return true;
  if (subresource.empty()) return element == resource;
  return is_combined(element, resource, subresource) || is_combined(element, "*", subresource);
}

bool url_element_matches(std::string_view element, std::string_view path) {
  if (element == "*" || element == path) return true;
  if (!element.ends_with('*')) return false;
  while (element.ends_with('*')) element.remove_suffix(1);
  return path.starts_with(element);
}

bool in_groups(const UserInfo& user, std::string_view group) {
  return std::find(user.groups.begin(), user.groups.end(), group) != user.groups.end();
}

/// serviceaccount/util.go MatchesUsername: a comparison of the name alone.
bool is_service_account_name(std::string_view user, std::string_view namespace_name, std::string_view name) {
  if (!user.starts_with(kServiceAccountPrefix)) return false;
  user.remove_prefix(kServiceAccountPrefix.size());
  if (!user.starts_with(namespace_name)) return false;
  user.remove_prefix(namespace_name.size());
  if (!user.starts_with(':')) return false;
  return user.substr(1) == name;
}

std::string_view namespace_of(const Binding& binding) {
  return binding.kind == BindingKind::cluster_role_binding ? std::string_view()
                                                           : binding.meta.namespace_name.value;
}

std::string name_and_namespace(std::string_view name, std::string_view namespace_name) {
  std::string text(name);
  text += '/';
  text += namespace_name;
  return go_quote(text);
}

std::string describe_subject(const Subject& subject, std::string_view binding_namespace) {
  if (subject.kind == SubjectKind::service_account) {
    const std::string_view place =
        subject.namespace_name.empty() ? binding_namespace : subject.namespace_name.value;
    return "ServiceAccount " + name_and_namespace(subject.name.value, place);
  }
  std::string text(subject.kind_text.value);
  return text + " " + go_quote(subject.name.value);
}

auto order_key(const Binding& binding) {
  return std::tuple(binding.kind == BindingKind::role_binding, binding.meta.namespace_name.value,
                    binding.meta.name.value);
}

/// What the decision keeps of the walk.
struct Collected {
  std::vector<RuleVisit> grants;
  std::vector<RuleVisit> errors;
};

Decision make_decision(Collected collected) {
  std::stable_sort(
      collected.grants.begin(), collected.grants.end(),
      [](const RuleVisit& a, const RuleVisit& b) { return order_key(*a.binding) < order_key(*b.binding); });
  std::stable_sort(
      collected.errors.begin(), collected.errors.end(),
      [](const RuleVisit& a, const RuleVisit& b) { return order_key(*a.binding) < order_key(*b.binding); });
  Decision decision;
  decision.authorizer = "rbac";
  for (const RuleVisit& grant : collected.grants)
    decision.granted_by.push_back({grant.binding, grant.subject, grant.role, grant.rule_index,
                                   grant_reason(*grant.binding, grant.subject)});
  for (const RuleVisit& error : collected.errors)
    decision.errors.push_back({error.binding, missing_role_text(*error.binding)});
  decision.allowed = !decision.granted_by.empty();
  decision.verdict = decision.allowed ? Verdict::allow : Verdict::no_opinion;
  decision.reason = decision.allowed ? decision.granted_by.front().reason : denial_reason(decision.errors);
  return decision;
}

bool is_master(const Attributes& request, const AuthorizeOptions& options) {
  return options.masters && in_groups(request.user, kMasters);
}

Decision masters_decision() {
  Decision decision;
  decision.allowed = true;
  decision.verdict = Verdict::allow;
  decision.authorizer = kMasters;
  return decision;
}

/// The explanation as a visitor: every grant and every error.
template <typename Walk>
Decision decide_with(const Walk& walk, const Attributes& request, const AuthorizeOptions& options) {
  if (is_master(request, options)) return masters_decision();
  Collected collected;
  walk([&collected, &request](const RuleVisit& visit) {
    if (visit.rule == nullptr) {
      collected.errors.push_back(visit);
    } else if (rule_allows(*visit.rule, request)) {
      collected.grants.push_back(visit);
    }
    return true;
  });
  return make_decision(std::move(collected));
}

std::string html_escape(std::string_view text) {
  return replace_all(replace_all(replace_all(text, "&", "&amp;"), "<", "&lt;"), ">", "&gt;");
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::allow:
      return "Allow";
    case Verdict::no_opinion:
      return "NoOpinion";
    case Verdict::deny:
      return "Deny";
  }
  return "";
}

std::string combined_resource(const Attributes& request) {
  if (request.subresource.empty()) return request.resource;
  return request.resource + "/" + request.subresource;
}

void add_implicit_groups(UserInfo& user, bool service_account) {
  if (user.name == kAnonymous) {
    if (user.groups.empty()) user.groups.emplace_back(kUnauthenticated);
    return;
  }
  if (service_account && user.name.starts_with(kServiceAccountPrefix)) {
    const std::string_view rest = std::string_view(user.name).substr(kServiceAccountPrefix.size());
    const std::vector<std::string_view> parts = split(rest, ':');
    if (parts.size() == 2 && !parts[0].empty() && !parts[1].empty()) {
      std::string scoped = "system:serviceaccounts:";
      scoped += parts[0];
      for (std::string group : {std::string("system:serviceaccounts"), std::move(scoped)})
        if (!in_groups(user, group)) user.groups.push_back(std::move(group));
    }
  }
  if (in_groups(user, kAuthenticated) || in_groups(user, kUnauthenticated)) return;
  user.groups.emplace_back(kAuthenticated);
}

bool verb_matches(const PolicyRule& rule, std::string_view verb) { return has_or_star(rule.verbs, verb); }

bool api_group_matches(const PolicyRule& rule, std::string_view api_group) {
  return has_or_star(rule.api_groups, api_group);
}

bool resource_matches(const PolicyRule& rule, std::string_view resource, std::string_view subresource) {
  return std::any_of(rule.resources.begin(), rule.resources.end(), [&](const Text& element) {
    return resource_element_matches(element.value, resource, subresource);
  });
}

bool resource_name_matches(const PolicyRule& rule, std::string_view name) {
  return rule.resource_names.empty() || has(rule.resource_names, name);
}

bool non_resource_url_matches(const PolicyRule& rule, std::string_view path) {
  return std::any_of(rule.non_resource_urls.begin(), rule.non_resource_urls.end(),
                     [path](const Text& element) { return url_element_matches(element.value, path); });
}

bool rule_allows(const PolicyRule& rule, const Attributes& request) {
  if (!verb_matches(rule, request.verb)) return false;
  if (!request.is_resource) return non_resource_url_matches(rule, request.path);
  return api_group_matches(rule, request.api_group) &&
         resource_matches(rule, request.resource, request.subresource) &&
         resource_name_matches(rule, request.name);
}

bool subject_applies(const Subject& subject, const UserInfo& user, std::string_view binding_namespace) {
  switch (subject.kind) {
    case SubjectKind::user:
      return user.name == subject.name.value;
    case SubjectKind::group:
      return in_groups(user, subject.name.value);
    case SubjectKind::service_account: {
      const std::string_view place =
          subject.namespace_name.empty() ? binding_namespace : subject.namespace_name.value;
      return !place.empty() && is_service_account_name(user.name, place, subject.name.value);
    }
    case SubjectKind::other:
      return false;
  }
  return false;
}

std::string grant_reason(const Binding& binding, std::size_t subject) {
  const std::string_view place = namespace_of(binding);
  std::string text = "RBAC: allowed by ";
  if (binding.kind == BindingKind::cluster_role_binding) {
    text += "ClusterRoleBinding " + go_quote(binding.meta.name.value) + " of ClusterRole ";
  } else {
    text += "RoleBinding " + name_and_namespace(binding.meta.name.value, place) + " of ";
    text += binding.role_ref.kind_text.value;
    text += ' ';
  }
  text += go_quote(binding.role_ref.name.value) + " to ";
  return text + describe_subject(binding.subjects[subject], place);
}

std::string missing_role_text(const Binding& binding) {
  if (!binding.role_ref.kind)
    return "unsupported role reference kind: " + go_quote(binding.role_ref.kind_text.value);
  const std::string_view resource = *binding.role_ref.kind == RoleKind::role ? "role" : "clusterrole";
  std::string text(resource);
  return text + ".rbac.authorization.k8s.io " + go_quote(binding.role_ref.name.value) + " not found";
}

std::string denial_reason(const std::vector<LookupError>& errors) {
  std::vector<std::string> distinct;
  std::unordered_set<std::string_view> seen;
  for (const LookupError& error : errors)
    if (seen.insert(error.text).second) distinct.push_back(error.text);
  if (distinct.empty()) return {};
  if (distinct.size() == 1) return "RBAC: " + distinct.front();
  return "RBAC: [" + join(distinct, ", ") + "]";
}

std::string refusal_reason(std::string_view reason, int kubernetes_minor) {
  if (reason.empty() || kubernetes_minor < 37) return std::string(reason);
  return "rbac: " + std::string(reason);
}

std::string denied_message(const Attributes& request, std::string_view reason) {
  std::string inner = "User " + go_quote(request.user.name) + " cannot " + request.verb;
  std::string outer;
  if (request.is_resource) {
    inner +=
        " resource " + go_quote(combined_resource(request)) + " in API group " + go_quote(request.api_group);
    inner += request.namespace_name.empty() ? " at the cluster scope"
                                            : " in the namespace " + go_quote(request.namespace_name);
    if (!request.resource.empty()) {
      outer = request.resource;
      if (!request.api_group.empty()) outer += "." + request.api_group;
      if (!request.name.empty()) outer += " " + go_quote(request.name);
      outer += " is ";
    }
  } else {
    inner += " path " + go_quote(request.path);
  }
  inner = html_escape(inner);
  if (!reason.empty()) {
    inner += ": ";
    inner += reason;
  }
  return outer + "forbidden: " + inner;
}

void visit_rules_for_linear(const Policy& policy, const UserInfo& user, std::string_view namespace_name,
                            const RuleVisitor& visit) {
  const auto walk = [&](BindingKind kind) {
    for (std::size_t i = 0; i < policy.bindings().size(); ++i) {
      const Binding& binding = *policy.bindings()[i];
      if (binding.kind != kind) continue;
      const std::string_view place = namespace_of(binding);
      if (kind == BindingKind::role_binding && place != namespace_name) continue;
      const auto applies = [&](const Subject& s) { return subject_applies(s, user, place); };
      const auto it = std::find_if(binding.subjects.begin(), binding.subjects.end(), applies);
      if (it == binding.subjects.end()) continue;
      RuleVisit step;
      step.binding = &binding;
      step.subject = static_cast<std::size_t>(it - binding.subjects.begin());
      step.role = policy.role_of(i);
      if (step.role == nullptr) {
        const std::string error = missing_role_text(binding);
        step.error = error;
        if (!visit(step)) return false;
        continue;
      }
      for (const PolicyRule& rule : step.role->rules) {
        step.rule = &rule;
        if (!visit(step)) return false;
        ++step.rule_index;
      }
    }
    return true;
  };
  if (!walk(BindingKind::cluster_role_binding)) return;
  if (!namespace_name.empty()) walk(BindingKind::role_binding);
}

Decision decide_linear(const Policy& policy, const Attributes& request, const AuthorizeOptions& options) {
  return decide_with(
      [&](const RuleVisitor& visit) {
        visit_rules_for_linear(policy, request.user, request.namespace_name, visit);
      },
      request, options);
}

Decision Authorizer::decide(const Attributes& request, const AuthorizeOptions& options) const {
  return decide_with(
      [&](const RuleVisitor& visit) { visit_rules_for(request.user, request.namespace_name, visit); },
      request, options);
}

}  // namespace oidc_audit::rbac
