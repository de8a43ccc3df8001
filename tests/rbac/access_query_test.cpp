#include "rbac/access_query.h"

#include <catch2/catch.hpp>

#include "rbac/json_policy.h"

namespace oidc_audit::rbac {

namespace {

using test::Objects;
using test::path_request;
using test::resource_request;

constexpr const char* kWorld = R"({"kind": "List", "items": [
  {"kind": "ClusterRole", "metadata": {"name": "all"}, "rules": [{"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}, {"verbs": ["*"], "nonResourceURLs": ["*"]}]},
  {"kind": "ClusterRole", "metadata": {"name": "secret-reader"}, "rules": [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["secrets"]}]},
  {"kind": "ClusterRole", "metadata": {"name": "one-secret"}, "rules": [{"verbs": ["get", "list", "create"], "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["b", "a"]}]},
  {"kind": "ClusterRole", "metadata": {"name": "ns-getter"}, "rules": [{"verbs": ["get", "list"], "apiGroups": [""], "resources": ["namespaces", "nodes"]}]},
  {"kind": "ClusterRole", "metadata": {"name": "exec"}, "rules": [{"verbs": ["create"], "apiGroups": [""], "resources": ["*/exec"]}]},
  {"kind": "ClusterRole", "metadata": {"name": "escalator"}, "rules": [{"verbs": ["escalate"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"]}]},
  {"kind": "ClusterRole", "metadata": {"name": "binder"}, "rules": [{"verbs": ["bind"], "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["clusterroles"], "resourceNames": ["secret-reader", "exec", "admin"]}]},
  {"kind": "ClusterRole", "metadata": {"name": "actor"}, "rules": [{"verbs": ["impersonate"], "apiGroups": [""], "resources": ["groups"], "resourceNames": ["ops", "x"]}]},
  {"kind": "ClusterRole", "metadata": {"name": "pod-maker"}, "rules": [{"verbs": ["create"], "apiGroups": [""], "resources": ["pods", "serviceaccounts/token"]}]},
  {"kind": "Role", "metadata": {"name": "secret-reader", "namespace": "n1"}, "rules": []},
  {"kind": "ClusterRoleBinding", "metadata": {"name": "c-all"}, "roleRef": {"kind": "ClusterRole", "name": "all"}, "subjects": [{"kind": "User", "name": "root"}]},
  {"kind": "ClusterRoleBinding", "metadata": {"name": "c-one"}, "roleRef": {"kind": "ClusterRole", "name": "one-secret"}, "subjects": [{"kind": "Group", "name": "ops"}]},
  {"kind": "RoleBinding", "metadata": {"name": "r-n1", "namespace": "n1"}, "roleRef": {"kind": "ClusterRole", "name": "secret-reader"}, "subjects": [{"kind": "ServiceAccount", "name": "ci"}, {"kind": "User", "name": "ann"}, {"kind": "User", "name": "ann"}]},
  {"kind": "RoleBinding", "metadata": {"name": "r-n2", "namespace": "n2"}, "roleRef": {"kind": "ClusterRole", "name": "secret-reader"}, "subjects": [{"kind": "User", "name": "ann"}, {"kind": "Robot", "name": "x"}]},
  {"kind": "RoleBinding", "metadata": {"name": "r-role", "namespace": "n1"}, "roleRef": {"kind": "Role", "name": "secret-reader"}, "subjects": [{"kind": "User", "name": "empty"}]},
  {"kind": "RoleBinding", "metadata": {"name": "r-gone", "namespace": "n1"}, "roleRef": {"kind": "Role", "name": "gone"}, "subjects": [{"kind": "User", "name": "lost"}]},
  {"kind": "RoleBinding", "metadata": {"name": "r-ns", "namespace": "n1"}, "roleRef": {"kind": "ClusterRole", "name": "ns-getter"}, "subjects": [{"kind": "User", "name": "nora"}]},
  {"kind": "ClusterRoleBinding", "metadata": {"name": "c-account"}, "roleRef": {"kind": "ClusterRole", "name": "exec"}, "subjects": [{"kind": "ServiceAccount", "name": "lost"}, {"kind": "ServiceAccount", "name": "bot", "namespace": "ci"}]},
  {"kind": "ClusterRoleBinding", "metadata": {"name": "i-escalate"}, "roleRef": {"kind": "ClusterRole", "name": "escalator"}, "subjects": [{"kind": "User", "name": "eve"}]},
  {"kind": "RoleBinding", "metadata": {"name": "i-bind", "namespace": "n1"}, "roleRef": {"kind": "ClusterRole", "name": "binder"}, "subjects": [{"kind": "User", "name": "bea"}]},
  {"kind": "ClusterRoleBinding", "metadata": {"name": "i-act"}, "roleRef": {"kind": "ClusterRole", "name": "actor"}, "subjects": [{"kind": "User", "name": "amy"}]},
  {"kind": "RoleBinding", "metadata": {"name": "i-pods", "namespace": "n1"}, "roleRef": {"kind": "ClusterRole", "name": "pod-maker"}, "subjects": [{"kind": "Group", "name": "devs"}]},
  {"kind": "RoleBinding", "metadata": {"name": "i-pods", "namespace": "n2"}, "roleRef": {"kind": "ClusterRole", "name": "pod-maker"}, "subjects": [{"kind": "Group", "name": "others"}]}]})";

struct World {
  Objects objects;
  std::unique_ptr<Policy> policy;
  World() {
    objects.add_json(kWorld);
    PolicyOptions options;
    options.aggregate = false;
    policy = std::make_unique<Policy>(objects.roles, objects.bindings, options);
  }
};

std::string show(const Holder& holder) {
  std::string text = std::string(to_string(holder.kind)) + ":";
  if (!holder.namespace_name.empty()) text += std::string(holder.namespace_name) + "/";
  return text + std::string(holder.name);
}

/// `User:ann@n1` and so on; named grants with their names in brackets.
std::vector<std::string> answer(const World& world, AccessQuestion question) {
  question.masters = false;
  std::vector<std::string> lines;
  for (const HolderAccess& access : who_can(*world.policy, question).holders) {
    for (const AccessGrant& grant : access.grants) {
      std::string line = show(access.holder);
      if (!grant.cluster_wide()) line += "@" + std::string(grant.namespace_name());
      for (const std::string_view name : grant.judgement->names) line += "[" + std::string(name) + "]";
      lines.push_back(line);
    }
  }
  return lines;
}

AccessQuestion ask(Attributes request) {
  AccessQuestion question;
  question.request = std::move(request);
  return question;
}

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("who-can is aware of scope, names and wildcards", "[access]") {
  const World world;
  SECTION("in a namespace") {
    CHECK(answer(world, ask(resource_request("", "get", "", "secrets", "n1"))) ==
          Lines{"User:ann@n1", "User:root", "Group:ops[a][b]", "ServiceAccount:n1/ci@n1"});
  }
  SECTION("a name that is granted") {
    CHECK(answer(world, ask(resource_request("", "get", "", "secrets", "n9", "a"))) ==
          Lines{"User:root", "Group:ops"});
  }
  SECTION("a name that is not") {
    CHECK(answer(world, ask(resource_request("", "get", "", "secrets", "n9", "z"))) == Lines{"User:root"});
  }
  SECTION("names never grant create") {
    CHECK(answer(world, ask(resource_request("", "create", "", "secrets", "n1"))) == Lines{"User:root"});
  }
  SECTION("at the cluster scope RoleBindings do not count") {
    CHECK(answer(world, ask(resource_request("", "list", "", "secrets"))) ==
          Lines{"User:root", "Group:ops[a][b]"});
  }
  SECTION("in every namespace") {
    AccessQuestion question = ask(resource_request("", "list", "", "secrets"));
    question.all_namespaces = true;
    CHECK(answer(world, question) ==
          Lines{"User:ann@n1", "User:ann@n2", "User:root", "Group:ops[a][b]", "ServiceAccount:n1/ci@n1"});
  }
  SECTION("a cluster-scoped resource") {
    AccessQuestion question = ask(resource_request("", "get", "", "nodes"));
    question.namespaced = false;
    question.all_namespaces = true;
    CHECK(answer(world, question) == Lines{"User:root"});
  }
  SECTION("a namespace object through a RoleBinding in it") {
    AccessQuestion question = ask(resource_request("", "get", "", "namespaces", "n1", "n1"));
    question.namespaced = false;
    CHECK(answer(world, question) == Lines{"User:nora@n1", "User:root"});
    question.request.verb = "list";
    question.request.name.clear();
    question.request.namespace_name.clear();
    CHECK(answer(world, question) == Lines{"User:root"});
  }
  SECTION("subresources by wildcard, and an account without namespace is nobody") {
    CHECK(answer(world, ask(resource_request("", "create", "", "pods", "n1", "", "exec"))) ==
          Lines{"User:root", "ServiceAccount:ci/bot"});
  }
  SECTION("paths") { CHECK(answer(world, ask(path_request("", "get", "/metrics"))) == Lines{"User:root"}); }
  SECTION("missing roles are told") {
    const WhoCan found = who_can(*world.policy, ask(resource_request("", "get", "", "secrets", "n1")));
    REQUIRE(found.errors.size() == 1);
    CHECK(found.errors[0].text == R"(role.rbac.authorization.k8s.io "gone" not found)");
  }
  SECTION("system:masters is listed") {
    const WhoCan found = who_can(*world.policy, ask(path_request("", "get", "/metrics")));
    REQUIRE(found.holders.size() == 2);
    CHECK(found.holders[1].masters);
  }
}

TEST_CASE("who-can marks those who can make the access theirs", "[access]") {
  const World world;
  AccessQuestion question = ask(resource_request("", "get", "", "secrets", "n1"));
  question.indirect = true;
  Lines lines;
  for (const IndirectAccess& access : who_can(*world.policy, question).indirect) {
    if (access.holder.name == "root") continue;
    lines.push_back(show(access.holder) + " " + std::string(to_string(access.way)) + " " + access.through);
  }
  CHECK(lines == Lines{"User:amy impersonate Group/ops", "User:bea bind ClusterRole/admin",
                       "User:bea bind ClusterRole/secret-reader", "User:eve escalate any clusterroles",
                       "Group:devs create-token ServiceAccount/n1/ci",
                       "Group:devs create-pods ServiceAccount/n1/ci"});
}

TEST_CASE("what-can lists every rule by scope", "[access]") {
  const World world;
  const Authorizer authorizer(*world.policy);
  UserInfo user;
  user.name = "ann";
  user.groups = {"ops"};
  const auto show_scopes = [&](const WhatCan& found) {
    Lines lines;
    for (const HeldScope& scope : found.scopes)
      for (const HeldRule& rule : scope.rules)
        lines.push_back(std::string(scope.namespace_name) + ":" + std::string(rule.binding->meta.name.value) +
                        ":" + std::to_string(rule.rule_index));
    return lines;
  };
  CHECK(show_scopes(what_can(authorizer, user)) == Lines{":c-one:0", "n1:r-n1:0", "n2:r-n2:0"});
  const std::string_view place = "n2";
  CHECK(show_scopes(what_can(authorizer, user, &place)) == Lines{":c-one:0", "n2:r-n2:0"});
  CHECK(show_scopes(what_can(authorizer, user, nullptr, true)) == Lines{":c-one:0"});
  user.name = "lost";
  CHECK(what_can(authorizer, user).errors.size() == 1);
  user.groups = {"system:masters"};
  CHECK(what_can(authorizer, user).masters);
}

}  // namespace oidc_audit::rbac
