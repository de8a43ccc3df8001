#include "oidc/config_source.h"

#include <catch2/catch.hpp>
#include <map>

#include "base/http.h"
#include "document/lazy_stream.h"
#include "oidc/auth_config_write.h"
#include "oidc/claims_view.h"
#include "oidc/discovery.h"
#include "oidc/test_keys.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {
namespace {

struct Source {
  SourceManager sources;
  FoundConfig found;
  ConfigSource source;

  explicit Source(std::string text, const ReadNamedFile& read = {}) {
    document::LazyStream documents(sources, sources.add("file", std::move(text)).value());
    found = load_config_source(sources, documents, kNewestKubernetesMinor, read);
    source = found.source;
  }
  const JwtAuthenticator& jwt() const {
    REQUIRE(source.loaded.config.jwt.size() == 1);
    return source.loaded.config.jwt.front();
  }
};

void check_flags(const Source& found) {
  CHECK(found.source.loaded.status == ConfigStatus::valid);
  CHECK(found.source.loaded.config.origin == ConfigOrigin::flags);
  CHECK(found.jwt().issuer.url.value == "https://i");
  CHECK(found.jwt().claim_mappings.username.prefix->value == "https://i#");
  REQUIRE(found.jwt().claim_validation_rules.size() == 1);
  CHECK(found.jwt().claim_validation_rules[0].required_value.value == "b");
  REQUIRE(found.jwt().issuer.url.range.has_value());
}

TEST_CASE("arguments in a static pod manifest", "[oidc][config_source]") {
  const Source found(
      "apiVersion: v1\nkind: Pod\nmetadata: {name: kube-apiserver}\nspec:\n  containers:\n"
      "  - name: sidecar\n    command: [x]\n"
      "  - name: kube-apiserver\n    command:\n    - kube-apiserver\n    - --v=2\n"
      "    - --oidc-issuer-url=https://i\n    args:\n    - --oidc-client-id\n    - c\n    - "
      "--oidc-required-claim=a=b\n");
  CHECK(found.source.kind == ConfigSourceKind::static_pod);
  check_flags(found);
  CHECK(found.sources.start(*found.jwt().issuer.url.range).line == 12);
}

TEST_CASE("arguments in a kubeadm configuration of either form", "[oidc][config_source]") {
  const Source map(
      "apiVersion: kubeadm.k8s.io/v1beta3\nkind: InitConfiguration\n---\n"
      "apiVersion: kubeadm.k8s.io/v1beta3\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n"
      "    oidc-issuer-url: https://i\n    oidc-client-id: c\n    oidc-required-claim: a=b\n");
  CHECK(map.source.kind == ConfigSourceKind::kubeadm);
  check_flags(map);
  const Source list(
      "apiVersion: kubeadm.k8s.io/v1beta4\nkind: ClusterConfiguration\napiServer:\n  extraArgs:\n"
      "  - {name: oidc-issuer-url, value: https://i}\n  - {name: oidc-client-id, value: c}\n"
      "  - {name: oidc-required-claim, value: a=b}\n");
  check_flags(list);
}

TEST_CASE("arguments in the configuration of k3s", "[oidc][config_source]") {
  const Source found(
      "write-kubeconfig-mode: \"0644\"\nkube-apiserver-arg:\n- oidc-issuer-url=https://i\n- "
      "oidc-client-id=c\n"
      "- \"--oidc-required-claim=a=b\"\n");
  CHECK(found.source.kind == ConfigSourceKind::distribution);
  check_flags(found);
}

TEST_CASE("arguments that name a configuration file", "[oidc][config_source]") {
  const std::string k3s = "kube-apiserver-arg: [authentication-config=/etc/auth.yaml]\n";
  const Source here(k3s, [](const std::string& path) -> std::optional<std::string> {
    CHECK(path == "/etc/auth.yaml");
    return "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n- issuer: {url: "
           "https://f}\n";
  });
  CHECK(here.jwt().issuer.url.value == "https://f");
  const Source away(k3s);
  CHECK(away.source.loaded.status == ConfigStatus::load_error);
  const Source both(
      "kube-apiserver-arg: [authentication-config=/a, oidc-issuer-url=https://i, oidc-client-id=c]\n");
  CHECK(aggregate(both.source.loaded.errors) ==
        "authentication-config file and oidc-* flags are mutually exclusive");
}

TEST_CASE("what is none of them is taken for a configuration", "[oidc][config_source]") {
  CHECK(Source("kind: Pod\napiVersion: v1\nspec: {containers: [{name: x}]}\n").source.loaded.status ==
        ConfigStatus::load_error);
  CHECK(Source("a: b\n").source.loaded.status == ConfigStatus::load_error);
}

TEST_CASE("a written configuration reads back as the same", "[oidc][config_source]") {
  std::vector<ServerArgument> arguments;
  for (const char* flag :
       {"--oidc-issuer-url=https://i", "--oidc-client-id=a \"b\": #c", "--oidc-username-prefix=-",
        "--oidc-groups-claim=g", "--oidc-groups-prefix=x:\t", "--oidc-required-claim=k="}) {
    arguments.push_back({flag, {}});
  }
  const LoadedConfig from_flags = config_from_flags(parse_server_arguments(arguments));
  const std::string text = write_auth_config(from_flags.config);
  const Source read(text);
  CHECK(aggregate(read.source.loaded.errors) == "");
  CHECK(read.jwt().issuer.audiences[0].value == "a \"b\": #c");
  REQUIRE(read.jwt().claim_mappings.username.prefix.has_value());
  CHECK(read.jwt().claim_mappings.username.prefix->empty());
  CHECK(read.jwt().claim_mappings.groups.prefix->value == "x:\t");
  CHECK(read.jwt().claim_validation_rules[0].claim.value == "k");
  AuthConfig again = read.source.loaded.config;
  again.origin = ConfigOrigin::flags;
  CHECK(write_auth_config(again) == text);
}

/// Answers from a table.
class FakeHttp final : public Http {
 public:
  std::map<std::string, HttpResponse> answers;
  std::vector<HttpRequest> requests;
  Result<HttpResponse> get(const HttpRequest& request) override {
    requests.push_back(request);
    const auto at = answers.find(request.url);
    if (at == answers.end()) return Error(ErrorKind::network, "no route to host");
    return at->second;
  }
};

HttpResponse ok(std::string body) {
  HttpResponse response;
  response.status = 200;
  response.body = std::move(body);
  return response;
}

TEST_CASE("discovery as the server does it", "[oidc][discovery]") {
  const test::TestKey key = test::TestKey::ec("k1", "P-256");
  JwtAuthenticator jwt;
  jwt.issuer.url.value = "https://i/";
  jwt.issuer.certificate_authority.value = "PEM";
  FakeHttp http;
  const std::string well_known = "https://i/.well-known/openid-configuration";
  http.answers[well_known] = ok(R"({"issuer":"https://i/","jwks_uri":"https://i/keys"})");
  http.answers["https://i/keys"] = ok(test::jwks({key.jwk()}));
  {
    const auto keys = discover_keys(jwt, http);
    REQUIRE(keys.ok());
    CHECK(keys.value().keys()[0].id == "k1");
    CHECK(http.requests[0].ca_pem == "PEM");
  }
  SECTION("the document names another issuer") {
    http.answers[well_known] = ok(R"({"issuer":"https://i","jwks_uri":"https://i/keys"})");
    CHECK(
        discover_keys(jwt, http).error().message() ==
        R"(oidc: issuer did not match the issuer returned by provider, expected "https://i/" got "https://i")");
  }
  SECTION("a discovery URL of its own") {
    jwt.issuer.discovery_url.value = "https://elsewhere/doc";
    CHECK(!discover_keys(jwt, http).ok());
    http.answers["https://elsewhere/doc"] = http.answers[well_known];
    CHECK(discover_keys(jwt, http).ok());
  }
  SECTION("keys that are not https are not fetched") {
    http.answers[well_known] = ok(R"({"issuer":"https://i/","jwks_uri":"http://i/keys"})");
    const std::size_t before = http.requests.size();
    CHECK(!discover_keys(jwt, http).ok());
    CHECK(http.requests.size() == before + 1);
  }
  SECTION("no keys, no JSON, an error") {
    http.answers[well_known] = ok(R"({"issuer":"https://i/"})");
    CHECK(discover_keys(jwt, http).error().message() == "provider did not return JWKS URL");
    http.answers[well_known] = ok("<html>");
    CHECK(!discover_keys(jwt, http).ok());
    http.answers[well_known].status = 404;
    CHECK(!discover_keys(jwt, http).ok());
  }
}

TEST_CASE("what of a payload may be shown", "[oidc][claims]") {
  CHECK(redact_claims("no json").empty());
  CHECK(redact_claims(R"({"a":1,"nonce":"x","b":{"access_token":["y",2]}})") ==
        "{\"a\":1,\"nonce\":\"(hidden)\",\"b\":{\"access_token\":[\"(hidden)\",2]}}");
  const std::string deep = std::string(5000, '[') + "\"eyJhbGciOiJSUzI1NiJ9.x\"" + std::string(5000, ']');
  CHECK(redact_claims(deep).find("eyJ") == std::string::npos);
}

}  // namespace
}  // namespace oidc_audit::oidc
