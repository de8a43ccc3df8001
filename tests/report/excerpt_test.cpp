#include "report/excerpt.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/unicode.h"

using namespace oidc_audit;
using namespace oidc_audit::report;

namespace {

std::string excerpt(const std::string& text, std::string_view word, int width = 0) {
  SourceManager sources;
  const BufferId buffer = sources.add("a.yaml", text).value();
  const std::size_t at = text.find(word);
  REQUIRE(at != std::string::npos);
  return source_excerpt(
      sources, {buffer, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + word.size())},
      {false, width, {}});
}

std::string part_of(const std::string& excerpt, int line) {
  const std::size_t first = excerpt.find('\n');
  return line == 0 ? excerpt.substr(0, first) : excerpt.substr(first + 1, excerpt.size() - first - 2);
}

}  // namespace

TEST_CASE("the exact name is underlined") {
  struct Row {
    const char* name;
    std::string text;
    const char* word;
    std::string expected;
  };
  const Row rows[] = {
      {"plain", "a: b\n  name: org:x\n", "org:x", "    2 |   name: org:x\n      |         ^~~~~\n"},
      {"last_line_without_end", "name: x", "x", "    1 | name: x\n      |       ^\n"},
      {"crlf", "name: xyz\r\nnext: 1\r\n", "xyz", "    1 | name: xyz\n      |       ^~~\n"},
      {"tab_before", "\tname: x\n", "x", "    1 |     name: x\n      |           ^\n"},
      {"tab_inside", "a:\tb\tc\n", "b\tc", "    1 | a:  b   c\n      |     ^~~~~\n"},
      {"wide", "n: \xE4\xB8\xAD\xE6\x96\x87 x\n", "\xE6\x96\x87",
       "    1 | n: \xE4\xB8\xAD\xE6\x96\x87 x\n      |      ^~\n"},
      {"combining", "n: e\xCC\x81z q\n", "z", "    1 | n: e\xCC\x81z q\n      |     ^\n"},
      {"escape_sequence", "n: \x1B[31mred\n", "red", "    1 | n: \\u{1B}[31mred\n      |              ^~~\n"},
      {"marked_escape",
       "n: a\x1B"
       "b\n",
       "a\x1B"
       "b",
       "    1 | n: a\\u{1B}b\n      |    ^~~~~~~~\n"},
      {"bidirectional",
       "n: \xE2\x80\xAE"
       "x\n",
       "x", "    1 | n: \\u{202E}x\n      |            ^\n"},
      {"not_utf8", "n: \xFFx\n", "x", "    1 | n: \\xFFx\n      |        ^\n"},
      {"empty_range", "name:\n", "", "    1 | name:\n      | ^\n"},
      {"second_line_is_not_shown", "k: |\n  a\n  b\n", "|\n  a", "    1 | k: |\n      |    ^\n"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(excerpt(row.text, row.word) == row.expected); }
  }
}

TEST_CASE("a long line is cut to the width around the marks") {
  const std::string line = std::string(5000, 'a') + "NAME" + std::string(5000, 'b');
  for (const int width : {1, 40, 80, 200, 1000}) {
    DYNAMIC_SECTION(width) {
      const std::string text = excerpt(line, "NAME", width);
      CHECK(text.find("NAME") != std::string::npos);
      const std::string shown = part_of(text, 0);
      const std::string marks = part_of(text, 1);
      CHECK(display_width(shown) <= std::max(width, 40));
      CHECK(shown.find("NAME") == marks.find("^~~~"));
    }
  }
  SECTION("a mark wider than the window is cut at its end") {
    const std::string text = excerpt("n: " + std::string(3000, 'x'), std::string(3000, 'x'), 60);
    CHECK(display_width(part_of(text, 0)) <= 60);
    CHECK(part_of(text, 1).find("^~~~") != std::string::npos);
  }
  SECTION("a line of megabytes takes no time") {
    const std::string huge = std::string(20'000'000, 'a') + "NAME" + std::string(20'000'000, 'b');
    CHECK(excerpt(huge, "NAME", 80).size() < 400);
  }
  SECTION("a token that ends beyond the part shown is hidden") {
    const std::string token = "eyJhbGciOiJSUzI1NiJ9." + std::string(3000, 'A') + "." + std::string(300, 'B');
    const std::string text = excerpt("NAME " + token, "NAME", 80);
    CHECK(text.find("NAME ***") != std::string::npos);
    CHECK(text.find("eyJ") == std::string::npos);
  }
  SECTION("wide characters are not cut in two") {
    std::string wide;
    for (int i = 0; i < 500; ++i) wide += "\xE4\xB8\xAD";
    const std::string text = excerpt(wide + "NAME" + wide, "NAME", 60);
    CHECK(is_valid_utf8(text));
    CHECK(text.find("NAME") != std::string::npos);
  }
}

TEST_CASE("places are escaped") {
  SourceManager sources;
  const BufferId buffer = sources.add("a\x1B]0;x\x07.yaml", "x\ny: z\n").value();
  CHECK(place_text(sources, {buffer, 5, 6}) == "a\\u{1B}]0;x\\u{7}.yaml:2:4");
}
