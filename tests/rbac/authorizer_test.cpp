// Each subtle fact of how rules and subjects match, by name.

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

}  // namespace oidc_audit::rbac
