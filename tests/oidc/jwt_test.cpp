#include "oidc/jwt.h"

#include <catch2/catch.hpp>
#include <limits>

#include "oidc/id_token.h"

namespace oidc_audit::oidc {
namespace {

TEST_CASE("base64url as Go decodes it", "[oidc][jwt]") {
  CHECK(decode_base64url("").value().empty());
  CHECK(decode_base64url("YQ").value() == "a");
  CHECK(decode_base64url("YR").value() == "a");  // trailing bits may be anything
  CHECK(decode_base64url("Y\nW\rI").value() == "ab");
  CHECK(decode_base64url("-_-_").value() == "\xfb\xff\xbf");
  CHECK(decode_base64url("YQ==").error().message() == "illegal base64 data at input byte 2");
  CHECK(decode_base64url("a+b/").error().message() == "illegal base64 data at input byte 1");
  CHECK(!decode_base64url("A").ok());
  for (const std::string text : {"", "a", "ab", "abc", "abcd", "\xff\xfe\xfd"}) {
    CHECK(decode_base64url(encode_base64url(text)).value() == text);
  }
}

TEST_CASE("which tokens are looked into", "[oidc][jwt]") {
  const std::string payload = encode_base64url(R"({"iss":"https://a"})");
  CHECK(untrusted_payload("h." + payload + ".s").has_value());
  CHECK(untrusted_payload(" {." + payload + ".s") == std::nullopt);
  CHECK(untrusted_payload("h." + payload) == std::nullopt);
  CHECK(untrusted_payload("h." + payload + ".s.t") == std::nullopt);
  CHECK(untrusted_payload("h." + payload + "=.s") == std::nullopt);
  CHECK(untrusted_payload("opaque") == std::nullopt);

  CHECK(untrusted_issuer_error("h." + payload + ".s").empty());
  CHECK(untrusted_issuer_error(" {}") == "token is not compact JWT");
  CHECK(untrusted_issuer_error("opaque") == "malformed token");
  CHECK(untrusted_issuer_error("h." + payload + "=.s").find("error decoding token: illegal base64 data") ==
        0);
  CHECK(untrusted_issuer_error("h.bm8.s") ==
        "while unmarshaling token: invalid character 'o' in literal null (expecting 'u')");
  CHECK(
      untrusted_issuer_error("h.WzFd.s") ==
      R"(while unmarshaling token: json: cannot unmarshal array into Go value of type struct { Issuer string "json:\"iss\"" })");
  CHECK(untrusted_issuer_error("h.eyJpc3MiOjV9.s") ==
        "while unmarshaling token: json: cannot unmarshal number into Go struct field .iss of type string");
}

TEST_CASE("the issuer of a payload", "[oidc][jwt]") {
  const std::pair<const char*, std::optional<std::string>> rows[] = {
      {R"({"iss":"https://a"})", "https://a"},
      {R"({"ISS":"https://a"})", "https://a"},
      {R"({"iss":"https://a","Iss":"https://b"})", "https://b"},
      {R"({"iss":"https://a","iss":null})", "https://a"},
      {R"({"iss":"accounts.google.com"})", "https://accounts.google.com"},
      {R"({"sub":"x"})", ""},
      {"null", ""},
      {R"({"iss":5})", std::nullopt},
      {"[1]", std::nullopt},
      {R"({"iss":"https://a"} x)", std::nullopt},
  };
  for (const auto& [payload, issuer] : rows) {
    DYNAMIC_SECTION(payload) { CHECK(untrusted_issuer(payload) == issuer); }
  }
}

TEST_CASE("headers", "[oidc][jwt]") {
  const auto token = [](const std::string& header) { return encode_base64url(header) + ".e30.c2ln"; };
  const auto jwt = parse_jwt(token(R"({"alg":"ES256","kid":"k1","typ":"JWT"})"));
  REQUIRE(jwt.ok());
  CHECK(jwt.value().algorithm == "ES256");
  CHECK(jwt.value().key_id == "k1");
  CHECK(jwt.value().signature == "sig");
  CHECK(!jwt.value().unknown_critical);
  CHECK(parse_jwt(token(R"({"alg":"RS256","crit":["exp"]})")).value().unknown_critical);
  CHECK(parse_jwt(token("x")).error().message() == "invalid character 'x' looking for beginning of value");
  CHECK(parse_jwt("a.b").error().message() == "go-jose/go-jose: compact JWS format must have three parts");
  CHECK(!parse_jwt(token("[1]")).ok());
}

// Each row was run through Go 1.26's encoding/json into the structure of go-oidc.
TEST_CASE("the fixed structure refuses what Go refuses", "[oidc][jwt]") {
  const std::pair<const char*, const char*> rows[] = {
      {R"({"aud":[5]})", "json: cannot unmarshal number into Go struct field idToken.aud of type string"},
      {R"({"aud":[["x"]]})", "json: cannot unmarshal array into Go struct field idToken.aud of type string"},
      {R"({"aud":{}})", "json: cannot unmarshal object into Go struct field idToken.aud of type []string"},
      {R"({"exp":null})", R"(strconv.ParseFloat: parsing "": invalid syntax)"},
      {R"({"exp":true})", "json: cannot unmarshal bool into Go struct field idToken.exp of type json.Number"},
      {R"({"exp":1e400})", R"(strconv.ParseFloat: parsing "1e400": value out of range)"},
      {R"({"exp":""})", R"(json: invalid number literal, trying to unmarshal "\"\"" into Number)"},
      {R"({"exp":"01"})", R"(json: invalid number literal, trying to unmarshal "\"01\"" into Number)"},
      {R"({"exp":" 1"})", R"(json: invalid number literal, trying to unmarshal "\" 1\"" into Number)"},
      {R"({"nbf":{}})", "json: cannot unmarshal object into Go struct field idToken.nbf of type json.Number"},
      {R"({"_claim_names":{"a":5}})",
       "json: cannot unmarshal number into Go struct field idToken._claim_names of type string"},
      {R"({"_claim_names":[1]})",
       "json: cannot unmarshal array into Go struct field idToken._claim_names of type map[string]string"},
      {R"({"_claim_sources":{"a":5}})",
       "json: cannot unmarshal number into Go struct field idToken._claim_sources of type oidc.claimSource"},
      {R"({"_claim_sources":5})",
       "json: cannot unmarshal number into Go struct field idToken._claim_sources of type "
       "map[string]oidc.claimSource"},
      {R"({"_claim_sources":{"a":{"endpoint":5}}})",
       "json: cannot unmarshal number into Go struct field claimSource._claim_sources.endpoint of type "
       "string"},
      {R"({"sub":5,"iss":{}})",
       "json: cannot unmarshal number into Go struct field idToken.sub of type string"},
      // A type that decodes itself ends it, whatever was wrong before; nothing behind it is looked at.
      {R"({"sub":[],"exp":true,"aud":5})",
       "json: cannot unmarshal bool into Go struct field idToken.exp of type json.Number"},
      {R"({"aud":[1],"iss":5,"exp":true})",
       "json: cannot unmarshal number into Go struct field idToken.aud of type string"},
      {R"({"nonce":[]})", "json: cannot unmarshal array into Go struct field idToken.nonce of type string"},
  };
  for (const auto& [payload, error] : rows) {
    DYNAMIC_SECTION(payload) {
      const auto token = decode_id_token(payload);
      REQUIRE(!token.ok());
      CHECK(token.error().message() == error);
    }
  }
}

TEST_CASE("the fixed structure coerces as Go does", "[oidc][jwt]") {
  const auto token = [](const char* payload) { return decode_id_token(payload).value(); };
  CHECK(token(R"({"aud":null})").audience == std::vector<std::string>{""});
  CHECK(token(R"({"aud":["a",null]})").audience == std::vector<std::string>{"a", ""});
  CHECK(token(R"({"aud":"a","AUD":"b"})").audience == std::vector<std::string>{"b"});
  CHECK(token(R"({"sub":"a","sub":null})").subject == "a");
  CHECK(!token(R"({"nbf":5,"nbf":null})").not_before.has_value());
  CHECK(token(R"({"_claim_names":{"a":"b"},"_claim_names":{"c":"d"}})").claim_names.size() == 2);
  CHECK(token(R"({"_claim_names":{"a":"b"},"_claim_names":null})").claim_names.empty());
  CHECK(token("{}").expiry.zero);
}

TEST_CASE("times as Go keeps and prints them", "[oidc][jwt]") {
  struct Row {
    const char* exp;
    const char* text;
    bool expired;  // in 2023
  };
  const Row rows[] = {
      {"1704070800", "2024-01-01 01:00:00 +0000 UTC", false},
      {R"("1e3")", "1970-01-01 00:16:40 +0000 UTC", true},
      {"1.5e2", "1970-01-01 00:02:30 +0000 UTC", true},
      {"-0.5", "1970-01-01 00:00:00 +0000 UTC", true},
      {"253402300800", "10000-01-01 00:00:00 +0000 UTC", false},
      {"-62167219201", "-0001-12-31 23:59:59 +0000 UTC", true},
      {"-1e18", "-31688736537-03-10 22:13:20 +0000 UTC", true},
      {"99999999999999999999", "292277026596-12-04 15:30:08 +0000 UTC", true},
      {"1e30", "292277026596-12-04 15:30:08 +0000 UTC", true},
      {"9223371974719179007", "292277024627-12-06 15:30:07 +0000 UTC", false},
      {"9223371974719179008", "292277024627-12-06 15:30:08 +0000 UTC", true},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.exp) {
      const auto token = decode_id_token(std::string(R"({"exp":)") + row.exp + "}");
      REQUIRE(token.ok());
      CHECK(token.value().expiry.to_string() == row.text);
      CHECK(token.value().expiry.before(1'700'000'000, 0) == row.expired);
    }
  }
  CHECK(go_time_text(1, 500'000'000) == "1970-01-01 00:00:01.5 +0000 UTC");
  CHECK(GoTime{}.to_string() == "0001-01-01 00:00:00 +0000 UTC");
  const GoTime now{1'000, false};
  CHECK(!now.before(1'000, 0));
  CHECK(now.before(1'000, 1));
  CHECK(!now.after(1'000, 0));
}

}  // namespace
}  // namespace oidc_audit::oidc
