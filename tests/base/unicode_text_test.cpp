#include "base/unicode_text.h"

#include <catch2/catch.hpp>

using namespace oidc_audit;

TEST_CASE("normalisation form C") {
  struct Row {
    const char* name;
    const char* text;
    const char* nfc;
  };
  const Row rows[] = {
      {"ascii", "repo:a/b", "repo:a/b"},
      {"composes", "e\xCC\x81quipe", "\xC3\xA9quipe"},
      {"already", "\xC3\xA9quipe", "\xC3\xA9quipe"},
      {"two_marks_in_wrong_order", "q\xCC\x87\xCC\xA3", "q\xCC\xA3\xCC\x87"},
      {"blocked_mark_stays", "a\xCC\xB4\xCC\x81", "\xC3\xA1\xCC\xB4"},
      {"hangul", "\xE1\x84\x92\xE1\x85\xA1\xE1\x86\xAB", "\xED\x95\x9C"},
      {"singleton", "\xE2\x84\xAA", "K"},
      {"exclusion_is_not_composed", "\xE0\xA5\x98", "\xE0\xA4\x95\xE0\xA4\xBC"},
      {"broken_byte_is_kept", "e\xCC\x81\xFF", "\xC3\xA9\xFF"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      CHECK(to_nfc(row.text) == row.nfc);
      CHECK(is_nfc(row.text) == (std::string(row.text) == row.nfc));
      CHECK(to_nfc(to_nfd(row.text)) == row.nfc);
    }
  }
}

TEST_CASE("skeletons tell look-alikes") {
  CHECK(skeleton("organiz\xD0\xB0tion") == skeleton("organization"));
  CHECK(skeleton("rnaster") == skeleton("master"));
  CHECK(skeleton("adm1ns") == skeleton("admlns"));
  CHECK(skeleton("admin\xE2\x80\x8Bs") == skeleton("admins"));
  CHECK(skeleton("admins") != skeleton("admin"));
}

TEST_CASE("scripts that no language mixes") {
  CHECK(mixes_scripts("organiz\xD0\xB0tion"));
  CHECK(
      mixes_scripts("\xEF\xBD\x81"
                    "dmins"));
  CHECK_FALSE(mixes_scripts("\xD1\x80\xD0\xB0\xD0\xB7\xD1\x80\xD0\xB0\xD0\xB1"));
  CHECK_FALSE(mixes_scripts("\xC3\xA9quipe-sre"));
  CHECK_FALSE(mixes_scripts("\xE9\x96\x8B\xE7\x99\xBA\xE3\x83\x81\xE3\x83\xBC\xE3\x83\xA0 dev"));
  CHECK(is_unassigned_or_private(0xE000));
  CHECK(is_unassigned_or_private(0x0378));
  CHECK_FALSE(is_unassigned_or_private(U'a'));
  CHECK(to_string(script_of(0x0430)) == "Cyrillic");
}
