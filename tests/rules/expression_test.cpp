#include "rules/expression.h"

#include <catch2/catch.hpp>

using namespace oidc_audit;
using namespace oidc_audit::rules;

namespace {

std::string joined(const std::vector<std::string_view>& parts) {
  std::string out;
  for (const std::string_view part : parts) out += "[" + std::string(part) + "]";
  return out;
}

}  // namespace

TEST_CASE("conditions joined at the top of an expression") {
  struct Row {
    const char* name;
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"two", "a.b && !c.d", "[a.b][!c.d]"},
      {"or_inside_brackets", "a.b && (c || d)", "[a.b][(c || d)]"},
      {"or_at_the_top", "a.b && c || d", "[a.b && c || d]"},
      {"conditional_at_the_top", "a && b ? c : d", "[a && b ? c : d]"},
      {"and_in_a_string", "a == '&&' && b", "[a == '&&'][b]"},
      {"or_in_a_string", "a == \"||\" && b", "[a == \"||\"][b]"},
      {"broken_bracket", "a) && b", "[a) && b]"},
      {"in_a_list", "a in [b && c] && d", "[a in [b && c]][d]"},
      {"comment", "a && b // || c", "[a && b // || c]"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(joined(conjuncts(row.text)) == row.expected); }
  }
}

TEST_CASE("facts that are compared as bits") {
  CHECK(plain_fact("subject.external")->field == "external");
  CHECK(plain_fact(" ! subject.external ")->negated);
  CHECK(plain_fact("subject.id_twin != ''")->text);
  CHECK_FALSE(plain_fact("subject.id_twin != ''")->negated);
  CHECK(plain_fact("subject.id_twin == \"\"")->negated);
  CHECK_FALSE(plain_fact("subject.name == 'x'"));
  CHECK_FALSE(plain_fact("!(subject.external)"));
  CHECK_FALSE(plain_fact("subject.name.contains('x')"));
  CHECK_FALSE(plain_fact("true"));
  CHECK_FALSE(plain_fact("subject."));
}

TEST_CASE("templates") {
  struct Row {
    const char* name;
    const char* text;
    const char* expected;
  };
  const Row rows[] = {
      {"plain", "no braces", "no braces|"},
      {"one", "a {x.y} b", "a |x.y; b|"},
      {"braces", "{{not}} {x}", "{not} |x"},
      {"map_literal", "{ {'a': 1}['a'] }", "| {'a': 1}['a'] "},
      {"brace_in_string", "{x + '}'}!", "|x + '}';!|"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      Template out;
      Expression source;
      source.text = row.text;
      REQUIRE_FALSE(parse_template(source, out));
      std::string text;
      for (const Template::Part& part : out.parts) {
        text += (text.empty() ? "" : ";") + part.literal + "|" + part.expression.text;
      }
      CHECK(text == row.expected);
    }
  }
  for (const char* bad : {"{", "a { b", "}", "{}", "{ }", "{'}"}) {
    DYNAMIC_SECTION(bad) {
      Template out;
      Expression source;
      source.text = bad;
      CHECK(parse_template(source, out));
    }
  }
}

TEST_CASE("a template for people who see no finding") {
  CHECK(readable_template("bind `{subject.tenant}` {{x}}") == "bind `<tenant>` {x}");
  CHECK(readable_template("write {subject.closest_live != '' ? 'a' : 'b'}, or {alternative}") ==
        "write ..., or <alternative>");
}
