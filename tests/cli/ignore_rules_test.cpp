#include "cli/ignore_rules.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

using namespace oidc_audit::cli;

TEST_CASE("globs match parts of paths as git's do") {
  struct Row {
    const char* glob;
    const char* text;
    bool expected;
  };
  const Row rows[] = {
      {"*", "a", true},           {"*", "", true},
      {"*.yaml", "a.yaml", true}, {"*.yaml", ".yaml", true},
      {"*.yaml", "a.yml", false}, {"a*b*c", "axxbyyc", true},
      {"a*b*c", "axxbyy", false}, {"a?c", "abc", true},
      {"a?c", "ac", false},       {"[abc]x", "bx", true},
      {"[a-c]x", "dx", false},    {"[!a-c]x", "dx", true},
      {"[^a]x", "ax", false},     {"[]]x", "]x", true},
      {"[a-]x", "-x", true},      {"[x", "[x", true},
      {"\\*", "*", true},         {"\\*", "a", false},
      {"a\\", "a\\", true},       {"[\\]]", "]", true},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.glob << " on " << row.text) {
      CHECK(glob_matches(row.glob, row.text) == row.expected);
    }
  }
  SECTION("many stars take no exponential time") {
    std::string glob;
    for (int i = 0; i < 200; ++i) glob += "*a";
    CHECK_FALSE(glob_matches(glob + "b", std::string(5000, 'a')));
  }
}

TEST_CASE("ignore files are read as gitignore(5) says") {
  struct Row {
    const char* name;
    const char* text;
    const char* path;
    bool directory;
    std::optional<bool> expected;
  };
  const Row rows[] = {
      {"anywhere", "build", "/r/x/build", true, true},
      {"extension_below", "*.tmp.yaml", "/r/x/y/a.tmp.yaml", false, true},
      {"not_said", "build", "/r/x/built", true, std::nullopt},
      {"leading_slash_anchors", "/build", "/r/build", true, true},
      {"leading_slash_not_below", "/build", "/r/x/build", true, std::nullopt},
      {"inner_slash_anchors", "a/b", "/r/a/b", false, true},
      {"inner_slash_not_below", "a/b", "/r/x/a/b", false, std::nullopt},
      {"directory_only", "out/", "/r/out", true, true},
      {"directory_only_not_a_file", "out/", "/r/out", false, std::nullopt},
      {"last_one_counts", "*.yaml\n!keep.yaml", "/r/keep.yaml", false, false},
      {"taken_back_and_ignored", "!a.yaml\n*.yaml", "/r/a.yaml", false, true},
      {"comment", "#a.yaml", "/r/#a.yaml", false, std::nullopt},
      {"escaped_hash", "\\#a.yaml", "/r/#a.yaml", false, true},
      {"escaped_bang", "\\!a.yaml", "/r/!a.yaml", false, true},
      {"trailing_blanks", "a.yaml   ", "/r/a.yaml", false, true},
      {"carriage_return", "a.yaml\r\nb", "/r/a.yaml", false, true},
      {"leading_stars", "**/x/y.yaml", "/r/a/b/x/y.yaml", false, true},
      {"leading_stars_at_top", "**/x", "/r/x", true, true},
      {"trailing_stars", "x/**", "/r/x/a/b", false, true},
      {"trailing_stars_not_itself", "x/**", "/r/x", true, std::nullopt},
      {"middle_stars", "a/**/b", "/r/a/1/2/b", false, true},
      {"middle_stars_none", "a/**/b", "/r/a/b", false, true},
      {"star_stops_at_slash", "a/*/b", "/r/a/1/2/b", false, std::nullopt},
      {"outside_by_name", "x.yaml", "/elsewhere/x.yaml", false, true},
      {"outside_not_anchored", "/x.yaml", "/elsewhere/x.yaml", false, std::nullopt},
      {"dot_slash", "./x.yaml", "/r/x.yaml", false, true},
      {"empty", "", "/r/x.yaml", false, std::nullopt},
      {"only_slash", "/", "/r/x.yaml", false, std::nullopt},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(IgnoreRules("/r", row.text).match(row.path, row.directory) == row.expected);
    }
  }
}

TEST_CASE("a named file goes the way of the directories above it") {
  const IgnoreRules rules("/repo/vendor/app", "vendor/\nbuild/*\n!build/keep.yaml\n/deploy/old\n");
  CHECK(rules.match_named("/repo/vendor/app/vendor/a.yaml") == true);
  CHECK(rules.match_named("/repo/vendor/app/x/vendor/y/a.yaml") == true);
  CHECK(rules.match_named("/repo/vendor/app/deploy/old/a.yaml") == true);
  CHECK(rules.match_named("/repo/vendor/app/build/x/keep.yaml") == true);
  CHECK(rules.match_named("/repo/vendor/app/build/keep.yaml") == false);
  // The pattern is about what is below the base, not about where the base is.
  CHECK(rules.match_named("/repo/vendor/app/a.yaml") == std::nullopt);
  CHECK(rules.match_named("/repo/vendor/other.yaml") == std::nullopt);
}
