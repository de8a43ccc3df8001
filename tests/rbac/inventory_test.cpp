#include "rbac/inventory.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <memory>

#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::rbac;

namespace {

constexpr const char* kHead = "apiVersion: rbac.authorization.k8s.io/v1\n";

struct Loaded {
  SourceManager sources;
  std::unique_ptr<Inventory> inventory;
  Collector collector;
  std::vector<Issue> issues;

  explicit Loaded(std::optional<std::string> default_namespace = std::nullopt)
      : inventory(std::make_unique<Inventory>(sources, std::move(default_namespace))) {}

  Loaded& add(std::string text, const std::string& name = "a.yaml", const std::string& cluster = {}) {
    const BufferId buffer = sources.add(name, std::move(text)).value();
    LoadOptions options;
    options.format = document::format_of_name(name);
    options.cluster = cluster;
    inventory->add(buffer, options, collector);
    return *this;
  }
  Loaded& finish() {
    inventory->finish(collector);
    issues = collector.take_issues();
    return *this;
  }
  std::string codes() const {
    std::string out;
    for (const Issue& issue : issues) out += (out.empty() ? "" : " ") + issue.code;
    return out;
  }
};

std::string binding(const std::string& name, const std::string& space = {}) {
  return fmt::format(
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: {}\nmetadata: {{name: {}{}}}\n"
      "roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}}\n"
      "subjects:\n- {{kind: User, name: u, apiGroup: rbac.authorization.k8s.io}}\n---\n",
      space.empty() ? "ClusterRoleBinding" : "RoleBinding", name,
      space.empty() ? "" : ", namespace: " + space);
}

constexpr const char* kItem =
    R"({"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding","metadata":{"name":"b"},)"
    R"("roleRef":{"kind":"ClusterRole","name":"r"},"subjects":[{"kind":"User","name":"u"}]})";
constexpr const char* kBareItem =
    R"({"metadata":{"name":"b"},"roleRef":{"kind":"ClusterRole","name":"r"},"subjects":[{"kind":"User","name":"u"}]})";

}  // namespace

TEST_CASE("objects are found however they are packed") {
  struct Row {
    const char* name;
    const char* file;
    std::string text;
  };
  const std::string item = kItem;
  const std::string bare = kBareItem;
  const Row rows[] = {
      {"json_object", "a.json", item},
      {"json_in_yaml_file", "a.yaml", item},
      {"json_list_kind_first", "a.json", R"({"kind":"List","apiVersion":"v1","items":[)" + item + "]}"},
      {"json_list_kind_last", "a.json", R"({"apiVersion":"v1","items":[)" + item + R"(],"kind":"List"})"},
      {"typed_list_kind_first", "a.json",
       R"({"kind":"ClusterRoleBindingList","apiVersion":"rbac.authorization.k8s.io/v1","items":[)" + bare +
           "]}"},
      {"typed_list_kind_last", "a.json",
       R"({"apiVersion":"rbac.authorization.k8s.io/v1","items":[)" + bare +
           R"(],"kind":"ClusterRoleBindingList"})"},
      {"typed_list_with_kinds", "a.json",
       R"({"kind":"ClusterRoleBindingList","apiVersion":"rbac.authorization.k8s.io/v1","items":[)" + item +
           "]}"},
      {"list_in_list", "a.json", R"({"kind":"List","items":[{"kind":"List","items":[)" + item + "]}]}"},
      {"list_in_yaml", "a.yaml", "kind: List\napiVersion: v1\nitems:\n- " + item + "\n"},
      {"typed_list_in_yaml", "a.yaml",
       "kind: ClusterRoleBindingList\napiVersion: rbac.authorization.k8s.io/v1\nitems:\n- " + bare + "\n"},
      {"behind_others", "a.yaml", "kind: Deployment\napiVersion: apps/v1\n---\n# x\n---\n" + item},
      {"from_an_alias", "a.yaml", "kind: List\nx: &x " + item + "\nitems: [*x]\n"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Loaded loaded;
      loaded.add(row.text, row.file).finish();
      CHECK(loaded.codes().empty());
      REQUIRE(loaded.inventory->bindings().size() == 1);
      const Binding& one = loaded.inventory->bindings()[0];
      CHECK(one.kind == BindingKind::cluster_role_binding);
      CHECK(one.meta.name == "b");
      CHECK(one.meta.ref() == ObjectRef{"rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "", "b"});
      REQUIRE(one.subjects.size() == 1);
      CHECK(loaded.sources.text(one.subjects[0].name.range.value()) == "\"u\"");
      CHECK(loaded.inventory->find_binding(BindingKind::cluster_role_binding, "", "b") == &one);
      CHECK_FALSE(one.meta.rejected);
    }
  }
}

TEST_CASE("a typed object has every field with its place") {
  Loaded loaded;
  loaded
      .add(
          std::string(kHead) +
          "kind: ClusterRole\nmetadata:\n  name: r\n  uid: x\n  labels: {a: b}\n  annotations: {c: d}\n"
          "aggregationRule:\n  clusterRoleSelectors:\n  - matchLabels: {e: f}\n"
          "  - matchExpressions:\n    - {key: g, operator: In, values: [h, i]}\n"
          "rules:\n- apiGroups: [\"\"]\n  resources: [pods, pods/log]\n  verbs: [get]\n  resourceNames: [x]\n"
          "- nonResourceURLs: [/healthz]\n  verbs: ['*']\n")
      .finish();
  CHECK(loaded.codes().empty());
  REQUIRE(loaded.inventory->roles().size() == 1);
  const Role& role = loaded.inventory->roles()[0];
  CHECK(role.kind == RoleKind::cluster_role);
  CHECK(role.meta.from_server);
  REQUIRE(role.meta.labels.size() == 1);
  CHECK(role.meta.labels[0].second == "b");
  CHECK(role.meta.annotations[0].first == "c");
  REQUIRE(role.rules.size() == 2);
  CHECK(role.rules[0].resources[1] == "pods/log");
  CHECK(loaded.sources.text(role.rules[0].resources[1].range.value()) == "pods/log");
  CHECK(role.rules[0].api_groups[0].empty());
  CHECK(role.rules[0].resource_names[0] == "x");
  CHECK(role.rules[1].non_resource_urls[0] == "/healthz");
  CHECK(role.rules[1].verbs[0] == "*");
  CHECK(role.has_aggregation_rule);
  REQUIRE(role.cluster_role_selectors.size() == 2);
  CHECK(role.cluster_role_selectors[0].match_labels[0].second == "f");
  CHECK(role.cluster_role_selectors[1].match_expressions[0].op == "In");
  CHECK(role.cluster_role_selectors[1].match_expressions[0].values[1] == "i");
}

TEST_CASE("decoded texts outlive the tree they came from") {
  Loaded loaded;
  std::string items;
  for (int i = 0; i < 1000; ++i) {
    items += fmt::format(R"({}{{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRoleBinding",)"
                         R"("metadata":{{"name":"b{}"}},"roleRef":{{"kind":"ClusterRole","name":"r"}},)"
                         R"("subjects":[{{"kind":"User","name":"\u0041-{}"}}]}})",
                         i > 0 ? "," : "", i, i);
  }
  loaded.add("{\"items\":[" + items + "]}", "a.json").finish();
  REQUIRE(loaded.inventory->bindings().size() == 1000);
  for (std::size_t i = 0; i < 1000; ++i) {
    CHECK(loaded.inventory->bindings()[i].subjects[0].name.value == fmt::format("A-{}", i));
  }
}

TEST_CASE("of the same object given twice the later one counts") {
  Loaded loaded;
  loaded.add(binding("b") + binding("c")).add(binding("x", "ns") + binding("b"), "b.yaml").finish();
  CHECK(loaded.codes() == "duplicate-object");
  CHECK(loaded.inventory->bindings().size() == 3);
  const Issue& issue = loaded.issues[0];
  CHECK(issue.level == IssueLevel::note);
  CHECK(loaded.sources.name(issue.location.range->buffer) == "b.yaml");
  REQUIRE(issue.related.size() == 1);
  CHECK(loaded.sources.name(issue.related[0].location.range->buffer) == "a.yaml");
  const Binding* found = loaded.inventory->find_binding(BindingKind::cluster_role_binding, "", "b");
  REQUIRE(found != nullptr);
  CHECK(loaded.sources.name(found->meta.range->buffer) == "b.yaml");
}

TEST_CASE("objects differ by kind, namespace and cluster") {
  Loaded loaded;
  loaded.add(binding("b") + binding("b", "x") + binding("b", "z")).add(binding("b"), "live", "prod").finish();
  CHECK(loaded.codes().empty());
  CHECK(loaded.inventory->bindings().size() == 4);
  CHECK(loaded.inventory->find_binding(BindingKind::role_binding, "z", "b")->meta.namespace_name == "z");
  CHECK(loaded.inventory->find_binding(BindingKind::role_binding, "w", "b") == nullptr);
  CHECK(loaded.inventory->find_binding(BindingKind::cluster_role_binding, "", "b", "prod")->meta.cluster ==
        "prod");
}

TEST_CASE("a namespace that is not given is unknown, and that is said once") {
  const std::string text = std::string(kHead) + "kind: Role\nmetadata: {name: r}\nrules: []\n---\n" + kHead +
                           "kind: Role\nmetadata: {name: s}\nrules: []\n";
  Loaded unknown;
  unknown.add(text).add(text, "b.yaml").finish();
  CHECK(unknown.codes() == "namespace-unknown");
  CHECK(unknown.issues[0].level == IssueLevel::note);
  CHECK_FALSE(unknown.issues[0].location.range);
  // In different files they may be meant for different namespaces.
  CHECK(unknown.inventory->roles().size() == 4);
  CHECK_FALSE(unknown.inventory->roles()[0].meta.namespace_known);

  Loaded given("team-a");
  given.add(text).finish();
  CHECK(given.codes().empty());
  CHECK(given.inventory->roles()[0].meta.namespace_name == "team-a");
  CHECK(given.inventory->roles()[0].meta.namespace_known);
  CHECK(given.inventory->find_role(RoleKind::role, "team-a", "s") != nullptr);
}

TEST_CASE("kustomize patches are recognised") {
  Loaded loaded;
  loaded
      .add(std::string(kHead) +
           "kind: ClusterRoleBinding\nmetadata: {name: b}\nsubjects: [{kind: User, name: u}]\n---\n" + kHead +
           "kind: ClusterRole\nmetadata: {name: r, labels: {a: b}}\n---\n" + binding("b"))
      .finish();
  CHECK(loaded.codes() == "kustomize-patch kustomize-patch");
  CHECK(loaded.issues[0].hint.find("kustomize") != std::string::npos);
  CHECK(loaded.inventory->counts().patches == 2);
  CHECK(loaded.inventory->bindings().size() == 1);
  CHECK(loaded.inventory->roles().empty());
}

TEST_CASE("an empty role that a server printed is no patch") {
  Loaded loaded;
  loaded.add(std::string(kHead) + "kind: ClusterRole\nmetadata: {name: r, uid: x}\n---\n" + kHead +
             "kind: ClusterRole\nmetadata: {name: s}\nrules: null\n");
  loaded.finish();
  CHECK(loaded.codes().empty());
  CHECK(loaded.inventory->roles().size() == 2);
}

TEST_CASE("v1alpha1 subjects are converted as the server did") {
  Loaded loaded;
  loaded
      .add(
          "apiVersion: rbac.authorization.k8s.io/v1alpha1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
          "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: r}\n"
          "subjects:\n- {kind: User, name: \"*\"}\n- {kind: Group, name: g, apiVersion: "
          "rbac.authorization.k8s.io/v1alpha1}\n"
          "- {kind: ServiceAccount, name: s, namespace: ns, apiVersion: v1}\n")
      .finish();
  CHECK(loaded.codes() == "removed-api-version v1alpha1-user-star");
  const auto& subjects = loaded.inventory->bindings()[0].subjects;
  CHECK(subjects[0].kind == SubjectKind::group);
  CHECK(subjects[0].name == "system:authenticated");
  CHECK(loaded.sources.text(subjects[0].name.range.value()) == "\"*\"");
  CHECK(subjects[1].api_group == "rbac.authorization.k8s.io");
  CHECK(subjects[2].api_group.empty());

  Loaded beta;
  beta.add(
      "apiVersion: rbac.authorization.k8s.io/v1beta1\nkind: ClusterRoleBinding\nmetadata: {name: b}\n"
      "roleRef: {kind: ClusterRole, name: r}\nsubjects: [{kind: User, name: \"*\"}]\n");
  beta.finish();
  CHECK(beta.codes() == "removed-api-version");
  CHECK(beta.inventory->bindings()[0].subjects[0].name == "*");
}

TEST_CASE("kinds of the same name in other groups are passed over, misspelt groups are not") {
  Loaded loaded;
  loaded
      .add(
          "apiVersion: iam.example.org/v1\nkind: Role\nspec: {}\n---\napiVersion: "
          "authorization.openshift.io/v1\n"
          "kind: ClusterRole\nrules: []\n---\napiVersion: v1\nkind: ClusterRole\nmetadata: {name: a}\nrules: "
          "[]\n---\n"
          "kind: ClusterRole\nmetadata: {name: b}\nrules: []\n---\napiVersion: rbac.authorization.k8s.io\n"
          "kind: ClusterRole\nmetadata: {name: c}\nrules: []\n")
      .finish();
  CHECK(loaded.codes() == "unknown-api-version api-version-required unknown-api-version");
  CHECK(loaded.inventory->roles().size() == 3);
  for (const Role& role : loaded.inventory->roles()) CHECK(role.meta.rejected);
  CHECK(loaded.inventory->counts().skipped_kinds.at("Role") == 1);
}

TEST_CASE("other objects are kept for those who know them") {
  Loaded loaded;
  loaded
      .add(
          "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: [{issuer: {url: "
          "u}}]\n---\n"
          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}\ndata: "
          "{mapRoles: x}\n---\n"
          "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: other}\n---\n"
          "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nspec:\n  group: example.org\n"
          "  scope: Cluster\n  names: {plural: foos, singular: foo, kind: Foo, shortNames: [f]}\n"
          "  versions: [{name: v1, served: true, subresources: {status: {}}}, {name: v0, served: false}]\n")
      .add(
          R"({"kind":"List","items":[{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"aws-auth"},"data":{}}]})",
          "b.json")
      .finish();
  REQUIRE(loaded.inventory->others("AuthenticationConfiguration").size() == 1);
  CHECK(loaded.inventory->others("AuthenticationConfiguration")[0]
            ->value.at_pointer("/jwt/0/issuer/url")
            .text() == "u");
  REQUIRE(loaded.inventory->others("ConfigMap").size() == 2);
  CHECK(loaded.inventory->others("ConfigMap")[0]->value.at_pointer("/data/mapRoles").text() == "x");
  CHECK(loaded.inventory->others("ConfigMap")[1]->value.find("data").is_mapping());
  REQUIRE(loaded.inventory->custom_resources().size() == 1);
  const CustomResource& foo = loaded.inventory->custom_resources()[0];
  CHECK(foo.group == "example.org");
  CHECK(foo.plural == "foos");
  CHECK_FALSE(foo.namespaced);
  CHECK(foo.short_names == std::vector<std::string_view>{"f"});
  CHECK(foo.served_versions == std::vector<std::string_view>{"v1"});
  CHECK(foo.subresources == std::vector<std::string_view>{"status"});
}

TEST_CASE("what was seen is counted") {
  Loaded loaded;
  loaded
      .add(binding("b") +
           "kind: Deployment\n---\nkind: Pod\nmetadata: {}\n---\na: b\n---\nx: [\n---\ny: {{ .z }}\n")
      .add("- op: replace\n  path: /a\n", "patch.yaml")
      .finish();
  const InventoryCounts& counts = loaded.inventory->counts();
  CHECK(counts.buffers == 2);
  CHECK(counts.documents == 7);
  CHECK(counts.failed_documents == 1);
  CHECK(counts.templates == 1);
  CHECK(counts.other_documents == 2);
  CHECK(counts.objects.at("ClusterRoleBinding") == 1);
  CHECK(counts.skipped_kinds.at("Deployment") == 1);
  CHECK(counts.skipped_kinds.at("Pod") == 1);
}

TEST_CASE("the objects of a fresh cluster give no issue and are recognised as a server's") {
  const auto shared = test::shared_dir();
  if (!shared) {
    WARN("skipped: no shared test data");
    return;
  }
  Loaded loaded;
  for (const char* file : {"clusterroles", "clusterrolebindings", "roles", "rolebindings"}) {
    const std::string path = *shared + "/fresh-cluster/" + file + ".json";
    loaded.add(test::read_file(path), path);
  }
  loaded.finish();
  CHECK(loaded.codes().empty());
  CHECK(loaded.inventory->roles().size() == 80);
  CHECK(loaded.inventory->bindings().size() == 61);
  for (const Role& role : loaded.inventory->roles()) CHECK(role.meta.from_server);
  for (const Binding& one : loaded.inventory->bindings()) CHECK(one.meta.from_server);
}
