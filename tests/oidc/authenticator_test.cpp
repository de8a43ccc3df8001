#include "oidc/authenticator.h"

#include <catch2/catch.hpp>

#include "oidc/jwks.h"
#include "oidc/legacy_flags.h"
#include "oidc/test_keys.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {
namespace {

using test::TestKey;

constexpr std::int64_t kNow = 1'790'000'000;

Authenticators from_flags(std::initializer_list<const char*> flags, int minor = kNewestKubernetesMinor) {
  std::vector<ServerArgument> arguments;
  for (const char* flag : flags) arguments.push_back({flag, {}});
  return Authenticators::from(config_from_flags(parse_server_arguments(arguments)), minor);
}

Authenticators from_text(SourceManager& sources, const std::string& jwt, int minor = kNewestKubernetesMinor) {
  const auto buffer = sources.add(
      "auth.yaml", "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n" + jwt);
  return Authenticators::from(decode_auth_config(sources, buffer.value(), minor), minor);
}

AuthenticateOptions options() {
  AuthenticateOptions made;
  made.now.seconds = kNow;
  return made;
}

AuthenticationResult claims(const Authenticators& authenticators, const std::string& payload) {
  return authenticators.authenticate({Credential::Kind::claims, payload, ""}, options());
}

std::string payload(const std::string& more) {
  return R"({"iss":"https://idp.example.com","aud":"k8s","sub":"a","exp":1790003600)" + more + "}";
}

// Each row is a refusal as people meet it.
TEST_CASE("refusals by flags, with what to change", "[oidc][authn]") {
  struct Row {
    const char* name;
    std::vector<const char*> flags;
    std::string claims;
    AuthnCause cause;
    const char* at;
    const char* fix_has;
  };
  const char* issuer = "--oidc-issuer-url=https://idp.example.com";
  const char* client = "--oidc-client-id=k8s";
  const Row rows[] = {
      {"another audience",
       {issuer, client},
       R"({"iss":"https://idp.example.com","aud":["headlamp"],"exp":1790003600})",
       AuthnCause::audience,
       "--oidc-client-id",
       "--oidc-client-id=headlamp"},
      {"quotes around the audience",
       {issuer, "--oidc-client-id=\"k8s\""},
       payload(""),
       AuthnCause::audience,
       "--oidc-client-id",
       "--oidc-client-id=k8s"},
      {"no audience",
       {issuer, client},
       R"({"iss":"https://idp.example.com","exp":1790003600})",
       AuthnCause::audience,
       "--oidc-client-id",
       "`aud` is `k8s`"},
      {"trailing slash",
       {issuer, client},
       R"({"iss":"https://idp.example.com/","aud":"k8s","exp":1790003600})",
       AuthnCause::issuer_not_configured,
       "--oidc-issuer-url",
       "--oidc-issuer-url=https://idp.example.com/"},
      {"another realm",
       {issuer, client},
       R"({"iss":"https://other.example","aud":"k8s","exp":1790003600})",
       AuthnCause::issuer_not_configured,
       "--oidc-issuer-url",
       "https://other.example"},
      {"upper case",
       {issuer, client},
       R"({"iss":"https://IDP.example.com","aud":"k8s","exp":1790003600})",
       AuthnCause::issuer_not_configured,
       "--oidc-issuer-url",
       "https://IDP.example.com"},
      {"expired",
       {issuer, client},
       R"({"iss":"https://idp.example.com","aud":"k8s","sub":"a","exp":1789989200})",
       AuthnCause::expired,
       "",
       "new token"},
      {"no expiry",
       {issuer, client},
       R"({"iss":"https://idp.example.com","aud":"k8s","sub":"a"})",
       AuthnCause::expired,
       "",
       "`exp`"},
      {"not yet valid",
       {issuer, client},
       payload(R"(,"nbf":1790000061)"),
       AuthnCause::not_yet_valid,
       "",
       "wait"},
      {"no such claim",
       {issuer, client, "--oidc-username-claim=upn"},
       payload(""),
       AuthnCause::claim_missing,
       "--oidc-username-claim",
       "--oidc-username-claim=sub"},
      {"claim in another case",
       {issuer, client, "--oidc-username-claim=Email"},
       payload(R"(,"email":"a@b")"),
       AuthnCause::claim_missing,
       "--oidc-username-claim",
       "--oidc-username-claim=email"},
      {"claim in quotes",
       {issuer, client, "--oidc-username-claim='sub'"},
       payload(""),
       AuthnCause::claim_missing,
       "--oidc-username-claim",
       "--oidc-username-claim=sub"},
      {"numeric claim",
       {issuer, client, "--oidc-username-claim=n"},
       payload(R"(,"n":5)"),
       AuthnCause::claim_type,
       "--oidc-username-claim",
       "a string"},
      {"numeric subject",
       {issuer, client},
       R"({"iss":"https://idp.example.com","aud":"k8s","sub":5,"exp":1790003600})",
       AuthnCause::claim_type,
       "",
       "strings"},
      {"groups of the wrong type",
       {issuer, client, "--oidc-groups-claim=g"},
       payload(R"(,"g":[1])"),
       AuthnCause::claim_type,
       "--oidc-groups-claim",
       "list of strings"},
      {"unverified email",
       {issuer, client, "--oidc-username-claim=email"},
       payload(R"(,"email":"a@b","email_verified":false)"),
       AuthnCause::email_unverified,
       "--oidc-username-claim",
       "email_verified"},
      {"email_verified as text",
       {issuer, client, "--oidc-username-claim=email"},
       payload(R"(,"email":"a@b","email_verified":"true")"),
       AuthnCause::claim_type,
       "--oidc-username-claim",
       "email_verified"},
      {"required claim differs",
       {issuer, client, "--oidc-required-claim=hd=x"},
       payload(R"(,"hd":"y")"),
       AuthnCause::claim_rule,
       "--oidc-required-claim",
       "hd=y"},
      {"required claim missing",
       {issuer, client, "--oidc-required-claim=hd=x"},
       payload(""),
       AuthnCause::claim_missing,
       "--oidc-required-claim",
       "hd"},
      {"required claim is a list",
       {issuer, client, "--oidc-required-claim=g=x"},
       payload(R"(,"g":["x"])"),
       AuthnCause::claim_type,
       "--oidc-required-claim",
       "expression"},
      {"required value in quotes",
       {issuer, client, "--oidc-required-claim=hd=\"x\""},
       payload(R"(,"hd":"x")"),
       AuthnCause::claim_rule,
       "--oidc-required-claim",
       "hd=x"},
      {"quotes around the issuer",
       {"--oidc-issuer-url=\"https://idp.example.com\"", client},
       payload(""),
       AuthnCause::configuration,
       "--oidc-issuer-url",
       "--oidc-issuer-url=https://idp.example.com"},
      {"plain http",
       {"--oidc-issuer-url=http://idp.example.com", client},
       payload(""),
       AuthnCause::configuration,
       "--oidc-issuer-url",
       "--oidc-issuer-url=https://idp.example.com"},
      {"unknown algorithm",
       {issuer, client, "--oidc-signing-algs=HS256"},
       payload(""),
       AuthnCause::configuration,
       "--oidc-signing-algs",
       "HS256"},
      {"no flags",
       {},
       payload(""),
       AuthnCause::issuer_not_configured,
       "--oidc-issuer-url",
       "--oidc-issuer-url="},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      std::vector<ServerArgument> arguments;
      for (const char* flag : row.flags) arguments.push_back({flag, {}});
      const auto authenticators = Authenticators::from(config_from_flags(parse_server_arguments(arguments)));
      const AuthenticationResult result = claims(authenticators, row.claims);
      CHECK(!result.authenticated());
      REQUIRE(result.cause.has_value());
      CHECK(to_string(*result.cause) == to_string(row.cause));
      CHECK(result.at == row.at);
      INFO(result.fix);
      CHECK(result.fix.find(row.fix_has) != std::string::npos);
      CHECK(!result.message.empty());
    }
  }
}

TEST_CASE("a refusal by a file names the field and its place", "[oidc][authn]") {
  SourceManager sources;
  const auto authenticators =
      from_text(sources,
                "- issuer: {url: https://idp.example.com, audiences: [k8s]}\n"
                "  claimMappings: {username: {claim: upn, prefix: ''}}\n"
                "- issuer: {url: https://two.example, audiences: [a, b], audienceMatchPolicy: MatchAny}\n"
                "  claimMappings: {username: {claim: sub, prefix: 'two:'}}\n");
  REQUIRE(authenticators.status() == ConfigStatus::valid);
  const AuthenticationResult missing = claims(authenticators, payload(""));
  CHECK(missing.at == "jwt[0].claimMappings.username.claim");
  CHECK(missing.pointer == "/jwt/0/claimMappings/username/claim");
  REQUIRE(missing.range.has_value());
  CHECK(sources.text(*missing.range) == "upn");
  CHECK(missing.trail.size() == 1);

  const AuthenticationResult audience =
      claims(authenticators, R"({"iss":"https://two.example","aud":"c","sub":"s","exp":1790003600})");
  CHECK(audience.at == "jwt[1].issuer.audiences");
  CHECK(audience.error == R"(oidc: verify token: oidc: expected audience in ["a" "b"] got ["c"])");
  CHECK(audience.trail.size() == 2);

  const AuthenticationResult good =
      claims(authenticators, R"({"iss":"https://two.example","aud":["x","b"],"sub":"s","exp":1790003600})");
  CHECK(good.user.name == "two:s");
  CHECK(good.authenticator == 1U);

  const AuthenticationResult slash =
      claims(authenticators, R"({"iss":"https://two.example/","aud":"a","sub":"s","exp":1790003600})");
  CHECK(slash.at == "jwt[1].issuer.url");
  CHECK(slash.fix == "set `jwt[1].issuer.url` to `https://two.example/`");
}

TEST_CASE("signatures", "[oidc][authn]") {
  const TestKey key = TestKey::ec("k", "P-256");
  const TestKey other = TestKey::ec("k", "P-256");
  const KeySet keys = KeySet::parse(test::jwks({key.jwk()})).value();
  SourceManager sources;
  const auto authenticators = from_text(sources,
                                        "- issuer: {url: https://idp.example.com, audiences: [k8s]}\n"
                                        "  claimMappings: {username: {claim: sub, prefix: ''}}\n");
  AuthenticateOptions with_keys = options();
  with_keys.keys = [&](const std::string&) { return &keys; };
  const auto token = [&](const std::string& text, const AuthenticateOptions& how) {
    return authenticators.authenticate({Credential::Kind::token, text, ""}, how);
  };
  const AuthenticationResult good = token(key.token("ES256", payload("")), with_keys);
  CHECK(good.user.name == "a");
  CHECK(good.signature == SignatureCheck::verified);

  const AuthenticationResult bad = token(other.token("ES256", payload("")), with_keys);
  CHECK(bad.cause == AuthnCause::signature);
  CHECK(bad.error == "oidc: verify token: failed to verify signature: failed to verify id token signature");

  const AuthenticationResult unverified = token(other.token("ES256", payload("")), options());
  CHECK(unverified.authenticated());
  CHECK(unverified.signature == SignatureCheck::not_checked);

  // Expired and badly signed: 1.36 looks at the signature first, earlier releases at the claims.
  const std::string both =
      other.token("ES256", R"({"iss":"https://idp.example.com","aud":"k8s","sub":"a","exp":1})");
  CHECK(token(both, with_keys).cause == AuthnCause::signature);
  AuthenticateOptions claims_first = with_keys;
  claims_first.claims_before_signature = true;
  CHECK(token(both, claims_first).cause == AuthnCause::expired);
}

TEST_CASE("the order of checks follows the release", "[oidc][authn]") {
  const TestKey key = TestKey::ec("k", "P-256");
  const KeySet keys = KeySet::parse(test::jwks({})).value();
  const std::string text =
      key.token("ES256", R"({"iss":"https://idp.example.com","aud":"no","sub":"a","exp":1})");
  for (const auto& [minor, cause] :
       {std::pair(35, AuthnCause::audience), std::pair(36, AuthnCause::algorithm)}) {
    const auto authenticators =
        from_flags({"--oidc-issuer-url=https://idp.example.com", "--oidc-client-id=k8s"}, minor);
    AuthenticateOptions how = options();
    how.keys = [&](const std::string&) { return &keys; };
    const AuthenticationResult result = authenticators.authenticate({Credential::Kind::token, text, ""}, how);
    CHECK(to_string(*result.cause) == to_string(cause));
  }
}

TEST_CASE("algorithms", "[oidc][authn]") {
  const auto authenticators =
      from_flags({"--oidc-issuer-url=https://idp.example.com", "--oidc-client-id=k8s"});
  for (const char* alg : {"ES256", "none", "HS256", "EdDSA"}) {
    DYNAMIC_SECTION(alg) {
      const AuthenticationResult result =
          authenticators.authenticate({Credential::Kind::claims, payload(""), alg}, options());
      CHECK(result.cause == AuthnCause::algorithm);
      CHECK(result.at == "--oidc-signing-algs");
    }
  }
  CHECK(authenticators.authenticate({Credential::Kind::claims, payload(""), "RS256"}, options())
            .authenticated());
}

TEST_CASE("secrets in claims are hidden, and the token never shows", "[oidc][authn]") {
  const auto authenticators =
      from_flags({"--oidc-issuer-url=https://idp.example.com", "--oidc-client-id=k8s"});
  const AuthenticationResult result = claims(
      authenticators,
      payload(
          R"(,"nonce":"n0nce","x":{"access_token":"s3cret"},"l":["eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"])"));
  REQUIRE(result.authenticated());
  for (const char* secret : {"n0nce", "s3cret", "eyJ"}) {
    CHECK(result.claims_json.find(secret) == std::string::npos);
  }
  CHECK(result.claims_json.find(R"("sub":"a")") != std::string::npos);
}

TEST_CASE("tokens that are none", "[oidc][authn]") {
  const auto authenticators =
      from_flags({"--oidc-issuer-url=https://idp.example.com", "--oidc-client-id=k8s"});
  for (const char* text : {"", "opaque", "a.b.c", "{\"payload\":\"x\"}", "....", "a.e30.c"}) {
    DYNAMIC_SECTION(text) {
      const AuthenticationResult result =
          authenticators.authenticate({Credential::Kind::token, text, ""}, options());
      CHECK(result.outcome == Outcome::not_mine);
      CHECK(result.cause == AuthnCause::issuer_not_configured);
    }
  }
}

TEST_CASE("expressions", "[oidc][authn]") {
  SourceManager sources;
  const auto authenticators = from_text(
      sources,
      "- issuer: {url: https://idp.example.com, audiences: [k8s]}\n"
      "  claimValidationRules: [{expression: 'claims.sub != \"root\"', message: no root}]\n"
      "  claimMappings:\n"
      "    username: {expression: '\"u:\" + claims.sub'}\n"
      "    groups: {expression: 'claims.csv.split(\",\")'}\n"
      "  userValidationRules: [{expression: '!user.username.startsWith(\"u:x\")', message: no x}]\n");
  REQUIRE(authenticators.status() == ConfigStatus::valid);
  const AuthenticationResult split = claims(authenticators, payload(R"(,"csv":"a,b")"));
  CHECK(split.cause == AuthnCause::claim_type);
  CHECK(split.at == "jwt[0].claimMappings.groups.expression");
  CHECK(split.fix.find(".map(x, x)") != std::string::npos);
  const AuthenticationResult missing = claims(authenticators, payload(""));
  CHECK(missing.cause == AuthnCause::claim_missing);
  CHECK(missing.error ==
        "oidc: error evaluating group claim expression: expression 'claims.csv.split(\",\")' resulted in "
        "error: no such "
        "key: csv");
}

TEST_CASE("rules", "[oidc][authn]") {
  SourceManager sources;
  const auto authenticators = from_text(
      sources,
      "- issuer: {url: https://idp.example.com, audiences: [k8s]}\n"
      "  claimValidationRules: [{expression: 'claims.sub != \"root\"', message: no root}]\n"
      "  claimMappings: {username: {claim: sub, prefix: 'u:'}}\n"
      "  userValidationRules: [{expression: '!user.username.startsWith(\"u:x\")', message: no x}]\n");
  const auto subject = [&](const std::string& sub) {
    return claims(authenticators,
                  R"({"iss":"https://idp.example.com","aud":"k8s","exp":1790003600,"sub":")" + sub + "\"}");
  };
  CHECK(subject("alice").user.name == "u:alice");
  CHECK(subject("root").cause == AuthnCause::claim_rule);
  CHECK(subject("root").at == "jwt[0].claimValidationRules[0].expression");
  CHECK(subject("xavier").cause == AuthnCause::user_rule);
  CHECK(subject("xavier").error ==
        "oidc: error evaluating user info validation rule: validation expression "
        "'!user.username.startsWith(\"u:x\")' failed: no x");
}

TEST_CASE("the group that the server adds", "[oidc][authn]") {
  CHECK(with_authenticated_group({"a", "", {"g"}, {}}).groups ==
        std::vector<std::string>{"g", "system:authenticated"});
  CHECK(with_authenticated_group({"a", "", {"system:unauthenticated"}, {}}).groups.size() == 1);
  CHECK(with_authenticated_group({"system:anonymous", "", {}, {}}).groups.empty());
}

TEST_CASE("the credential id", "[oidc][authn]") {
  const std::initializer_list<const char*> flags = {"--oidc-issuer-url=https://idp.example.com",
                                                    "--oidc-client-id=k8s"};
  CHECK(claims(from_flags(flags, 31), payload(R"(,"jti":"1")")).user.extra.empty());
  CHECK(claims(from_flags(flags, 32), payload(R"(,"jti":"1")")).user.extra.front().second.front() == "JTI=1");
  CHECK(claims(from_flags(flags), payload(R"(,"jti":1)")).user.extra.empty());
}

}  // namespace
}  // namespace oidc_audit::oidc
