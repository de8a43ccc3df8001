// --claim: a claim of --claims is changed, to see what another token would give.
#include <catch2/catch.hpp>

#include "cli/run_cli.h"
#include "oidc/claim_change.h"

using namespace oidc_audit;

namespace {

constexpr const char* kPayload =
    R"({"iss":"https://idp.example","n":1e400,"sub":"a","sub":"b","k.l":{"x":[1, 2]}})";

Result<std::string> changed(const std::vector<std::string>& words) {
  std::vector<oidc::ClaimChange> changes;
  for (const std::string& word : words) {
    ASSIGN_OR_RETURN(oidc::ClaimChange change, oidc::parse_claim_change(word));
    changes.push_back(std::move(change));
  }
  return oidc::change_claims(kPayload, changes);
}

}  // namespace

TEST_CASE("claims are changed, all others stay as they are written") {
  struct Row {
    const char* name;
    std::vector<std::string> words;
    const char* expected;
  };
  const std::vector<Row> rows = {
      {"none", {}, R"({"iss":"https://idp.example","n":1e400,"sub":"a","sub":"b","k.l":{"x":[1, 2]}})"},
      {"text", {"sub=c"}, R"({"iss":"https://idp.example","n":1e400,"k.l":{"x":[1, 2]},"sub":"c"})"},
      {"text that needs escapes",
       {"sub=\"\n"},
       R"({"iss":"https://idp.example","n":1e400,"k.l":{"x":[1, 2]},"sub":"\"\n"})"},
      {"text that looks like JSON",
       {"sub=7"},
       R"({"iss":"https://idp.example","n":1e400,"k.l":{"x":[1, 2]},"sub":"7"})"},
      {"any value",
       {"groups:=[\"a\", {}]"},
       R"({"iss":"https://idp.example","n":1e400,"sub":"a","sub":"b","k.l":{"x":[1, 2]},"groups":["a", {}]})"},
      {"taken out, all of its name",
       {"sub:="},
       R"({"iss":"https://idp.example","n":1e400,"k.l":{"x":[1, 2]}})"},
      {"the last one counts",
       {"sub=c", "sub:=", "sub=d"},
       R"({"iss":"https://idp.example","n":1e400,"k.l":{"x":[1, 2]},"sub":"d"})"},
      {"a name with colons",
       {"urn:x:y=v"},
       R"({"iss":"https://idp.example","n":1e400,"sub":"a","sub":"b","k.l":{"x":[1, 2]},"urn:x:y":"v"})"},
      {"a value with =",
       {"k.l=a=b"},
       R"({"iss":"https://idp.example","n":1e400,"sub":"a","sub":"b","k.l":"a=b"})"},
      {"empty text",
       {"n="},
       R"({"iss":"https://idp.example","sub":"a","sub":"b","k.l":{"x":[1, 2]},"n":""})"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const auto result = changed(row.words);
      REQUIRE(result.ok());
      CHECK(result.value() == row.expected);
    }
  }
}

TEST_CASE("what does not set a claim is refused") {
  CHECK(changed({"sub"}).error().message() == "`sub` does not set a claim");
  CHECK(changed({"=x"}).error().message() == "`=x` does not set a claim");
  CHECK(changed({":=x"}).error().message() == "`:=x` does not set a claim");
  CHECK(changed({"sub:=x"}).error().message() ==
        "claim `sub` is given as JSON: invalid character 'x' looking for beginning of value");
  CHECK(oidc::change_claims("[]", {}).error().message() == "the claims are not a JSON object but array");
  CHECK_FALSE(oidc::change_claims("{", {}).ok());
}

TEST_CASE("--claim changes what whoami and simulate are told") {
  const std::string config = std::string(R"(apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
jwt:
- issuer: {url: "https://idp.example", audiences: [k]}
  claimMappings: {username: {claim: sub, prefix: "p:"}}
)");
  const test::TempDir dir;
  const std::string auth = dir.write("auth.yaml", config);
  const std::string claims =
      dir.write("claims.json", R"({"iss":"https://idp.example","aud":"k","sub":"jane","exp":1800000000})");
  const std::vector<std::string> base = {"whoami", "--claims", claims, "--auth-config", auth};
  const auto with = [&base](std::vector<std::string> more) {
    std::vector<std::string> args = base;
    args.insert(args.end(), more.begin(), more.end());
    return test::run_cli(args);
  };
  CHECK(with({}).out.find("p:jane") != std::string::npos);
  const auto joe = with({"--claim", "sub=joe"});
  CHECK(joe.status == 0);
  CHECK(joe.out.find("p:joe") != std::string::npos);
  CHECK(with({"--claim", "aud=other"}).status == 1);
  CHECK(with({"--claim", "exp:="}).status == 1);

  const auto wrong = with({"--claim", "sub"});
  CHECK(wrong.status == 2);
  CHECK(wrong.err.find("`sub` does not set a claim") != std::string::npos);
  const auto signed_one =
      test::run_cli({"whoami", "--token-file", claims, "--claim", "sub=joe", "--auth-config", auth});
  CHECK(signed_one.status == 2);
  CHECK(signed_one.err.find("its claims cannot be changed") != std::string::npos);
}
