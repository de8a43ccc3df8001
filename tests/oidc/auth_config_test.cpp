#include "oidc/auth_config.h"

#include <catch2/catch.hpp>

#include "source/source_manager.h"

namespace oidc_audit::oidc {
namespace {

struct Decoded {
  SourceManager sources;
  LoadedConfig loaded;

  explicit Decoded(std::string text, int minor = kNewestKubernetesMinor) {
    const auto buffer = sources.add("auth.yaml", std::move(text));
    REQUIRE(buffer.ok());
    loaded = decode_auth_config(sources, buffer.value(), minor);
  }
  std::string error() const { return aggregate(loaded.errors); }
};

const std::string kHead = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n";

TEST_CASE("texts that are no configuration", "[oidc][auth_config]") {
  struct Row {
    const char* name;
    std::string text;
    std::string error;
  };
  const Row rows[] = {
      {"empty", "", "empty config data"},
      {"blank", " ", "Object 'Kind' is missing in ' '"},
      {"no kind", "apiVersion: apiserver.config.k8s.io/v1\n",
       "Object 'Kind' is missing in 'apiVersion: apiserver.config.k8s.io/v1\n'"},
      {"no version", "kind: AuthenticationConfiguration\n",
       "Object 'apiVersion' is missing in 'kind: AuthenticationConfiguration\n'"},
      {"unknown version", "apiVersion: apiserver.config.k8s.io/v2\nkind: AuthenticationConfiguration\n",
       R"(no kind "AuthenticationConfiguration" is registered for version "apiserver.config.k8s.io/v2")"},
      {"other group", "apiVersion: v1\nkind: ConfigMap\n",
       R"(no kind "ConfigMap" is registered for version "v1")"},
      {"slashes", "apiVersion: a/b/c\nkind: X\n", "unexpected GroupVersion string: a/b/c"},
      {"other kind",
       "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers: []\n",
       "expected AuthenticationConfiguration, got *apiserver.AuthorizationConfiguration"},
      {"unknown fields", kHead + "foo: 1\njwt:\n- issuer: {URL: x}\n",
       R"(strict decoding error: unknown field "foo", unknown field "jwt[0].issuer.URL")"},
      {"key twice", kHead + "jwt:\n- issuer:\n    url: a\n    url: b\n",
       "strict decoding error: yaml: unmarshal errors:\n  line 6: key \"url\" already set in map"},
      {"number for text", kHead + "jwt:\n- issuer:\n    url: 5\n",
       "json: cannot unmarshal number into Go struct field Issuer.jwt.issuer.url of type string"},
      {"text for list", kHead + "jwt:\n- issuer:\n    audiences: a\n",
       "json: cannot unmarshal string into Go struct field Issuer.jwt.issuer.audiences of type []string"},
      {"text for entries", kHead + "jwt: a\n",
       "json: cannot unmarshal string into Go struct field AuthenticationConfiguration.jwt of type "
       "[]v1.JWTAuthenticator"},
      {"text for enabled", kHead + "anonymous: {enabled: \"yes\"}\n",
       "json: cannot unmarshal string into Go struct field AnonymousAuthConfig.anonymous.enabled of type "
       "bool"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Decoded decoded(row.text);
      CHECK(decoded.loaded.status == ConfigStatus::load_error);
      CHECK(decoded.error() == row.error);
    }
  }
}

TEST_CASE("versions and fields by release", "[oidc][auth_config]") {
  const std::string egress = "jwt:\n- issuer: {egressSelectorType: cluster}\n";
  CHECK(Decoded(kHead, 34).loaded.status == ConfigStatus::valid);
  CHECK(Decoded(kHead, 33).loaded.status == ConfigStatus::load_error);
  const std::string beta = "apiVersion: apiserver.config.k8s.io/v1beta1\nkind: AuthenticationConfiguration\n";
  CHECK(Decoded(beta + egress, 34).loaded.status == ConfigStatus::valid);
  CHECK(Decoded(beta + egress, 33).error() ==
        R"(strict decoding error: unknown field "jwt[0].issuer.egressSelectorType")");
  CHECK(Decoded(beta + "anonymous: {enabled: true}\n", 30).loaded.status == ConfigStatus::load_error);
}

TEST_CASE("everything is read, with its place", "[oidc][auth_config]") {
  const Decoded decoded(
      kHead +
      "jwt:\n"
      "- issuer: {url: https://a, discoveryURL: https://d, audiences: [x, z], audienceMatchPolicy: "
      "MatchAny}\n"
      "  claimValidationRules:\n"
      "  - {claim: hd, requiredValue: v}\n"
      "  - {expression: 'true', message: m}\n"
      "  claimMappings:\n"
      "    username: {claim: sub, prefix: \"\"}\n"
      "    groups: {expression: claims.g}\n"
      "    uid: {claim: oid}\n"
      "    extra: [{key: a/b, valueExpression: claims.e}]\n"
      "  userValidationRules: [{expression: 'true'}]\n"
      "- null\n"
      "anonymous:\n"
      "  enabled: true\n"
      "  conditions: [{path: /healthz}]\n"
      "---\n"
      "this: [is, never, read\n");
  REQUIRE(decoded.error() == "");
  const AuthConfig& config = decoded.loaded.config;
  REQUIRE(config.jwt.size() == 2);
  const JwtAuthenticator& jwt = config.jwt.front();
  CHECK(jwt.issuer.discovery_url.value == "https://d");
  CHECK(jwt.issuer.audiences[1].value == "z");
  CHECK(decoded.sources.text(*jwt.issuer.audiences[1].range) == "z");
  CHECK(jwt.claim_validation_rules[0].required_value.value == "v");
  CHECK(jwt.claim_validation_rules[1].message.value == "m");
  REQUIRE(jwt.claim_mappings.username.prefix.has_value());
  CHECK(jwt.claim_mappings.username.prefix->empty());
  CHECK(!jwt.claim_mappings.groups.prefix.has_value());
  CHECK(jwt.claim_mappings.uid.claim.value == "oid");
  CHECK(jwt.claim_mappings.extra[0].key.value == "a/b");
  CHECK(config.anonymous->paths[0].value == "/healthz");
  CHECK(decoded.sources.start(*jwt.claim_mappings.groups.expression.range).line == 10);
}

TEST_CASE("errors have places", "[oidc][auth_config]") {
  const Decoded decoded(kHead + "jwt:\n- issuer:\n    clientID: x\n");
  REQUIRE(decoded.loaded.errors.size() == 1);
  CHECK(decoded.loaded.errors[0].pointer == "/jwt/0/issuer/clientID");
  REQUIRE(decoded.loaded.errors[0].range.has_value());
  CHECK(decoded.sources.text(*decoded.loaded.errors[0].range) == "clientID");
  CHECK(decoded.sources.start(*decoded.loaded.errors[0].range).line == 5);
}

TEST_CASE("several errors in one line, as the server joins them", "[oidc][auth_config]") {
  std::vector<ConfigError> errors(3);
  errors[0].text = "a";
  errors[1].text = "b";
  errors[2].text = "a";
  CHECK(aggregate(errors) == "[a, b]");
  CHECK(aggregate(std::span(errors).first(1)) == "a");
  CHECK(aggregate({}).empty());
}

}  // namespace
}  // namespace oidc_audit::oidc
