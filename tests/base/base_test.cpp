#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>

#include "base/digest.h"
#include "base/files.h"
#include "base/json_pointer.h"
#include "base/percent_encoding.h"
#include "base/result.h"
#include "base/strings.h"
#include "base/text_search.h"
#include "base/time.h"
#include "base/unicode.h"

using namespace oidc_audit;

namespace {

Result<int> half(int n) {
  if (n % 2 != 0) return Error(ErrorKind::malformed, "odd");
  return n / 2;
}

Result<int> quarter(int n) {
  ASSIGN_OR_RETURN(const int h, half(n));
  ASSIGN_OR_RETURN(const int q, half(h));
  return q;
}

}  // namespace

TEST_CASE("a result passes its error up") {
  CHECK(quarter(8).value() == 2);
  REQUIRE_FALSE(quarter(6).ok());
  CHECK(quarter(6).error().message() == "odd");
  CHECK(std::move(quarter(6)).error().with_context("halving").message() == "halving: odd");
}

TEST_CASE("edit distance stops at its limit") {
  struct Row {
    const char* name;
    const char* a;
    const char* b;
    std::size_t limit;
    std::size_t expected;
  };
  const Row rows[] = {
      {"equal", "abc", "abc", 2, 0},
      {"substitute", "abc", "abd", 2, 1},
      {"insert", "abc", "abxc", 2, 1},
      {"swap", "abcd", "abdc", 2, 1},
      {"over_limit", "abcdef", "xyz", 2, 3},
      {"empty", "", "ab", 2, 2},
      {"limit_zero_different", "a", "b", 0, 1},
      {"limit_zero_equal", "a", "a", 0, 0},
      {"two", "kitten", "sittin", 2, 2},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(edit_distance(row.a, row.b, row.limit) == row.expected);
      CHECK(edit_distance(row.b, row.a, row.limit) == row.expected);
    }
  }
}

TEST_CASE("nearest suggests only what is near") {
  const std::string_view kinds[] = {"User", "Group", "ServiceAccount"};
  CHECK(nearest("Grp", kinds) == std::nullopt);
  CHECK(nearest("Groups", kinds) == "Group");
  CHECK(nearest("Serviceaccount", kinds) == "ServiceAccount");
  CHECK(nearest("Banana", kinds) == std::nullopt);
}

TEST_CASE("text for display is harmless") {
  CHECK(escape_for_display("plain ünïcode") == "plain ünïcode");
  CHECK(escape_for_display("\x1b[31mred") == "\\u{1B}[31mred");
  CHECK(escape_for_display("a\u202Eb") == "a\\u{202E}b");
  CHECK(escape_for_display("bad\xFF"
                           "utf8") == "bad\\xFFutf8");
  CHECK(escape_for_display("a\nb\tc") == "a\\u{A}b\\u{9}c");
  CHECK(escape_lines("a\n\x1b\n", "  ") == "a\n  \\u{1B}\n  ");
  CHECK(escape_lines("", "  ").empty());
  CHECK(display_width("a世b") == 4);
  CHECK(count_code_points("a世b") == 3);
  CHECK_FALSE(is_valid_utf8("\xC0\x80"));
  CHECK_FALSE(is_valid_utf8("\xED\xA0\x80"));
}

TEST_CASE("case and space are folded to explain, never to decide") {
  CHECK(fold_case("Octo-ORG/Ärger ŻÓŁW ΣΊΣΥΦΟΣ МОСКВА") == fold_case("octo-org/ärger żółw σίσυφος москва"));
  CHECK(fold_case("to\u212Aen") == "token");
  CHECK(fold_case("a\xFF"
                  "B") ==
        "a\xFF"
        "b");
  CHECK(squeeze_space(" a\u00A0\t b\n") == "a b");
  CHECK(squeeze_space("a\u200B"
                      "b") == "ab");
  CHECK(squeeze_space("") == "");
}

TEST_CASE("times are read and printed") {
  CHECK(parse_rfc3339("1970-01-01T00:00:00Z").value() == Timestamp{0, 0});
  CHECK(parse_rfc3339("2026-02-28T23:59:59.5+02:00").value() == Timestamp{1772315999, 500000000});
  CHECK(parse_time("1790000000").value() == Timestamp{1790000000, 0});
  for (const char* bad : {"", "2026", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-01-01T24:00:00Z",
                          "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx"}) {
    INFO(bad);
    CHECK_FALSE(parse_rfc3339(bad).ok());
  }
  for (const std::int64_t t :
       {std::int64_t{0}, std::int64_t{-1}, std::int64_t{951782400}, std::int64_t{1790000000}}) {
    CHECK(parse_rfc3339(format_rfc3339({t, 0})).value().seconds == t);
  }
}

TEST_CASE("words are found wherever they stand") {
  CHECK(contains("abcabd", "abd"));
  CHECK(contains("abc", "abc"));
  CHECK(contains("abc", ""));
  CHECK_FALSE(contains("abc", "abd"));
  CHECK_FALSE(contains("ab", "abc"));
  CHECK_FALSE(contains("", "a"));
}

TEST_CASE("percent-encoding is undone once") {
  CHECK(percent_decode("a%2Fb%3ac") == "a/b:c");
  CHECK(percent_decode("%252F") == "%2F");
  CHECK(percent_decode("100%") == "100%");
  CHECK(percent_decode("%4") == "%4");
  CHECK(percent_decode("%4g%G4+") == "%4g%G4+");
  CHECK(percent_decode("") == "");
}

TEST_CASE("sha256 agrees with the published vector") {
  CHECK(sha256_hex("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST_CASE("files are written whole or not at all") {
  const auto dir = std::filesystem::temp_directory_path() / "oidc-audit-base-test";
  std::filesystem::remove_all(dir);
  std::filesystem::create_directories(dir);
  const auto files = make_system_files();
  const std::string path = (dir / "out.txt").string();
  REQUIRE(files->write_atomically(path, "one").ok());
  REQUIRE(files->write_atomically(path, "two").ok());
  CHECK(files->read(path, 100).value() == "two");
  CHECK(files->read(path, 2).error().kind() == ErrorKind::limit);
  CHECK(files->read((dir / "none").string(), 100).error().kind() == ErrorKind::unreadable);
  CHECK_FALSE(files->write_atomically((dir / "no/such/dir.txt").string(), "x").ok());
  CHECK(files->list(dir.string()).value().size() == 1);  // no temporary file is left
  std::filesystem::create_symlink(path, dir / "link");
  REQUIRE(files->write_atomically((dir / "link").string(), "three").ok());
  CHECK(files->read(path, 100).value() == "three");
  std::filesystem::remove_all(dir);
}

TEST_CASE("memory files list like a file system") {
  const MemoryFiles files({{"a/x.yaml", "1"}, {"a/b/y.yaml", "2"}, {"c.yaml", "3"}});
  CHECK(files.type("a") == FileType::directory);
  CHECK(files.type("c.yaml") == FileType::file);
  CHECK(files.type("d") == FileType::none);
  const auto entries = files.list("a").value();
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].name == "b");
  CHECK(entries[1].name == "x.yaml");
}

TEST_CASE("keys become steps of a pointer and come back") {
  struct Row {
    const char* key;
    const char* token;
  };
  for (const auto& [key, token] : {Row{"", ""}, Row{"a", "a"}, Row{"a/b", "a~1b"}, Row{"~", "~0"},
                                   Row{"~1", "~01"}, Row{"/~/", "~1~0~1"}}) {
    DYNAMIC_SECTION(token) {
      CHECK(pointer_token(key) == token);
      CHECK(key_of_pointer_token(token) == key);
    }
  }
  CHECK(key_of_pointer_token("a~") == "a~");
  CHECK(key_of_pointer_token("~2~01") == "~2~1");
}
