#include "rbac/drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "base/strings.h"
#include "rbac/inventory.h"
#include "rbac/rule_cover.h"

using namespace oidc_audit;
using namespace oidc_audit::rbac;

namespace {

struct Side {
  SourceManager sources;
  std::unique_ptr<Inventory> inventory;

  Side(const std::string& yaml, const std::string& cluster) {
    inventory = std::make_unique<Inventory>(sources);
    Collector issues;
    LoadOptions options;
    options.cluster = cluster;
    inventory->add(sources.add("x.yaml", yaml).value(), options, issues);
    inventory->finish(issues);
  }
};

std::string role(const std::string& rules, const std::string& name = "r", const std::string& more = "") {
  return fmt::format(
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {{name: {}}}\n{}rules: "
      "[{}]\n---\n",
      name, more, rules);
}

std::string binding(const std::string& subjects, const std::string& name = "b", const std::string& to = "r") {
  std::string list;
  for (const std::string_view subject : split(subjects, ' ')) {
    if (subject.empty()) continue;
    list += list.empty() ? "" : ", ";
    list += subject.find('/') == std::string_view::npos
                ? fmt::format("{{kind: User, apiGroup: rbac.authorization.k8s.io, name: {}}}", subject)
                : fmt::format("{{kind: ServiceAccount, namespace: {}, name: {}}}",
                              subject.substr(0, subject.find('/')), subject.substr(subject.find('/') + 1));
  }
  return fmt::format(
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {{name: {}}}\n"
      "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {}}}\nsubjects: [{}]\n---\n",
      name, to, list);
}

constexpr const char* kGet = "{verbs: [get], apiGroups: [''], resources: [pods]}";
constexpr const char* kGetList = "{verbs: [list, get], apiGroups: [''], resources: [pods]}";

Drift drift_of(const std::string& files, const std::string& live, const DriftOptions& options = {}) {
  const Side declared(files, "");
  const Side cluster(live, "prod");
  return find_drift(*declared.inventory, *cluster.inventory, options);
}

/// `ClusterRole/r differs more +[...] -[...]`
std::string text_of(const Drift& drift) {
  std::string out;
  for (const DriftEntry& entry : drift.entries) {
    out += fmt::format("{}{} {} {} +[{}] -[{}]", out.empty() ? "" : "; ", to_string(entry.object),
                       to_string(entry.change), to_string(entry.effect), join(entry.more, " | "),
                       join(entry.less, " | "));
  }
  return out;
}

}  // namespace

TEST_CASE("objects are compared by what they grant") {
  struct Row {
    std::string name;
    std::string files;
    std::string live;
    std::string expected;
  };
  const std::vector<Row> rows = {
      {"same", role(kGet), role(kGet), ""},
      {"order_and_repetition", role("{verbs: [get, list], apiGroups: [''], resources: [pods]}"),
       role(fmt::format("{}, {}", kGetList, kGet)), ""},
      {"one_rule_or_two", role(kGetList),
       role("{verbs: [get], apiGroups: [''], resources: [pods]}, {verbs: [list], apiGroups: [''], resources: "
            "[pods]}"),
       ""},
      {"wildcard_covers", role("{verbs: ['*'], apiGroups: ['*'], resources: ['*']}"),
       role(fmt::format("{{verbs: ['*'], apiGroups: ['*'], resources: ['*']}}, {}", kGet)), ""},
      {"more", role(kGet), role(kGetList), "ClusterRole/r differs more +[list pods] -[]"},
      {"less", role(kGetList), role(kGet), "ClusterRole/r differs less +[] -[list pods]"},
      {"both", role("{verbs: [get], apiGroups: [''], resources: [pods]}"),
       role("{verbs: [get], apiGroups: [apps], resources: [deployments]}"),
       "ClusterRole/r differs both +[get deployments of apps] -[get pods]"},
      {"names", role("{verbs: [get], apiGroups: [''], resources: [secrets], resourceNames: [a]}"),
       role("{verbs: [get], apiGroups: [''], resources: [secrets]}"),
       "ClusterRole/r differs more +[get secrets] -[]"},
      {"no_name_is_one_too",
       role("{verbs: [get, list], apiGroups: [''], resources: [secrets], resourceNames: ['']}"),
       role("{verbs: [list, get], apiGroups: [''], resources: [secrets], resourceNames: ['', '']}"), ""},
      {"no_name_and_any", role("{verbs: [get], apiGroups: [''], resources: [secrets], resourceNames: ['']}"),
       role("{verbs: [get], apiGroups: [''], resources: [secrets]}"),
       "ClusterRole/r differs more +[get secrets] -[]"},
      {"urls", role("{verbs: [get], nonResourceURLs: ['/metrics/*']}"),
       role("{verbs: [get], nonResourceURLs: ['/metrics/x', /healthz]}"),
       "ClusterRole/r differs both +[get /healthz] -[get /metrics/*]"},
      {"subjects", role(kGet) + binding("jane joe"), role(kGet) + binding("joe mallory ns/sa"),
       "ClusterRoleBinding/b differs both +[ServiceAccount `ns/sa` | User `mallory`] -[User `jane`]"},
      {"subject_order", role(kGet) + binding("jane joe"), role(kGet) + binding("joe jane joe"), ""},
      {"another_role", role(kGet) + role(kGet, "s") + binding("jane", "b", "r"),
       role(kGet) + role(kGet, "s") + binding("jane", "b", "s"),
       "ClusterRoleBinding/b differs both +[ClusterRole `s`] -[ClusterRole `r`]"},
      {"not_applied", role(kGet) + binding("jane"), role(kGet),
       "ClusterRoleBinding/b only-in-files less +[] -[ClusterRole `r` to User `jane`]"},
      {"not_declared", role(kGet), role(kGet) + binding("jane"),
       "ClusterRoleBinding/b only-live more +[ClusterRole `r` to User `jane`] -[]"},
      {"not_declared_without_subjects", role(kGet), role(kGet) + binding(""),
       "ClusterRoleBinding/b only-live none +[] -[]"},
      {"not_declared_to_a_missing_role", role(kGet), role(kGet) + binding("jane", "b", "gone"),
       "ClusterRoleBinding/b only-live none +[ClusterRole `gone` to User `jane`] -[]"},
      {"role_that_nobody_has", "", role(kGet), "ClusterRole/r only-live none +[get pods] -[]"},
      {"role_to_be_applied_that_a_live_binding_names", role(kGet), binding("jane"),
       "ClusterRole/r only-in-files less +[] -[get pods]; "
       "ClusterRoleBinding/b only-live none +[ClusterRole `r` to User `jane`] -[]"},
      {"aggregated_by_the_controller",
       role("", "r", "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\n"),
       role(kGet, "r", "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\n"), ""},
      {"aggregated_by_other_labels",
       role("", "r", "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: b}}]}\n"),
       role("", "r", "aggregationRule: {clusterRoleSelectors: [{matchLabels: {a: c}}]}\n"),
       "ClusterRole/r differs both +[rules of ClusterRoles with a=c] -[rules of ClusterRoles with a=b]"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(text_of(drift_of(row.files, row.live)) == row.expected); }
  }
}

TEST_CASE("a label that feeds an aggregated role is drift") {
  const std::string with =
      replace_all(role(kGet), "metadata: {name: r}",
                  "metadata: {name: r, labels: {rbac.authorization.k8s.io/aggregate-to-edit: 'true'}}");
  CHECK(text_of(drift_of(role(kGet), with)) ==
        "ClusterRole/r differs more +[label rbac.authorization.k8s.io/aggregate-to-edit=true] -[]");
}

TEST_CASE("what only the cluster has can be left out, and what was not read says nothing") {
  DriftOptions declared;
  declared.declared_only = true;
  CHECK(text_of(drift_of(role(kGet), role(kGetList) + binding("jane"), declared)) ==
        "ClusterRole/r differs more +[list pods] -[]");
  DriftOptions partial;
  partial.complete = [](std::string_view resource) { return resource != "clusterrolebindings"; };
  CHECK(text_of(drift_of(role(kGet) + binding("jane"), role(kGet), partial)).empty());
}

TEST_CASE("objects of namespaces are told apart, and those without one are not compared") {
  const auto in = [](const std::string& space, const std::string& verb) {
    return fmt::format(
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {{name: r{}}}\n"
        "rules: [{{verbs: [{}], apiGroups: [''], resources: [pods]}}]\n---\n",
        space.empty() ? "" : ", namespace: " + space, verb);
  };
  const Drift drift = drift_of(in("a", "get") + in("", "get"), in("a", "list") + in("b", "list"));
  CHECK(text_of(drift) ==
        "Role/a/r differs both +[list pods] -[get pods]; Role/b/r only-live none +[list pods] -[]");
  CHECK(drift.unknown_namespace == 1);
  CHECK(drift.compared == 1);
  REQUIRE(drift.entries[0].declared);
  CHECK(drift.entries[0].declared->range.has_value());
  CHECK_FALSE(drift.entries[1].declared);
}

TEST_CASE("rules that are too large are compared as far as that goes") {
  std::string many;
  for (int i = 0; i < 300; ++i) many += fmt::format("{}x{}", i == 0 ? "" : ", ", i);
  const std::string huge = fmt::format("{{verbs: [{0}], apiGroups: [{0}], resources: [{0}]}}", many);
  const Drift drift = drift_of(role(kGet), role(huge));
  REQUIRE(drift.entries.size() == 1);
  CHECK(drift.entries[0].more.back() == "rules too large to be compared in full");
  CHECK(drift.entries[0].more.size() <= 22);
}
