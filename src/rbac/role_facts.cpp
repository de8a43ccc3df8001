#include "rbac/role_facts.h"

#include <algorithm>
#include <unordered_set>

#include "rbac/authorizer.h"

namespace oidc_audit::rbac {

namespace {

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";
constexpr std::string_view kCertificates = "certificates.k8s.io";
constexpr std::string_view kAuthentication = "authentication.k8s.io";
constexpr std::string_view kAdmission = "admissionregistration.k8s.io";

bool has(const std::vector<Text>& list, std::string_view value) {
  return std::any_of(list.begin(), list.end(), [value](const Text& t) { return t.value == value; });
}

bool has_other_than(const std::vector<Text>& list, std::initializer_list<std::string_view> values) {
  return std::any_of(list.begin(), list.end(), [&](const Text& t) {
    return std::find(values.begin(), values.end(), t.value) == values.end();
  });
}

bool is_resource_rule(const PolicyRule& rule) {
  return !rule.verbs.empty() && !rule.api_groups.empty() && !rule.resources.empty();
}

bool is_url_rule(const PolicyRule& rule) { return !rule.verbs.empty() && !rule.non_resource_urls.empty(); }

/// A request for a collection or for making an object carries no name, so resourceNames cannot grant it.
bool never_named(std::string_view verb, std::string_view subresource) {
  return verb == "deletecollection" || (verb == "create" && subresource.empty());
}

/// The questions asked of one set of rules.
class Grants {
 public:
  explicit Grants(std::span<const PolicyRule> rules) : rules_(rules) {}

  bool any(std::initializer_list<std::string_view> verbs, std::string_view group, std::string_view resource,
           std::string_view subresource = {}) const {
    return reach_of_any(rules_, verbs, group, resource, subresource) != Reach::none;
  }
  bool any_of_each(std::initializer_list<std::string_view> verbs, std::string_view group,
                   std::initializer_list<std::string_view> resources) const {
    return std::any_of(resources.begin(), resources.end(),
                       [&](std::string_view resource) { return any(verbs, group, resource); });
  }
  bool whole(std::initializer_list<std::string_view> verbs, std::string_view group,
             std::string_view resource) const {
    return reach_of_any(rules_, verbs, group, resource) == Reach::all;
  }

 private:
  std::span<const PolicyRule> rules_;
};

void add_wildcards(std::span<const PolicyRule> rules, RoleFacts& facts) {
  for (const PolicyRule& rule : rules) {
    if (is_url_rule(rule)) {
      facts.wildcard_verbs = facts.wildcard_verbs || has(rule.verbs, "*");
      facts.wildcard_urls =
          facts.wildcard_urls || has(rule.non_resource_urls, "*") || has(rule.non_resource_urls, "/*");
    }
    if (!is_resource_rule(rule)) continue;
    const bool verbs = has(rule.verbs, "*");
    const bool groups = has(rule.api_groups, "*");
    const bool resources = has(rule.resources, "*");
    facts.wildcard_verbs = facts.wildcard_verbs || verbs;
    facts.wildcard_groups = facts.wildcard_groups || groups;
    facts.wildcard_resources = facts.wildcard_resources || resources;
    facts.all_access = facts.all_access || (verbs && groups && resources && rule.resource_names.empty());
    facts.core_wildcard = facts.core_wildcard || (resources && (groups || has(rule.api_groups, "")));
    for (const std::string_view sub : {"*/exec", "*/attach", "*/token", "*/proxy", "*/approval",
                                       "*/ephemeralcontainers", "*/scale", "*/portforward"})
      facts.wildcard_subresource = facts.wildcard_subresource || has(rule.resources, sub);
  }
}

/// Any verb other than get, list, watch on a resource; a wildcard; a path with a verb other than get, head.
bool writes_something(std::span<const PolicyRule> rules) {
  return std::any_of(rules.begin(), rules.end(), [](const PolicyRule& rule) {
    if (is_url_rule(rule) && has_other_than(rule.verbs, {"get", "head"})) return true;
    if (!is_resource_rule(rule)) return false;
    return has_other_than(rule.verbs, {"get", "list", "watch"}) || has(rule.resources, "*") ||
           has(rule.api_groups, "*");
  });
}

void add_secrets(const Grants& grants, RoleFacts& facts) {
  facts.reads_secrets = grants.any({"get", "list", "watch"}, "", "secrets");
  facts.lists_secrets = grants.whole({"list", "watch"}, "", "secrets");
  facts.reads_named_secrets_only =
      facts.reads_secrets && !grants.whole({"get", "list", "watch"}, "", "secrets");
  facts.writes_secrets =
      grants.any({"create", "update", "patch", "delete", "deletecollection"}, "", "secrets");
  facts.mints_tokens = grants.any({"create"}, "", "serviceaccounts", "token");
}

void add_workloads(const Grants& grants, RoleFacts& facts) {
  const std::initializer_list<std::string_view> apps = {"deployments", "daemonsets", "statefulsets",
                                                        "replicasets"};
  const std::initializer_list<std::string_view> batch = {"jobs", "cronjobs"};
  const auto controllers = [&](std::initializer_list<std::string_view> verbs) {
    return grants.any_of_each(verbs, "apps", apps) || grants.any_of_each(verbs, "batch", batch) ||
           grants.any(verbs, "", "replicationcontrollers");
  };
  facts.creates_pods = grants.any({"create"}, "", "pods");
  facts.creates_workloads = controllers({"create"});
  facts.modifies_workloads = grants.any({"update", "patch"}, "", "pods") || controllers({"update", "patch"});
  facts.deletes_workloads =
      grants.any({"delete", "deletecollection"}, "", "pods") || controllers({"delete", "deletecollection"});
  facts.execs = grants.any({"create", "get"}, "", "pods", "exec");
  facts.attaches = grants.any({"create", "get"}, "", "pods", "attach");
  facts.port_forwards = grants.any({"create", "get"}, "", "pods", "portforward");
  facts.debugs_pods = grants.any({"update", "patch"}, "", "pods", "ephemeralcontainers");
  facts.writes_pod_logs =
      grants.any({"create", "update", "patch", "delete", "deletecollection"}, "", "pods", "log");
}

void add_rbac(std::span<const PolicyRule> rules, const Grants& grants, RoleFacts& facts) {
  facts.escalates = grants.any_of_each({"escalate"}, kRbac, {"roles", "clusterroles"});
  facts.binds = grants.any_of_each({"bind"}, kRbac, {"roles", "clusterroles"});
  facts.impersonates_users_or_groups = grants.any_of_each({"impersonate"}, "", {"users", "groups"});
  facts.impersonates =
      facts.impersonates_users_or_groups || grants.any({"impersonate"}, "", "serviceaccounts") ||
      grants.any({"impersonate"}, kAuthentication, "uids") ||
      std::any_of(rules.begin(), rules.end(), [](const PolicyRule& rule) {
        return verb_matches(rule, "impersonate") && api_group_matches(rule, kAuthentication) &&
               std::any_of(rule.resources.begin(), rule.resources.end(), [](const Text& r) {
                 return r.value == "*" || r.value.starts_with("userextras/");
               });
      });
  facts.writes_bindings =
      grants.any_of_each({"create", "update", "patch"}, kRbac, {"rolebindings", "clusterrolebindings"});
  facts.writes_roles = grants.any_of_each({"create", "update", "patch"}, kRbac, {"roles", "clusterroles"});
  facts.approves_certificates =
      grants.any({"approve"}, kCertificates, "signers") &&
      grants.any({"update", "patch"}, kCertificates, "certificatesigningrequests", "approval");
  facts.signs_certificates =
      grants.any({"sign"}, kCertificates, "signers") &&
      grants.any({"update", "patch"}, kCertificates, "certificatesigningrequests", "status");
  facts.creates_certificate_requests = grants.any({"create"}, kCertificates, "certificatesigningrequests");

  const auto names = [&](std::string_view verb, std::string_view group,
                         std::initializer_list<std::string_view> resources) {
    std::vector<std::string_view> found;
    std::unordered_set<std::string_view> seen;
    for (const std::string_view resource : resources) {
      if (reach_of(rules, verb, group, resource) == Reach::all) return std::vector<std::string_view>();
      for (const std::string_view name : granted_names(rules, verb, group, resource))
        if (seen.insert(name).second) found.push_back(name);
    }
    return found;
  };
  if (facts.binds) facts.bind_names = names("bind", kRbac, {"roles", "clusterroles"});
  if (facts.escalates) facts.escalate_names = names("escalate", kRbac, {"roles", "clusterroles"});
  if (facts.impersonates)
    facts.impersonate_names = names("impersonate", "", {"users", "groups", "serviceaccounts"});
}

void add_cluster(const Grants& grants, RoleFacts& facts) {
  const std::initializer_list<std::string_view> write = {"create", "update", "patch", "delete",
                                                         "deletecollection"};
  facts.node_proxy =
      grants.any({"get", "list", "watch", "create", "update", "patch", "delete"}, "", "nodes", "proxy");
  facts.modifies_nodes = grants.any({"update", "patch", "delete"}, "", "nodes") ||
                         grants.any({"update", "patch"}, "", "nodes", "status");
  facts.controls_webhooks = grants.any_of_each(
      write, kAdmission, {"validatingwebhookconfigurations", "mutatingwebhookconfigurations"});
  facts.controls_admission_policies =
      grants.any_of_each(write, kAdmission,
                         {"validatingadmissionpolicies", "validatingadmissionpolicybindings",
                          "mutatingadmissionpolicies", "mutatingadmissionpolicybindings"});
  facts.writes_crds = grants.any(write, "apiextensions.k8s.io", "customresourcedefinitions");
  facts.writes_api_services = grants.any(write, "apiregistration.k8s.io", "apiservices");
  facts.writes_namespaces = grants.any(write, "", "namespaces");
  facts.creates_persistent_volumes = grants.any({"create"}, "", "persistentvolumes");
  facts.writes_configmaps = grants.any(write, "", "configmaps");
  facts.writes_network =
      grants.any_of_each(write, "", {"services", "endpoints"}) ||
      grants.any_of_each(write, "networking.k8s.io", {"networkpolicies", "ingresses", "ingressclasses"}) ||
      grants.any(write, "discovery.k8s.io", "endpointslices");
}

bool names_something_strong(const std::vector<std::string_view>& names,
                            std::initializer_list<std::string_view> strong) {
  return std::any_of(strong.begin(), strong.end(), [&names](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  });
}

/// The special verbs are judged by the names that limit them: `bind` on `view` alone is delegation, on
/// `cluster-admin` it is everything.
bool is_admin_capable(std::span<const PolicyRule> rules, const Grants& grants, const RoleFacts& facts) {
  if (facts.all_access || facts.escalates) return true;
  if (facts.impersonates_users_or_groups) {
    if (grants.whole({"impersonate"}, "", "users") || grants.whole({"impersonate"}, "", "groups"))
      return true;
    if (names_something_strong(granted_names(rules, "impersonate", "", "groups"), {"system:masters"}) ||
        names_something_strong(granted_names(rules, "impersonate", "", "users"),
                               {"system:apiserver", "system:kube-controller-manager"}))
      return true;
  }
  if (!facts.binds || !grants.any_of_each({"create"}, kRbac, {"rolebindings", "clusterrolebindings"}))
    return false;
  return grants.whole({"bind"}, kRbac, "clusterroles") || grants.whole({"bind"}, kRbac, "roles") ||
         names_something_strong(granted_names(rules, "bind", kRbac, "clusterroles"), {"cluster-admin"});
}

constexpr RoleFactName kNames[] = {
    {"grants_nothing", &RoleFacts::grants_nothing},
    {"admin_capable", &RoleFacts::admin_capable},
    {"write_capable", &RoleFacts::write_capable},
    {"read_only", &RoleFacts::read_only},
    {"all_access", &RoleFacts::all_access},
    {"wildcard_verbs", &RoleFacts::wildcard_verbs},
    {"wildcard_resources", &RoleFacts::wildcard_resources},
    {"wildcard_groups", &RoleFacts::wildcard_groups},
    {"core_wildcard", &RoleFacts::core_wildcard},
    {"wildcard_subresource", &RoleFacts::wildcard_subresource},
    {"wildcard_urls", &RoleFacts::wildcard_urls},
    {"reads_secrets", &RoleFacts::reads_secrets},
    {"lists_secrets", &RoleFacts::lists_secrets},
    {"reads_named_secrets_only", &RoleFacts::reads_named_secrets_only},
    {"writes_secrets", &RoleFacts::writes_secrets},
    {"mints_tokens", &RoleFacts::mints_tokens},
    {"creates_pods", &RoleFacts::creates_pods},
    {"creates_workloads", &RoleFacts::creates_workloads},
    {"modifies_workloads", &RoleFacts::modifies_workloads},
    {"execs", &RoleFacts::execs},
    {"attaches", &RoleFacts::attaches},
    {"port_forwards", &RoleFacts::port_forwards},
    {"debugs_pods", &RoleFacts::debugs_pods},
    {"writes_pod_logs", &RoleFacts::writes_pod_logs},
    {"escalates", &RoleFacts::escalates},
    {"binds", &RoleFacts::binds},
    {"impersonates", &RoleFacts::impersonates},
    {"impersonates_users_or_groups", &RoleFacts::impersonates_users_or_groups},
    {"writes_bindings", &RoleFacts::writes_bindings},
    {"writes_roles", &RoleFacts::writes_roles},
    {"approves_certificates", &RoleFacts::approves_certificates},
    {"signs_certificates", &RoleFacts::signs_certificates},
    {"creates_certificate_requests", &RoleFacts::creates_certificate_requests},
    {"node_proxy", &RoleFacts::node_proxy},
    {"modifies_nodes", &RoleFacts::modifies_nodes},
    {"controls_webhooks", &RoleFacts::controls_webhooks},
    {"controls_admission_policies", &RoleFacts::controls_admission_policies},
    {"writes_crds", &RoleFacts::writes_crds},
    {"writes_api_services", &RoleFacts::writes_api_services},
    {"writes_namespaces", &RoleFacts::writes_namespaces},
    {"creates_persistent_volumes", &RoleFacts::creates_persistent_volumes},
    {"writes_configmaps", &RoleFacts::writes_configmaps},
    {"writes_network", &RoleFacts::writes_network},
    {"deletes_workloads", &RoleFacts::deletes_workloads},
};

}  // namespace

Reach reach_of(std::span<const PolicyRule> rules, std::string_view verb, std::string_view api_group,
               std::string_view resource, std::string_view subresource) {
  Reach reach = Reach::none;
  for (const PolicyRule& rule : rules) {
    if (!verb_matches(rule, verb) || !api_group_matches(rule, api_group) ||
        !resource_matches(rule, resource, subresource))
      continue;
    if (rule.resource_names.empty()) return Reach::all;
    if (!never_named(verb, subresource)) reach = Reach::named;
  }
  return reach;
}

Reach reach_of_any(std::span<const PolicyRule> rules, std::initializer_list<std::string_view> verbs,
                   std::string_view api_group, std::string_view resource, std::string_view subresource) {
  Reach reach = Reach::none;
  for (const std::string_view verb : verbs)
    reach = std::max(reach, reach_of(rules, verb, api_group, resource, subresource));
  return reach;
}

std::vector<std::string_view> granted_names(std::span<const PolicyRule> rules, std::string_view verb,
                                            std::string_view api_group, std::string_view resource) {
  std::vector<std::string_view> names;
  std::unordered_set<std::string_view> seen;
  for (const PolicyRule& rule : rules) {
    if (!verb_matches(rule, verb) || !api_group_matches(rule, api_group) ||
        !resource_matches(rule, resource, {}))
      continue;
    if (rule.resource_names.empty()) return {};
    for (const Text& name : rule.resource_names)
      if (seen.insert(name.value).second) names.push_back(name.value);
  }
  return names;
}

RoleFacts role_facts(std::span<const PolicyRule> rules) {
  RoleFacts facts;
  facts.grants_nothing = std::none_of(rules.begin(), rules.end(), [](const PolicyRule& rule) {
    return is_resource_rule(rule) || is_url_rule(rule);
  });
  if (facts.grants_nothing) return facts;
  const Grants grants(rules);
  add_wildcards(rules, facts);
  add_secrets(grants, facts);
  add_workloads(grants, facts);
  add_rbac(rules, grants, facts);
  add_cluster(grants, facts);
  facts.write_capable = writes_something(rules) || facts.reads_secrets || facts.node_proxy;
  facts.admin_capable = is_admin_capable(rules, grants, facts);
  facts.read_only = !facts.write_capable;
  return facts;
}

std::span<const RoleFactName> role_fact_names() { return kNames; }

}  // namespace oidc_audit::rbac
