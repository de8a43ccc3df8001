#include "rbac/role_facts.h"

#include <catch2/catch.hpp>
#include <set>

#include "rbac/builtins.h"
#include "rbac/json_policy.h"

namespace oidc_audit::rbac {

namespace {

using test::make_rule;
using test::Objects;

std::set<std::string> facts_of(std::span<const PolicyRule> rules) {
  const RoleFacts facts = role_facts(rules);
  std::set<std::string> names;
  for (const RoleFactName& fact : role_fact_names())
    if (facts.*fact.fact) names.emplace(fact.name);
  return names;
}

struct Row {
  const char* name;
  const char* verbs;
  const char* groups;
  const char* resources;
  const char* resource_names;
  std::set<std::string> expected;
};

constexpr const char* kRbac = "rbac.authorization.k8s.io";

}  // namespace

TEST_CASE("facts of one rule", "[role_facts]") {
  const Row rows[] = {
      {"read_pods", "get,list,watch", "''", "pods", "", {"read_only"}},
      {"nothing", "get", "''", "", "", {"grants_nothing"}},
      {"no_group_grants_nothing", "*", "", "*", "", {"grants_nothing"}},
      {"read_secrets", "get", "''", "secrets", "", {"reads_secrets", "write_capable"}},
      {"list_secrets", "list", "''", "secrets", "", {"reads_secrets", "lists_secrets", "write_capable"}},
      {"named_secret",
       "get",
       "''",
       "secrets",
       "x",
       {"reads_secrets", "reads_named_secrets_only", "write_capable"}},
      {"secrets_of_another_group", "get", "apps", "secrets", "", {"read_only"}},
      {"exec_by_get", "get", "''", "pods/exec", "", {"execs", "read_only"}},
      {"exec_by_star_sub",
       "create",
       "*",
       "*/exec",
       "",
       {"execs", "wildcard_groups", "wildcard_subresource", "write_capable"}},
      {"pods_slash_star_is_dead_but_written", "create", "''", "pods/*", "", {"write_capable"}},
      {"create_pods_by_name_is_never", "create", "''", "pods", "x", {"write_capable"}},
      {"escalate", "escalate", kRbac, "clusterroles", "", {"escalates", "admin_capable", "write_capable"}},
      {"bind_on_bindings_is_nothing", "bind", kRbac, "rolebindings", "", {"write_capable"}},
      {"bind_without_create", "bind", kRbac, "clusterroles", "", {"binds", "write_capable"}},
      {"impersonate_groups",
       "impersonate",
       "''",
       "groups",
       "",
       {"impersonates", "impersonates_users_or_groups", "admin_capable", "write_capable"}},
      {"impersonate_one_user",
       "impersonate",
       "''",
       "users",
       "jane",
       {"impersonates", "impersonates_users_or_groups", "write_capable"}},
      {"impersonate_masters_by_name",
       "impersonate",
       "''",
       "groups",
       "system:masters",
       {"impersonates", "impersonates_users_or_groups", "admin_capable", "write_capable"}},
      {"impersonate_accounts", "impersonate", "''", "serviceaccounts", "", {"impersonates", "write_capable"}},
      {"impersonate_extras",
       "impersonate",
       "authentication.k8s.io",
       "userextras/scopes",
       "",
       {"impersonates", "write_capable"}},
      {"node_proxy_get", "get", "''", "nodes/proxy", "", {"node_proxy", "write_capable"}},
      {"token", "create", "''", "serviceaccounts/token", "", {"mints_tokens", "write_capable"}},
      {"approve_needs_both", "approve", "certificates.k8s.io", "signers", "", {"write_capable"}},
      {"webhooks",
       "patch",
       "admissionregistration.k8s.io",
       "mutatingwebhookconfigurations",
       "",
       {"controls_webhooks", "write_capable"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Objects objects;
      const std::vector<PolicyRule> rules = {
          make_rule(objects, row.verbs, row.groups, row.resources, row.resource_names)};
      CHECK(facts_of(rules) == row.expected);
    }
  }
}

TEST_CASE("facts join the rules of a role", "[role_facts]") {
  Objects objects;
  std::vector<PolicyRule> rules = {make_rule(objects, "bind", kRbac, "clusterroles"),
                                   make_rule(objects, "create", kRbac, "clusterrolebindings")};
  CHECK(role_facts(rules).admin_capable);
  rules[0] = make_rule(objects, "bind", kRbac, "clusterroles", "view,edit");
  CHECK_FALSE(role_facts(rules).admin_capable);
  CHECK(role_facts(rules).bind_names == std::vector<std::string_view>{"view", "edit"});
  rules[0] = make_rule(objects, "bind", kRbac, "clusterroles", "view,cluster-admin");
  CHECK(role_facts(rules).admin_capable);

  const std::vector<PolicyRule> approval = {
      make_rule(objects, "approve", "certificates.k8s.io", "signers", "kubernetes.io/kube-apiserver-client"),
      make_rule(objects, "update", "certificates.k8s.io", "certificatesigningrequests/approval")};
  CHECK(role_facts(approval).approves_certificates);
}

TEST_CASE("facts of the default roles", "[role_facts]") {
  const auto facts = [](const char* name) { return role_facts(*find_builtin_cluster_role(name)); };
  CHECK(facts("cluster-admin").admin_capable);
  CHECK(facts("cluster-admin").all_access);
  CHECK_FALSE(facts("admin").admin_capable);
  CHECK(facts("admin").write_capable);
  CHECK(facts("edit").write_capable);
  CHECK_FALSE(facts("edit").admin_capable);
  CHECK(facts("edit").reads_secrets);
  CHECK(facts("edit").mints_tokens);
  CHECK(facts("view").read_only);
  CHECK_FALSE(facts("view").reads_secrets);
  CHECK(facts("system:discovery").read_only);
  CHECK(facts("system:controller:clusterrole-aggregation-controller").escalates);
}

TEST_CASE("paths with other verbs than get and head are writes", "[role_facts]") {
  Objects objects;
  const std::vector<PolicyRule> post = {make_rule(objects, "post", "", "", "", "/x")};
  CHECK(role_facts(post).write_capable);
  const std::vector<PolicyRule> get = {make_rule(objects, "get,head", "", "", "", "/*")};
  CHECK(role_facts(get).read_only);
  CHECK(role_facts(get).wildcard_urls);
}

}  // namespace oidc_audit::rbac
