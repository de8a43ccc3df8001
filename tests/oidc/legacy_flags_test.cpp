#include "oidc/legacy_flags.h"

#include <catch2/catch.hpp>

namespace oidc_audit::oidc {
namespace {

LegacyFlags parse(std::initializer_list<const char*> arguments) {
  std::vector<ServerArgument> list;
  for (const char* argument : arguments) list.push_back({argument, {}});
  return parse_server_arguments(list);
}

LoadedConfig config(std::initializer_list<const char*> arguments) {
  return config_from_flags(parse(arguments));
}

TEST_CASE("username prefix of the flags", "[oidc][flags]") {
  struct Row {
    const char* prefix;
    const char* claim;
    const char* expected;
  };
  const Row rows[] = {
      {"", "sub", "https://i#"}, {"", "email", ""},   {"", "Email", "https://i#"},
      {"-", "sub", ""},          {"-", "email", ""},  {"--", "sub", "--"},
      {"-x", "sub", "-x"},       {" ", "email", " "}, {"oidc:", "email", "oidc:"},
      {"", "upn", "https://i#"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.prefix << "|" << row.claim) {
      CHECK(username_prefix_of_flags(row.prefix, row.claim, "https://i") == row.expected);
    }
  }
}

TEST_CASE("arguments as a process receives them", "[oidc][flags]") {
  const LegacyFlags flags =
      parse({"kube-apiserver", "--v=2", "--oidc_issuer_url=https://i", "--oidc-client-id", "c",
             "--oidc-username-prefix=", "--service-account-issuer=https://sa",
             "--service-account-issuer=https://sb", "--anonymous-auth=false", "--oidc-signing-algs=RS256",
             "--oidc-signing-algs=\"ES256\",PS256", "--oidc-groups-claim=a", "--oidc-groups-claim=b"});
  CHECK(flags.issuer_url->value == "https://i");
  CHECK(flags.client_id->value == "c");
  REQUIRE(flags.username_prefix.has_value());
  CHECK(flags.username_prefix->empty());
  CHECK(flags.groups_claim->value == "b");
  CHECK(!flags.username_claim.has_value());
  CHECK(flags.service_account_issuers == std::vector<std::string>{"https://sa", "https://sb"});
  CHECK(flags.anonymous_auth_given);
  CHECK(flags.signing_algs == std::vector<std::string>{"RS256", "ES256", "PS256"});
  CHECK(flags.errors.empty());
}

TEST_CASE("required claims", "[oidc][flags]") {
  const LegacyFlags flags =
      parse({"--oidc-required-claim= hd = x ", "--oidc-required-claim=a=b,c=d", "--oidc-required-claim=hd=y",
             "--oidc-required-claim=k=", "--oidc-required-claim=v=1=2"});
  REQUIRE(flags.required_claims.size() == 4);
  CHECK(flags.required_claims[0].first == "hd");
  CHECK(flags.required_claims[0].second.value == "y");
  CHECK(flags.required_claims[1].second.value == "b,c=d");
  CHECK(flags.required_claims[2].second.value.empty());
  CHECK(flags.required_claims[3].second.value == "1=2");
  const LoadedConfig bad =
      config({"--oidc-issuer-url=https://i", "--oidc-client-id=c", "--oidc-required-claim=hd"});
  CHECK(bad.status == ConfigStatus::invalid);
  CHECK(aggregate(bad.errors) ==
        R"(invalid argument "hd" for "--oidc-required-claim" flag: malformed pair, expect string=string)");
}

TEST_CASE("flags become a configuration", "[oidc][flags]") {
  const LoadedConfig loaded =
      config({"--oidc-issuer-url=https://i/", "--oidc-client-id=c", "--oidc-groups-claim=g",
              "--oidc-groups-prefix=-", "--oidc-required-claim=hd=x"});
  REQUIRE(loaded.status == ConfigStatus::valid);
  REQUIRE(loaded.config.jwt.size() == 1);
  const JwtAuthenticator& jwt = loaded.config.jwt.front();
  CHECK(jwt.issuer.url.value == "https://i/");
  CHECK(jwt.issuer.audiences.front().value == "c");
  CHECK(jwt.claim_mappings.username.claim.value == "sub");
  CHECK(jwt.claim_mappings.username.prefix->value == "https://i/#");
  CHECK(jwt.claim_mappings.groups.prefix->value == "-");
  CHECK(jwt.claim_validation_rules.front().required_value.value == "x");
  CHECK(loaded.config.origin == ConfigOrigin::flags);

  CHECK(config({"--oidc-issuer-url=https://i", "--oidc-client-id=c", "--oidc-groups-prefix=p"})
            .config.jwt.front()
            .claim_mappings.groups.claim.empty());
  CHECK(config({}).config.jwt.empty());
  CHECK(config({}).status == ConfigStatus::valid);
}

TEST_CASE("flags that do not fit together", "[oidc][flags]") {
  constexpr const char* kTogether =
      "oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set";
  CHECK(aggregate(config({"--oidc-issuer-url=https://i"}).errors) == kTogether);
  CHECK(aggregate(config({"--oidc-username-claim=email"}).errors) == kTogether);
  CHECK(aggregate(config({"--oidc-issuer-url=https://i", "--oidc-client-id="}).errors) == kTogether);
  CHECK(aggregate(config({"--oidc-issuer-url=https://i", "--oidc-client-id=c", "--authentication-config=f"})
                      .errors) == "authentication-config file and oidc-* flags are mutually exclusive");
  CHECK(config({"--authentication-config=f"}).status == ConfigStatus::valid);
}

}  // namespace
}  // namespace oidc_audit::oidc
