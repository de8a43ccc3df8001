#include <catch2/catch.hpp>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "document/read_helper.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::document;

namespace {

struct Row {
  const char* name;
  std::string text;
};

// Our tree as nlohmann_json would have it, numbers compared as it reads them.
bool equal(Value ours, const nlohmann::json& theirs) {
  switch (ours.kind()) {
    case NodeKind::null:
      return theirs.is_null();
    case NodeKind::boolean:
      return theirs.is_boolean() && theirs.get<bool>() == ours.as_bool();
    case NodeKind::integer:
    case NodeKind::floating:
      return theirs.is_number() && nlohmann::json::parse(ours.text()) == theirs;
    case NodeKind::string:
      return theirs.is_string() && theirs.get_ref<const std::string&>() == ours.text();
    case NodeKind::sequence: {
      if (!theirs.is_array() || theirs.size() != ours.size()) return false;
      std::size_t i = 0;
      for (const Value item : ours.items()) {
        if (!equal(item, theirs[i++])) return false;
      }
      return true;
    }
    case NodeKind::mapping: {
      if (!theirs.is_object()) return false;
      std::size_t members = 0;
      for (const Member member : ours.members()) {
        const auto found = theirs.find(std::string(member.key.text()));
        if (found == theirs.end() || !equal(member.value, *found)) return false;
        ++members;
      }
      return members == theirs.size();
    }
  }
  return false;
}

void check_equal(const std::string& text) {
  const auto theirs = nlohmann::json::parse(text, nullptr, false);
  const Read ours = read(text, Format::json);
  INFO(text.substr(0, 200) << "\n" << ours.issues());
  if (theirs.is_discarded()) {
    CHECK(ours.stream.failed_documents == 1);
    CHECK(ours.stream.documents.empty());
    return;
  }
  REQUIRE(ours.stream.failed_documents == 0);
  REQUIRE(ours.stream.documents.size() == 1);
  CHECK(equal(ours.root(), theirs));
  check_ranges(ours);
}

}  // namespace

TEST_CASE("JSON is read as nlohmann_json reads it") {
  const Row rows[] = {
      {"object", R"({"a":1,"b":[true,false,null],"c":{"d":"e"}})"},
      {"white_space", " \t\r\n{ \"a\" : [ 1 , 2 ] , \"b\" : { } }\n "},
      {"empty_containers", "[[],{},[{}],{\"a\":[]}]"},
      {"scalar_root", "\"text\""},
      {"number_root", "-12.5e+3"},
      {"zero", "[0,-0,0.0,0e1,1E5,1e-5]"},
      {"big_numbers", "[9223372036854775807,-9223372036854775808,18446744073709551615]"},
      {"escapes", R"(["\"\\\/\b\f\n\r\t","\u0041\u00e9\u4e16"])"},
      {"surrogate_pair", R"(["\ud83d\ude00x"])"},
      {"utf8", "[\"\xC3\xA9\xE4\xB8\x96\xF0\x9F\x98\x80\"]"},
      {"nul_escape", R"(["\u0000"])"},
      {"empty_key", R"({"":1})"},
      {"del_is_allowed", "[\"\x7F\"]"},
      {"seven_eight_nine_bytes", R"(["1234567","12345678","123456789","1234567\n"])"},
      {"trailing_comma_array", "[1,]"},
      {"trailing_comma_object", R"({"a":1,})"},
      {"leading_comma", "[,1]"},
      {"missing_comma", "[1 2]"},
      {"missing_colon", R"({"a" 1})"},
      {"missing_value", R"({"a":})"},
      {"unquoted_key", "{a:1}"},
      {"single_quotes", "{'a':1}"},
      {"unclosed_array", "[1"},
      {"unclosed_object", "{\"a\":1"},
      {"unclosed_string", "[\"abc"},
      {"wrong_bracket", "[1}"},
      {"octal", "[01]"},
      {"plus", "[+1]"},
      {"point_first", "[.5]"},
      {"point_last", "[5.]"},
      {"exponent_empty", "[1e]"},
      {"minus_alone", "[-]"},
      {"hex", "[0x1]"},
      {"nan", "[NaN]"},
      {"word_cut", "[tru]"},
      {"word_long", "[truex]"},
      {"tab_in_string", "[\"a\tb\"]"},
      {"newline_in_string", "[\"a\nb\"]"},
      {"bad_escape", R"(["\x"])"},
      {"short_unicode", R"(["\u12"])"},
      {"escape_at_end", "[\"\\"},
      {"two_colons", R"({"a"::1})"},
      {"key_only", R"({"a"})"},
      {"nul_byte", std::string("[\"a\0b\"]", 7)},
      {"only_comma", ","},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { check_equal(row.text); }
  }
}

TEST_CASE("JSON files of the shared data are read as nlohmann_json reads them") {
  const auto shared = test::shared_dir();
  if (!shared) {
    WARN("skipped: no shared test data");
    return;
  }
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*shared)) {
    if (entry.path().extension() != ".json" || !entry.is_regular_file()) continue;
    check_equal(test::read_file(entry.path().string()));
    ++files;
  }
  CHECK(files > 50);
}

TEST_CASE("truncating JSON anywhere is one error and no crash") {
  const std::string text = R"({"a":[1,-2.5e3,"x\u00e9\n"],"b":{"c":true,"d":null}})";
  for (std::size_t size = 1; size < text.size(); ++size) check_equal(text.substr(0, size));
}

TEST_CASE("Go's leniency with bytes that are not text is followed, and said") {
  struct Lenient {
    const char* name;
    std::string text;
    std::string_view expected;
    const char* code;
  };
  const Lenient rows[] = {
      {"invalid_byte", "[\"a\xFFz\"]", "a\xEF\xBF\xBDz", "invalid-utf8"},
      {"cut_sequence", "[\"\xE4\xB8\"]", "\xEF\xBF\xBD\xEF\xBF\xBD", "invalid-utf8"},
      {"overlong", "[\"\xC0\xAF\"]", "\xEF\xBF\xBD\xEF\xBF\xBD", "invalid-utf8"},
      {"lone_high", R"(["\ud83dx"])", "\xEF\xBF\xBDx", "lone-surrogate"},
      {"lone_low", R"(["\ude00"])", "\xEF\xBF\xBD", "lone-surrogate"},
      {"two_highs", R"(["\ud83d\ud83d\ude00"])", "\xEF\xBF\xBD\xF0\x9F\x98\x80", "lone-surrogate"},
      {"high_then_escape", R"(["\ud83d\n"])", "\xEF\xBF\xBD\n", "lone-surrogate"},
  };
  for (const Lenient& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Read r = read(row.text, Format::json);
      REQUIRE(r.stream.documents.size() == 1);
      CHECK(r.root().item(0).text() == row.expected);
      REQUIRE(!r.stream.issues.empty());
      CHECK(r.stream.issues[0].code == row.code);
      CHECK(r.stream.issues[0].level == IssueLevel::warning);
    }
  }
}

TEST_CASE("JSON places are exact") {
  const Read r = read("{\"a\": \"x\\ny\",\n \"b\" : [12, {\"c\":null}]}", Format::json);
  const Value root = r.root();
  CHECK(r.at(root.find_key("a")) == "\"a\"");
  CHECK(r.at(root.find("a")) == "\"x\\ny\"");
  CHECK(root.find("a").text() == "x\ny");
  CHECK(r.at(root.find("b")) == "[12, {\"c\":null}]");
  CHECK(r.at(root.at_pointer("/b/0")) == "12");
  CHECK(r.at(root.at_pointer("/b/1/c")) == "null");
  CHECK(r.sources->start(root.at_pointer("/b/1").range()) == LineColumn{2, 13});
  CHECK(r.at(root) == r.sources->text(r.buffer));
}

TEST_CASE("JSON syntax errors say where and what") {
  struct Failure {
    const char* text;
    const char* expected;
  };
  const Failure rows[] = {
      {"{\"a\": 1,\n\"b\" 2}", "2:5: error [json-syntax] found `2` where `:` behind the key is expected\n"},
      {"[1, 2", "1:6: error [json-syntax] text ends where `,` or `]` is expected\n"},
      {"{\"a\": \"b\n\"}", "1:9: error [json-syntax] control character 0x0A inside a string\n"},
      {"{\"a\": \"b", "1:7: error [json-syntax] string is not closed\n"},
      {"[1,]", "1:4: error [json-syntax] found `]` where a value is expected\n"},
      {"{'a': 1}", "1:2: error [json-syntax] found `'` where a key in double quotes or `}` is expected\n"},
      {"[0123]", "1:3: error [json-syntax] number starts with a zero\n"},
      {"{} x", "1:4: error [json-syntax] found `x` where a value is expected\n"},
      {"[\"\xE4\xB8\x96\" \xE4\xB8\x96]",
       "1:6: error [json-syntax] found `\xE4\xB8\x96` where `,` or `]` is expected\n"},
      {"[\x1B]", "1:2: error [json-syntax] found `\\u{1B}` where a value is expected\n"},
  };
  for (const Failure& row : rows) {
    DYNAMIC_SECTION(row.text) { CHECK(read(row.text, Format::json).issues() == row.expected); }
  }
}

TEST_CASE("duplicate keys are reported with both places and the later value counts") {
  const Read r = read(R"({"a":1,"b":2,"a":3,"\u0061":4})", Format::json);
  CHECK(r.issues() ==
        "1:14: warning [duplicate-key] key `a` occurs twice in one mapping; the later value counts\n"
        "1:20: warning [duplicate-key] key `a` occurs twice in one mapping; the later value counts\n");
  REQUIRE(r.stream.issues[0].related.size() == 1);
  CHECK(r.sources->start(r.stream.issues[0].related[0].location.range.value()) == LineColumn{1, 2});
  CHECK(r.root().find("a").text() == "4");
  CHECK(r.at(r.root().find_key("a")) == "\"\\u0061\"");
  CHECK(to_json(r.root()) == R"({"b":2,"a":4})");
}

TEST_CASE("a mapping with many keys finds its duplicates without comparing pairs") {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i) text += "\"key" + std::to_string(i) + "\":0,";
  text += "\"key777\":1}";
  const Read r = read(text, Format::json);
  CHECK(r.codes() == std::vector<std::string>{"duplicate-key"});
  CHECK(r.root().find("key777").text() == "1");
}

TEST_CASE("JSON values one after another are documents of their own") {
  const Read r = read("{\"a\":1}\n{\"b\":2} [3]\n---\n{\"c\":4}\n", Format::json);
  CHECK(r.issues().empty());
  REQUIRE(r.stream.documents.size() == 4);
  CHECK(to_json(r.root(3)) == R"({"c":4})");

  const Read broken = read("{\"a\":1}\n{\"b\":}\n---\n{\"c\":4}\n", Format::json);
  CHECK(broken.stream.failed_documents == 1);
  REQUIRE(broken.stream.documents.size() == 2);
  CHECK(to_json(broken.root(1)) == R"({"c":4})");
}

TEST_CASE("the items of a list can be taken one by one") {
  std::vector<std::string> kinds;
  std::vector<std::string> heads;
  ReadOptions options;
  options.format = Format::json;
  options.items = [&](Value item, const ListHead& head) {
    kinds.emplace_back(item.find("kind").text());
    heads.emplace_back(head.kind);
    return item.find("keep").is_null();
  };
  const Read r = read(
      R"({"kind":"FooList","x":{"items":[{"kind":"no"}]},"items":[{"kind":"a"},{"kind":"b","keep":1},5,{"kind":"c"}],)"
      R"("tail":[{}]})",
      options);
  CHECK(kinds == std::vector<std::string>{"a", "b", "c"});
  CHECK(heads == std::vector<std::string>{"FooList", "FooList", "FooList"});
  CHECK(to_json(r.root()) ==
        R"({"kind":"FooList","x":{"items":[{"kind":"no"}]},"items":[{"kind":"b","keep":1},5],"tail":[{}]})");
  check_ranges(r);
}
