#include <catch2/catch.hpp>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "run_cli.h"

// The key `auth-config` of `.oidc-audit.yaml`: bindings are compared with the file it names.

using namespace oidc_audit;
using test::InDirectory;
using test::run_cli;
using test::TempDir;

namespace {

const char* const kBinding =
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: view, namespace: a}\n"
    "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}\n"
    "subjects:\n- {apiGroup: rbac.authorization.k8s.io, kind: User, name: "
    "'gh:repo:o/r:ref:refs/heads/main'}\n";

std::string auth_config(const std::string& prefix) {
  return "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
         "- issuer: {url: 'https://token.actions.githubusercontent.com', audiences: ['https://c.example']}\n"
         "  claimValidationRules: [{claim: repository_owner_id, requiredValue: '1'}]\n"
         "  claimMappings: {username: {claim: sub, prefix: '" +
         prefix + "'}}\n";
}

constexpr const char* kMismatch = "it lacks the prefix `gha:`";

}  // namespace

TEST_CASE("auth-config of the configuration file joins the bindings with it") {
  struct Row {
    const char* name;
    std::map<std::string, std::string> files;
    const char* directory;  // that the program runs in
    std::vector<std::string> args;
    int status;
    const char* says;  // in either stream
    bool mismatch;
  };
  const std::map<std::string, std::string> usual = {{"deploy/b.yaml", kBinding},
                                                    {"cluster/auth.yaml", auth_config("gha:")},
                                                    {"cluster/other.yaml", auth_config("gh:")},
                                                    {".oidc-audit.yaml", "auth-config: cluster/auth.yaml\n"}};
  const auto with = [&](const char* config) {
    std::map<std::string, std::string> files = usual;
    files[".oidc-audit.yaml"] = config;
    return files;
  };
  const Row rows[] = {
      {"joined", usual, ".", {"deploy/b.yaml"}, 0, "2 files read", true},
      {"relative_to_the_file", usual, "deploy", {"b.yaml"}, 0, "2 files read", true},
      {"hook",
       with("auth-config: cluster/auth.yaml\nexclude: [cluster/]\n"),
       ".",
       {"--force-exclude", "--only-manifests", "deploy/b.yaml"},
       0,
       "2 files read",
       true},
      {"option_wins",
       usual,
       ".",
       {"--auth-config", "cluster/other.yaml", "deploy/b.yaml"},
       0,
       "2 files read",
       false},
      {"flags_win",
       usual,
       ".",
       {"--oidc-issuer-url=https://token.actions.githubusercontent.com", "--oidc-client-id=https://c.example",
        "--oidc-username-prefix=gh:", "deploy/b.yaml"},
       0,
       "1 file read",
       false},
      {"decides_among_inputs", usual, ".", {"deploy", "cluster"}, 0, "3 files read", true},
      {"missing",
       with("auth-config: no.yaml\n"),
       ".",
       {"deploy"},
       2,
       "`auth-config` of `.oidc-audit.yaml` names it",
       false},
      {"no_configuration",
       with("auth-config: deploy/b.yaml\n"),
       ".",
       {"deploy"},
       2,
       "`deploy/b.yaml` cannot be read as a configuration of authentication",
       false},
      {"nothing_named", usual, ".", {}, 2, "no input was named", false},
      {"misspelt",
       with("authconfig: cluster/auth.yaml\n"),
       ".",
       {"deploy"},
       2,
       "did you mean `auth-config`?",
       false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const TempDir dir;
      for (const auto& [name, content] : row.files) dir.write(name, content);
      const InDirectory here(dir.path() + "/" + row.directory);
      std::vector<std::string> args = {"scan", "--min-severity", "info"};
      args.insert(args.end(), row.args.begin(), row.args.end());
      const test::CliResult result = run_cli(args);
      const std::string all = result.out + result.err;
      INFO(all);
      CHECK(result.status == row.status);
      CHECK(all.find(row.says) != std::string::npos);
      CHECK((all.find(kMismatch) != std::string::npos) == row.mismatch);
    }
  }
}

TEST_CASE("auth-config of a configuration file that is a link is beside what it leads to") {
  const TempDir dir;
  dir.write("policy/oidc-audit.yaml", "auth-config: auth.yaml\n");
  dir.write("policy/auth.yaml", auth_config("gha:"));
  dir.write("work/b.yaml", kBinding);
  std::filesystem::create_symlink("../policy/oidc-audit.yaml", dir.path() + "/work/.oidc-audit.yaml");
  const InDirectory here(dir.path() + "/work");
  const test::CliResult result = run_cli({"scan", "--min-severity", "info", "b.yaml"});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(result.out.find(kMismatch) != std::string::npos);
}

TEST_CASE("auth-config of the configuration file is what other commands ask") {
  const char* const claims =
      R"({"iss": "https://token.actions.githubusercontent.com", "sub": "repo:o/r:ref:refs/heads/main",
          "aud": "https://c.example", "repository_owner_id": "1", "exp": 1790003600})";
  const std::string older =
      "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: []\n";
  struct Row {
    const char* name;
    const char* config;
    const char* directory;
    std::vector<std::string> args;
    int status;
    const char* says;  // in either stream
  };
  const char* const usual = "auth-config: cluster/auth.yaml\n";
  const std::vector<std::string> flags = {"--oidc-issuer-url=https://token.actions.githubusercontent.com",
                                          "--oidc-client-id=https://c.example",
                                          "--oidc-username-prefix=flag:"};
  const auto with = [](std::vector<std::string> args, const std::vector<std::string>& more) {
    args.insert(args.end(), more.begin(), more.end());
    return args;
  };
  const std::vector<std::string> whoami = {"whoami", "--claims", "claims.json", "--now", "1790000000"};
  const std::vector<std::string> simulate = {"simulate",   "list",     "pods",           "-n",
                                             "a",          "--claims", "../claims.json", "--now",
                                             "1790000000", "-f",       "b.yaml"};
  const Row rows[] = {
      {"whoami", usual, ".", whoami, 0, "gha:repo:o/r:ref:refs/heads/main"},
      {"whoami_option_wins", usual, ".", with(whoami, {"--auth-config", "cluster/other.yaml"}), 0,
       "gh:repo:o/r:ref:refs/heads/main"},
      {"whoami_flags_win", usual, ".", with(whoami, flags), 0, "flag:repo:o/r:ref:refs/heads/main"},
      {"whoami_verbose", usual, ".", with(whoami, {"-v"}), 0,
       "configuration of authentication: `cluster/auth.yaml`, as `.oidc-audit.yaml` says"},
      {"whoami_missing", "auth-config: no.yaml\n", ".", whoami, 2,
       "`auth-config` of `.oidc-audit.yaml` names it"},
      {"whoami_missing_but_given", "auth-config: no.yaml\n", ".", with(whoami, flags), 0, "flag:repo"},
      {"whoami_no_configuration", "auth-config: deploy/b.yaml\n", ".", whoami, 2, "does not start"},
      {"whoami_release", "auth-config: cluster/auth.yaml\nkubernetes-version: '1.33'\n", ".", whoami, 2,
       "apiserver.config.k8s.io/v1"},
      {"whoami_release_given", "auth-config: cluster/auth.yaml\nkubernetes-version: '1.33'\n", ".",
       with(whoami, {"--kubernetes-version", "1.36"}), 0, "gha:repo"},
      {"whoami_broken_configuration", "authconfig: x\n", ".", whoami, 2, "did you mean `auth-config`?"},
      {"whoami_none", "fail-on: high\n", ".", whoami, 2, "no configuration of authentication"},
      {"a_file_called_dash", "auth-config: '-'\n", ".", whoami, 2, "`auth-config` must name a file"},
      {"simulate", usual, "deploy", simulate, 1, "gha:repo:o/r:ref:refs/heads/main"},
      {"simulate_option_wins", usual, "deploy", with(simulate, {"--auth-config", "../cluster/other.yaml"}), 0,
       "allowed"},
      {"simulate_without_token",
       usual,
       "deploy",
       {"simulate", "list", "pods", "-n", "a", "--user", "gh:repo:o/r:ref:refs/heads/main", "-f", "b.yaml"},
       0,
       "allowed"},
      {"what_can",
       usual,
       ".",
       {"what-can", "--claims", "claims.json", "--now", "1790000000", "-f", "deploy/b.yaml"},
       0,
       "gha:repo:o/r:ref:refs/heads/main"},
      {"check",
       usual,
       "deploy",
       {"auth-config", "check", "--fail-on", "never"},
       0,
       "/cluster/auth.yaml: an API server 1."},
      {"check_argument_wins",
       usual,
       ".",
       {"auth-config", "check", "cluster/empty.yaml"},
       0,
       "cluster/empty.yaml: an API server 1."},
      {"check_flags_win", usual, ".", with({"auth-config", "check", "--fail-on", "never"}, flags), 0,
       "(flags): an API server 1."},
      {"check_sarif",
       usual,
       ".",
       {"auth-config", "check", "-o", "sarif", "--fail-on", "never"},
       0,
       "\"executionSuccessful\": true"},
      {"convert", usual, ".", {"auth-config", "convert"}, 0, "prefix: \"gha:\""},
      {"convert_flags_win", usual, ".", with({"auth-config", "convert"}, flags), 0, "prefix: \"flag:\""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const TempDir dir;
      dir.write("deploy/b.yaml", kBinding);
      dir.write("cluster/auth.yaml", auth_config("gha:"));
      dir.write("cluster/other.yaml", auth_config("gh:"));
      dir.write("cluster/empty.yaml", older);
      dir.write("claims.json", claims);
      dir.write(".oidc-audit.yaml", row.config);
      const InDirectory here(dir.path() + "/" + row.directory);
      const test::CliResult result = run_cli(row.args);
      const std::string all = result.out + result.err;
      INFO(all);
      CHECK(result.status == row.status);
      CHECK(all.find(row.says) != std::string::npos);
    }
  }
}

TEST_CASE("configurations beyond a number are told of") {
  const TempDir dir;
  std::string many;
  for (int i = 0; i < 1001; ++i)
    many += "---\napiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: []\n";
  dir.write("many.yaml", many);
  const InDirectory here(dir.path());
  const test::CliResult result = run_cli({"scan", "many.yaml"});
  CHECK(result.err.find("only the first 1000 configurations of authentication were looked at") !=
        std::string::npos);
}
