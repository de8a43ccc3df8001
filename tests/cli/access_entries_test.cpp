#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "run_cli.h"

// Access entries of EKS among the files that are asked.

using namespace oidc_audit;
using test::InDirectory;
using test::run_cli;
using test::TempDir;

TEST_CASE("an IAM identity is mapped by access entries among the inputs") {
  const TempDir dir;
  const auto entry = [](const std::string& group) {
    return R"({"accessEntry": {"principalArn": "arn:aws:iam::111122223333:role/ci", "type": "STANDARD",
               "username": "ci", "kubernetesGroups": [")" +
           group + "\"]}}";
  };
  dir.write("deploy/entries.json", entry("viewers"));
  dir.write("others.json", entry("nobody"));
  dir.write("deploy/b.yaml",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: view}\n"
            "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
            "subjects:\n- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: viewers}\n");
  const InDirectory here(dir.path());
  struct Row {
    const char* name;
    std::vector<std::string> args;
    int status;
    const char* says;
  };
  const std::vector<std::string> who = {"--aws-identity",
                                        "arn:aws:sts::111122223333:assumed-role/ci/session"};
  const Row rows[] = {
      {"simulate", {"simulate", "list", "pods", "-f", "deploy"}, 0, "allowed"},
      {"what_can", {"what-can", "-f", "deploy"}, 0, "pods"},
      {"option_wins",
       {"simulate", "list", "pods", "-f", "deploy", "--access-entries", "others.json"},
       1,
       "nobody"},
      {"none", {"simulate", "list", "pods", "-f", "deploy/b.yaml"}, 2, "nothing maps IAM identities"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      std::vector<std::string> args = row.args;
      args.insert(args.end(), who.begin(), who.end());
      const test::CliResult result = run_cli(args);
      INFO(result.out + result.err);
      CHECK(result.status == row.status);
      CHECK((result.out + result.err).find(row.says) != std::string::npos);
    }
  }
}
