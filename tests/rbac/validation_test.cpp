#include "rbac/validation.h"

#include <catch2/catch.hpp>

#include "rbac/inventory.h"

using namespace oidc_audit;
using namespace oidc_audit::rbac;

namespace {

struct Row {
  const char* name;
  std::string text;  // behind apiVersion
  std::string
      expected;  // `POINTER <UNDERLINED> MESSAGE` a line; the underlined text up to its first line end
  bool rejected;
};

const std::string kRef = "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}\n";
const std::string kBinding = "kind: ClusterRoleBinding\nmetadata: {name: b}\n";
const std::string kRole = "kind: Role\nmetadata: {name: r, namespace: ns}\n";
const std::string kClusterRole = "kind: ClusterRole\nmetadata: {name: r}\n";
const std::string kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

std::vector<Row> rows() {
  return {
      {"valid_user", kBinding + kRef + "subjects: [{kind: User, name: valid@username}]\n", "", false},
      {"valid_group", kBinding + kRef + "subjects: [{kind: Group, name: \"a b/c%\"}]\n", "", false},
      {"valid_service_account",
       kBinding + kRef + "subjects: [{kind: ServiceAccount, name: s.a, namespace: NS}]\n", "", false},
      {"no_subjects", kBinding + kRef, "", false},
      {"namespaced_user", kBinding + kRef + "subjects: [{kind: User, name: u, namespace: ns}]\n", "", false},
      {"bad_role_ref_group", kBinding + "roleRef: {apiGroup: rbac, kind: ClusterRole, name: r}\n",
       "/roleRef/apiGroup <rbac> roleRef.apiGroup: Unsupported value: \"rbac\": supported values: "
       "\"rbac.authorization.k8s.io\"\n",
       true},
      {"role_ref_kind_role_in_cluster_binding", kBinding + "roleRef: {kind: Role, name: r}\n",
       "/roleRef/kind <Role> roleRef.kind: Unsupported value: \"Role\": supported values: \"ClusterRole\"\n",
       true},
      {"role_ref_kind_wrong",
       "kind: RoleBinding\nmetadata: {name: b, namespace: ns}\nroleRef: {kind: clusterrole, name: r}\n",
       "/roleRef/kind <clusterrole> roleRef.kind: Unsupported value: \"clusterrole\": supported values: "
       "\"Role\", "
       "\"ClusterRole\"\n",
       true},
      {"role_ref_without_name", kBinding + "roleRef: {kind: ClusterRole}\n",
       "/roleRef/name <{kind: ClusterRole}> roleRef.name: Required value\n", true},
      {"role_ref_bad_name", kBinding + "roleRef: {kind: ClusterRole, name: a/b}\n",
       "/roleRef/name <a/b> roleRef.name: Invalid value: \"a/b\": may not contain '/'\n", true},
      {"no_name", "kind: ClusterRoleBinding\nmetadata: {}\n" + kRef,
       "/metadata/name <ClusterRoleBinding> metadata.name: Required value: name or generateName is "
       "required\n",
       true},
      {"generate_name", "kind: ClusterRoleBinding\nmetadata: {generateName: x-}\n" + kRef, "", false},
      {"dot_name", "kind: ClusterRoleBinding\nmetadata: {name: ..}\n" + kRef,
       "/metadata/name <..> metadata.name: Invalid value: \"..\": may not be '..'\n", true},
      {"unusual_name_is_fine", "kind: ClusterRoleBinding\nmetadata: {name: \"A b:c@d*\"}\n" + kRef, "",
       false},
      {"namespace_of_cluster_binding",
       "kind: ClusterRoleBinding\nmetadata: {name: b, namespace: ns}\n" + kRef,
       "/metadata/namespace <ns> metadata.namespace: Forbidden: not allowed on this type\n", false},
      {"subject_without_name", kBinding + kRef + "subjects: [{kind: User}]\n",
       "/subjects/0/name <{kind: User}> subjects[0].name: Required value\n", true},
      {"subject_kind", kBinding + kRef + "subjects: [{kind: User, name: u}, {kind: Grp, name: g}]\n",
       "/subjects/1/kind <Grp> subjects[1].kind: Unsupported value: \"Grp\": supported values: "
       "\"ServiceAccount\", "
       "\"User\", \"Group\"\n",
       true},
      {"subject_without_kind", kBinding + kRef + "subjects: [{name: u}]\n",
       "/subjects/0/kind <{name: u}> subjects[0].kind: Unsupported value: \"\": supported values: "
       "\"ServiceAccount\", "
       "\"User\", \"Group\"\n",
       true},
      {"service_account_name",
       kBinding + kRef + "subjects: [{kind: ServiceAccount, name: \"subject:bad\", namespace: ns}]\n",
       "/subjects/0/name <\"subject:bad\"> subjects[0].name: Invalid value: \"subject:bad\": " + kSubdomain +
           "\n",
       true},
      {"service_account_group",
       kBinding + kRef + "subjects: [{kind: ServiceAccount, name: s, namespace: ns, apiGroup: x}]\n",
       "/subjects/0/apiGroup <x> subjects[0].apiGroup: Unsupported value: \"x\": supported values: \"\"\n",
       true},
      {"service_account_without_namespace", kBinding + kRef + "subjects: [{kind: ServiceAccount, name: s}]\n",
       "/subjects/0/namespace <{kind: ServiceAccount, name: s}> subjects[0].namespace: Required value\n",
       true},
      {"service_account_without_namespace_in_role_binding",
       "kind: RoleBinding\nmetadata: {name: b, namespace: ns}\n" + kRef +
           "subjects: [{kind: ServiceAccount, name: s}]\n",
       "", false},
      {"user_group", kBinding + kRef + "subjects: [{kind: User, name: u, apiGroup: v1}]\n",
       "/subjects/0/apiGroup <v1> subjects[0].apiGroup: Unsupported value: \"v1\": supported values: "
       "\"rbac.authorization.k8s.io\"\n",
       true},
      {"unquoted_boolean", kBinding + kRef + "subjects: [{kind: User, name: yes}]\n",
       "/subjects/0/name <yes> subjects[0].name: `yes` is a boolean, not a string, as the Kubernetes tools "
       "read it\n",
       true},
      {"unquoted_octal", kBinding + kRef + "subjects: [{kind: User, name: 0123}]\n",
       "/subjects/0/name <0123> subjects[0].name: `0123` is an integer, not a string, as the Kubernetes "
       "tools read it\n",
       true},
      {"null_is_empty", kBinding + kRef + "subjects: [{kind: User, name: ~}]\n",
       "/subjects/0/name <~> subjects[0].name: Required value\n", true},
      {"quoted_is_fine", kBinding + kRef + "subjects: [{kind: User, name: 'yes'}]\n", "", false},
      {"subjects_no_list", kBinding + kRef + "subjects: {kind: User}\n",
       "/subjects <{kind: User}> subjects: found a mapping where a list is needed\n", true},
      {"unknown_field", kBinding + kRef + "subject: []\n", "/subject <subject> unknown field `subject`\n",
       false},
      {"unknown_field_of_subject", kBinding + kRef + "subjects: [{kind: User, name: u, namspace: x}]\n",
       "/subjects/0/namspace <namspace> unknown field `subjects[0].namspace`\n", false},
      {"bad_label", "kind: ClusterRoleBinding\nmetadata: {name: b, labels: {a: true}}\n" + kRef,
       "/metadata/labels/a <true> metadata.labels.a: `true` is a boolean, not a string, as the Kubernetes "
       "tools read it\n",
       true},

      {"role_without_rules", kRole + "rules: []\n", "", false},
      {"resource_rule", kRole + "rules: [{apiGroups: [\"\"], resources: [pods], verbs: [get]}]\n", "", false},
      {"odd_elements_are_fine",
       kRole +
           "rules: [{apiGroups: [x], resources: [\"\", 'pods/*'], verbs: [\"\"], resourceNames: [\"\"]}]\n",
       "", false},
      {"no_verbs", kRole + "rules: [{apiGroups: [\"\"], resources: [pods]}]\n",
       "/rules/0/verbs <{apiGroups: [\"\"], resources: [pods]}> rules[0].verbs: Required value: verbs must "
       "contain at "
       "least one value\n",
       true},
      {"no_api_group", kRole + "rules: [{resources: [pods], verbs: [get]}]\n",
       "/rules/0/apiGroups <{resources: [pods], verbs: [get]}> rules[0].apiGroups: Required value: resource "
       "rules must "
       "supply at least one api group\n",
       true},
      {"no_resources", kRole + "rules: [{apiGroups: [\"\"], verbs: [get]}]\n",
       "/rules/0/resources <{apiGroups: [\"\"], verbs: [get]}> rules[0].resources: Required value: resource "
       "rules must "
       "supply at least one resource\n",
       true},
      {"url_in_cluster_role", kClusterRole + "rules: [{nonResourceURLs: [/x, '*/y'], verbs: [get]}]\n", "",
       false},
      {"url_in_role", kRole + "rules: [{nonResourceURLs: [/x], verbs: [get]}]\n",
       "/rules/0/nonResourceURLs </x> rules[0].nonResourceURLs: Invalid value: [\"/x\"]: namespaced rules "
       "cannot apply "
       "to non-resource URLs\n",
       true},
      {"mixed_rule", kClusterRole + "rules: [{nonResourceURLs: [/x], apiGroups: [\"\"], verbs: [get]}]\n",
       "/rules/0/nonResourceURLs </x> rules[0].nonResourceURLs: Invalid value: [\"/x\"]: rules cannot apply "
       "to both "
       "regular resources and non-resource URLs\n",
       true},
      {"string_for_list", kRole + "rules: [{apiGroups: [\"\"], resources: [pods], verbs: get}]\n",
       "/rules/0/verbs <get> rules[0].verbs: `get` is a string, not a list, as the Kubernetes tools read "
       "it\n",
       true},
      {"bad_namespace", "kind: Role\nmetadata: {name: r, namespace: A}\nrules: []\n",
       "/metadata/namespace <A> metadata.namespace: Invalid value: \"A\": a lowercase RFC 1123 label must "
       "consist of lower "
       "case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. "
       "'my-name',  or "
       "'123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')\n",
       true},
      {"empty_aggregation", kClusterRole + "aggregationRule: {clusterRoleSelectors: []}\n",
       "/aggregationRule/clusterRoleSelectors <{clusterRoleSelectors: []}> "
       "aggregationRule.clusterRoleSelectors: Required "
       "value: at least one clusterRoleSelector required if aggregationRule is non-nil\n",
       true},
      {"selector_operator",
       kClusterRole + "aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: in, "
                      "values: [b]}]}]}\n",
       "/aggregationRule/clusterRoleSelectors/0/matchExpressions/0/operator <in> "
       "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].operator: Invalid value: \"in\": not a "
       "valid selector "
       "operator\n",
       true},
      {"selector_values_missing",
       kClusterRole +
           "aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: In}]}]}\n",
       "/aggregationRule/clusterRoleSelectors/0/matchExpressions/0/values <In> "
       "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].values: Required value: must be "
       "specified when "
       "`operator` is 'In' or 'NotIn'\n",
       true},
      {"selector_values_too_many",
       kClusterRole + "aggregationRule: {clusterRoleSelectors: [{matchExpressions: [{key: a, operator: "
                      "Exists, values: [b]}]}]}\n",
       "/aggregationRule/clusterRoleSelectors/0/matchExpressions/0/values <b> "
       "aggregationRule.clusterRoleSelectors[0].matchExpressions[0].values: Forbidden: may not be specified "
       "when `operator` "
       "is 'Exists' or 'DoesNotExist'\n",
       true},
      {"empty_selector_is_fine", kClusterRole + "aggregationRule: {clusterRoleSelectors: [{}]}\n", "", false},
  };
}

}  // namespace

TEST_CASE("the API server's checks are made in its words, at the value concerned") {
  for (const Row& row : rows()) {
    DYNAMIC_SECTION(row.name) {
      SourceManager sources;
      Inventory inventory(sources);
      Collector collector;
      inventory.add(sources.add("a.yaml", "apiVersion: rbac.authorization.k8s.io/v1\n" + row.text).value(),
                    {}, collector);
      std::string found;
      for (const Issue& issue : collector.take_issues()) {
        const std::string_view underlined = sources.text(issue.location.range.value());
        found += issue.location.pointer + " <" + std::string(underlined.substr(0, underlined.find('\n'))) +
                 "> " + issue.message + "\n";
        CHECK(issue.level == IssueLevel::warning);
      }
      CHECK(found == row.expected);
      REQUIRE(inventory.roles().size() + inventory.bindings().size() == 1);
      CHECK((inventory.roles().empty() ? inventory.bindings()[0].meta : inventory.roles()[0].meta).rejected ==
            row.rejected);
    }
  }
}

TEST_CASE("hints name what was meant") {
  SourceManager sources;
  Inventory inventory(sources);
  Collector collector;
  inventory.add(
      sources
          .add("a.yaml",
               "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n" +
                   kRef + "subjects: [{kind: groups, name: g}, {kind: User, name: on}]\nsubject: []\n")
          .value(),
      {}, collector);
  std::vector<std::string> hints;
  for (const Issue& issue : collector.take_issues()) hints.push_back(issue.hint);
  CHECK(hints == std::vector<std::string>{"did you mean `Group`?", "put it in quotes: \"on\"",
                                          "did you mean `subjects`?"});
}

TEST_CASE("issues of one file are limited") {
  SourceManager sources;
  Inventory inventory(sources);
  Collector collector;
  std::string text =
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n" + kRef +
      "subjects:\n";
  for (int i = 0; i < 3000; ++i) text += "- {kind: x, name: y}\n";
  inventory.add(sources.add("a.yaml", text).value(), {}, collector);
  const auto issues = collector.take_issues();
  CHECK(issues.size() == 1000);
  CHECK(std::count_if(issues.begin(), issues.end(),
                      [](const Issue& i) { return i.code == "limit-issues"; }) == 1);
  CHECK(inventory.bindings()[0].subjects.size() == 3000);
}
