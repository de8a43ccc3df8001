#include "report/sarif_text.h"

#include <catch2/catch.hpp>
#include <string>

#include "base/unicode.h"

using namespace oidc_audit::report;

TEST_CASE("names cannot become links, placeholders or escapes") {
  struct Row {
    const char* name;
    std::string text;
    const char* expected;
  };
  const Row rows[] = {
      {"link", "group `[click](https://x.example)`", "group `\\[click\\](https://x.example)`"},
      {"plain_brackets", "group `[a]`", "group `[a]`"},
      {"placeholder", "group `{0}`", "group `{{0}}`"},
      {"escape", "group `\x1B[31m`", "group `\\u{{1B}}[31m`"},
      {"bidirectional",
       "\xE2\x80\xAE"
       "x",
       "\\u{{202E}}x"},
      {"lines", "a\nb", "a\nb"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(sarif_text(row.text, 1000) == row.expected); }
  }
  CHECK(sarif_link("role `[x]` {y}", 3) == "[role `\\[x\\]` {{y}}](3)");
}

TEST_CASE("long text is cut between characters") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "\xE4\xB8\xAD";
  for (std::size_t limit = 20; limit < 30; ++limit) {
    const std::string cut = sarif_text(text, limit);
    CHECK(cut.size() <= limit);
    CHECK(oidc_audit::is_valid_utf8(cut));
    CHECK(cut.substr(cut.size() - 4) == " ...");
  }
  const std::string braces = sarif_text(std::string(50, '{'), 31);
  CHECK(braces == " ...");
}

TEST_CASE("words are put into form") {
  CHECK(as_sentence("group `x` is open") == "Group `x` is open.");
  CHECK(as_sentence("Done!") == "Done!");
  CHECK(as_sentence("`x` is open") == "`x` is open.");
  CHECK(as_sentence("") == "");
  CHECK(pascal_case("wildcard-group-binding") == "WildcardGroupBinding");
  CHECK(pascal_case("Already") == "AlreadyRule");
  CHECK(pascal_case("impersonates") == "ImpersonatesRule");
}
