#include "report/json_writer.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

using namespace oidc_audit::report;

TEST_CASE("documents are indented or on one line") {
  const auto write = [](JsonWriter::Style style) {
    JsonWriter json(style);
    json.begin_object();
    json.field("a", "x").field("b", true).count("c", 3);
    json.key("d").begin_array().number(-1).null().end_array();
    json.key("e").begin_array().end_array();
    json.key("f").begin_object().end_object();
    json.strings("g", {"y", "z"});
    json.end_object();
    return json.take();
  };
  CHECK(write(JsonWriter::Style::one_line) ==
        R"({"a": "x", "b": true, "c": 3, "d": [-1, null], "e": [], "f": {}, "g": ["y", "z"]})");
  const std::string indented = write(JsonWriter::Style::indented);
  CHECK(indented.substr(0, 15) == "{\n  \"a\": \"x\",\n ");
  CHECK(nlohmann::json::parse(indented) == nlohmann::json::parse(write(JsonWriter::Style::one_line)));
}

TEST_CASE("hostile text is escaped and read back as it was") {
  struct Row {
    const char* name;
    std::string text;
    const char* expected;
  };
  const Row rows[] = {
      {"quote", "a\"b\\c", R"("a\"b\\c")"},
      {"newline", "a\nb\r\t", R"("a\nb\r\t")"},
      {"escape", "\x1B[31m", R"("\u001b[31m")"},
      {"nul", std::string("a\0b", 3), R"("a\u0000b")"},
      {"delete", "\x7F", R"("\u007f")"},
      {"c1", "\xC2\x9B", R"("\u009b")"},
      {"bidirectional", "\xE2\x80\xAE", R"("\u202e")"},
      {"zero_width", "\xE2\x80\x8B", R"("\u200b")"},
      {"tag_character", "\xF3\xA0\x81\x81", R"("\udb40\udc41")"},
      {"emoji_is_kept", "\xF0\x9F\x98\x80", "\"\xF0\x9F\x98\x80\""},
      {"letters_are_kept", "\xC3\xBC", "\"\xC3\xBC\""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      std::string out;
      append_json_string(out, row.text);
      CHECK(out == row.expected);
      CHECK(nlohmann::json::parse(out).get<std::string>() == row.text);
    }
  }
  SECTION("what is not UTF-8 becomes the replacement character") {
    std::string out;
    append_json_string(out, "a\xFF\xC3z\xE2\x80");
    CHECK(nlohmann::json::parse(out).get<std::string>() ==
          "a\xEF\xBF\xBD\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD");
  }
}
