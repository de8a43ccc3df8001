// What expressions give, by the semantics of kube-apiserver. Rows: expression, and its value as text or the
// start of the error.

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "cel/env.h"
#include "cel/json.h"
#include "cel/kubernetes.h"

namespace oidc_audit::cel {
namespace {

struct Row {
  const char* text;
  const char* expected;
};

std::string run(const Env& env, std::string_view text, const std::vector<Value>& values) {
  const Compilation compiled = env.compile(text);
  if (!compiled.ok()) return "refused: " + compiled.problems.front().message;
  return compiled.program->eval(values).to_string();
}

void check_rows(const Env& env, const std::vector<Value>& values, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.text) { CHECK(run(env, row.text, values) == row.expected); }
  }
}

}  // namespace

TEST_CASE("errors are values", "[cel]") {
  const Env env;
  check_rows(env, {},
             {{"false && 1/0 > 0", "false"},
              {"1/0 > 0 && false", "false"},
              {"1/0 > 0 || true", "true"},
              {"1/0 > 0 && true", "error: division by zero"},
              {"1/0 > 0 || 1%0 > 0", "error: division by zero"},
              {"dyn(1) && true", "error: no such overload"},
              {"[1, 0].exists(x, 1/x == 1)", "true"},
              {"[0, 1].exists(x, 1/x == 1)", "true"},
              {"[0].exists(x, 1/x == 1)", "error: division by zero"},
              {"[0, 2].all(x, 1/x == 1)", "false"},
              {"[0, 1].map(x, 1/x)", "error: division by zero"},
              {"true ? 1 : 1/0", "1"}});
}

TEST_CASE("numbers keep to their kind and range", "[cel]") {
  const Env env;
  check_rows(
      env, {},
      {{"9223372036854775807 + 1", "error: integer overflow"},
       {"-9223372036854775808", "-9223372036854775808"},
       {"0u - 1u", "error: unsigned integer overflow"},
       {"7 / -2", "-3"},
       {"-7 % 3", "-1"},
       {"1.0 / 0.0", "+Inf"},
       {"dyn(1) == 1.0", "true"},
       {"dyn(9007199254740993) == 9007199254740992.0", "true"},
       {"9223372036854775807 < 9223372036854775808.0", "false"},
       {"string(1700000000.0)", "\"1.7e+09\""},
       {"string(100000.0)", "\"100000\""},
       {"string(0.00001)", "\"1e-05\""},
       {"double('0x1p-2')", "0.25"},
       {"int('abc')", "refused: program instantiation failed: type conversion error from 'string' to 'int'"},
       {"1 == 1.0", "refused: found no matching overload for '_==_' applied to '(int, double)'"}});
}

TEST_CASE("strings count code points", "[cel]") {
  const Env env;
  check_rows(env, {},
             {{"size('é😁')", "2"},
              {"'é😁x'.substring(1, 2)", "\"😁\""},
              {"'tacocat'.lastIndexOf('ac', 3)", "1"},
              {"'a,b,c'.split(',', 2)", "[\"a\", \"b,c\"]"},
              {"''.split('')", "[]"},
              {"'abc'.replace('', '-')", "\"-a-b-c-\""},
              {"'aaa'.findAll('b*').size()", "4"},
              {"'x'.matches('(?<n>x)$')", "true"},
              {"'x'.matches('(')", "refused: invalid matches argument"},
              {"'%.2f %s'.format([1234.5, ['a', 1.0]])", "\"1,234.50 [\\\"a\\\", 1.000000]\""},
              {"' \\u2003x\\t'.trim()", "\"x\""}});
}

TEST_CASE("optionals and two-variable loops", "[cel]") {
  const Env env;
  check_rows(env, {},
             {{"{'a': 1}.?b", "optional.none()"},
              {"{'a': {'b': 2}}.?a.b.orValue(0)", "2"},
              {"[?optional.none(), ?optional.of(1)]", "[1]"},
              {"optional.of(2).optMap(x, x * 2)", "optional.of(4)"},
              {"optional.none().orValue(3)", "3"},
              {"[5, 6].transformMap(i, v, v * i)", "{0: 0, 1: 6}"},
              {"{'a': 1}.transformMapEntry(k, v, {v: k})", "{1: \"a\"}"},
              {"[3, 1, 2].sortBy(x, -x)", "[3, 2, 1]"},
              {"[1, 1].transformMapEntry(i, v, {v: i})", "error: insert failed: key 1 already exists"}});
}

TEST_CASE("libraries of Kubernetes", "[cel]") {
  const Env env;
  check_rows(
      env, {},
      {{"ip('2001:DB8::1') == ip('2001:db8::1')", "true"},
       {"ip('::ffff:1.2.3.4')", "error: IPv4-mapped IPv6 address \"::ffff:1.2.3.4\" is not allowed"},
       {"cidr('10.1.2.3/8').masked()", "net.CIDR(\"10.0.0.0/8\")"},
       {"cidr('10.0.0.0/8').containsCIDR('10.1.0.0/16')", "true"},
       {"quantity('1.5Gi').asInteger()", "error: cannot convert value to integer"},
       {"quantity('1Gi') == quantity('1024Mi')", "true"},
       {"quantity('9999999999999999999999G').isGreaterThan(quantity('1E'))", "true"},
       {"semver('v1', true).isLessThan(semver('1.0.1'))", "true"},
       {"url('https://[::1]:80/a?x=1&x=2').getQuery()", "{\"x\": [\"1\", \"2\"]}"},
       {"url('http://a:80:80/')",
        "error: URL parse error during conversion from string: parse \"http://a:80:80/\": invalid port "
        "\":80:80\" after host"},
       {"format.dns1123Label().validate('a.b').value()", "[\"must not contain dots\"]"},
       {"timestamp('2024-03-10T09:30:00Z').getHours('America/New_York')", "5"},
       {"timestamp('2100-07-01T00:00:00Z').getHours('Europe/Berlin')", "2"},
       {"timestamp('2023-01-01T05:30:00+02:00')", "timestamp(\"2023-01-01T05:30:00+02:00\")"}});
}

TEST_CASE("claims are lazy and unescape names", "[cel]") {
  const Env env = claims_env();
  const Value claims =
      claims_value(R"({"a.b": "dotted", "n": 5, "bad": 1e400, "list": ["x", {"p/q": 1}], "o": {"in": true}})")
          .value();
  check_rows(
      env, {claims},
      {{"claims.a__dot__b", "\"dotted\""},
       {"claims['a.b']", "\"dotted\""},
       {"claims.n == 5", "true"},
       {"claims.n + 1", "error: no such overload"},
       {"claims.missing", "error: no such key: missing"},
       {"claims.?missing.orValue('d')", "\"d\""},
       {"has(claims.bad)", "error: claim \"bad\" failed to unmarshal: invalid JSON: number out of range"},
       {"claims.list[1].p__slash__q", "1.0"},
       {"dyn(claims.list).filter(x, type(x) == map)[0].p__slash__q", "error: no such key: p__slash__q"},
       {"claims.o.__in__", "true"},
       {"size(claims)", "error: no such overload: size"},
       {"claims.list.exists(x, x == 'x')",
        "refused: expression of type 'any' cannot be range of a comprehension (must be list, map, or "
        "dynamic)"},
       {"'x' in claims.list", "true"},
       {"type(claims)", "kubernetes.claims"}});
}

TEST_CASE("limits end an evaluation whatever surrounds it", "[cel]") {
  Env env;
  env.add_variable("s", Type::string());
  const std::vector<Value> values{Value::string(std::string(2000, 'a'))};
  Limits limits;
  SECTION("cost") {
    limits.max_cost = 500;
    const Compilation compiled = env.compile("lists.range(100).all(x, x >= 0) || true");
    REQUIRE(compiled.ok());
    const Evaluation result = compiled.program->eval(values, limits);
    REQUIRE(result.value.is_error());
    CHECK(result.value.as_error().message == "operation cancelled: actual cost limit exceeded");
  }
  SECTION("memory") {
    limits.max_bytes = 1U << 20;
    const Compilation compiled = env.compile("s.replace('', s) == '' || true");
    REQUIRE(compiled.ok());
    CHECK(compiled.program->eval(values, limits).value.is_error());
  }
  SECTION("a huge range") {
    const Compilation compiled = env.compile("lists.range(1000000000000)");
    REQUIRE(compiled.ok());
    CHECK(compiled.program->eval(values, limits).value.is_error());
  }
}

}  // namespace oidc_audit::cel
