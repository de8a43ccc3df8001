// The texts of evaluation errors, which the API server logs and which say what to repair: as cel-go 0.29
// and Kubernetes 1.37 print them.

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "cel/kubernetes.h"

namespace oidc_audit::cel {
namespace {

constexpr std::string_view kClaims =
    R"({"s":"abc","i":7,"d":7.5,"b":true,"n":null,"l":["a"],"m":{"k":"v"},"e":[],"o":[1,"a",null,[2,3],{"y":2,"x":1}],"p":{"a":{"e.f":1}}})";

std::string outcome(const std::string& expression) {
  const Compilation compiled = claims_env(Release{37}).compile(expression);
  if (!compiled.ok()) return compiled.problems.empty() ? "?" : compiled.problems.front().message;
  Result<Value> claims = claims_value(std::string(kClaims), Release{37});
  REQUIRE(claims.ok());
  const std::array<Value, 1> variables{claims.value()};
  const Evaluation evaluation = compiled.program->eval(variables, Limits{});
  return evaluation.value.is_error() ? evaluation.value.as_error().message : evaluation.value.to_string();
}

struct Case {
  std::string expression;
  std::string text;
};

}  // namespace

TEST_CASE("operators refuse by the traits of their first operand", "[cel]") {
  const std::string plain = "no such overload";
  const auto c = GENERATE_COPY(values<Case>({
      // A type with the trait says so itself; one without is named no overload of the function.
      {"claims.s + claims.i", plain},
      {"claims.i + claims.s", plain},
      {"claims.l + claims.s", plain},
      {"claims.b + claims.b", plain + ": _+_"},
      {"claims.n + claims.s", plain + ": _+_"},
      {"claims.m + claims.m", plain + ": _+_"},
      {"claims.d - claims.s", plain},
      {"claims.l - claims.l", plain + ": _-_"},
      {"claims.i % claims.i", plain + ": _%_"},
      {"dyn(1) % claims.i", plain},
      // Strings, timestamps and durations receive what they have no trait for.
      {"claims.s - claims.s", plain},
      {"claims.s % claims.i", plain},
      {"dyn(duration('1s')) * claims.i", plain},
      {"claims.b < claims.i", plain},
      {"claims.l < claims.l", plain + ": _<_"},
      {"claims.n >= claims.n", plain + ": _>=_"},
      {"claims.s in claims.i", plain},
      {"!claims.l", plain},
      {"-claims.b", plain},
      {"-claims.l", plain + ": -_"},
      {"size(claims.i)", plain + ": size"},
      {"claims.s.orValue(1)", plain},
  }));
  DYNAMIC_SECTION(c.expression) { CHECK(outcome(c.expression) == c.text); }
}

TEST_CASE("functions refuse with or without their type guards", "[cel]") {
  const std::string plain = "no such overload";
  const auto c = GENERATE_COPY(values<Case>({
      {"claims.i.startsWith('a')", plain},
      {"claims.s.contains(claims.i)", plain},
      {"matches(claims.i, 'a')", plain},
      {"matches(claims.i, claims.s)", plain + ": matches"},
      {"dyn(claims.i).find('a')", plain},
      {"dyn(claims.i).find(claims.s)", plain + ": find(double, string)"},
      {"dyn(claims.i).lowerAscii()", plain + ": lowerAscii(double)"},
      {"dyn(claims.m).flatten()", plain + ": map(dyn, dyn).flatten()"},
      {"dyn(claims.i).sort()", plain + ": sort"},
      {"dyn(claims.s).sort()", plain},
      {"dyn(claims.b).distinct()",
       "internal error: interface conversion: types.Bool is not traits.Lister: missing method Add"},
      {"dyn(claims.s).distinct()",
       "internal error: interface conversion: types.String is not traits.Lister: missing method Contains"},
      {"int(claims.s)", "type conversion error from 'string' to 'int'"},
      {"timestamp(claims.s)", "type conversion error from 'string' to 'google.protobuf.Timestamp'"},
      {"dyn(claims.i).all(x, x)", "got 'types.Double', expected iterable type"},
      {"dyn(claims.n).all(i, v, v)", "unsupported comprehension range type: types.Null"},
  }));
  DYNAMIC_SECTION(c.expression) { CHECK(outcome(c.expression) == c.text); }
}

TEST_CASE("indexes name the Go type of what cannot be one", "[cel]") {
  const auto c = GENERATE(values<Case>({
      {"claims.m[claims.i]", "no such key: 7"},
      {"claims.l[claims.d]", "unsupported index value 7.5 in list"},
      {"claims.l[claims.i]", "index out of bounds: 7"},
      {"claims.m[claims.n]", "invalid qualifier type: types.Null"},
      {"claims.m[claims.l]", "invalid qualifier type: *oidc.unescapeLister"},
      {"claims.l[claims.m]", "invalid qualifier type: *oidc.unescapeMapper"},
      {"claims.l[dyn([1].map(x, x))]", "invalid qualifier type: *types.baseList"},
      {"claims[claims.i]", "no such overload"},
      {"[?claims.o]",
       "cannot initialize optional list element from non-optional value &{[1, a, <nil>, [2 3], map[x:1 "
       "y:2]]}"},
  }));
  DYNAMIC_SECTION(c.expression) { CHECK(outcome(c.expression) == c.text); }
}

TEST_CASE("keys that clash are printed as Go does, lists and maps clash with themselves alone", "[cel]") {
  const auto c = GENERATE(values<Case>({
      {"[1, 2].transformMapEntry(i, v, {dyn(claims.p): v})",
       "insert failed: key &{{a: {e.f: 1}}} already exists"},
      {"[1, 2].transformMapEntry(i, v, {dyn(claims.l): v})", "insert failed: key &{[a]} already exists"},
      {"[1, 2].transformMapEntry(i, v, {dyn({'a': {'b': [1, 2]}}): v})",
       "insert failed: key {a: {b: [1, 2]}} already exists"},
      {"[1, 2].transformMapEntry(i, v, {dyn(null): v})", "insert failed: key 0 already exists"},
      {"[1, 2].transformMapEntry(i, v, {'k': v})", "insert failed: key k already exists"},
      {"[1, 2].transformMapEntry(i, v, {dyn(claims.p.a): v}).size()", "2"},
      {"[1, 2].transformMapEntry(i, v, {dyn([claims.s]): v}).size()", "2"},
  }));
  DYNAMIC_SECTION(c.expression) { CHECK(outcome(c.expression) == c.text); }
}

TEST_CASE("patterns and addresses fail in the words of Go's packages", "[cel]") {
  const std::string ip = " parse error during conversion from string: ParseAddr(";
  const std::string cidr = "network address parse error during conversion from string: ";
  const auto c = GENERATE_COPY(values<Case>({
      {"claims.s.matches('('.lowerAscii())", "error parsing regexp: missing closing ): `(`"},
      {"claims.s.matches('a**'.lowerAscii())",
       "error parsing regexp: invalid nested repetition operator: `**`"},
      {"claims.s.matches('(?<n'.lowerAscii())", "error parsing regexp: invalid named capture: `(?<n`"},
      {"ip(dyn('abc'))", "IP Address \"abc\"" + ip + "\"abc\"): unable to parse IP"},
      {"ip(dyn('1.02.3.4'))",
       "IP Address \"1.02.3.4\"" + ip + "\"1.02.3.4\"): IPv4 field has octet with leading zero"},
      {"ip(dyn('1::2::3'))",
       "IP Address \"1::2::3\"" + ip + "\"1::2::3\"): multiple :: in address (at \":3\")"},
      {"ip(dyn('fe80::1%a'))", "IP address \"fe80::1%a\" with zone value is not allowed"},
      {"cidr(dyn('1.2.3.4'))", cidr + cidr + "netip.ParsePrefix(\"1.2.3.4\"): no '/'"},
      {"cidr(dyn('1.2.3.4/33'))",
       cidr + cidr + "netip.ParsePrefix(\"1.2.3.4/33\"): prefix length out of range"},
  }));
  DYNAMIC_SECTION(c.expression) { CHECK(outcome(c.expression) == c.text); }
}

}  // namespace oidc_audit::cel
