#include "oidc/go_json.h"

#include <catch2/catch.hpp>
#include <string>

namespace oidc_audit::oidc {
namespace {

// What Go 1.26's json.Unmarshal says of the text; empty for a valid one.
struct Row {
  const char* name;
  std::string text;
  const char* error;
};

TEST_CASE("JSON syntax errors are Go's", "[oidc][json]") {
  const std::string deep(10'001, '[');
  const Row rows[] = {
      {"empty", "", "unexpected end of JSON input"},
      {"blank", " ", "unexpected end of JSON input"},
      {"word", "x", "invalid character 'x' looking for beginning of value"},
      {"open object", "{", "unexpected end of JSON input"},
      {"open list", "[1,", "unexpected end of JSON input"},
      {"no comma", "[1 2]", "invalid character '2' after array element"},
      {"no colon", R"({"a" 1})", "invalid character '1' after object key"},
      {"no comma between members", R"({"a":1 "b"})", "invalid character '\"' after object key:value pair"},
      {"bare key", "{a}", "invalid character 'a' looking for beginning of object key string"},
      {"comma before brace", R"({"a":1,})",
       "invalid character '}' looking for beginning of object key string"},
      {"comma before bracket", "[1,]", "invalid character ']' looking for beginning of value"},
      {"newline in string", "\"a\nb\"", "invalid character '\\n' in string literal"},
      {"escape", R"("\x")", "invalid character 'x' in string escape code"},
      {"hex escape", R"("\u12g4")", "invalid character 'g' in \\u hexadecimal character escape"},
      {"minus", "-x", "invalid character 'x' in numeric literal"},
      {"minus at end", "-", "invalid character ' ' in numeric literal"},
      {"point", "1.x", "invalid character 'x' after decimal point in numeric literal"},
      {"point at end", "1.", "invalid character ' ' after decimal point in numeric literal"},
      {"exponent", "1ex", "invalid character 'x' in exponent of numeric literal"},
      {"literal", "trux", "invalid character 'x' in literal true (expecting 'e')"},
      {"literal at end", "nul", "invalid character ' ' in literal null (expecting 'l')"},
      {"literal in list", "[tr]", "invalid character ']' in literal true (expecting 'u')"},
      {"leading zero", "01", "invalid character '1' after top-level value"},
      {"two values", "1 2", "invalid character '2' after top-level value"},
      {"closing twice", R"({"a":1}})", "invalid character '}' after top-level value"},
      {"apostrophe", "'", R"(invalid character '\'' looking for beginning of value)"},
      {"byte that is not ASCII", "\xff", "invalid character '\xc3\xbf' looking for beginning of value"},
      {"control", std::string("\t\0", 2), R"(invalid character '\x00' looking for beginning of value)"},
      {"open string", "\"abc", "unexpected end of JSON input"},
      {"too deep", deep, "exceeded max depth"},
      {"good", R"( {"a":[1,-0.5e+3,true,null,"x",{}],"a":[]} )", ""},
      {"bytes that are not UTF-8 in a string", "\"\xff\"", ""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const auto parsed = JsonDocument::parse(row.text);
      CHECK((parsed.ok() ? "" : parsed.error().message()) == std::string(row.error));
    }
  }
}

TEST_CASE("depth does not use up the stack", "[oidc][json]") {
  const std::string deepest = std::string(10'000, '[') + std::string(10'000, ']');
  CHECK(JsonDocument::parse(deepest).ok());
  CHECK(!JsonDocument::parse(std::string(3'000'000, '[')).ok());
}

TEST_CASE("strings are decoded as Go decodes them", "[oidc][json]") {
  const std::pair<const char*, const char*> rows[] = {
      {R"("a\u0062c\n\/\"")", "abc\n/\""},
      {R"("\ud83d\ude00")", "\xF0\x9F\x98\x80"},
      {R"("a\ud800b")",
       "a\xEF\xBF\xBD"
       "b"},
      {R"("\ud800\u0041")",
       "\xEF\xBF\xBD"
       "A"},
      {R"("\udc00\ud800")", "\xEF\xBF\xBD\xEF\xBF\xBD"},
      {"\"a\xff\xfe\"", "a\xEF\xBF\xBD\xEF\xBF\xBD"},
  };
  for (const auto& [text, expected] : rows) {
    DYNAMIC_SECTION(text) {
      const auto parsed = JsonDocument::parse(text);
      REQUIRE(parsed.ok());
      CHECK(parsed.value().root().string() == expected);
    }
  }
}

TEST_CASE("members keep their order and the last of equal names counts", "[oidc][json]") {
  const auto parsed = JsonDocument::parse(R"({"a":1,"b":{"c":[2,3]},"a":4})");
  REQUIRE(parsed.ok());
  const JsonValue root = parsed.value().root();
  REQUIRE(root.members().size() == 3);
  CHECK(root.members()[1].second.raw() == R"({"c":[2,3]})");
  CHECK(root.find("a")->raw() == "4");
  CHECK(root.find("b")->find("c")->items()[1].raw() == "3");
  CHECK(!root.find("A").has_value());
}

TEST_CASE("struct fields match as Go folds names", "[oidc][json]") {
  CHECK(go_field_matches("iss", "iss"));
  CHECK(go_field_matches("ISS", "iss"));
  CHECK(go_field_matches("i\xC5\xBFs", "iss"));
  CHECK(
      go_field_matches("to\xE2\x84\xAA"
                       "en",
                       "token"));
  CHECK(!go_field_matches("is", "iss"));
  CHECK(!go_field_matches("isss", "iss"));
}

TEST_CASE("JSON text is written safely", "[oidc][json]") {
  CHECK(json_quote("a\"\\\n\x01\xff") == "\"a\\\"\\\\\\n\\u0001\xEF\xBF\xBD\"");
  CHECK(replace_invalid_utf8("abc") == std::nullopt);
  CHECK(replace_invalid_utf8("a\xff") == "a\xEF\xBF\xBD");
}

}  // namespace
}  // namespace oidc_audit::oidc
