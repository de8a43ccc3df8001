// Decisions over whole policies, their reasons and texts.

#include <catch2/catch.hpp>

#include "rbac/authorizer.h"
#include "rbac/json_policy.h"

namespace oidc_audit::rbac {

namespace {

using test::Objects;
using test::path_request;
using test::resource_request;

PolicyOptions exact() {
  PolicyOptions options;
  options.builtin = false;
  options.aggregate = false;
  return options;
}

}  // namespace

namespace {

/// Objects of the whole-policy vectors: default objects besides.
constexpr const char* kVectors = R"({"kind": "List", "items": [
  {"kind": "RoleBinding", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "b", "namespace": "foo"},
   "roleRef": {"kind": "ClusterRole", "name": "view"}, "subjects": [{"kind": "Group", "name": "oidc:dev"}]},
  {"kind": "RoleBinding", "apiVersion": "rbac.authorization.k8s.io/v1", "metadata": {"name": "c", "namespace": "foo"},
   "roleRef": {"kind": "Role", "name": "gone"}, "subjects": [{"kind": "Group", "name": "oidc:dev"}]}]})";

Attributes as_jane(Attributes request) {
  request.user.name = "oidc:jane";
  request.user.groups = {"oidc:dev", "system:authenticated"};
  return request;
}

}  // namespace

TEST_CASE("whole-policy vectors", "[authorizer]") {
  Objects objects;
  objects.add_json(kVectors);
  PolicyOptions options;
  options.builtin_bindings = true;
  const Policy policy(objects.roles, objects.bindings, options);
  const Authorizer authorizer(policy);
  struct Row {
    const char* name;
    Attributes request;
    bool allowed;
    const char* reason;  // null: any
  };
  const char* const by_b =
      R"(RBAC: allowed by RoleBinding "b/foo" of ClusterRole "view" to Group "oidc:dev")";
  const Row rows[] = {
      {"get_namespace_carries_its_own_name", resource_request("", "get", "", "namespaces", "foo", "foo"),
       true, by_b},
      {"pods_log", resource_request("", "get", "", "pods", "foo", "x", "log"), true, by_b},
      {"list_namespaces_is_cluster_scope", resource_request("", "list", "", "namespaces"), false, ""},
      {"list_pods_everywhere", resource_request("", "list", "", "pods"), false, ""},
      {"missing_role_is_told", resource_request("", "get", "", "secrets", "foo", "x"), false,
       R"(RBAC: role.rbac.authorization.k8s.io "gone" not found)"},
      {"version", path_request("", "get", "/version"), true, nullptr},
      {"metrics", path_request("", "get", "/metrics"), false, ""},
      {"self_review", resource_request("", "create", "authorization.k8s.io", "selfsubjectaccessreviews"),
       true,
       R"(RBAC: allowed by ClusterRoleBinding "system:basic-user" of ClusterRole "system:basic-user" to Group "system:authenticated")"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Attributes request = as_jane(row.request);
      const Decision decision = authorizer.decide(request);
      CHECK(decision.allowed == row.allowed);
      CHECK(decision.verdict == (row.allowed ? Verdict::allow : Verdict::no_opinion));
      if (row.reason != nullptr) CHECK(decision.reason == row.reason);
      CHECK(authorizer.is_allowed(request) == row.allowed);
    }
  }
  SECTION("the default bindings speak to system:authenticated only") {
    for (const Attributes& asked :
         {path_request("", "get", "/version"),
          resource_request("", "create", "authorization.k8s.io", "selfsubjectaccessreviews")}) {
      Attributes request = as_jane(asked);
      request.user.groups = {"oidc:dev"};
      CHECK_FALSE(authorizer.decide(request).allowed);
    }
  }
  SECTION("either default binding may be named for /version") {
    const Decision decision = authorizer.decide(as_jane(path_request("", "get", "/version")));
    REQUIRE(decision.granted_by.size() == 2);
    CHECK(decision.granted_by[0].binding->meta.name == "system:discovery");
    CHECK(decision.granted_by[1].binding->meta.name == "system:public-info-viewer");
  }
}

TEST_CASE("reasons are the server's words", "[authorizer]") {
  Objects objects;
  objects.add_json(R"({"kind": "List", "items": [
    {"kind": "ClusterRole", "metadata": {"name": "all"}, "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]},
    {"kind": "Role", "metadata": {"name": "all", "namespace": "ns"}, "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]},
    {"kind": "ClusterRoleBinding", "metadata": {"name": "c"}, "roleRef": {"kind": "ClusterRole", "name": "all"},
     "subjects": [{"kind": "Group", "name": "say \"hi\""}, {"kind": "ServiceAccount", "namespace": "a", "name": "b"}]},
    {"kind": "RoleBinding", "metadata": {"name": "r", "namespace": "ns"}, "roleRef": {"kind": "Role", "name": "all"},
     "subjects": [{"kind": "User", "name": "jane"}, {"kind": "ServiceAccount", "name": "own"}]}]})");
  const Policy policy(objects.roles, objects.bindings, exact());
  const Authorizer authorizer(policy);
  const auto reason = [&](std::string user, std::vector<std::string> groups, std::string place) {
    Attributes request = resource_request(std::move(user), "get", "", "pods", std::move(place));
    request.user.groups = std::move(groups);
    return authorizer.decide(request).reason;
  };
  CHECK(reason("x", {"say \"hi\""}, "") ==
        R"(RBAC: allowed by ClusterRoleBinding "c" of ClusterRole "all" to Group "say \"hi\"")");
  CHECK(reason("system:serviceaccount:a:b", {}, "") ==
        R"(RBAC: allowed by ClusterRoleBinding "c" of ClusterRole "all" to ServiceAccount "b/a")");
  CHECK(reason("jane", {}, "ns") == R"(RBAC: allowed by RoleBinding "r/ns" of Role "all" to User "jane")");
  CHECK(reason("system:serviceaccount:ns:own", {}, "ns") ==
        R"(RBAC: allowed by RoleBinding "r/ns" of Role "all" to ServiceAccount "own/ns")");
  CHECK(reason("jane", {}, "other").empty());
  CHECK(reason("jane", {}, "").empty());
}

TEST_CASE("lookup errors have the server's texts", "[authorizer]") {
  Objects objects;
  objects.add_json(R"({"kind": "List", "items": [
    {"kind": "Role", "metadata": {"name": "here", "namespace": "ns"}, "rules": []},
    {"kind": "Role", "metadata": {"name": "nowhere"}, "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}]},
    {"kind": "ClusterRoleBinding", "metadata": {"name": "a"}, "roleRef": {"kind": "ClusterRole", "name": "gone"}, "subjects": [{"kind": "User", "name": "one"}, {"kind": "User", "name": "two"}, {"kind": "User", "name": "three"}]},
    {"kind": "ClusterRoleBinding", "metadata": {"name": "b"}, "roleRef": {"kind": "ClusterRole", "name": "gone"}, "subjects": [{"kind": "User", "name": "two"}, {"kind": "User", "name": "three"}]},
    {"kind": "ClusterRoleBinding", "metadata": {"name": "c"}, "roleRef": {"kind": "Role", "name": "here"}, "subjects": [{"kind": "User", "name": "three"}, {"kind": "User", "name": "role-in-cluster-binding"}]},
    {"kind": "ClusterRoleBinding", "metadata": {"name": "d"}, "roleRef": {"kind": "role", "name": "here"}, "subjects": [{"kind": "User", "name": "kind"}]},
    {"kind": "RoleBinding", "metadata": {"name": "e", "namespace": "ns"}, "roleRef": {"kind": "Role", "name": "nowhere"}, "subjects": [{"kind": "User", "name": "three"}]},
    {"kind": "ClusterRole", "metadata": {"name": "pods"}, "rules": [{"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}]},
    {"kind": "ClusterRoleBinding", "metadata": {"name": "z"}, "roleRef": {"kind": "ClusterRole", "name": "pods"}, "subjects": [{"kind": "User", "name": "one"}]}]})");
  const Policy policy(objects.roles, objects.bindings, exact());
  const Authorizer authorizer(policy);
  struct Row {
    const char* name;
    const char* user;
    const char* reason;
  };
  const Row rows[] = {
      {"one", "one", R"(RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found)"},
      {"equal_texts_are_one", "two", R"(RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found)"},
      {"several", "three",
       R"(RBAC: [clusterrole.rbac.authorization.k8s.io "gone" not found, role.rbac.authorization.k8s.io "here" not found, role.rbac.authorization.k8s.io "nowhere" not found])"},
      {"role_in_cluster_binding", "role-in-cluster-binding",
       R"(RBAC: role.rbac.authorization.k8s.io "here" not found)"},
      {"unknown_kind", "kind", R"(RBAC: unsupported role reference kind: "role")"},
      {"nobody", "nobody", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Decision decision = authorizer.decide(resource_request(row.user, "get", "", "secrets", "ns"));
      CHECK_FALSE(decision.allowed);
      CHECK(decision.reason == row.reason);
    }
  }
  SECTION("a missing role does not stop the walk") {
    const Decision decision = authorizer.decide(resource_request("one", "get", "", "pods"));
    CHECK(decision.allowed);
    CHECK(decision.granted_by.size() == 1);
    REQUIRE(decision.errors.size() == 1);
    CHECK(decision.errors[0].binding->meta.name == "a");
  }
}

TEST_CASE("servers from 1.37 on name the authorizer before its reason", "[authorizer]") {
  const std::string reason = R"(RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found)";
  CHECK(refusal_reason(reason, 36) == reason);
  CHECK(refusal_reason(reason, 37) == "rbac: " + reason);
  CHECK(refusal_reason("", 37).empty());
}

TEST_CASE("the message of a 403 is the server's byte for byte", "[authorizer]") {
  struct Row {
    const char* name;
    Attributes request;
    const char* reason;
    const char* message;
  };
  const Row rows[] = {
      {"subresource_in_namespace", resource_request("oidc:jane", "get", "", "pods", "prod", "x", "log"), "",
       R"(pods "x" is forbidden: User "oidc:jane" cannot get resource "pods/log" in API group "" in the namespace "prod")"},
      {"group_and_reason", resource_request("oidc:jane", "list", "apps", "deployments"),
       R"(RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found)",
       R"(deployments.apps is forbidden: User "oidc:jane" cannot list resource "deployments" in API group "apps" at the cluster scope: RBAC: clusterrole.rbac.authorization.k8s.io "gone" not found)"},
      {"path", path_request("system:anonymous", "get", "/metrics"), "",
       R"(forbidden: User "system:anonymous" cannot get path "/metrics")"},
      {"html_is_escaped_in_the_inner_text", path_request("a&b", "get", "/<script>"), "",
       R"(forbidden: User "a&amp;b" cannot get path "/&lt;script&gt;")"},
      {"reason_is_not_escaped", path_request("u", "get", "/x"), "RBAC: a<b",
       R"(forbidden: User "u" cannot get path "/x": RBAC: a<b)"},
      {"name_is_quoted_outside", resource_request("u", "get", "", "secrets", "n", "a<\"b"), "",
       R"(secrets "a<\"b" is forbidden: User "u" cannot get resource "secrets" in API group "" in the namespace "n")"},
      {"empty_verb", resource_request("u", "", "", "pods"), "",
       R"(pods is forbidden: User "u" cannot  resource "pods" in API group "" at the cluster scope)"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(denied_message(row.request, row.reason) == row.message); }
  }
}

TEST_CASE("system:masters is allowed before RBAC, without a reason", "[authorizer]") {
  const Objects objects;
  const Policy policy(objects.roles, objects.bindings, exact());
  const Authorizer authorizer(policy);
  Attributes request = resource_request("root", "delete", "", "nodes");
  request.user.groups = {"x", "system:masters"};
  const Decision decision = authorizer.decide(request);
  CHECK(decision.allowed);
  CHECK(decision.authorizer == "system:masters");
  CHECK(decision.reason.empty());
  CHECK(decision.granted_by.empty());
  CHECK(authorizer.is_allowed(request));
  CHECK_FALSE(authorizer.decide(request, {false}).allowed);
  CHECK_FALSE(authorizer.is_allowed(request, {false}));
  request.user = {"system:masters", "", {}, {}};
  CHECK_FALSE(authorizer.decide(request).allowed);
}

TEST_CASE("groups that authenticators add", "[authorizer]") {
  struct Row {
    const char* name;
    const char* user;
    std::vector<std::string> groups;
    bool service_account;
    std::vector<std::string> expected;
  };
  const Row rows[] = {
      {"appended_last", "u", {"a", "b"}, true, {"a", "b", "system:authenticated"}},
      {"not_twice", "u", {"system:authenticated", "a"}, true, {"system:authenticated", "a"}},
      {"not_beside_unauthenticated", "u", {"system:unauthenticated"}, true, {"system:unauthenticated"}},
      {"anonymous", "system:anonymous", {}, true, {"system:unauthenticated"}},
      {"anonymous_keeps_its_groups", "system:anonymous", {"x"}, true, {"x"}},
      {"account",
       "system:serviceaccount:ns:sa",
       {},
       true,
       {"system:serviceaccounts", "system:serviceaccounts:ns", "system:authenticated"}},
      {"account_name_from_oidc", "system:serviceaccount:ns:sa", {}, false, {"system:authenticated"}},
      {"malformed_account", "system:serviceaccount:ns", {}, true, {"system:authenticated"}},
      {"account_with_colon", "system:serviceaccount:ns:a:b", {}, true, {"system:authenticated"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      UserInfo user;
      user.name = row.user;
      user.groups = row.groups;
      add_implicit_groups(user, row.service_account);
      CHECK(user.groups == row.expected);
    }
  }
}

TEST_CASE("the first subject that applies is named, once a binding", "[authorizer]") {
  Objects objects;
  objects.add_json(R"({"kind": "List", "items": [
    {"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [
      {"verbs": ["get"], "apiGroups": [""], "resources": ["pods"]}, {"verbs": ["list"], "apiGroups": [""], "resources": ["pods"]},
      {"verbs": ["*"], "apiGroups": [""], "resources": ["pods"]}]},
    {"kind": "ClusterRoleBinding", "metadata": {"name": "z"}, "roleRef": {"kind": "ClusterRole", "name": "r"},
     "subjects": [{"kind": "Group", "name": "none"}, {"kind": "Group", "name": "g"}, {"kind": "User", "name": "u"}, {"kind": "Group", "name": "g"}]},
    {"kind": "RoleBinding", "metadata": {"name": "b", "namespace": "n"}, "roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": [{"kind": "User", "name": "u"}]},
    {"kind": "ClusterRoleBinding", "metadata": {"name": "a"}, "roleRef": {"kind": "ClusterRole", "name": "r"}, "subjects": [{"kind": "User", "name": "u"}]}]})");
  const Policy policy(objects.roles, objects.bindings, exact());
  const Authorizer authorizer(policy);
  Attributes request = resource_request("u", "get", "", "pods", "n");
  request.user.groups = {"g"};
  const Decision decision = authorizer.decide(request);
  std::vector<std::string> paths;
  for (const Grant& grant : decision.granted_by)
    paths.push_back(std::string(grant.binding->meta.name.value) + " " + std::to_string(grant.subject) + " " +
                    std::to_string(grant.rule));
  CHECK(paths == std::vector<std::string>{"a 0 0", "a 0 2", "z 1 0", "z 1 2", "b 0 0", "b 0 2"});
}

}  // namespace oidc_audit::rbac
