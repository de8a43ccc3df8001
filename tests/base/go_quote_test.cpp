#include "base/go_quote.h"

#include <catch2/catch.hpp>
#include <vector>

namespace oidc_audit {

TEST_CASE("go_quote writes what Go's %q writes") {
  struct Row {
    const char* name;
    std::string text;
    std::string expected;
  };
  const Row rows[] = {
      {"plain", "oidc:jane", R"("oidc:jane")"},
      {"empty", "", R"("")"},
      {"quote_and_backslash", R"(a"b\c)", R"("a\"b\\c")"},
      {"named_controls", "\a\b\f\n\r\t\v", R"("\a\b\f\n\r\t\v")"},
      {"other_controls", std::string("\x00\x1b\x7f", 3), R"("\x00\x1b\x7f")"},
      {"broken_bytes", "a\xff\xc3z", R"("a\xff\xc3z")"},
      {"printable_unicode", "j\xC3\xBCrgen \xE5\x80\xA4 \xF0\x9F\x98\x80",
       "\"j\xC3\xBCrgen \xE5\x80\xA4 \xF0\x9F\x98\x80\""},
      {"no_break_space", "a\xC2\xA0z", R"("a\u00a0z")"},
      {"zero_width_space", "a\xE2\x80\x8Bz", R"("a\u200bz")"},
      {"bidi_override", "\xE2\x80\xAE", R"("\u202e")"},
      {"byte_order_mark", "\xEF\xBB\xBF", R"("\ufeff")"},
      {"replacement_character_itself", "\xEF\xBF\xBD", "\"\xEF\xBF\xBD\""},
      {"last_code_point", "\xF4\x8F\xBF\xBF", R"("\U0010ffff")"},
      {"soft_hyphen", "\xC2\xAD", R"("\u00ad")"},
      {"combining_mark_is_printable", "e\xCC\x81", "\"e\xCC\x81\""},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(go_quote(row.text) == row.expected); }
  }
}

TEST_CASE("go_quote_list separates by a space") {
  CHECK(go_quote_list(std::vector<std::string>{}) == "[]");
  CHECK(go_quote_list(std::vector<std::string>{"a", "b c"}) == R"(["a" "b c"])");
}

}  // namespace oidc_audit
