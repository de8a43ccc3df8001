#include "document/yaml_scalar.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "document/read_helper.h"

using namespace oidc_audit::document;

TEST_CASE("plain scalars are resolved as go-yaml resolves them") {
  struct Row {
    const char* text;
    NodeKind kind;
  };
  const Row rows[] = {
      {"", NodeKind::null},
      {"~", NodeKind::null},
      {"null", NodeKind::null},
      {"Null", NodeKind::null},
      {"NULL", NodeKind::null},
      {"nULL", NodeKind::string},
      {"true", NodeKind::boolean},
      {"True", NodeKind::boolean},
      {"TRUE", NodeKind::boolean},
      {"tRUE", NodeKind::string},
      {"y", NodeKind::boolean},
      {"Y", NodeKind::boolean},
      {"yes", NodeKind::boolean},
      {"Yes", NodeKind::boolean},
      {"YES", NodeKind::boolean},
      {"yEs", NodeKind::string},
      {"on", NodeKind::boolean},
      {"On", NodeKind::boolean},
      {"off", NodeKind::boolean},
      {"OFF", NodeKind::boolean},
      {"n", NodeKind::boolean},
      {"N", NodeKind::boolean},
      {"no", NodeKind::boolean},
      {"false", NodeKind::boolean},
      {"nope", NodeKind::string},
      {"only", NodeKind::string},
      {"0", NodeKind::integer},
      {"123", NodeKind::integer},
      {"+12", NodeKind::integer},
      {"-12", NodeKind::integer},
      {"0123", NodeKind::integer},
      {"0o17", NodeKind::integer},
      {"0O17", NodeKind::integer},
      {"0x1F", NodeKind::integer},
      {"0XfF", NodeKind::integer},
      {"0b101", NodeKind::integer},
      {"0b102", NodeKind::string},
      {"089", NodeKind::floating},
      {"0x", NodeKind::string},
      {"1_000", NodeKind::integer},
      {"1__0_", NodeKind::integer},
      {"_1", NodeKind::string},
      {"-", NodeKind::string},
      {"+", NodeKind::string},
      {"1.5", NodeKind::floating},
      {"1.", NodeKind::floating},
      {".5", NodeKind::floating},
      {".", NodeKind::string},
      {"1e3", NodeKind::floating},
      {"1E+3", NodeKind::floating},
      {"1e", NodeKind::string},
      {"1e999", NodeKind::string},
      {"+.5", NodeKind::floating},
      {".inf", NodeKind::floating},
      {"-.Inf", NodeKind::floating},
      {".iNF", NodeKind::string},
      {".nan", NodeKind::floating},
      {".NaN", NodeKind::floating},
      {"+.nan", NodeKind::string},
      {"nan", NodeKind::string},
      {"inf", NodeKind::string},
      {"2001-01-01", NodeKind::string},
      {"1:20", NodeKind::string},
      {"1.2.3", NodeKind::string},
      {"12345678901234567890", NodeKind::integer},
      {"-9223372036854775808", NodeKind::integer},
      {"-9223372036854775809", NodeKind::floating},
      {"18446744073709551616", NodeKind::floating},
      {"1 2", NodeKind::string},
      {"<<", NodeKind::string},
      {"0.", NodeKind::floating},
      {"0e0", NodeKind::floating},
      {"12e03", NodeKind::floating},
      {"0b-1", NodeKind::integer},
      {"-0b11", NodeKind::integer},
      {"--1", NodeKind::string},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION("`" << row.text << "`") {
      CHECK(to_string(resolve_plain_scalar(row.text)) == to_string(row.kind));
    }
  }
}

TEST_CASE("integers have go-yaml's values") {
  CHECK(parse_yaml_integer("0123") == 83);
  CHECK(parse_yaml_integer("0o17") == 15);
  CHECK(parse_yaml_integer("-0x10") == -16);
  CHECK(parse_yaml_integer("0b101") == 5);
  CHECK(parse_yaml_integer("1_000") == 1000);
  CHECK(parse_yaml_integer("-9223372036854775808") == INT64_MIN);
  CHECK(parse_yaml_integer("9223372036854775807") == INT64_MAX);
  CHECK(parse_yaml_integer("9223372036854775808") == std::nullopt);
  CHECK(parse_yaml_integer("089") == std::nullopt);
  CHECK(parse_yaml_float("089") == 89.0);
  CHECK(parse_yaml_float("1e3") == 1000.0);
  CHECK(std::isinf(parse_yaml_float("-.inf").value()));
  CHECK(std::isnan(parse_yaml_float(".nan").value()));
}

TEST_CASE("values give what their spelling means") {
  const Read r = read("a: Yes\nb: off\nc: 0x10\nd: 'yes'\ne: 1.5\nf: N\n");
  CHECK(r.root().find("a").as_bool() == true);
  CHECK(r.root().find("b").as_bool() == false);
  CHECK(r.root().find("c").as_int() == 16);
  CHECK(r.root().find("c").as_double() == 16.0);
  CHECK(r.root().find("d").as_bool() == std::nullopt);
  CHECK(r.root().find("d").text() == "yes");
  CHECK(r.root().find("e").as_int() == std::nullopt);
  CHECK(r.root().find("f").as_bool() == false);
}
