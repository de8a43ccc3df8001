#include "rbac/policy.h"

#include <catch2/catch.hpp>

#include "rbac/aggregation.h"
#include "rbac/builtins.h"
#include "rbac/json_policy.h"
#include "rbac/releases.h"
#include "support/test_data.h"

namespace oidc_audit::rbac {

namespace {

using test::Objects;

std::string role_json(const std::string& name, const std::string& labels, const std::string& aggregation,
                      const std::string& resources) {
  std::string rules;
  for (const char resource : resources)
    rules += std::string(rules.empty() ? "" : ",") + R"({"verbs":["get"],"apiGroups":[""],"resources":[")" +
             resource + "\"]}";
  return R"({"kind":"ClusterRole","metadata":{"name":")" + name + R"(","labels":{)" + labels + "}}" +
         (aggregation.empty() ? "" : R"(,"aggregationRule":{"clusterRoleSelectors":[)" + aggregation + "]}") +
         R"(,"rules":[)" + rules + "]}";
}

std::string resources_of(const Role& role) {
  std::string out;
  for (const PolicyRule& rule : role.rules) out += rule.resources[0].value;
  return out;
}

PolicyOptions no_builtin() {
  PolicyOptions options;
  options.builtin = false;
  return options;
}

std::string aggregated(const std::vector<std::string>& roles, const std::string& name) {
  Objects objects;
  for (const std::string& role : roles) objects.add_json(role);
  const Policy policy(objects.roles, objects.bindings, no_builtin());
  return resources_of(*policy.find_cluster_role(name));
}

}  // namespace

TEST_CASE("ClusterRoles aggregate as the controller does it", "[aggregation]") {
  const auto expression = [](const std::string& op, const std::string& values) {
    return R"({"matchExpressions":[{"key":"k","operator":")" + op + R"(","values":[)" + values + "]}]}";
  };
  const std::string x = role_json("x", R"("k":"1")", "", "x");
  const std::string y = role_json("y", R"("k":"2")", "", "y");
  const std::string z = role_json("z", R"("other":"1")", "", "z");
  struct Row {
    const char* name;
    std::string selectors;
    std::string own;
    std::string expected;
  };
  const Row rows[] = {
      {"match_labels", R"({"matchLabels":{"k":"1"}})", "", "x"},
      {"own_rules_are_overwritten", R"({"matchLabels":{"k":"1"}})", "o", "x"},
      {"nothing_selected_leaves_nothing", R"({"matchLabels":{"k":"9"}})", "o", ""},
      {"selectors_are_a_union", R"({"matchLabels":{"k":"2"}},{"matchLabels":{"k":"1"}})", "", "yx"},
      {"terms_are_a_conjunction", R"({"matchLabels":{"k":"1","other":"1"}})", "", ""},
      {"in", expression("In", R"("1","2")"), "", "xy"},
      {"not_in_holds_for_absent_keys", expression("NotIn", R"("1")"), "", "yz"},
      {"exists", expression("Exists", ""), "", "xy"},
      {"does_not_exist", expression("DoesNotExist", ""), "", "z"},
      {"empty_selector_is_everything_but_itself", "{}", "o", "xyz"},
      {"equal_rules_once", R"({"matchLabels":{"k":"1"}},{"matchLabels":{"k":"1"}})", "", "x"},
      {"operator_in_lower_case_fails_and_keeps_the_rules", expression("in", R"("1")"), "o", "o"},
      {"in_without_values_fails", expression("In", ""), "o", "o"},
      {"exists_with_values_fails", expression("Exists", R"("1")"), "o", "o"},
      {"one_bad_selector_fails_all", R"({"matchLabels":{"k":"1"}},{"matchLabels":{"k k":"1"}})", "o", "o"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(aggregated({role_json("a", "", row.selectors, row.own), z, y, x}, "a") == row.expected);
    }
  }
  SECTION("chains converge whatever the names") {
    const std::string low = role_json("n-low", R"("to":"mid")", "", "l");
    for (const auto& [mid, top] : {std::pair("a-mid", "b-top"), std::pair("b-mid", "a-top")}) {
      const std::string mid_json = role_json(mid, R"("to":"top")", R"({"matchLabels":{"to":"mid"}})", "");
      const std::string top_json = role_json(top, "", R"({"matchLabels":{"to":"top"}})", "o");
      CHECK(aggregated({top_json, mid_json, low}, top) == "l");
    }
  }
  SECTION("roles that select each other end") {
    const std::string a = role_json("a", R"("k":"1")", R"({"matchLabels":{"k":"1"}})", "a");
    const std::string b = role_json("b", R"("k":"1")", R"({"matchLabels":{"k":"1"}})", "b");
    CHECK(aggregated({a, b, x}, "a") == "bx");
  }
}

TEST_CASE("stored rules of a live dump stand", "[aggregation]") {
  Objects objects;
  objects.add_json(role_json("x", R"("k":"1")", "", "x"));
  objects.add_json(role_json("a", "", R"({"matchLabels":{"k":"1"}})", "s"));
  objects.roles[1].meta.from_server = true;
  const Policy policy(objects.roles, objects.bindings, no_builtin());
  CHECK(resources_of(*policy.find_cluster_role("a")) == "s");
  CHECK_FALSE(policy.assumes_aggregation());
  REQUIRE(policy.notes().size() == 1);
  CHECK(policy.notes()[0].kind == PolicyNote::Kind::stored_rules);
}

TEST_CASE("what was aggregated is said", "[aggregation]") {
  Objects objects;
  objects.add_json(role_json("x", R"("k":"1")", "", "x"));
  objects.add_json(role_json("a", "", R"({"matchLabels":{"k":"1"}})", "o"));
  const Policy policy(objects.roles, objects.bindings, no_builtin());
  CHECK(policy.assumes_aggregation());
  REQUIRE(policy.notes().size() == 2);
  CHECK(policy.notes()[0].kind == PolicyNote::Kind::aggregated);
  CHECK(policy.notes()[1].kind == PolicyNote::Kind::own_rules_replaced);
  const Role* const role = policy.find_cluster_role("a");
  CHECK(resources_of(*policy.as_written(role)) == "o");

  PolicyOptions off = no_builtin();
  off.aggregate = false;
  const Policy stored(objects.roles, objects.bindings, off);
  CHECK(resources_of(*stored.find_cluster_role("a")) == "o");
}

TEST_CASE("a default role that a binding names and the input lacks is taken from the defaults", "[builtin]") {
  Objects objects;
  objects.add_json(R"({"kind":"List","items":[
    {"kind":"ClusterRoleBinding","metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"edit"},"subjects":[]},
    {"kind":"ClusterRoleBinding","metadata":{"name":"c"},"roleRef":{"kind":"ClusterRole","name":"mine"},"subjects":[]},
    {"kind":"RoleBinding","metadata":{"name":"d","namespace":"kube-system"},"roleRef":{"kind":"Role","name":"extension-apiserver-authentication-reader"},"subjects":[]},
    {"kind":"RoleBinding","metadata":{"name":"e","namespace":"other"},"roleRef":{"kind":"Role","name":"extension-apiserver-authentication-reader"},"subjects":[]},
    {"kind":"ClusterRoleBinding","metadata":{"name":"f"},"roleRef":{"kind":"Role","name":"edit"},"subjects":[]}]})");
  const Policy policy(objects.roles, objects.bindings);
  REQUIRE(policy.role_of(0) != nullptr);
  CHECK(policy.role_of(0)->rules.size() == 27);
  CHECK(policy.role_of(1) == nullptr);
  CHECK(policy.role_of(2) != nullptr);
  CHECK(policy.role_of(3) == nullptr);
  CHECK(policy.role_of(4) == nullptr);
  CHECK(policy.notes().size() == 2);

  const Policy without(objects.roles, objects.bindings, no_builtin());
  CHECK(without.role_of(0) == nullptr);
}

TEST_CASE("a role of the input that feeds a default one widens it", "[builtin]") {
  Objects objects;
  objects.add_json(role_json("crd-edit", R"("rbac.authorization.k8s.io/aggregate-to-edit":"true")", "", "w"));
  objects.add_json(
      R"({"kind":"ClusterRoleBinding","metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"admin"},"subjects":[]})");
  const Policy policy(objects.roles, objects.bindings);
  REQUIRE(policy.role_of(0) != nullptr);
  CHECK(policy.role_of(0)->rules.size() == 30);
  CHECK(policy.assumes_aggregation());
}

TEST_CASE("the embedded objects are those of a fresh server", "[builtin]") {
  CHECK(builtin_policy().roles.size() == 80);
  CHECK(builtin_policy().bindings.size() == 61);
  CHECK(find_builtin_cluster_role("view")->rules.size() == 12);
  CHECK(find_builtin_cluster_role("edit")->rules.size() == 27);
  CHECK(find_builtin_cluster_role("admin")->rules.size() == 29);
  CHECK(find_builtin_cluster_role("system:masters") == nullptr);
  for (const Role& role : builtin_policy().roles) CHECK(is_default_object(role));
  for (const Binding& binding : builtin_policy().bindings) CHECK(is_default_object(binding));
}

TEST_CASE("embedded objects are found by name", "[builtin]") {
  const BuiltinPolicy& policy = builtin_policy();
  for (const Role& role : policy.roles) {
    CAPTURE(role.meta.name.value);
    CHECK((role.kind == RoleKind::role
               ? policy.find_role(role.meta.namespace_name.value, role.meta.name.value)
               : policy.find_cluster_role(role.meta.name.value)) == &role);
  }
  CHECK(policy.find_cluster_role("system:controller:bootstrap-signer") == nullptr);
  CHECK(policy.find_role("kube-public", "system:controller:token-cleaner") == nullptr);
  CHECK(policy.find_cluster_role("") == nullptr);
}

TEST_CASE("the nearest embedded release is taken, and it is said", "[builtin]") {
  const EmbeddedRelease some[] = {{"1.40.1", {}, {}}, {"1.36.0", {}, {}}, {"1.32.9", {}, {}}};
  struct Row {
    std::optional<int> minor;
    const char* release;
  };
  const Row rows[] = {{{}, "1.40.1"}, {40, "1.40.1"}, {99, "1.40.1"}, {39, "1.40.1"}, {38, "1.36.0"},
                      {36, "1.36.0"}, {33, "1.32.9"}, {34, "1.32.9"}, {0, "1.32.9"}};
  for (const Row& row : rows) CHECK(nearest_release(some, row.minor).name == row.release);
  CHECK(minor_of("1.37.2") == 37);
  CHECK(minor_of("2") == 0);

  Objects objects;
  objects.add_json(
      R"({"kind":"ClusterRoleBinding","metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"view"},"subjects":[]})");
  const auto note = [&](std::optional<int> minor) {
    PolicyOptions options;
    options.kubernetes_minor = minor;
    const Policy policy(objects.roles, objects.bindings, options);
    REQUIRE(policy.role_of(0) != nullptr);
    REQUIRE_FALSE(policy.notes().empty());
    return policy.notes().front().message;
  };
  const std::string release(builtin_policy().release);
  const std::string plain =
      "ClusterRole `view` is not in the input; the default one of Kubernetes " + release + " was used";
  CHECK(note({}) == plain);
  CHECK(note(minor_of(release)) == plain);
  CHECK(note(21) == plain + ", the nearest to 1.21 that is known");
}

TEST_CASE("objects of alpha features are recognised and never used", "[builtin]") {
  Objects objects;
  Role view = *find_builtin_cluster_role("view");
  view.rules.push_back(test::make_rule(objects, "get,list,watch", "scheduling.k8s.io",
                                       "podgroups,podgroups/status,workloads"));
  CHECK(is_default_object(view));
  Role edit_rule_in_view = *find_builtin_cluster_role("view");
  edit_rule_in_view.rules.push_back(test::make_rule(objects, "create,delete,deletecollection,patch,update",
                                                    "scheduling.k8s.io", "podgroups,workloads"));
  CHECK_FALSE(is_default_object(edit_rule_in_view));
  Role edit = *find_builtin_cluster_role("edit");
  edit.rules.push_back(edit_rule_in_view.rules.back());
  CHECK(is_default_object(edit));

  objects.add_json(
      R"({"kind":"ClusterRole","metadata":{"name":"system:controller:podgroup-protection-controller"},"rules":[{"verbs":["get","list","update","watch"],"apiGroups":["scheduling.k8s.io"],"resources":["podgroups"]},{"verbs":["get","list","watch"],"apiGroups":[""],"resources":["pods"]}]})");
  CHECK(is_default_object(objects.roles.back()));
  CHECK(find_builtin_cluster_role("system:controller:podgroup-protection-controller") == nullptr);
}

TEST_CASE("dumps of default objects are recognised by content", "[builtin]") {
  const auto shared = oidc_audit::test::shared_dir();
  if (!shared) {
    WARN("shared test data is absent: skipped");
    return;
  }
  for (const char* file :
       {"/reference/bootstrap-policy.json", "/fresh-cluster/clusterroles.json",
        "/fresh-cluster/aggregated/clusterroles.json", "/fresh-cluster/clusterrolebindings.json",
        "/fresh-cluster/roles.json", "/fresh-cluster/rolebindings.json"}) {
    DYNAMIC_SECTION(file) {
      Objects objects;
      objects.add_file(*shared + file);
      CHECK(objects.roles.size() + objects.bindings.size() > 0);
      for (const Role& role : objects.roles) {
        CAPTURE(role.meta.name.value);
        CHECK(is_default_object(role));
      }
      for (const Binding& binding : objects.bindings) {
        CAPTURE(binding.meta.name.value);
        CHECK(is_default_object(binding));
      }
    }
  }
}

TEST_CASE("a default name alone proves nothing", "[builtin]") {
  Objects objects;
  const auto role = [&](const char* name) { return *find_builtin_cluster_role(name); };
  SECTION("another rule") {
    Role changed = role("system:discovery");
    changed.rules.push_back(test::make_rule(objects, "get", "''", "secrets"));
    CHECK_FALSE(is_default_object(changed));
  }
  SECTION("another verb") {
    Role changed = role("system:basic-user");
    changed.rules[0].verbs.push_back(objects.text("delete"));
    CHECK_FALSE(is_default_object(changed));
  }
  SECTION("a name taken from resourceNames") {
    Role changed = role("system:certificates.k8s.io:kubelet-serving-approver");
    changed.rules[0].resource_names.clear();
    CHECK_FALSE(is_default_object(changed));
  }
  SECTION("a wider aggregated role") {
    Role changed = role("view");
    changed.rules.push_back(test::make_rule(objects, "get", "''", "secrets"));
    CHECK_FALSE(is_default_object(changed));
  }
  SECTION("an unaggregated role is a default") {
    Role changed = role("view");
    changed.rules.clear();
    CHECK(is_default_object(changed));
  }
  SECTION("a label that feeds another role") {
    Role changed = role("system:node");
    changed.meta.labels.emplace_back(objects.text("rbac.authorization.k8s.io/aggregate-to-view"),
                                     objects.text("true"));
    CHECK_FALSE(is_default_object(changed));
  }
  SECTION("a gated rule may be missing") {
    Role changed = role("system:node-proxier");
    std::erase_if(changed.rules, [](const PolicyRule& rule) { return rule.resources[0] == "servicecidrs"; });
    CHECK(changed.rules.size() + 1 == role("system:node-proxier").rules.size());
    CHECK(is_default_object(changed));
  }
  SECTION("a prefix") {
    Role changed = role("system:discovery");
    changed.meta.name = objects.text("system:mine");
    CHECK_FALSE(is_default_object(changed));
  }
  SECTION("another subject") {
    Binding changed = builtin_policy().bindings.front();
    CHECK(is_default_object(changed));
    Subject subject;
    subject.kind = SubjectKind::group;
    subject.kind_text = objects.text("Group");
    subject.name = objects.text("system:unauthenticated");
    changed.subjects.push_back(subject);
    CHECK_FALSE(is_default_object(changed));
  }
  SECTION("another role") {
    Binding changed = builtin_policy().bindings.front();
    changed.role_ref.name = objects.text("cluster-admin-2");
    CHECK_FALSE(is_default_object(changed));
  }
}

}  // namespace oidc_audit::rbac
