#include "oidc/platform_config.h"

#include <catch2/catch.hpp>

#include "document/lazy_stream.h"
#include "oidc/auth_config_write.h"
#include "oidc/authenticator.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {
namespace {

struct Source {
  SourceManager sources;
  ConfigSource source;

  explicit Source(std::string text) {
    document::LazyStream documents(sources, sources.add("file", std::move(text)).value());
    source = load_config_source(sources, documents, kNewestKubernetesMinor).source;
  }
  const AuthConfig& config() const { return source.loaded.config; }
  std::string errors() const {
    std::string out;
    LoadedConfig loaded = source.loaded;
    const Authenticators authenticators = Authenticators::from(std::move(loaded));
    for (const ConfigError& error : authenticators.errors()) out += error.text + "\n";
    return out;
  }
  AuthenticationResult authenticate(const std::string& claims) const {
    LoadedConfig loaded = source.loaded;
    AuthenticateOptions options;
    options.now = Timestamp{1'790'000'000, 0};
    options.assume_signature = true;
    return Authenticators::from(std::move(loaded))
        .authenticate({Credential::Kind::claims, claims, {}}, options);
  }
  std::string user(const std::string& claims) const {
    const AuthenticationResult result = authenticate(claims);
    if (!result.authenticated()) return "401 " + result.at + ": " + result.error;
    std::string out = result.user.name;
    for (const std::string& group : result.user.groups) out += " +" + group;
    return out;
  }
};

constexpr const char* kClaims =
    R"({"iss":"https://idp.example.com","aud":"k8s","sub":"u1","email":"a@example.com","groups":["dev"],"hd":"x","exp":1790003600})";

TEST_CASE("the OIDC provider of an EKS cluster", "[oidc][platform]") {
  const Source found(R"({
  "identityProviderConfig": {
    "oidc": {
      "identityProviderConfigName": "corp", "clusterName": "prod",
      "issuerUrl": "https://idp.example.com",
      "clientId": "k8s",
      "usernameClaim": "sub",
      "groupsClaim": "groups",
      "groupsPrefix": "corp:",
      "requiredClaims": {"hd": "x", "https://a/b": "y"},
      "tags": {}, "status": "ACTIVE"
    }}})");
  CHECK(found.source.kind == ConfigSourceKind::eks_identity_provider);
  CHECK(found.errors().empty());
  CHECK(found.user(kClaims) ==
        "401 identityProviderConfig.oidc.requiredClaims.https://a/b: oidc: required claim https://a/b not "
        "present in "
        "ID token");
  const AuthenticationResult refused = found.authenticate(kClaims);
  CHECK(refused.pointer == "/identityProviderConfig/oidc/requiredClaims/https:~1~1a~1b");
  REQUIRE(refused.range.has_value());
  CHECK(found.sources.start(*refused.range).line == 10);
  const std::string written = write_auth_config(found.config(), "apiserver.config.k8s.io/v1");
  CHECK(written.find("prefix: \"https://idp.example.com#\"") != std::string::npos);

  SECTION("prefixes as the flags") {
    struct Row {
      const char* members;
      const char* user;
    };
    const Row rows[] = {{R"("usernameClaim": "sub")", "https://idp.example.com#u1"},
                        {R"("usernameClaim": "email")", "a@example.com"},
                        {R"("usernamePrefix": "-")", "u1"},
                        {R"("usernamePrefix": "c:", "groupsClaim": "groups")", "c:u1 +dev"}};
    for (const Row& row : rows) {
      DYNAMIC_SECTION(row.members) {
        CHECK(Source(std::string(R"({"oidc": {"issuerUrl": "https://idp.example.com", "clientId": "k8s", )") +
                     row.members + "}}")
                  .user(kClaims) == row.user);
      }
    }
  }
  SECTION("what EKS refuses") {
    const Source bad(
        R"({"oidc": {"issuerUrl": "http://idp", "usernamePrefix": "system:x", "groupsPrefix": "a-system:", "requiredClaims": {"a": 5}}})");
    CHECK(bad.errors() ==
          "oidc.clientId: Required value: EKS needs the audience\n"
          "oidc.usernamePrefix: Invalid value: \"system:x\": EKS takes no prefix that contains `system:`\n"
          "oidc.groupsPrefix: Invalid value: \"a-system:\": EKS takes no prefix that contains `system:`\n"
          "oidc.requiredClaims.a: must be a string\n");
    const Source http(R"({"oidc": {"issuerUrl": "http://idp", "clientId": "c"}})");
    CHECK(http.errors() == "oidc.issuerUrl: Invalid value: \"http://idp\": URL scheme must be https\n");
  }
  SECTION("eksctl") {
    const Source eksctl(
        "apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: x, region: y}\n"
        "identityProviders:\n  - name: corp\n    type: oidc\n    issuerUrl: https://idp.example.com\n"
        "    clientId: k8s\n    usernamePrefix: 'c:'\n");
    CHECK(eksctl.user(kClaims) == "c:u1");
    CHECK(eksctl.user(R"({"iss":"https://idp.example.com","aud":"other","sub":"u1","exp":1790003600})")
              .starts_with("401 identityProviders[0].clientId: "));
  }
}

TEST_CASE("a ClientConfig of Identity Service for GKE", "[oidc][platform]") {
  const Source found(
      "apiVersion: authentication.gke.io/v2alpha1\nkind: ClientConfig\n"
      "metadata: {name: default, namespace: kube-public}\nspec:\n  authentication:\n"
      "  - name: aws\n    aws: {region: eu-west-1}\n"
      "  - name: corp\n    oidc:\n      clientID: k8s\n      clientSecret: hunter2-secret\n"
      "      issuerURI: https://idp.example.com\n      userClaim: email\n      userPrefix: 'corp:'\n"
      "      groupsClaim: groups\n      groupPrefix: 'grp:'\n"
      "  - name: other\n    oidc: {clientID: o, issuerURI: 'https://other.example.com'}\n");
  CHECK(found.source.kind == ConfigSourceKind::gke_client_config);
  CHECK(found.config().jwt.size() == 2);
  CHECK(found.errors().empty());
  CHECK(found.user(kClaims) == "corp:a@example.com +grp:dev");
  CHECK(found.user(R"({"iss":"https://idp.example.com","aud":"x","exp":1790003600})")
            .starts_with("401 spec.authentication[1].oidc.clientID: "));
  CHECK(found.user(R"({"iss":"https://idp.example.com/","aud":"x","exp":1790003600})")
            .starts_with("401 spec.authentication[1].oidc.issuerURI"));
  std::string notes;
  for (const std::string& note : found.source.notes) notes += note + "\n";
  CHECK(notes.find("spec.authentication[0]` is no OIDC provider (aws)") != std::string::npos);
  CHECK(notes.find("spec.authentication[2].oidc.userPrefix` is not set") != std::string::npos);
  CHECK(write_auth_config(found.config(), "v").find("hunter2") == std::string::npos);
  CHECK(Source("apiVersion: authentication.gke.io/v2alpha1\nkind: ClientConfig\nspec: {authentication: []}\n")
            .errors() == "spec.authentication: holds no OIDC provider\n");
}

TEST_CASE("the Authentication of OpenShift", "[oidc][platform]") {
  const std::string head =
      "apiVersion: config.openshift.io/v1\nkind: Authentication\nmetadata: {name: cluster}\nspec:\n";
  const std::string provider =
      "  type: OIDC\n  oidcProviders:\n  - name: corp\n    issuer:\n      issuerURL: "
      "https://idp.example.com\n"
      "      audiences: [k8s, other]\n      issuerCertificateAuthority: {name: corp-ca}\n";
  struct Row {
    const char* name;
    const char* rest;
    const char* user;
  };
  const Row rows[] = {
      {"default",
       "    claimMappings:\n      username: {claim: sub}\n      groups: {claim: groups, prefix: 'g:'}\n",
       "https://idp.example.com#u1 +g:dev"},
      {"email", "    claimMappings:\n      username: {claim: email}\n", "a@example.com"},
      {"no_prefix", "    claimMappings:\n      username: {claim: sub, prefixPolicy: NoPrefix}\n", "u1"},
      {"prefix",
       "    claimMappings:\n      username: {claim: sub, prefixPolicy: Prefix, prefix: {prefixString: "
       "'c:'}}\n",
       "c:u1"},
      {"expression", "    claimMappings:\n      username: {expression: \"'x-' + claims.sub\"}\n", "x-u1"},
      {"required",
       "    claimMappings:\n      username: {claim: sub}\n    claimValidationRules:\n    - type: "
       "RequiredClaim\n"
       "      requiredClaim: {claim: hd, requiredValue: z}\n",
       "401 spec.oidcProviders[0].claimValidationRules[0]: oidc: required claim hd value does not match. Got "
       "= x, "
       "want = z"},
      {"rule",
       "    claimMappings:\n      username: {claim: sub}\n    claimValidationRules:\n    - type: CEL\n"
       "      cel: {expression: \"claims.hd == 'y'\", message: not so}\n",
       "401 spec.oidcProviders[0].claimValidationRules[0].cel.expression: oidc: error evaluating claim "
       "validation "
       "expression: validation expression 'claims.hd == 'y'' failed: not so"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Source found(head + provider + row.rest);
      CHECK(found.source.kind == ConfigSourceKind::openshift_authentication);
      CHECK(found.errors().empty());
      CHECK(found.user(kClaims) == row.user);
    }
  }
  CHECK(Source(head + "  type: IntegratedOAuth\n")
            .errors()
            .starts_with("spec.type: no OIDC provider decides here"));
  CHECK(Source(head + provider + "    claimMappings:\n      username: {claim: sub, prefixPolicy: Maybe}\n")
            .errors() ==
        "spec.oidcProviders[0].claimMappings.username.prefixPolicy: invalid username prefix policy: Maybe\n");
}

TEST_CASE("a JWT authenticator of AKS", "[oidc][platform]") {
  const std::string body =
      R"json("issuer": {"url": "https://idp.example.com", "audiences": ["k8s"]},
 "claimMappings": {"username": {"expression": "'aks:jwt:' + claims.sub"},
  "groups": {"expression": "dyn(claims.groups).map(g, 'aks:jwt:' + g)"}},
 "claimValidationRules": [{"expression": "claims.hd == 'x'", "message": "no"}],
 "userValidationRules": [{"expression": "user.username != 'aks:jwt:u2'", "message": "not u2"}])json";
  const Source given("{" + body + "}");
  CHECK(given.source.kind == ConfigSourceKind::aks_jwt_authenticator);
  CHECK(given.errors().empty());
  CHECK(given.user(kClaims) == "aks:jwt:u1 +aks:jwt:dev");
  const Source shown(R"({"id": "x", "name": "corp", "properties": {)" + body + "}}");
  CHECK(shown.user(R"({"iss":"https://idp.example.com","aud":"x","sub":"u","exp":1790003600})")
            .starts_with("401 properties.issuer.audiences: "));
  const Source bare(
      R"({"issuer": {"url": "https://i", "audiences": ["k"]}, "claimMappings": {"username": {"expression": "claims.sub"}}})");
  std::string notes;
  for (const std::string& note : bare.source.notes) notes += note;
  CHECK(notes.find("puts it nowhere") != std::string::npos);
}

TEST_CASE("other documents are no platform's", "[oidc][platform]") {
  for (const char* text :
       {"{}", "[]", "a", "", "{\"oidc\": 5}", "{\"identityProviderConfig\": []}", "kind: ClientConfig\n",
        "kind: Authentication\napiVersion: v1\n", "{\"issuer\": {\"url\": 5}}",
        "{\"issuer\": {\"url\": \"x\"}, \"claimMappings\": 5}",
        "kind: ClusterConfig\napiVersion: eksctl.io/v1\n"}) {
    const Source found(text);
    CHECK(found.source.kind == ConfigSourceKind::authentication_configuration);
    CHECK(found.source.loaded.status == ConfigStatus::load_error);
  }
}

TEST_CASE("all JWT authenticators of an AKS cluster together", "[oidc][platform]") {
  const std::string one =
      R"({"issuer": {"url": "https://idp.example.com", "audiences": ["k8s"]}, "claimMappings": {"username": {"expression": "'aks:jwt:' + claims.sub"}}})";
  const std::string two =
      R"({"name": "ci", "properties": {"issuer": {"url": "https://ci.example.com", "audiences": ["k8s"]}, "claimMappings": {"username": {"expression": "'aks:jwt:ci:' + claims.sub"}}}})";
  for (const std::string& text : {"[" + one + "," + two + "]", "{\"value\": [" + one + ", " + two + "]}"}) {
    const Source found(text);
    CHECK(found.source.kind == ConfigSourceKind::aks_jwt_authenticator);
    CHECK(found.errors().empty());
    CHECK(found.user(kClaims) == "aks:jwt:u1");
    CHECK(found.user(R"({"iss":"https://ci.example.com","aud":"k8s","sub":"u2","exp":1790003600})") ==
          "aks:jwt:ci:u2");
  }
  CHECK(Source("[" + one + ", 5]").errors() == "[1]: is no JWT authenticator\n");
}

TEST_CASE("forms that nobody named are found where they are certain", "[oidc][platform]") {
  const char* const eks =
      R"({"identityProviderConfigName": "corp", "issuerUrl": "https://i", "clientId": "c"})";
  const std::string aks =
      R"("issuer": {"url": "https://i", "audiences": ["a"]}, "claimMappings": {"username": {"expression": "claims.sub"}})";
  struct Row {
    std::string text;
    std::vector<std::string> objects;  // kind and name of each
  };
  const Row rows[] = {
      {"{\"identityProviderConfig\": {\"oidc\": " + std::string(eks) + "}}", {"IdentityProviderConfig/corp"}},
      {"{\"clusterName\": \"prod\", \"oidc\": " + std::string(eks) + "}", {"IdentityProviderConfig/corp"}},
      {"{" + aks + "}", {"JWTAuthenticator/"}},
      {"[{\"name\": \"x\", \"properties\": {" + aks + "}}]", {"JWTAuthenticator/"}},
      {"apiVersion: eksctl.io/v1alpha5\nkind: ClusterConfig\nmetadata: {name: prod}\n"
       "identityProviders: [{type: oidc, name: a, issuerUrl: 'https://i', clientId: c}]\n",
       {"ClusterConfig/prod"}},
      {"apiVersion: v1\nkind: List\nitems:\n"
       "- {apiVersion: authentication.gke.io/v2alpha1, kind: ClientConfig, metadata: {name: default},"
       " spec: {authentication: [{oidc: {clientID: a, issuerURI: 'https://i'}}]}}\n"
       "- {apiVersion: config.openshift.io/v1, kind: Authentication, metadata: {name: cluster}, spec: {type: "
       "OIDC}}\n"
       "- {apiVersion: v1, kind: Pod, metadata: {name: api}, spec: {containers: [{name: kube-apiserver,"
       " command: [kube-apiserver, --oidc-issuer-url=https://i]}]}}\n"
       "- {apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: web, args: "
       "[--oidc-x]}]}}\n",
       {"ClientConfig/default", "Authentication/cluster", "Pod/api"}},
      // Settings of applications, schemas and other answers that resemble them.
      {R"({"oidc": {"issuerUrl": "https://i", "clientId": "c", "redirectUri": "https://r"}})", {}},
      {R"({"identityProviderConfig": {"oidc": {"issuerUrl": "https://i"}, "clientId": "c"}})", {}},
      {R"({"issuer": {"url": "https://i"}, "claimMappings": {"email": "mail"}})", {}},
      {R"({"issuer": "https://i", "claimMappings": {"username": {}}})", {}},
      {R"({"properties": {"issuer": {"type": "object"}, "claimMappings": {"username": {}}}})", {}},
      {R"([{"issuer": {}, "claimMappings": {}}])", {}},
      {"apiVersion: v1\nkind: ConfigMap\ndata: {issuerUrl: a, clientId: b}\n", {}},
      {"apiVersion: config.openshift.io.evil/v1\nkind: Authentication\n", {}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.text) {
      SourceManager sources;
      const BufferId buffer = sources.add("file", std::string(row.text)).value();
      std::vector<std::string> objects;
      document::LazyStream documents(sources, buffer);
      for (const FoundConfig& found : find_configs(sources, documents, kNewestKubernetesMinor))
        objects.push_back(found.kind + "/" + found.name);
      CHECK(objects == row.objects);
    }
  }
}

TEST_CASE("wrong types in a platform's form are said and never crash", "[oidc][platform]") {
  for (const char* text : {"{\"oidc\": {\"issuerUrl\": 5, \"clientId\": [], \"requiredClaims\": [1]}}",
                           "{\"apiVersion\": \"authentication.gke.io/v2alpha1\", \"kind\": \"ClientConfig\", "
                           "\"spec\": {\"authentication\": [1, "
                           "null, {\"oidc\": {\"issuerURI\": {}, \"certificateAuthorityData\": \"!\"}}]}}",
                           "{\"apiVersion\": \"config.openshift.io/v1\", \"kind\": \"Authentication\", "
                           "\"spec\": {\"type\": \"OIDC\", "
                           "\"oidcProviders\": [5, null, {\"issuer\": [], \"claimMappings\": 5, "
                           "\"claimValidationRules\": [5, {\"type\": 5}]}]}}",
                           "{\"issuer\": {\"url\": \"https://i\", \"audiences\": 5}, \"claimMappings\": "
                           "{\"username\": 5, \"extra\": [5]}}"}) {
    const Source found(text);
    CHECK(!found.errors().empty());
    CHECK(!found.authenticate(kClaims).authenticated());
  }
}

}  // namespace
}  // namespace oidc_audit::oidc
