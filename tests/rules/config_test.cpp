#include "rules/config.h"

#include <catch2/catch.hpp>

using namespace oidc_audit;
using namespace oidc_audit::rules;

namespace {

struct Read {
  SourceManager sources;
  ConfigResult result;
  explicit Read(const char* text) : result(read_config(sources, sources.add("c.yaml", text).value())) {}
  std::string first() const {
    if (result.issues.empty()) return {};
    const Issue& issue = result.issues.front();
    std::string out = std::string(sources.text(*issue.location.range)) + " | " + issue.message;
    return issue.hint.empty() ? out : out + " | " + issue.hint;
  }
};

}  // namespace

TEST_CASE("a configuration is read") {
  const Read read(R"(version: 1
organizations: {github-actions: [octo-org], hcp-terraform: my-org}
issuers:
- url: https://a.example
  username-prefix: "-"
  groups-prefix: "g:"
- https://b.example
prefixes: ["corp:"]
protected-refs: [trunk]
expanding-front-end: true
names: {0c1d: admins}
rules: {a-rule: off, b-rule: high, c-rule: {enabled: true, severity: low}}
suppressions:
- {rule: a-rule, object: "X/*", reason: why}
fail-on: medium
auth-config: cluster/auth.yaml
)");
  INFO(read.first());
  REQUIRE(read.result.ok());
  const Config& c = read.result.config;
  CHECK(c.organizations.at("hcp-terraform") == std::vector<std::string>{"my-org"});
  CHECK(c.issuers.at(0).username_prefix == "");
  CHECK_FALSE(c.issuers.at(1).username_prefix);
  CHECK(c.all_prefixes() == std::vector<std::string>{"g:", "corp:"});
  CHECK(c.protected_refs == std::vector<std::string>{"trunk"});
  CHECK(c.rules.at(0).second.enabled == false);
  CHECK(c.rules.at(1).second.severity == Severity::high);
  CHECK(c.rules.at(2).second.severity == Severity::low);
  CHECK(c.fail_on == Severity::medium);
  CHECK(c.auth_config == "cluster/auth.yaml");
}

TEST_CASE("an empty configuration is the default one") {
  CHECK(Read("").result.ok());
  CHECK(Read("# nothing\n").result.config.protected_refs.size() == 3);
}

TEST_CASE("what is wrong with a configuration is said at its place") {
  struct Row {
    const char* name;
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"unknown_key", "protected-ref: [main]\n",
       "protected-ref | `protected-ref` is no key of the configuration | did you mean `protected-refs`?"},
      {"misspelt_auth_config", "auth-confg: a.yaml\n",
       "auth-confg | `auth-confg` is no key of the configuration | did you mean `auth-config`?"},
      {"auth_config_of_stdin", "auth-config: '-'\n",
       "'-' | `auth-config` must name a file | its path, relative to this one"},
      {"unknown_level", "fail-on: hihg\n",
       "hihg | `fail-on` must be `info`, `low`, `medium`, `high` or `critical`, not `hihg` | did you mean "
       "`high`?"},
      {"issuer_key", "issuers: [{url: https://a, usernam-prefix: x}]\n",
       "usernam-prefix | `usernam-prefix` is no key of an issuer | did you mean `username-prefix`?"},
      {"not_a_bool", "expanding-front-end: maybe\n",
       "maybe | `expanding-front-end` must be `true` or `false`"},
      {"version", "version: 2\n", "2 | version `2` is not known | write `version: 1`"},
      {"no_mapping", "- a\n", "- a | the configuration must be a mapping, not sequence"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Read read(row.text);
      CHECK_FALSE(read.result.ok());
      CHECK(read.first() == row.expected);
    }
  }
  CHECK_FALSE(Read("suppressions: [{rule: a, object: b}]\n").result.ok());
  CHECK_FALSE(Read("suppressions: [{rule: a, reason: b}]\n").result.ok());
  CHECK_FALSE(Read("a: 1\n---\nb: 2\n").result.ok());
  CHECK_FALSE(Read("a: [\n").result.ok());
}
