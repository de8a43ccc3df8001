// Each subtle fact of the authorizer, by name.

#include "rbac/authorizer.h"

#include <catch2/catch.hpp>

#include "rbac/json_policy.h"

namespace oidc_audit::rbac {

namespace {

using test::make_rule;
using test::Objects;
using test::path_request;
using test::resource_request;

constexpr const char* kRbac = "rbac.authorization.k8s.io";

PolicyOptions exact() {
  PolicyOptions options;
  options.builtin = false;
  options.aggregate = false;
  return options;
}

struct RuleRow {
  const char* name;
  const char* verbs;
  const char* groups;
  const char* resources;
  const char* names;
  const char* urls;
  Attributes request;
  bool matches;
};

Attributes ask(std::string verb, std::string group, std::string resource, std::string subresource = {},
               std::string name = {}) {
  return resource_request("u", std::move(verb), std::move(group), std::move(resource), {}, std::move(name),
                          std::move(subresource));
}

Attributes ask_path(std::string verb, std::string path) {
  return path_request("u", std::move(verb), std::move(path));
}

}  // namespace

TEST_CASE("a rule matches as the server's does", "[authorizer]") {
  const RuleRow rows[] = {
      {"resource_does_not_cover_subresource", "get", "''", "pods", "", "", ask("get", "", "pods", "log"),
       false},
      {"subresource_does_not_cover_resource", "get", "''", "pods/log", "", "", ask("get", "", "pods"), false},
      {"star_covers_subresources", "get", "''", "*", "", "", ask("get", "", "pods", "log"), true},
      {"resource_slash_star_is_literal", "get", "''", "pods/*", "", "", ask("get", "", "pods", "log"), false},
      {"resource_slash_star_matches_that_name", "get", "''", "pods/*", "", "", ask("get", "", "pods", "*"),
       true},
      {"star_slash_star_is_literal", "get", "*", "*/*", "", "", ask("get", "", "pods", "log"), false},
      {"star_slash_star_against_star_sub", "get", "*", "*/*", "", "", ask("get", "", "pods", "*"), true},
      {"star_sub_covers_every_parent", "update", "*", "*/scale", "", "",
       ask("update", "apps", "deployments", "scale"), true},
      {"star_sub_needs_the_subresource", "update", "*", "*/scale", "", "",
       ask("update", "apps", "deployments"), false},
      {"star_sub_of_another", "update", "*", "*/scale", "", "",
       ask("update", "apps", "deployments", "status"), false},
      {"star_sub_and_group_still_counts", "update", "apps", "*/scale", "", "",
       ask("update", "", "replicationcontrollers", "scale"), false},
      {"subresource_with_slash", "impersonate", "authentication.k8s.io", "userextras/example.org/scope", "",
       "", ask("impersonate", "authentication.k8s.io", "userextras", "example.org/scope"), true},
      {"star_sub_with_slash", "impersonate", "*", "*/example.org/scope", "", "",
       ask("impersonate", "authentication.k8s.io", "userextras", "example.org/scope"), true},
      {"combined_text_as_resource", "get", "''", "pods/log", "", "", ask("get", "", "pods/log"), true},
      {"verb_in_other_case", "GET", "''", "pods", "", "", ask("get", "", "pods"), false},
      {"resource_in_other_case", "get", "''", "Pods", "", "", ask("get", "", "pods"), false},
      {"singular_is_no_resource", "get", "''", "pod", "", "", ask("get", "", "pods"), false},
      {"short_name_is_no_resource", "get", "''", "po", "", "", ask("get", "", "pods"), false},
      {"no_glob_in_verbs", "ge*", "''", "pods", "", "", ask("get", "", "pods"), false},
      {"no_glob_in_resources", "get", "''", "po*", "", "", ask("get", "", "pods"), false},
      {"no_glob_in_groups", "get", "*.k8s.io", "pods", "", "", ask("get", "x.k8s.io", "pods"), false},
      {"create_by_post_has_no_name", "create", "''", "pods", "x", "", ask("create", "", "pods"), false},
      {"create_inside_apply_has_one", "create", "''", "pods", "x", "", ask("create", "", "pods", "", "x"),
       true},
      {"list_ignores_named_rules", "list", "''", "secrets", "x", "", ask("list", "", "secrets"), false},
      {"list_with_name_selector", "list", "''", "secrets", "x", "", ask("list", "", "secrets", "", "x"),
       true},
      {"empty_name_element_grants_list", "list", "''", "secrets", "''", "", ask("list", "", "secrets"), true},
      {"empty_name_element_denies_named", "get", "''", "secrets", "''", "",
       ask("get", "", "secrets", "", "x"), false},
      {"star_is_no_name_wildcard", "get", "''", "secrets", "*", "", ask("get", "", "secrets", "", "x"),
       false},
      {"deletecollection_has_no_name", "deletecollection", "''", "pods", "x", "",
       ask("deletecollection", "", "pods"), false},
      {"create_on_named_subresource", "create", "''", "pods/exec", "p", "",
       ask("create", "", "pods", "exec", "p"), true},
      {"wrong_group", "get", "apps", "pods", "", "", ask("get", "", "pods"), false},
      {"no_groups_match_nothing", "get", "", "pods", "", "", ask("get", "", "pods"), false},
      {"no_verbs_match_nothing", "", "''", "pods", "", "", ask("get", "", "pods"), false},
      {"no_resources_match_nothing", "get", "''", "", "", "", ask("get", "", "pods"), false},
      {"core_is_the_empty_text", "get", "core", "pods", "", "", ask("get", "", "pods"), false},
      {"version_is_no_group", "get", "v1", "pods", "", "", ask("get", "", "pods"), false},
      {"everything_covers_impersonate", "*", "*", "*", "", "", ask("impersonate", "", "users", "", "bob"),
       true},
      {"star_verb_covers_special_verbs", "*", kRbac, "clusterroles", "", "",
       ask("escalate", kRbac, "clusterroles"), true},
      {"star_verb_covers_the_empty_verb", "*", "''", "pods", "", "", ask("", "", "pods"), true},
      {"requested_star_is_a_text", "get", "''", "*", "", "", ask("*", "", "*"), false},
      {"requested_star_needs_star", "*", "''", "*", "", "", ask("*", "", "*"), true},
      {"url_prefix_needs_the_slash", "get", "", "", "", "/foo/*", ask_path("get", "/foo"), false},
      {"url_prefix_with_slash", "get", "", "", "", "/foo/*", ask_path("get", "/foo/"), true},
      {"url_prefix_deep", "get", "", "", "", "/foo/*", ask_path("get", "/foo/bar/baz"), true},
      {"url_prefix_without_slash", "get", "", "", "", "/foo*", ask_path("get", "/foobar"), true},
      {"url_trailing_stars_are_one", "get", "", "", "", "/foo**", ask_path("get", "/foobar"), true},
      {"url_inner_star_is_literal", "get", "", "", "", "/api/*/x", ask_path("get", "/api/v1/x"), false},
      {"url_inner_star_and_trailing", "get", "", "", "", "/api/*/*", ask_path("get", "/api/v1"), false},
      {"url_trailing_slash_counts", "get", "", "", "", "/version", ask_path("get", "/version/"), false},
      {"url_star_is_every_path", "get", "", "", "", "*", ask_path("get", "/metrics"), true},
      {"url_verb_is_the_method", "get", "", "", "", "*", ask_path("head", "/version"), false},
      {"resource_rule_grants_no_path", "*", "*", "*", "", "", ask_path("get", "/version"), false},
      {"path_rule_grants_no_resource", "*", "", "", "", "*", ask("get", "", "pods"), false},
      {"mixed_rule_resource_half", "get", "''", "pods", "", "/x", ask("get", "", "pods"), true},
      {"mixed_rule_path_half", "get", "''", "pods", "", "/x", ask_path("get", "/x"), true},
      {"names_do_not_limit_paths", "get", "", "", "n", "/x", ask_path("get", "/x"), true},
  };
  for (const RuleRow& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Objects objects;
      const PolicyRule rule = make_rule(objects, row.verbs, row.groups, row.resources, row.names, row.urls);
      CHECK(rule_allows(rule, row.request) == row.matches);
    }
  }
}

TEST_CASE("a subject applies as the server's does", "[authorizer]") {
  struct Row {
    const char* name;
    const char* kind;
    const char* subject_namespace;
    const char* subject;
    const char* binding_namespace;
    const char* user;
    std::vector<std::string> groups;
    bool applies;
  };
  const Row rows[] = {
      {"user", "User", "", "barry", "", "barry", {}, true},
      {"user_case", "User", "", "Barry", "", "barry", {}, false},
      {"user_star_is_a_name", "User", "", "*", "", "barry", {}, false},
      {"user_pattern_is_a_name", "User", "", "organization:my-org:*", "", "organization:my-org:w", {}, false},
      {"user_is_no_group", "User", "", "barry", "", "x", {"barry"}, false},
      {"group", "Group", "", "devs", "", "x", {"ops", "devs"}, true},
      {"group_ignores_subject_namespace", "Group", "ns", "devs", "other", "x", {"devs"}, true},
      {"group_star_is_a_name", "Group", "", "*", "", "x", {"devs"}, false},
      {"group_trailing_space", "Group", "", "devs ", "", "x", {"devs"}, false},
      {"account",
       "ServiceAccount",
       "kube-system",
       "default",
       "",
       "system:serviceaccount:kube-system:default",
       {},
       true},
      {"account_by_name_only", "ServiceAccount", "a", "b", "", "system:serviceaccount:a:b", {"oidc:x"}, true},
      {"account_other_namespace", "ServiceAccount", "a", "b", "", "system:serviceaccount:c:b", {}, false},
      {"account_takes_the_bindings_namespace",
       "ServiceAccount",
       "",
       "b",
       "a",
       "system:serviceaccount:a:b",
       {},
       true},
      {"account_without_any_namespace", "ServiceAccount", "", "b", "", "system:serviceaccount::b", {}, false},
      {"account_name_with_colon", "ServiceAccount", "a", "b:c", "", "system:serviceaccount:a:b:c", {}, true},
      {"account_prefix_only", "ServiceAccount", "a", "b", "", "system:serviceaccount:a", {}, false},
      {"account_longer_name", "ServiceAccount", "a", "b", "", "system:serviceaccount:a:bc", {}, false},
      {"user_spelled_as_account",
       "User",
       "",
       "system:serviceaccount:a:b",
       "",
       "system:serviceaccount:a:b",
       {},
       true},
      {"kind_in_lower_case", "user", "", "barry", "", "barry", {}, false},
      {"kind_in_plural", "Users", "", "barry", "", "barry", {}, false},
      {"kind_empty", "", "", "barry", "", "barry", {}, false},
      {"empty_user_name", "User", "", "", "", "", {}, true},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Objects objects;
      Subject subject;
      subject.kind_text = objects.text(row.kind);
      subject.namespace_name = objects.text(row.subject_namespace);
      subject.name = objects.text(row.subject);
      const std::string kind = row.kind;
      if (kind == "User") subject.kind = SubjectKind::user;
      if (kind == "Group") subject.kind = SubjectKind::group;
      if (kind == "ServiceAccount") subject.kind = SubjectKind::service_account;
      UserInfo user;
      user.name = row.user;
      user.groups = row.groups;
      CHECK(subject_applies(subject, user, row.binding_namespace) == row.applies);
    }
  }
}

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
