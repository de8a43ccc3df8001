#include "cluster/kubeconfig.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>

#include "base/files.h"

using namespace oidc_audit;
using namespace oidc_audit::cluster;

namespace {

using Tree = std::map<std::string, std::string>;

const std::string kBase = R"(apiVersion: v1
kind: Config
current-context: one
clusters:
- name: c
  cluster: {server: "https://c.example.com:6443/"}
users:
- name: u
  user: {token: secret-token}
contexts:
- name: one
  context: {cluster: c, user: u, namespace: web}
)";

struct World {
  Tree files;
  std::map<std::string, std::string> env;
  KubeFlags flags;
};

Result<ClientConfig> load(const World& world) {
  const MemoryFiles files(world.files);
  return load_client_config(world.flags, files, [&](const std::string& name) -> std::optional<std::string> {
    const auto it = world.env.find(name);
    if (it == world.env.end()) return std::nullopt;
    return it->second;
  });
}

/// kBase with the body of its cluster, user or context replaced.
std::string with(const std::string& what, const std::string& body) {
  const std::map<std::string, std::string> old = {{"cluster", "{server: \"https://c.example.com:6443/\"}"},
                                                  {"user", "{token: secret-token}"},
                                                  {"context", "{cluster: c, user: u, namespace: web}"}};
  std::string text = kBase;
  return text.replace(text.find(old.at(what)), old.at(what).size(), body);
}

Result<ClientConfig> one(const std::string& what, const std::string& body, Tree more = {}) {
  more["/k/config"] = with(what, body);
  return load({more, {{"KUBECONFIG", "/k/config"}}, {}});
}

std::string error_of(const Result<ClientConfig>& result) {
  return result.ok() ? "no error" : result.error().message();
}

}  // namespace

TEST_CASE("files are found as client-go finds them") {
  SECTION("home") {
    const auto config = load({{{"/home/a/.kube/config", kBase}}, {{"HOME", "/home/a"}}, {}});
    REQUIRE(config.ok());
    CHECK(config.value().server == "https://c.example.com:6443");
    CHECK(config.value().namespace_name == "web");
    CHECK(config.value().context == "one");
    CHECK(config.value().token == "secret-token");
  }
  SECTION("KUBECONFIG is a list, missing files are passed over, the first file wins") {
    const std::string second =
        R"({"current-context":"two","clusters":[{"name":"c","cluster":{"server":"https://other"}},
      {"name":"d","cluster":{"server":"https://d"}}],"contexts":[{"name":"two","context":{"cluster":"d","user":"u"}}]})";
    World world{{{"/a", kBase}, {"/b", second}}, {{"KUBECONFIG", "/missing::/a:/b:/a"}}, {}};
    CHECK(load(world).value().server == "https://c.example.com:6443");
    world.flags.context = "two";
    CHECK(load(world).value().server == "https://d");
    world.env["KUBECONFIG"] = "/b:/a";
    world.flags.context = "one";
    CHECK(load(world).value().server == "https://other");
  }
  SECTION("--kubeconfig is the only one and must exist") {
    World world{{{"/a", kBase}}, {{"KUBECONFIG", "/a"}}, {}};
    world.flags.kubeconfig = "/missing";
    CHECK(load(world).error().kind() == ErrorKind::unreadable);
  }
  SECTION("no configuration is an error, not localhost") {
    CHECK_THAT(error_of(load({{}, {{"HOME", "/h"}}, {}})), Catch::Contains("no cluster is configured"));
  }
  SECTION("in a pod") {
    const std::string folder = "/var/run/secrets/kubernetes.io/serviceaccount";
    World world{{{folder + "/token", "t"}, {folder + "/ca.crt", "CA"}, {folder + "/namespace", "ops\n"}},
                {{"KUBERNETES_SERVICE_HOST", "fd00::1"}, {"KUBERNETES_SERVICE_PORT", "443"}},
                {}};
    const auto config = load(world);
    REQUIRE(config.ok());
    CHECK(config.value().server == "https://[fd00::1]:443");
    CHECK(config.value().token_file == folder + "/token");
    CHECK(config.value().ca_pem == "CA");
    CHECK(config.value().namespace_name == "ops");
    world.env["POD_NAMESPACE"] = "mine";
    CHECK(load(world).value().namespace_name == "mine");
  }
}

TEST_CASE("references to nothing are refused") {
  World world{{{"/a", kBase}}, {{"KUBECONFIG", "/a"}}, {}};
  world.flags.context = "onr";
  CHECK(error_of(load(world)) == "context `onr` does not exist");
  CHECK(load(world).error().hint() == "did you mean `one`?");
  CHECK_THAT(error_of(one("context", "{cluster: zz, user: u}")),
             Catch::Contains("cluster `zz` does not exist (named by context `one`)"));
  CHECK_THAT(error_of(one("context", "{cluster: c, user: zz}")), Catch::Contains("user `zz` does not exist"));
  world.flags = {};
  world.files["/a"] = kBase.substr(0, kBase.find("current-context")) + kBase.substr(kBase.find("clusters:"));
  CHECK_THAT(error_of(load(world)), Catch::Contains("no context is chosen"));
}

TEST_CASE("every field of a cluster is read") {
  CHECK(one("cluster", "{server: 'https://x', tls-server-name: tls.example}").value().tls_server_name ==
        "tls.example");
  const auto insecure = one("cluster", "{server: 'https://x', insecure-skip-tls-verify: true}");
  CHECK(insecure.value().insecure_skip_tls_verify);
  CHECK(insecure.value().warnings.size() == 1);
  CHECK(one("cluster", "{server: 'https://x', certificate-authority: ca.pem}", {{"/k/ca.pem", "PEM"}})
            .value()
            .ca_pem == "PEM");
  CHECK(one("cluster", "{server: 'https://x', certificate-authority-data: UEVN}").value().ca_pem == "PEM");
  CHECK(one("cluster", "{server: 'https://x', proxy-url: 'socks5://p:1080'}").value().proxy_url ==
        "socks5://p:1080");
  CHECK(one("cluster", "{server: 'https://x', disable-compression: true}").value().disable_compression);
  CHECK_THAT(error_of(one("cluster", "{}")), Catch::Contains("names no server"));
  CHECK_THAT(error_of(one("cluster", "{server: 'https://x', proxy-url: 'ftp://p'}")),
             Catch::Contains("proxy-url"));
  CHECK_THAT(error_of(one("cluster", "{server: 'https://x', certificate-authority: gone.pem}")),
             Catch::Contains("certificate-authority"));
  CHECK_THAT(error_of(one("cluster", "{server: 'https://x', certificate-authority-data: '%%'}")),
             Catch::Contains("not base64"));
  CHECK_THAT(
      error_of(one("cluster",
                   "{server: 'https://x', certificate-authority: ca.pem, certificate-authority-data: UEVN}",
                   {{"/k/ca.pem", "PEM"}})),
      Catch::Contains("both certificate-authority and"));
  CHECK_THAT(error_of(one(
                 "cluster",
                 "{server: 'https://x', insecure-skip-tls-verify: true, certificate-authority-data: UEVN}")),
             Catch::Contains("together with insecure"));
}

TEST_CASE("every field of a user is read") {
  const Tree pair = {{"/k/c.pem", "CERT"}, {"/k/k.pem", "KEY"}};
  CHECK(one("user", "{client-certificate: c.pem, client-key: k.pem}", pair).value().client_certificate_pem ==
        "CERT");
  CHECK(one("user", "{client-certificate: c.pem, client-key: k.pem}", pair).value().client_key_pem == "KEY");
  CHECK(one("user", "{client-certificate-data: Q0VSVA==, client-key-data: S0VZ}").value().client_key_pem ==
        "KEY");
  CHECK(one("user", "{tokenFile: sub/token}").value().token_file == "/k/sub/token");
  CHECK(one("user", "{username: a, password: b}").value().password == "b");
  CHECK_THAT(one("user", "{username: a, password: b}").value().warnings.at(0), Catch::Contains("anonymous"));
  CHECK_THAT(one("user", "{}").value().warnings.at(0), Catch::Contains("no credentials"));
  CHECK(one("user", "{token: t}").value().warnings.empty());
  const auto as =
      one("user", "{token: t, as: jane, as-uid: '7', as-groups: [x, z], as-user-extra: {scopes: [z]}}");
  CHECK(as.value().impersonation.user == "jane");
  CHECK(as.value().impersonation.uid == "7");
  CHECK(as.value().impersonation.groups == std::vector<std::string>{"x", "z"});
  CHECK(as.value().impersonation.extra.at(0).second.at(0) == "z");
  CHECK(one("user", "{token: t, act-as: jane}").value().impersonation.user.empty());
  CHECK_THAT(error_of(one("user", "{token: t, as-groups: [x]}")), Catch::Contains("without a user"));
  CHECK_THAT(error_of(one("user", "{client-certificate-data: Q0VSVA==}")),
             Catch::Contains("without its key"));
  CHECK_THAT(error_of(one("user", "{token: t, username: a, password: b}")),
             Catch::Contains("more than one authentication method"));
  CHECK_THAT(error_of(one("user", "{auth-provider: {name: oidc, config: {}}}")),
             Catch::Contains("auth-provider `oidc` is no longer supported"));
}

TEST_CASE("exec plugins are read and checked") {
  const auto exec = one("user",
                        "{exec: {apiVersion: client.authentication.k8s.io/v1, command: ./bin/get, args: [a], "
                        "env: [{name: VAR, value: V}], interactiveMode: Never, provideClusterInfo: true, "
                        "installHint: get it}}");
  REQUIRE(exec.ok());
  CHECK(exec.value().exec->command == "/k/./bin/get");
  CHECK(exec.value().exec->env.at(0).second == "V");
  CHECK(exec.value().exec->provide_cluster_info);
  CHECK(exec.value().exec->cluster_config_json == "null");
  CHECK(one("user", "{exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}}")
            .value()
            .exec->command == "aws");
  CHECK_FALSE(
      one("user", "{token: t, exec: {apiVersion: client.authentication.k8s.io/v1beta1, command: aws}}")
          .value()
          .exec);
  CHECK_THAT(error_of(one("user", "{exec: {apiVersion: client.authentication.k8s.io/v1, command: aws}}")),
             Catch::Contains("interactiveMode"));
  CHECK_THAT(
      error_of(one("user", "{exec: {apiVersion: client.authentication.k8s.io/v1alpha1, command: aws}}")),
      Catch::Contains("v1alpha1"));
  CHECK_THAT(error_of(one("user", "{exec: {command: aws}}")), Catch::Contains("no apiVersion"));
}

TEST_CASE("flags win over files") {
  World world{{{"/k/config",
                with("cluster",
                     "{server: 'https://x', tls-server-name: tls.example, insecure-skip-tls-verify: true}")},
               {"/ca.pem", "PEM"}},
              {{"KUBECONFIG", "/k/config"}},
              {}};
  world.flags.certificate_authority = "/ca.pem";
  world.flags.server = "https://other";
  world.flags.namespace_name = "n";
  world.flags.request_timeout = "1m30s";
  world.flags.as.user = "jane";
  const auto config = load(world);
  REQUIRE(config.ok());
  CHECK(config.value().ca_pem == "PEM");
  CHECK_FALSE(config.value().insecure_skip_tls_verify);
  CHECK(config.value().tls_server_name.empty());
  CHECK(config.value().server == "https://other");
  CHECK(config.value().namespace_name == "n");
  CHECK(config.value().request_timeout_ms == 90000);
  CHECK(config.value().impersonation.user == "jane");
}

TEST_CASE("bad files are one error with a place, and secrets stay out of it") {
  CHECK_THAT(error_of(one("user", "{token: 12345}")),
             Catch::Contains("/k/config:9:17: `token` is of type integer"));
  CHECK_THAT(error_of(one("cluster", "{server: 'https://x', tls-server-name: y}")),
             Catch::Contains("is of type boolean"));
  CHECK_THAT(error_of(one("user", "{token: 12345}")), !Catch::Contains("12345"));
  CHECK_FALSE(one("user", "{token: [").ok());
  CHECK_THAT(error_of(one("context", "{cluster: c, user: u, namespace: No_Label}")),
             Catch::Contains("not a DNS label"));
  World world{
      {{"/a", kBase + "- name: one\n  context: {cluster: c, user: u}\n"}}, {{"KUBECONFIG", "/a"}}, {}};
  CHECK_THAT(error_of(load(world)), Catch::Contains("two entries of `contexts` are named `one`"));
  world.files["/a"] = "just text";
  CHECK_THAT(error_of(load(world)), Catch::Contains("not a kubeconfig"));
}

TEST_CASE("no credentials over plain http") {
  CHECK_THAT(error_of(one("cluster", "{server: 'http://x'}")), Catch::Contains("plain http"));
}

TEST_CASE("durations are Go's") {
  CHECK(parse_timeout("30").value() == 30000);
  CHECK(parse_timeout("0").value() == 0);
  CHECK(parse_timeout("1h").value() == 3600000);
  CHECK(parse_timeout("1.5s").value() == 1500);
  for (const char* bad : {"", "x", "5x", "-1s", "1m30", "s"}) {
    INFO(bad);
    CHECK_FALSE(parse_timeout(bad).ok());
  }
}
