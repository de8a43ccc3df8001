#include "oidc/jwks.h"

#include <catch2/catch.hpp>

#include "oidc/jwt.h"
#include "oidc/test_keys.h"

namespace oidc_audit::oidc {
namespace {

using test::TestKey;
using Verdict = KeySet::Verdict;

Verdict verify(const std::string& key_set, const std::string& token) {
  const auto keys = KeySet::parse(key_set);
  REQUIRE(keys.ok());
  const auto jwt = parse_jwt(token);
  REQUIRE(jwt.ok());
  return keys.value().verify(jwt.value());
}

TEST_CASE("all nine algorithms verify, and only what was signed", "[oidc][jwks]") {
  const TestKey rsa = TestKey::rsa("r1");
  const TestKey p256 = TestKey::ec("e256", "P-256");
  const TestKey p384 = TestKey::ec("e384", "P-384");
  const TestKey p521 = TestKey::ec("e521", "P-521");
  const std::string keys = test::jwks({rsa.jwk(), p256.jwk(), p384.jwk(), p521.jwk()});
  const std::pair<const char*, const TestKey*> rows[] = {
      {"RS256", &rsa}, {"RS384", &rsa},  {"RS512", &rsa},  {"PS256", &rsa},  {"PS384", &rsa},
      {"PS512", &rsa}, {"ES256", &p256}, {"ES384", &p384}, {"ES512", &p521},
  };
  for (const auto& [alg, key] : rows) {
    DYNAMIC_SECTION(alg) {
      const std::string token = key->token(alg, R"({"sub":"a"})");
      CHECK(verify(keys, token) == Verdict::good);
      const std::size_t dot = token.find('.');
      const std::string changed = token.substr(0, dot + 1) + encode_base64url(R"({"sub":"b"})") +
                                  token.substr(token.find('.', dot + 1));
      CHECK(verify(keys, changed) == Verdict::bad);
      CHECK(is_possible_signature(alg, parse_jwt(token).value().signature));
    }
  }
}

TEST_CASE("the key is chosen by its id", "[oidc][jwks]") {
  const TestKey one = TestKey::ec("one", "P-256");
  const TestKey two = TestKey::ec("two", "P-256");
  CHECK(verify(test::jwks({two.jwk()}), one.token("ES256", "{}")) == Verdict::no_such_key);
  const TestKey imposter = TestKey::ec("one", "P-256");
  CHECK(verify(test::jwks({imposter.jwk()}), one.token("ES256", "{}")) == Verdict::bad);
  CHECK(verify(test::jwks({imposter.jwk(), two.jwk(), one.jwk()}), one.token("ES256", "{}")) ==
        Verdict::good);
  // Without an id every key is tried.
  const TestKey nameless = TestKey::ec("", "P-256");
  CHECK(verify(test::jwks({two.jwk(), nameless.jwk()}), nameless.token("ES256", "{}")) == Verdict::good);
}

TEST_CASE("a key does not verify for the algorithm of another kind", "[oidc][jwks]") {
  const TestKey rsa = TestKey::rsa("k");
  const TestKey ec = TestKey::ec("k", "P-256");
  CHECK(verify(test::jwks({ec.jwk()}), rsa.token("RS256", "{}")) == Verdict::bad);
  // RS256's bytes presented as PS256's.
  const std::string header = encode_base64url(R"({"alg":"PS256","kid":"k"})");
  const std::string input = header + "." + encode_base64url("{}");
  CHECK(verify(test::jwks({rsa.jwk()}), input + "." + encode_base64url(rsa.sign("RS256", input))) ==
        Verdict::bad);
}

TEST_CASE("what no server verifies", "[oidc][jwks]") {
  const TestKey ec = TestKey::ec("k", "P-256");
  const std::string crit = encode_base64url(R"({"alg":"ES256","crit":["x"],"x":1})") + ".e30";
  CHECK(verify(test::jwks({ec.jwk()}), crit + "." + encode_base64url(ec.sign("ES256", crit))) ==
        Verdict::bad);
  const std::string eddsa = encode_base64url(R"({"alg":"EdDSA"})") + ".e30.c2ln";
  CHECK(
      verify(R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})",
             eddsa) == Verdict::bad);
  CHECK(!is_possible_signature("ES256", "short"));
  CHECK(!is_possible_signature("RS256", "sig"));
  CHECK(is_possible_signature("ES384", std::string(96, 'x')));
}

TEST_CASE("key sets that are none", "[oidc][jwks]") {
  CHECK(!KeySet::parse("").ok());
  CHECK(!KeySet::parse("[]").ok());
  CHECK(!KeySet::parse(R"({"keys":{}})").ok());
  CHECK(!KeySet::parse(R"({"keys":[5]})").ok());
  CHECK(!KeySet::parse(R"({"keys":[{"kty":"RSA","e":"AQAB"}]})").ok());
  CHECK(!KeySet::parse(R"({"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]})").ok());
  const auto other =
      KeySet::parse(R"({"keys":[{"kty":"oct","k":"c2VjcmV0"},{"kty":"EC","crv":"secp256k1"}]})");
  REQUIRE(other.ok());
  CHECK(other.value().keys()[0].type == "oct");
  CHECK(!other.value().keys()[0].usable);
  CHECK(!other.value().keys()[1].usable);
}

}  // namespace
}  // namespace oidc_audit::oidc
