#include "base/glob.h"

#include <catch2/catch.hpp>
#include <string>

using namespace oidc_audit;

TEST_CASE("globs") {
  CHECK(glob_matches("refs/heads/*/*", "refs/heads/a/b"));
  CHECK(!glob_matches("refs/heads/*/*", "refs/heads/a"));
  CHECK(glob_matches("*", ""));
  CHECK(!glob_matches("?*", ""));
  CHECK(glob_matches("a*b*c", "aXbYbZc"));
  CHECK(!glob_matches("a*b*c", "aXbYbZ"));
}

TEST_CASE("stars match any text") {
  CHECK(glob_matches("release/*", "release/1.2", Glob::star));
  CHECK(glob_matches("*", "", Glob::star));
  CHECK(glob_matches("a*c*e", "abcde", Glob::star));
  CHECK_FALSE(glob_matches("release/*", "main", Glob::star));
  CHECK_FALSE(glob_matches("a*b", "ac", Glob::star));
  CHECK(glob_matches(std::string(200, '*') + "b", std::string(20000, 'a') + "b", Glob::star));
  CHECK(glob_matches("a?c", "a?c", Glob::star));
  CHECK_FALSE(glob_matches("a?c", "abc", Glob::star));
}

TEST_CASE("a long text is matched whole, and a hostile pattern is given up") {
  const std::string text(4'000'000, 'a');
  CHECK(glob_matches("*", text));
  CHECK(glob_matches(text, text));
  CHECK(glob_matches("a*" + text.substr(2), text));
  // Every byte of the text would be tried with the whole of the pattern: 2 * 10^12 steps.
  CHECK_FALSE(glob_matches("*" + text.substr(0, 1'000'000) + "b", text));
}
