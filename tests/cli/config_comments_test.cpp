#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/strings.h"
#include "run_cli.h"

// Comments accept findings in every file that a server's configuration can stand in.

using namespace oidc_audit;
using test::InDirectory;
using test::run_cli;
using test::TempDir;

namespace {

// `@` stands where the comment goes, behind a value or on a line of its own.
struct Form {
  const char* name;
  const char* file;
  const char* text;
};
const Form kForms[] = {
    {"static_pod", "kube-apiserver.yaml",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver}\nspec:\n  containers:\n"
     "  - name: kube-apiserver\n    command:\n    - kube-apiserver\n    - "
     "--oidc-issuer-url=https://idp.example.com\n"
     "    - --oidc-client-id=kubernetes @\n"},
    {"static_pod_line_above", "kube-apiserver.yaml",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver}\nspec:\n  containers:\n"
     "  - name: kube-apiserver\n    command:\n    - kube-apiserver\n    - "
     "--oidc-issuer-url=https://idp.example.com\n"
     "    @\n    - --oidc-client-id=kubernetes\n"},
    {"pod_in_a_list", "pods.yaml",
     "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: a}\n  spec:\n"
     "    containers:\n    - name: kube-apiserver\n      args:\n      - "
     "--oidc-issuer-url=https://idp.example.com\n"
     "      - --oidc-client-id=kubernetes @\n"},
    {"k3s", "config.yaml",
     "write-kubeconfig-mode: \"0644\"\nkube-apiserver-arg:\n- oidc-issuer-url=https://idp.example.com\n"
     "- oidc-client-id=kubernetes @\n"},
    {"kubeadm", "kubeadm.yaml",
     "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n"
     "  - {name: oidc-issuer-url, value: 'https://idp.example.com'}\n"
     "  - name: oidc-client-id\n    value: kubernetes @\n"},
    {"kubeadm_map", "kubeadm.yaml",
     "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n"
     "    oidc-issuer-url: https://idp.example.com\n    @\n    oidc-client-id: kubernetes\n"},
    {"authentication_configuration", "auth.yaml",
     "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
     "- issuer: {url: 'https://idp.example.com', audiences: [kubernetes]} @\n"
     "  claimMappings: {username: {claim: sub, prefix: 'x:'}}\n"},
    {"gke", "clientconfig.yaml",
     "apiVersion: authentication.gke.io/v2alpha1\nkind: ClientConfig\nmetadata: {name: default}\nspec:\n"
     "  authentication:\n  - name: corp\n    oidc:\n      issuerURI: https://idp.example.com\n"
     "      userPrefix: 'x:'\n      clientID: kubernetes @\n"},
};

bool found(const test::CliResult& result) { return result.out.find("[vague-audience]") != std::string::npos; }

}  // namespace

TEST_CASE("comments accept findings in every form of a configuration") {
  for (const Form& form : kForms) {
    DYNAMIC_SECTION(form.name) {
      const TempDir dir;
      const InDirectory here(dir.path());
      const auto write = [&](const char* comment) {
        dir.write(form.file, replace_all(form.text, "@", comment));
      };
      const std::vector<std::vector<std::string>> commands = {
          {"scan", "-v", "--min-severity", "info", "."},
          {"scan", "-v", "--min-severity", "info", "--only-manifests", form.file},
          {"auth-config", "check", "-v", "--min-severity", "info", form.file}};
      for (const std::vector<std::string>& command : commands) {
        INFO(command[1]);
        write("# reviewed");
        const test::CliResult plain = run_cli(command);
        INFO(plain.out + plain.err);
        CHECK(found(plain));
        write("# oidc-audit: ignore[vague-audience] one cluster only");
        const test::CliResult accepted = run_cli(command);
        INFO(accepted.out + accepted.err);
        CHECK_FALSE(found(accepted));
        // A comment that is read twice is not said to be of no use once.
        CHECK(accepted.err.find("unused-suppression") == std::string::npos);
        write("# oidc-audit: ignore[no-such-rule] one cluster only");
        const test::CliResult unknown = run_cli(command);
        CHECK(found(unknown));
        CHECK(unknown.err.find("`no-such-rule` names no rule") != std::string::npos);
        CHECK(unknown.err.find("`no-such-rule` names no rule") ==
              unknown.err.rfind("`no-such-rule` names no rule"));
      }
    }
  }
}
