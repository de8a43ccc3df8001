#include <catch2/catch.hpp>
#include <utility>

#include "oidc/authn_outlook.h"
#include "oidc/cel_outlook.h"
#include "oidc/known_values.h"
#include "oidc/text_shape.h"

namespace oidc_audit::oidc {
namespace {

// What is known, in a few letters.
std::string shown(const Known& known) {
  if (known.kind == Known::Kind::fails) return "fails";
  if (known.is_constant()) return known.constant.to_string() + (known.may_fail ? "?" : "");
  if (known.kind == Known::Kind::text) return "text " + known.text.to_string();
  if (known.kind == Known::Kind::strings) {
    return std::string(known.string_slice ? "slice " : "strings ") + known.text.to_string();
  }
  if (known.kind == Known::Kind::typed) return known.type == cel::Kind::boolean ? "bool" : "typed";
  return known.kind == Known::Kind::optional ? "optional" : "anything";
}

Facts facts() {
  Facts out;
  out.kubernetes_minor = kNewestKubernetesMinor;
  out.claims.emplace("iss", Known::of(cel::Value::string("https://idp")));
  out.claims.emplace("team",
                     Known::of_text(TextShape::joined(TextShape::exact("t-"), TextShape::hole("team"))));
  out.absent.insert("gone");
  out.types.emplace("flag", cel::Kind::boolean);
  out.audiences = {"one", "two"};
  Known groups = Known::of_strings(TextShape::joined(TextShape::exact("g:"), TextShape::hole("groups")));
  groups.members = {"g:system:masters"};
  out.user.emplace("groups", groups);
  out.user.emplace("username",
                   Known::of_text(TextShape::joined(TextShape::exact("u:"), TextShape::hole("sub"))));
  return out;
}

}  // namespace

TEST_CASE("texts of which parts are known") {
  const TextShape shape = TextShape::joined(
      TextShape::joined(TextShape::exact("a:"), TextShape::hole("x")),
      TextShape::joined(TextShape::exact("/"), TextShape::joined(TextShape::hole(), TextShape::exact("!"))));
  CHECK(shape.to_string() == "a:<x>/<...>!");
  CHECK(shape.head() == "a:");
  CHECK(shape.tail() == "!");
  struct Row {
    const char* text;
    bool matches;
  };
  for (const Row& row : {Row{"a:b/c!", true}, Row{"a:/!", true}, Row{"a:b!", false}, Row{"b:b/c!", false},
                         Row{"a:b/c", false}, Row{"a:/", false}, Row{"a:x/y/z!", true}}) {
    INFO(row.text);
    CHECK(shape.matches(row.text) == row.matches);
  }
  CHECK(shape.may_start_with("a"));
  CHECK(shape.may_start_with("a:zzz"));
  CHECK_FALSE(shape.may_start_with("b"));
  CHECK(TextShape::exact("a").may_equal(TextShape::hole()));
  CHECK_FALSE(TextShape::exact("ab").may_equal(TextShape::joined(TextShape::exact("b"), TextShape::hole())));
  CHECK(TextShape::exact("").is_exact());
}

TEST_CASE("what expressions can yield") {
  struct Row {
    const char* expression;
    const char* expected;
  };
  const Row rows[] = {
      {"true", "true"},
      {"claims.x", "anything"},
      {"claims.iss", "\"https://idp\""},
      {"claims.iss == 'https://idp'", "true"},
      {"claims.iss == 'https://other'", "false"},
      {"claims.iss.startsWith('https://')", "true"},
      {"claims.iss.endsWith('.com')", "false"},
      {"claims.iss.contains('idp')", "true"},
      {"claims.iss.matches('^https://.*')", "true"},
      {"claims.team == 'x'", "false"},
      {"claims.team == 't-x'", "bool"},
      {"claims.team.startsWith('t-')", "true"},
      {"claims.team.startsWith('u')", "false"},
      {"claims.team in ['a', 'b']", "false"},
      {"claims.team in ['a', 't-b']", "bool"},
      {"claims.gone", "fails"},
      {"has(claims.gone)", "false"},
      {"has(claims.iss)", "true"},
      {"has(claims.x)", "bool"},
      {"claims.?gone.orValue('d')", "\"d\""},
      {"claims.?iss.orValue('d')", "\"https://idp\""},
      {"claims.?x.orValue('d')", "anything"},
      {"claims.gone == 'x' || true", "true"},
      {"claims.gone == 'x' && true", "false?"},
      {"claims.x == 'a' && claims.iss == 'b'", "false"},
      {"claims.x == 'a' || claims.iss == 'b'", "bool"},
      {"!(claims.iss == 'b')", "true"},
      {"claims.flag == 'true'", "false?"},
      {"claims.flag == true", "bool"},
      {"claims.aud == 'three'", "false?"},
      {"claims.aud == 'one'", "bool"},
      {"claims.level + 1 > 2", "fails"},
      {"claims.level + 1.0 > 2.0", "bool"},
      {"'p:' + claims.sub", "text p:<sub>"},
      {"'p:' + claims['a.b'] + '/x'", "text p:<a.b>/x"},
      {"'p:' + claims.a__dot__b", "text p:<a.b>"},
      {"claims.x ? 'a1' : 'a2'", "text a<...>"},
      {"true ? 'a1' : claims.x", "\"a1\""},
      {"claims.roles.split(',')", "slice <...>"},
      {"claims.roles.split(',').map(r, 'p:' + r)", "strings p:<...>"},
      {"has(claims.roles) ? claims.roles.split(',') : []", "slice <...>"},
      {"claims.roles.split(',') + []", "slice <...>"},
      {"claims.roles.split(',') + ['x']", "strings <...>"},
      {"claims.groups.map(g, 'p:' + g)", "strings p:<groups>"},
      {"claims.groups.filter(g, g != '')", "strings <groups>"},
      {"[].exists(x, x == 1)", "false"},
      {"[].all(x, x == 1)", "true"},
      {"user.groups.all(g, g.startsWith('g:'))", "true"},
      {"user.groups.all(g, !g.contains('system:'))", "false"},
      {"user.groups.exists(g, g == 'h:x')", "false"},
      {"user.groups.exists(g, g == 'g:x')", "bool"},
      {"'g:system:masters' in user.groups", "true"},
      {"!('g:system:masters' in user.groups)", "false"},
      {"'h' in user.groups", "false"},
      {"!user.username.startsWith('system:')", "true"},
      // An element of `aud` may be meant for others, and of two variables the first is an index.
      {"dyn(claims.aud).exists(a, a == 'three')", "bool"},
      {"dyn(claims.groups).exists(i, g, i + 1 == 2)", "bool"},
      {"size(claims.x) > 1", "bool"},
      {"claims.x == 1 ? 2 : 3", "typed"},
      {"1 +", "fails"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.expression) { CHECK(shown(outlook(row.expression, facts())) == row.expected); }
  }
}

TEST_CASE("what a rule demands of claims, and what it reads") {
  const auto demanded = demanded_claims(
      "claims.a == 'x' && ('y' == claims.b && claims.c in ['z']) && claims.d != 'q' && "
      "claims.?e.orValue(false) == true && claims.?f.orValue(true) == true && has(claims.g) == true",
      kNewestKubernetesMinor);
  std::vector<std::string> names;
  for (const auto& [name, value] : demanded) names.push_back(name + "=" + shown(value));
  CHECK(names == std::vector<std::string>{"a=\"x\"", "b=\"y\"", "c=\"z\"", "e=true"});
  CHECK(demanded_claims("claims.a == 'x' || true", kNewestKubernetesMinor).empty());
  CHECK(claims_read("claims.b + claims['a.c'] + claims.?b.orValue('') + [claims.z].map(c, c)[0]",
                    kNewestKubernetesMinor) == std::vector<std::string>{"a.c", "b", "z"});
  CHECK(texts_in("claims.a == 'x' && 'y' in claims.b", kNewestKubernetesMinor) ==
        std::vector<std::string>{"x", "y"});
}

namespace {

JwtAuthenticator authenticator(std::vector<std::string> claim_rules,
                               std::vector<std::string> user_rules = {}) {
  JwtAuthenticator out;
  out.issuer.url.value = "https://idp.example.com";
  out.issuer.audiences = {ConfigText{"k", {}}};
  out.claim_mappings.username.claim.value = "sub";
  out.claim_mappings.username.prefix = ConfigText{"", {}};
  out.claim_mappings.groups.claim.value = "groups";
  out.claim_mappings.groups.prefix = ConfigText{"", {}};
  for (std::string& text : claim_rules) {
    ClaimValidationRule rule;
    rule.expression.value = std::move(text);
    out.claim_validation_rules.push_back(std::move(rule));
  }
  for (std::string& text : user_rules) {
    UserValidationRule rule;
    rule.expression.value = std::move(text);
    out.user_validation_rules.push_back(std::move(rule));
  }
  return out;
}

}  // namespace

TEST_CASE("which names rules refuse") {
  struct Row {
    const char* name;
    std::vector<std::string> claim_rules, user_rules;
    bool user_refused, group_refused;
  };
  const Row rows[] = {
      {"no_rules", {}, {}, false, false},
      {"prefix_of_user", {}, {"!user.username.startsWith('system:')"}, true, false},
      {"every_group", {}, {"user.groups.all(g, !g.startsWith('system:'))"}, false, true},
      {"one_group", {}, {"!('system:masters' in user.groups)"}, false, true},
      {"other_group", {}, {"!('system:nodes' in user.groups)"}, false, false},
      {"wants_another_group", {}, {"user.groups.exists(g, g == 'ops')"}, false, false},
      {"claim", {"!claims.sub.startsWith('system:')"}, {}, true, false},
      {"list_of_users", {"claims.sub in ['alice', 'bob']"}, {}, true, false},
      {"claim_of_groups", {"claims.groups.all(g, !g.startsWith('system:'))"}, {}, false, true},
      {"not_about_it", {"claims.email_verified == true"}, {"user.username != ''"}, false, false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const JwtAuthenticator jwt = authenticator(row.claim_rules, row.user_rules);
      CHECK(refuses_username(jwt, "system:admin", kNewestKubernetesMinor) == row.user_refused);
      CHECK(refuses_group(jwt, "system:masters", kNewestKubernetesMinor) == row.group_refused);
      CHECK_FALSE(authenticator_outlook(jwt, kNewestKubernetesMinor).refuses());
    }
  }
}

TEST_CASE("a group of one claim may be a text or stand in a list") {
  for (const auto& [rule, refused] :
       {std::pair("claims.department in ['x', 'y']", false), std::pair("claims.department == 'x'", false),
        std::pair("!('x' in claims.department)", true)}) {
    INFO(rule);
    JwtAuthenticator jwt = authenticator({rule});
    jwt.claim_mappings.groups = {};
    jwt.claim_mappings.groups.expression.value = "['d:' + claims.department]";
    CHECK(refuses_group(jwt, "d:x", kNewestKubernetesMinor) == refused);
  }
}

TEST_CASE("loops in loops and texts that double are looked at for a bounded time") {
  std::string nested = "g != 'x'";
  for (int depth = 0; depth < 30; ++depth) nested = "user.groups.all(g, " + nested + ")";
  CHECK_FALSE(refuses_group(authenticator({}, {nested}), "ops", kNewestKubernetesMinor));
  std::string doubled = "['" + std::string(1000, 'x') + "']";
  for (int times = 0; times < 40; ++times) doubled += ".map(a, a + a)";
  const Known groups = outlook(doubled, facts());
  const std::optional<TextShape> element = element_shape(groups);
  REQUIRE(element);
  CHECK(element->head().size() >= 1000);
  CHECK(element->head().size() <= 64 * 1024);
  CHECK_FALSE(element->is_exact());
}

TEST_CASE("groups that are made of the subject are refused as texts are") {
  JwtAuthenticator jwt = authenticator({"claims.sub.startsWith('repo:acme/')"});
  jwt.claim_mappings.username = {};
  jwt.claim_mappings.username.claim.value = "sub";
  jwt.claim_mappings.groups = {};
  jwt.claim_mappings.groups.claim.value = "sub";
  jwt.claim_mappings.groups.prefix = ConfigText{"gha:", {}};
  CHECK_FALSE(refuses_group(jwt, "gha:repo:acme/web:pull_request", kNewestKubernetesMinor));
  CHECK(refuses_group(jwt, "gha:repo:mallory/web:pull_request", kNewestKubernetesMinor));
}

TEST_CASE("what a claim held is not told by a name that was made of it") {
  struct Row {
    const char* name;
    const char* username;
    std::string rule;
    const char* user;
    bool refused;
  };
  const Row rows[] = {
      {"as_it_is", "'x:' + claims.sub", "claims.sub.startsWith('a')", "x:acme", false},
      {"as_it_is_other", "'x:' + claims.sub", "claims.sub.startsWith('A')", "x:acme", true},
      {"lower", "'x:' + claims.sub.lowerAscii()", "claims.sub.startsWith('A')", "x:acme", false},
      {"upper", "'x:' + claims.sub.upperAscii()", "claims.sub.startsWith('a')", "x:ACME", false},
      {"lower_of_text", "('' + claims.sub).lowerAscii()", "claims.sub.startsWith('A')", "acme", false},
      {"number", "string(claims.id)", "claims.id > 4", "5", false},
      {"rule_of_the_name", "'x:' + claims.sub.lowerAscii()", "true", "x:acme", false},
      {"still_another_prefix", "'x:' + claims.sub.lowerAscii()", "false", "x:acme", true},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      JwtAuthenticator jwt = authenticator({row.rule});
      jwt.claim_mappings.username = {};
      jwt.claim_mappings.username.expression.value = row.username;
      CHECK(refuses_username(jwt, row.user, kNewestKubernetesMinor) == row.refused);
      const std::optional<TextShape> shape =
          mapping_shape(jwt.claim_mappings.username, kNewestKubernetesMinor);
      REQUIRE(shape);
      CHECK(shape->matches(row.user));
      CHECK(shape->to_string().ends_with(row.name == std::string("number") ? "<id>" : "<sub>"));
    }
  }
}

TEST_CASE("required claims are texts") {
  JwtAuthenticator jwt = authenticator({"claims.hd == 'b'"});
  ClaimValidationRule rule;
  rule.claim.value = "hd";
  rule.required_value.value = "a";
  jwt.claim_validation_rules.insert(jwt.claim_validation_rules.begin(), rule);
  rule.claim.value = "email_verified";
  rule.required_value.value = "true";
  jwt.claim_validation_rules.push_back(rule);
  const AuthenticatorOutlook outlook = authenticator_outlook(jwt, kNewestKubernetesMinor);
  REQUIRE(outlook.claim_rules.size() == 3);
  CHECK_FALSE(outlook.claim_rules[0].never_holds);
  CHECK(outlook.claim_rules[1].never_holds);
  CHECK(outlook.claim_rules[2].never_holds);
}

}  // namespace oidc_audit::oidc
