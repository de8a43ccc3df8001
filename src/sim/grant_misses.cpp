#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "sim/candidates.h"

namespace oidc_audit::sim {

namespace {

using rbac::Attributes;
using rbac::Binding;
using rbac::BindingKind;
using rbac::PolicyRule;
using rbac::Role;
using rbac::RoleKind;
using rbac::Text;

bool has(const std::vector<Text>& list, std::string_view value) {
  return std::any_of(list.begin(), list.end(), [&](const Text& t) { return t.value == value; });
}

/// What one rule lacks for the request.
struct Deficit {
  Cause cause = Cause::verb;
  int changes = 1;
  std::string pointer;  ///< under the rule
  std::optional<SourceRange> range;
  std::string message;
  std::string fix;
};

std::optional<SourceRange> range_of(const std::vector<Text>& list) {
  return list.empty() ? std::nullopt : list.front().range;
}

std::string listed(const std::vector<Text>& list) {
  std::string out;
  for (std::size_t i = 0; i < list.size() && i < 6; ++i) {
    if (i != 0) out += ", ";
    out += list[i].value.empty() ? std::string("\"\"") : std::string(list[i].value);
  }
  if (list.size() > 6) out += ", ...";
  return out;
}

std::string quoted_group(std::string_view group) { return group.empty() ? "\"\"" : std::string(group); }

/// The verb's second name, or one that people take for it.
std::string verb_hint(const PolicyRule& rule, std::string_view verb) {
  for (const Text& v : rule.verbs) {
    if (v.value != verb && to_lower_ascii(v.value) == verb)
      return fmt::format("; `{}` must be lower case", v.value);
  }
  if (verb == "watch" && has(rule.verbs, "list"))
    return "; informers and `kubectl get -w` need it beside `list`";
  if (verb == "patch" && has(rule.verbs, "update"))
    return "; `kubectl apply` and `kubectl edit` send `patch`";
  if (verb == "list" && has(rule.verbs, "get")) return "; `kubectl get` without a name is `list`";
  if (verb == "create" && has(rule.verbs, "get")) return "";
  return "";
}

Deficit lacks_verb(const PolicyRule& rule, const Attributes& request) {
  return {Cause::verb,
          1,
          "/verbs",
          range_of(rule.verbs),
          fmt::format("the rule allows {} and not `{}`{}", listed(rule.verbs), request.verb,
                      verb_hint(rule, request.verb)),
          fmt::format("add `{}` to the rule's verbs", request.verb)};
}

Deficit lacks_group(const PolicyRule& rule, const Attributes& request) {
  std::string hint;
  if (has(rule.api_groups, "core") || has(rule.api_groups, "v1")) hint = "; the core group is written \"\"";
  if (has(rule.api_groups, "extensions")) hint = "; `extensions` is no longer served for it";
  return {Cause::api_group,
          1,
          "/apiGroups",
          range_of(rule.api_groups),
          fmt::format("the rule is for API group {} and the request for {}{}",
                      rule.api_groups.empty() ? "none" : listed(rule.api_groups),
                      quoted_group(request.api_group), hint),
          fmt::format("write `apiGroups: [{}]`", quoted_group(request.api_group))};
}

/// Whether the rule grants a sibling of the request: the resource for its subresource or the other way round.
bool grants_sibling(const PolicyRule& rule, const Attributes& request) {
  if (!request.subresource.empty()) {
    if (rbac::resource_matches(rule, request.resource, "")) return true;
    if (has(rule.resources, request.resource + "/*") || has(rule.resources, "*/*")) return true;
  }
  return std::any_of(rule.resources.begin(), rule.resources.end(), [&](const Text& r) {
    const std::string_view whole = r.value.substr(0, r.value.find('/'));
    return whole.size() < r.value.size() && (whole == request.resource || whole == "*");
  });
}

Deficit lacks_subresource(const PolicyRule& rule, const Attributes& request) {
  const std::string wanted = rbac::combined_resource(request);
  std::string hint;
  if (has(rule.resources, request.resource + "/*") || has(rule.resources, "*/*"))
    hint = "; `/*` is no wildcard in RBAC";
  return {Cause::subresource,
          1,
          "/resources",
          range_of(rule.resources),
          fmt::format("the rule is for {}, and `{}` is granted apart from it{}", listed(rule.resources),
                      wanted, hint),
          rbac::verb_matches(rule, request.verb)
              ? fmt::format("add `{}` to the rule's resources", wanted)
              : fmt::format("add a rule with `resources: [{}]` and `verbs: [{}]`", wanted, request.verb)};
}

/// `Pods`, `pod`, `po/` for `pods`.
bool misspells(std::string_view written, std::string_view wanted) {
  const std::string lower = to_lower_ascii(written);
  if (lower == wanted || lower + "s" == wanted || lower + "es" == wanted) return true;
  if (lower.size() > 1 && wanted.ends_with("ies") && lower.ends_with('y') &&
      lower.substr(0, lower.size() - 1) == wanted.substr(0, wanted.size() - 3)) {
    return true;
  }
  const std::size_t dot = lower.find('.');
  if (dot != std::string::npos && lower.substr(0, dot) == wanted) return true;
  return lower.size() > 4 && edit_distance(lower, wanted, 1) <= 1;
}

Deficit lacks_resource(const PolicyRule& rule, const Attributes& request) {
  const std::string wanted = rbac::combined_resource(request);
  std::string hint;
  std::optional<SourceRange> range = range_of(rule.resources);
  for (const Text& r : rule.resources) {
    if (!misspells(r.value, wanted)) continue;
    hint = fmt::format("; `{}` must be written `{}`", r.value, wanted);
    range = r.range;
    break;
  }
  return {Cause::resource,
          1,
          "/resources",
          range,
          fmt::format("the rule is for {} and not for `{}`{}", listed(rule.resources), wanted, hint),
          fmt::format("add `{}` to the rule's resources", wanted)};
}

Deficit lacks_name(const PolicyRule& rule, const Attributes& request) {
  Deficit deficit{Cause::resource_name, 1, "/resourceNames", range_of(rule.resource_names), "", ""};
  if (request.name.empty()) {
    deficit.message = fmt::format("the rule is for the names {}, and a `{}` request carries no name",
                                  listed(rule.resource_names), request.verb);
    deficit.fix = request.verb == "list" || request.verb == "watch"
                      ? fmt::format(
                            "ask with `--field-selector metadata.name={}`, or add a rule with `{}` and "
                            "without resourceNames",
                            rule.resource_names.front().value, request.verb)
                      : fmt::format("add a rule with `{}` and without resourceNames", request.verb);
  } else {
    deficit.message = fmt::format("the rule is for the names {} and not for `{}`",
                                  listed(rule.resource_names), request.name);
    deficit.fix = fmt::format("add `{}` to the rule's resourceNames", request.name);
  }
  return deficit;
}

std::optional<Deficit> path_deficit(const PolicyRule& rule, const Attributes& request) {
  if (rule.non_resource_urls.empty()) return std::nullopt;
  const bool path = rbac::non_resource_url_matches(rule, request.path);
  const bool verb = rbac::verb_matches(rule, request.verb);
  if (path && verb) return std::nullopt;
  if (path) return lacks_verb(rule, request);
  const auto root = [](std::string_view p) { return p.substr(0, p.find('/', 1)); };
  const bool near = std::any_of(rule.non_resource_urls.begin(), rule.non_resource_urls.end(),
                                [&](const Text& u) { return root(u.value) == root(request.path); });
  Deficit deficit{
      Cause::path,
      verb && near ? 1 : 2,
      "/nonResourceURLs",
      range_of(rule.non_resource_urls),
      fmt::format("the rule is for {} and not for `{}`", listed(rule.non_resource_urls), request.path),
      fmt::format("add `{}` to the rule's nonResourceURLs", request.path)};
  return deficit;
}

std::optional<Deficit> resource_deficit(const PolicyRule& rule, const Attributes& request) {
  if (rule.resources.empty()) return std::nullopt;
  const bool verb = rbac::verb_matches(rule, request.verb);
  const bool group = rbac::api_group_matches(rule, request.api_group);
  const bool resource = rbac::resource_matches(rule, request.resource, request.subresource);
  const bool name = rbac::resource_name_matches(rule, request.name);
  const bool sibling = !resource && grants_sibling(rule, request);
  std::optional<Deficit> deficit;
  int changes = 0;
  const auto note = [&](bool fine, auto make) {
    if (fine) return;
    ++changes;
    if (!deficit) deficit = make(rule, request);
  };
  note(resource, sibling ? lacks_subresource : lacks_resource);
  note(group, lacks_group);
  // A rule for a subresource is written anew, so its verb comes with it.
  if (!sibling || request.subresource.empty()) note(verb, lacks_verb);
  note(name, lacks_name);
  if (deficit) deficit->changes = changes;
  return deficit;
}

std::optional<Deficit> deficit_of(const PolicyRule& rule, const Attributes& request) {
  return request.is_resource ? resource_deficit(rule, request) : path_deficit(rule, request);
}

/// Bindings that everybody has say nothing about what was meant for this identity.
bool is_for_everybody(const Binding& binding, std::size_t subject) {
  const std::string_view name = binding.subjects[subject].name.value;
  return binding.meta.builtin || name == "system:authenticated" || name == "system:unauthenticated" ||
         name == "system:serviceaccounts";
}

class GrantMisses {
 public:
  GrantMisses(const Refusal& refusal, std::vector<Candidate>& out)
      : refusal_(refusal), policy_(refusal.authorizer.policy()), request_(refusal.request), out_(out) {}

  void visit(std::size_t index) {
    const Binding& binding = *policy_.bindings()[index];
    const std::string_view ns =
        binding.kind == BindingKind::role_binding ? binding.meta.namespace_name.value : "";
    std::size_t subject = 0;
    while (subject < binding.subjects.size() &&
           !rbac::subject_applies(binding.subjects[subject], request_.user, ns)) {
      ++subject;
    }
    if (subject == binding.subjects.size()) return;
    const Role* role = policy_.role_of(index);
    if (role == nullptr) {
      missing_role(binding);
    } else if (would_grant(*role, request_)) {
      if (!in_scope(binding, request_)) wrong_scope(binding, *role);
    } else if (!aggregated_away(*role) && !is_for_everybody(binding, subject) &&
               !(in_scope(binding, request_) && aggregation_miss(refusal_, *role, out_))) {
      lacking_rule(binding, *role);
    }
  }

 private:
  Candidate& add(Cause cause, std::string object, std::string pointer, std::optional<SourceRange> range,
                 std::string message, std::string fix, int tier, int changes = 1) {
    Candidate candidate;
    candidate.miss = {cause, std::move(object),  std::move(pointer),
                      range, std::move(message), std::move(fix)};
    candidate.tier = tier;
    candidate.changes = changes;
    out_.push_back(std::move(candidate));
    return out_.back();
  }

  void missing_role(const Binding& binding) {
    if (!in_scope(binding, request_)) return;
    const std::string object = to_string(binding.meta.ref());
    const std::string_view name = binding.role_ref.name.value;
    const bool wants_role = binding.role_ref.kind == RoleKind::role;
    const Role* other = wants_role ? policy_.find_cluster_role(name)
                                   : policy_.find_role(binding.meta.namespace_name.value, name);
    if (!binding.role_ref.kind.has_value() && other == nullptr) other = policy_.find_cluster_role(name);
    if (binding.role_ref.kind != RoleKind::cluster_role && other == nullptr)
      other = policy_.default_cluster_role(name);
    if (other != nullptr) {
      const std::string_view kind = other->kind == RoleKind::cluster_role ? "ClusterRole" : "Role";
      const bool grants = would_grant(*other, request_);
      add(Cause::role_kind, object, "/roleRef/kind", binding.role_ref.kind_text.range,
          fmt::format("roleRef is of kind `{}`, and `{}` is a {}", binding.role_ref.kind_text.value, name,
                      kind),
          fmt::format("make the binding anew with `kind: {}` in roleRef (roleRef cannot be changed in place)",
                      kind),
          grants ? kTierSlip : kTierDoubtful)
          .breadth = breadth_of(*other);
      return;
    }
    if (wants_role && binding.kind == BindingKind::cluster_role_binding) {
      role_in_cluster_binding(binding, object);
      return;
    }
    const std::optional<std::string_view> similar = similar_role(binding);
    const std::string exists = similar ? fmt::format("; `{}` does", *similar) : elsewhere(binding);
    const std::string other_fix =
        similar ? fmt::format(
                      "make the binding anew with `name: {}` in roleRef (roleRef cannot be changed in place)",
                      *similar)
                : "bind a role that exists";
    add(Cause::role_missing, object, "/roleRef/name", binding.role_ref.name.range,
        fmt::format("the binding applies, and its {} `{}` does not exist{}", binding.role_ref.kind_text.value,
                    name, exists),
        fmt::format("create {} `{}` with a rule for {}, or {}", binding.role_ref.kind_text.value, name,
                    describe_request(request_), other_fix),
        kTierGrant, 1);
  }

  /// A ClusterRoleBinding reaches no Role, and the API server refuses it.
  void role_in_cluster_binding(const Binding& binding, const std::string& object) {
    const std::string_view name = binding.role_ref.name.value;
    const std::string where = request_.namespace_name.empty() ? "NAMESPACE" : request_.namespace_name;
    const Role* role = policy_.find_role(request_.namespace_name, name);
    add(Cause::role_kind, object, "/roleRef/kind", binding.role_ref.kind_text.range,
        fmt::format("a ClusterRoleBinding can refer to a ClusterRole alone, and `{}` is a Role", name),
        fmt::format("bind Role `{}` by a RoleBinding in namespace `{}`, or make it a ClusterRole", name,
                    where),
        role != nullptr && would_grant(*role, request_) ? kTierSlip : kTierDoubtful);
  }

  std::optional<std::string_view> similar_role(const Binding& binding) const {
    std::vector<std::string_view> names;
    for (const Role* role : policy_.roles()) {
      const bool same_kind = role->kind == binding.role_ref.kind;
      const bool reachable = role->kind == RoleKind::cluster_role ||
                             role->meta.namespace_name.value == binding.meta.namespace_name.value;
      if (same_kind && reachable) names.push_back(role->meta.name.value);
    }
    if (binding.role_ref.kind == RoleKind::cluster_role) {
      for (const std::string_view name : {"cluster-admin", "admin", "edit", "view"})
        if (policy_.default_cluster_role(name) != nullptr) names.push_back(name);
    }
    return nearest(binding.role_ref.name.value, names);
  }

  std::string elsewhere(const Binding& binding) const {
    if (binding.role_ref.kind == RoleKind::role) {
      for (const Role* role : policy_.roles()) {
        if (role->kind == RoleKind::role && role->meta.name.value == binding.role_ref.name.value) {
          return fmt::format("; there is one in namespace `{}`, out of reach",
                             role->meta.namespace_name.value);
        }
      }
    }
    return "";
  }

  void wrong_scope(const Binding& binding, const Role& role) {
    const std::string object = to_string(binding.meta.ref());
    const std::string_view bound = binding.meta.namespace_name.value;
    if (request_.namespace_name.empty()) {
      const std::string what =
          request_.is_resource ? describe_request(request_) : fmt::format("path `{}`", request_.path);
      const std::string make_cluster_role =
          role.kind == RoleKind::role ? "a ClusterRole with this rule and " : "";
      add(Cause::cluster_scope, object, "/kind", binding.meta.kind.range,
          fmt::format("a RoleBinding grants inside namespace `{}` only, and the request is for {}", bound,
                      what),
          fmt::format("if the whole cluster is meant, grant it by {}a ClusterRoleBinding{}",
                      make_cluster_role,
                      request_.is_resource ? fmt::format("; else ask in one namespace: `-n {}`", bound) : ""),
          kTierSlip)
          .breadth = breadth_of(role);
      return;
    }
    add(Cause::namespace_, object, "/metadata/namespace", binding.meta.namespace_name.range,
        fmt::format("the RoleBinding is in namespace `{}` and the request in `{}`", bound,
                    request_.namespace_name),
        role.kind == RoleKind::role
            ? fmt::format("add the Role and a RoleBinding in namespace `{}`, or ask with `-n {}`",
                          request_.namespace_name, bound)
            : fmt::format("add a RoleBinding in namespace `{}`, or ask with `-n {}`", request_.namespace_name,
                          bound),
        kTierSlip)
        .breadth = breadth_of(role);
  }

  /// The rule was written into a role whose rules the controller overwrites.
  bool aggregated_away(const Role& role) {
    const Role* written = policy_.as_written(&role);
    if (written == nullptr || written == &role || !written->has_aggregation_rule) return false;
    for (std::size_t i = 0; i < written->rules.size(); ++i) {
      if (!rbac::rule_allows(written->rules[i], request_)) continue;
      add(Cause::aggregation, to_string(written->meta.ref()), fmt::format("/rules/{}", i),
          written->rules[i].range,
          "the role has an aggregationRule, so the controller overwrites the rules written into it",
          "put the rule into a ClusterRole of its own that carries the label which the aggregationRule "
          "selects",
          kTierSlip);
      return true;
    }
    return false;
  }

  void lacking_rule(const Binding& binding, const Role& role) {
    std::optional<Deficit> best;
    std::size_t best_rule = 0;
    for (std::size_t i = 0; i < role.rules.size(); ++i) {
      auto deficit = deficit_of(role.rules[i], request_);
      if (!deficit) continue;
      if (!best || std::pair(deficit->changes, rank(*deficit)) < std::pair(best->changes, rank(*best))) {
        best = std::move(deficit);
        best_rule = i;
      }
    }
    if (!best && role.rules.empty() && in_scope(binding, request_)) {
      add(Cause::resource, to_string(role.meta.ref()), "/rules", role.meta.name.range,
          "the role that is bound holds no rule, so it grants nothing",
          fmt::format("add a rule for {}", describe_request(request_)), kTierGrant);
    }
    if (!best) return;
    if (!in_scope(binding, request_)) ++best->changes;
    Candidate& candidate =
        add(best->cause, to_string(role.meta.ref()), fmt::format("/rules/{}{}", best_rule, best->pointer),
            best->range, best->message, best->fix, best->changes == 1 ? kTierGrant : kTierElsewhere,
            best->changes);
    candidate.breadth = breadth_of(role);
    if (!role.meta.builtin) return;
    candidate.miss.fix += " in a role of your own: a default role is put back by the server";
    const std::string_view name = role.meta.name.value;
    const bool custom =
        request_.api_group.find('.') != std::string::npos && !request_.api_group.ends_with(".k8s.io");
    if (custom && (name == "view" || name == "edit" || name == "admin")) {
      candidate.miss.fix += fmt::format(
          "; a ClusterRole with the label `rbac.authorization.k8s.io/aggregate-to-{}: \"true\"` adds its "
          "rules "
          "for everybody with `{}`",
          name, name);
    }
  }

  // Of rules that lack one thing each, the one that is about the same resource is the one that was meant.
  static int rank(const Deficit& deficit) {
    switch (deficit.cause) {
      case Cause::subresource:
        return 0;
      case Cause::resource_name:
        return 1;
      case Cause::api_group:
        return 2;
      case Cause::verb:
        return 3;
      default:
        return 4;
    }
  }

  const Refusal& refusal_;
  const rbac::Policy& policy_;
  const Attributes& request_;
  std::vector<Candidate>& out_;
};

}  // namespace

void collect_grant_misses(const Refusal& refusal, std::vector<Candidate>& out) {
  GrantMisses misses(refusal, out);
  for (std::size_t i = 0; i < refusal.authorizer.policy().bindings().size(); ++i) misses.visit(i);
}

}  // namespace oidc_audit::sim
