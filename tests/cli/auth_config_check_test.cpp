#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "run_cli.h"
#include "support/test_data.h"

// `auth-config check` and `scan` say the same of a configuration: one is a closer look at what the other
// finds.

using namespace oidc_audit;
using test::run_cli;

namespace {

// Rule, object, pointer and place of every finding.
std::set<std::string> findings_of(const std::vector<std::string>& args) {
  std::vector<std::string> all = args;
  all.insert(all.end(), {"-o", "json", "--min-severity", "info", "--fail-on", "never"});
  const test::CliResult result = run_cli(all);
  INFO(result.err);
  std::set<std::string> out;
  const nlohmann::json report = nlohmann::json::parse(result.out, nullptr, false);
  REQUIRE(report.is_object());
  for (const nlohmann::json& finding : report.at("findings")) {
    out.insert(finding.at("rule").get<std::string>() + " " + finding.at("object").dump() + " " +
               finding.at("pointer").get<std::string>() + " " + finding.at("location").dump());
  }
  return out;
}

}  // namespace

TEST_CASE("a check and a scan call a configuration by the same name") {
  const test::TempDir dir;
  dir.write(
      "kubeadm.yaml",
      "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\nmetadata: {name: main}\napiServer:\n"
      "  extraArgs:\n  - {name: oidc-issuer-url, value: 'https://idp.example.com'}\n"
      "  - {name: oidc-client-id, value: kubernetes}\n");
  dir.write("config.yaml",
            "kube-apiserver-arg:\n- oidc-issuer-url=https://idp.example.com\n- oidc-client-id=kubernetes\n");
  dir.write("list.yaml",
            "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: "
            "kube-apiserver}\n  spec:\n    containers:\n    - name: kube-apiserver\n      command:\n"
            "      - kube-apiserver\n      - --oidc-issuer-url=https://idp.example.com\n"
            "      - --oidc-client-id=kubernetes\n");
  const std::string fixtures = test::source_dir() + "/fixtures";
  struct Row {
    std::string file;
    const char* kind;  // of the object of some finding
  };
  const Row rows[] = {
      {fixtures + "/authn/risky.yaml", R"("kind":"AuthenticationConfiguration")"},
      {fixtures + "/authn/kube-apiserver.yaml", R"("kind":"Pod","name":"kube-apiserver")"},
      {fixtures + "/managed/eks-identity-provider.json", R"("kind":"IdentityProviderConfig")"},
      {fixtures + "/managed/clientconfig.yaml", R"("kind":"ClientConfig","name":"default")"},
      {fixtures + "/managed/openshift.yaml", R"("kind":"Authentication","name":"cluster")"},
      {fixtures + "/managed/aks-jwt-authenticator.json", R"("kind":"JWTAuthenticator")"},
      {dir.path() + "/kubeadm.yaml", R"("kind":"ClusterConfiguration","name":"main")"},
      {dir.path() + "/config.yaml", R"("kind":"config.yaml")"},
      {dir.path() + "/list.yaml", R"("kind":"Pod","name":"kube-apiserver")"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.file.substr(row.file.rfind('/') + 1)) {
      const std::set<std::string> checked = findings_of({"auth-config", "check", row.file});
      CHECK(checked == findings_of({"scan", row.file}));
      bool named = checked.empty();
      for (const std::string& finding : checked) {
        INFO(finding);
        named = named || finding.find(row.kind) != std::string::npos;
      }
      CHECK(named);
      CHECK_FALSE(checked.empty());
    }
  }
}
