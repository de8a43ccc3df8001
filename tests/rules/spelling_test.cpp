#include "rules/spelling.h"

#include <catch2/catch.hpp>

#include "rules/subject_analysis.h"

using namespace oidc_audit;
using namespace oidc_audit::rules;

TEST_CASE("white space that no provider writes") {
  CHECK(stray_space_text("jane ") == "white space at the end");
  CHECK(stray_space_text(" jane") == "white space at the start");
  CHECK(stray_space_text("a\tb") == "a tab");
  CHECK(stray_space_text("a  b") == "two spaces in a row");
  CHECK(stray_space_text("a\xC2\xA0"
                         "b") == "U+00A0");
  CHECK(stray_space_text("a\xC2\xA0") == "white space at the end");
  CHECK(stray_space_text("Default Project").empty());
}

TEST_CASE("characters that do not show") {
  CHECK(invisible_text("admins\xE2\x80\x8B") == "U+200B");
  CHECK(
      has_invisible("\xE2\x80\xAE"
                    "nimda"));
  CHECK(has_invisible("a\x01"));
  CHECK(has_invisible("a\xFF"));
  CHECK(has_invisible("a\xEE\x80\x80"));  // private use
  CHECK_FALSE(has_invisible("\xC3\xA9quipe-sre"));
  CHECK_FALSE(has_invisible("a\tb"));
}

TEST_CASE("scripts are compared within a word") {
  CHECK(has_mixed_scripts("organiz\xD0\xB0tion:my-org"));
  CHECK_FALSE(has_mixed_scripts("oidc:\xD1\x80\xD0\xB0\xD0\xB7\xD1\x80\xD0\xB0\xD0\xB1"));
  CHECK(has_mixed_scripts(
      "team:\xD0\xB0\xD1\x81\xD0\xB5"));  // Cyrillic letters that all look Latin, among Latin
  CHECK_FALSE(has_mixed_scripts("\xC3\xA9quipe-sre"));
}

TEST_CASE("folded keys") {
  CHECK(case_key("My-Org") == case_key("my-org"));
  CHECK(slash_key("/platform/admins") == slash_key("platform/admins"));
  CHECK(slash_key("a//b/") == slash_key("a/b"));
  CHECK(slash_key("https://x/#y") == slash_key("https://x#y"));
  CHECK(slash_key("a/b") != slash_key("ab"));
  bool at = false;
  CHECK(id_free_key("repo:octo-org@123/web@456:ref", at) == "repo:octo-org/web:ref");
  CHECK(at);
  CHECK(id_free_key("repo:octo-org-123/web-456:ref", at) == "repo:octo-org/web:ref");
  CHECK_FALSE(at);
  CHECK(id_free_key("repo:octo-org/web:ref", at).empty());
}

TEST_CASE("names that Kubernetes gives out, by kind") {
  using rbac::SubjectKind;
  CHECK(is_builtin_name(SubjectKind::group, "system:masters"));
  CHECK_FALSE(is_builtin_name(SubjectKind::user, "system:masters"));
  CHECK(is_builtin_name(SubjectKind::user, "system:node:n1"));
  CHECK_FALSE(is_builtin_name(SubjectKind::group, "system:oidc-admins"));
}
