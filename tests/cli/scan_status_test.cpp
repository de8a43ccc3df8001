#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "run_cli.h"

using namespace oidc_audit;
using test::InDirectory;
using test::run_cli;
using test::TempDir;

namespace {

// A wildcard where no token has one, bound to cluster-admin: high by every measure.
const char* const kRisky =
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: ops}\n"
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n"
    "subjects:\n- apiGroup: rbac.authorization.k8s.io\n  kind: User\n"
    "  name: organization:my-org:project:p:workspace:w:run_phase:apply\n";
const char* const kFine =
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: view, namespace: a}\n"
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
    "subjects:\n- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'oidc:platform'}\n";
const char* const kTemplate = "kind: RoleBinding\nmetadata:\n  name: {{ .Release.Name }}\n";
const char* const kRefused =
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\n"
    "rules:\n- {verbs: [], apiGroups: [''], resources: [pods]}\n";

}  // namespace

TEST_CASE("scan ends with the status of the contract") {
  struct Row {
    const char* name;
    std::map<std::string, std::string> files;
    std::vector<std::string> args;
    int status;
  };
  const Row rows[] = {
      {"nothing_risky", {{"a.yaml", kFine}}, {"."}, 0},
      {"finding", {{"a.yaml", kRisky}}, {"."}, 1},
      {"finding_never_fails", {{"a.yaml", kRisky}}, {"--fail-on", "never", "."}, 0},
      {"no_rbac_object", {{"a.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: x}\n"}}, {"."}, 0},
      {"empty_file", {{"a.yaml", ""}}, {"."}, 0},
      {"empty_directory", {{"a.txt", "x"}}, {"."}, 3},
      {"empty_directory_allowed", {{"a.txt", "x"}}, {"--allow-partial", "."}, 0},
      {"missing_file", {{"a.yaml", kFine}}, {"a.yaml", "b.yaml"}, 3},
      {"missing_file_allowed", {{"a.yaml", kFine}}, {"--allow-partial", "a.yaml", "b.yaml"}, 0},
      {"missing_beats_finding", {{"a.yaml", kRisky}}, {"a.yaml", "b.yaml"}, 3},
      {"allowed_leaves_finding", {{"a.yaml", kRisky}}, {"--allow-partial", "a.yaml", "b.yaml"}, 1},
      {"broken_document", {{"a.yaml", std::string(kFine) + "---\na: [\n"}}, {"."}, 3},
      {"only_templates", {{"a.yaml", kTemplate}}, {"."}, 3},
      {"only_templates_allowed", {{"a.yaml", kTemplate}}, {"--allow-partial", "."}, 0},
      {"some_templates", {{"a.yaml", kTemplate}, {"b.yaml", kFine}}, {"."}, 0},
      {"refused_by_the_server", {{"a.yaml", kRefused}}, {"."}, 0},
      {"all_excluded", {{"a.yaml", kRisky}}, {"--exclude", "*.yaml", "."}, 3},
      {"configured_exclude",
       {{"a.yaml", kRisky}, {"b.yaml", kFine}, {".oidc-audit.yaml", "exclude: [a.yaml]\n"}},
       {"."},
       0},
      {"bad_configuration", {{"a.yaml", kRisky}, {".oidc-audit.yaml", "exclud: [a.yaml]\n"}}, {"."}, 2},
      {"broken_configuration", {{"a.yaml", kRisky}, {".oidc-audit.yaml", "a: [\n"}}, {"."}, 2},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const TempDir dir;
      for (const auto& [name, content] : row.files) dir.write(name, content);
      const InDirectory here(dir.path());
      for (const char* format : {"text", "json", "sarif"}) {
        std::vector<std::string> args = {"scan", "-o", format};
        args.insert(args.end(), row.args.begin(), row.args.end());
        const auto result = run_cli(args);
        INFO(format << "\n" << result.out << "\n" << result.err);
        CHECK(result.status == row.status);
        if (row.status == 2) CHECK(result.out.empty());
        if (row.status >= 2) CHECK_FALSE(result.err.empty());
      }
    }
  }
}

TEST_CASE("standard input is scanned like a file") {
  test::CliWorld world;
  world.input = kRisky;
  CHECK(run_cli({"scan", "-"}, world).status == 1);
  CHECK(run_cli({"scan", "-f", "-"}, world).status == 1);
  CHECK(run_cli({"scan", "-", "-"}, world).out == run_cli({"scan", "-"}, world).out);
  world.input = R"({"apiVersion": "v1", "kind": "List", "items": []})";
  CHECK(run_cli({"scan", "-"}, world).status == 0);
  CHECK(run_cli({"scan", "-"}).status == 0);
}

TEST_CASE("quiet prints findings and errors alone") {
  const TempDir dir;
  dir.write("a.yaml", kFine);
  dir.write("b.yaml", kRefused);
  const InDirectory here(dir.path());
  const auto quiet = run_cli({"scan", "-q", "."});
  CHECK(quiet.out.empty());
  CHECK(quiet.err.empty());
  const auto verbose = run_cli({"scan", "-v", "--exclude", "b.yaml", "."});
  CHECK(verbose.err.find("`b.yaml`: excluded") != std::string::npos);
}
