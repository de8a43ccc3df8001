#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

#include "rbac/model.h"

namespace oidc_audit::rbac {

/// How far a grant goes inside its scope.
enum class Reach : std::uint8_t {
  none,
  named,  ///< only for the objects listed in resourceNames
  all,
};

/// How far the rules grant a verb on a resource, found with the authorizer's own matching: `*` in any
/// position and `*/sub` count, `pods/*` does not. resourceNames never grant `create`, `list`, `watch` or
/// `deletecollection` as such: those are `named` here only where the request can carry a name (list and watch
/// through a metadata.name selector, subresources, special verbs).
Reach reach_of(std::span<const PolicyRule> rules, std::string_view verb, std::string_view api_group,
               std::string_view resource, std::string_view subresource = {});

/// The greatest of reach_of over some verbs.
Reach reach_of_any(std::span<const PolicyRule> rules, std::initializer_list<std::string_view> verbs,
                   std::string_view api_group, std::string_view resource, std::string_view subresource = {});

/// The resourceNames of the rules that grant the verb on the resource, in order, without repetitions; empty
/// when some rule grants it without names, too.
std::vector<std::string_view> granted_names(std::span<const PolicyRule> rules, std::string_view verb,
                                            std::string_view api_group, std::string_view resource);

/// What a set of rules can do, computed once a role. Rules that grant nothing (an empty verb, group or
/// resource list) count for nothing. Whether a power is cluster-wide is the binding's to say.
struct RoleFacts {
  bool grants_nothing = false;

  // The levels that severities depend on.
  bool admin_capable = false;  ///< when bound cluster-wide
  bool write_capable = false;
  bool read_only = false;  ///< grants something, only reads, and reads no secrets

  // Wildcards.
  bool all_access = false;            ///< one rule: every verb, resource and group, no names
  bool wildcard_verbs = false;        ///< `*` among the verbs of a live rule
  bool wildcard_resources = false;    ///< `*` among the resources
  bool wildcard_groups = false;       ///< `*` among the API groups
  bool core_wildcard = false;         ///< core group with every resource
  bool wildcard_subresource = false;  ///< `*/exec`, `*/token` and other dangerous ones
  bool wildcard_urls = false;         ///< non-resource `*` or `/*`

  // Secrets and tokens.
  bool reads_secrets = false;  ///< get, list or watch, at least of named ones
  bool lists_secrets = false;  ///< list or watch: contents of all
  bool reads_named_secrets_only = false;
  bool writes_secrets = false;
  bool mints_tokens = false;  ///< create serviceaccounts/token

  // Workloads.
  bool creates_pods = false;        ///< pods themselves
  bool creates_workloads = false;   ///< controllers that make pods
  bool modifies_workloads = false;  ///< update or patch of pods or controllers
  bool execs = false;               ///< pods/exec: create, or get (a websocket before 1.35)
  bool attaches = false;
  bool port_forwards = false;
  bool debugs_pods = false;  ///< update or patch pods/ephemeralcontainers
  bool writes_pod_logs = false;

  // Role-based access control itself.
  bool escalates = false;     ///< verb escalate on roles or clusterroles
  bool binds = false;         ///< verb bind on roles or clusterroles
  bool impersonates = false;  ///< users, groups, serviceaccounts, uids or extras
  bool impersonates_users_or_groups = false;
  bool writes_bindings = false;  ///< create, update or patch
  bool writes_roles = false;
  bool approves_certificates = false;  ///< verb approve on signers and write of the approval subresource
  bool signs_certificates = false;     ///< verb sign on signers and write of the status subresource
  bool creates_certificate_requests = false;

  // Nodes and configuration of the cluster.
  bool node_proxy = false;  ///< any verb on nodes/proxy
  bool modifies_nodes = false;
  bool controls_webhooks = false;
  bool controls_admission_policies = false;
  bool writes_crds = false;
  bool writes_api_services = false;
  bool writes_namespaces = false;
  bool creates_persistent_volumes = false;
  bool writes_configmaps = false;
  bool writes_network = false;  ///< networkpolicies, ingresses, services, endpoints, endpointslices
  bool deletes_workloads = false;

  // Names that limit the special verbs; empty when they are not limited or not granted.
  std::vector<std::string_view> bind_names;
  std::vector<std::string_view> escalate_names;
  std::vector<std::string_view> impersonate_names;
};

RoleFacts role_facts(std::span<const PolicyRule> rules);
inline RoleFacts role_facts(const Role& role) { return role_facts(role.rules); }

/// A fact by the name it has above, for those who let users ask by name.
struct RoleFactName {
  std::string_view name;
  bool RoleFacts::*fact;
};
std::span<const RoleFactName> role_fact_names();

}  // namespace oidc_audit::rbac
