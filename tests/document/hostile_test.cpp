// What somebody who means no good, or a broken disk, may hand us: one clear error each, no crash, no hang.

#include <catch2/catch.hpp>
#include <chrono>

#include "document/read_helper.h"

using namespace oidc_audit;
using namespace oidc_audit::document;

namespace {

std::string repeat(std::string_view part, std::size_t times) {
  if (part.size() == 1) return std::string(times, part[0]);
  std::string out;
  out.reserve(part.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += part;
  return out;
}

struct Hostile {
  const char* name;
  std::string text;
  Format format;
  const char* code;  // of the first issue; "" for none
  std::size_t documents;
};

std::string billion_laughs(int levels) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < levels; ++i) {
    const std::string alias = "*a" + std::to_string(i - 1);
    text +=
        "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + alias + repeat(", " + alias, 9) + "]\n";
  }
  return text;
}

std::vector<Hostile> cases() {
  const std::string nul("\0", 1);
  return {
      {"empty_yaml", "", Format::yaml, "", 0},
      {"empty_json", "", Format::json, "empty", 0},
      {"only_space", " \n\t\n  ", Format::yaml, "", 0},
      {"only_comment", "# nothing\n", Format::yaml, "", 0},
      {"only_byte_order_mark", "\xEF\xBB\xBF", Format::yaml, "", 0},
      {"two_byte_order_marks",
       "\xEF\xBB\xBF\xEF\xBB\xBF"
       "a: b\n",
       Format::yaml, "control-character", 0},
      {"utf16_le",
       "\xFF\xFE"
       "a" +
           nul + ":" + nul,
       Format::yaml, "encoding", 0},
      {"utf16_be", "\xFE\xFF" + nul + "a", Format::yaml, "encoding", 0},
      {"utf16_le_without_mark", "a" + nul + ":" + nul + " " + nul, Format::yaml, "encoding", 0},
      {"utf16_be_json", nul + "{" + nul + "}", Format::json, "encoding", 0},
      {"binary", nul + nul + nul + nul, Format::yaml, "encoding", 0},
      {"nul_inside", "a: b\nc: d" + nul + "e\n", Format::yaml, "control-character", 0},
      {"end_of_transmission", "a: b\x04\nkind: x\n", Format::yaml, "control-character", 0},
      {"escape_character", "a: \x1B[31m\n", Format::yaml, "control-character", 0},
      {"c1_control", "a: \xC2\x9B\n", Format::yaml, "control-character", 0},
      {"truncated_utf8", "a: \xE4\xB8", Format::yaml, "invalid-utf8", 0},
      {"latin1", "a: caf\xE9\n", Format::yaml, "invalid-utf8", 0},
      {"overlong_utf8", "a: \xC0\xAF\n", Format::yaml, "invalid-utf8", 0},
      {"surrogate_in_utf8", "a: \xED\xA0\x80\n", Format::yaml, "invalid-utf8", 0},
      {"bad_document_between_good_ones", "a: 1\n---\nb: \xFF\n---\nc: 3\n", Format::yaml, "invalid-utf8", 2},
      {"tab_indentation", "a:\n\tb: c\n", Format::yaml, "yaml-syntax", 0},
      {"bad_escape", "a: \"\\q\"\n", Format::yaml, "yaml-syntax", 0},
      {"huge_escape", "a: \"\\UFFFFFFFF\"\n", Format::yaml, "yaml-syntax", 0},
      {"lone_surrogate_yaml", "a: \"\\ud83d\"\n", Format::yaml, "yaml-syntax", 0},
      {"unclosed_quote", "a: \"" + repeat("x\n", 10'000), Format::yaml, "yaml-syntax", 0},
      {"depth_flow_yaml", repeat("[", 100'000), Format::yaml, "limit-depth", 0},
      {"depth_flow_mapping_yaml", repeat("{a: ", 600) + repeat("}", 600), Format::yaml, "limit-depth", 0},
      {"unclosed_flow_mappings", repeat("{a: ", 100'000), Format::yaml, "yaml-key", 0},
      {"depth_compact_sequences", repeat("- ", 5'000) + "a\n", Format::yaml, "limit-depth", 0},
      {"depth_json", repeat("[", 1'000'000), Format::json, "limit-depth", 0},
      {"depth_json_objects", repeat("{\"a\":", 1'000'000), Format::json, "limit-depth", 0},
      {"depth_json_from_stdin", repeat("[", 1'000'000), Format::yaml, "limit-depth", 0},
      {"billion_laughs", billion_laughs(12), Format::yaml, "limit-aliases", 0},
      {"alias_cycle", "a: &a\n  b: *a\n", Format::yaml, "yaml-alias", 0},
      {"alias_cycle_in_list", "&a [1, [*a]]\n", Format::yaml, "yaml-alias", 0},
      {"merge_cycle", "a: &a\n  <<: *a\n", Format::yaml, "yaml-alias", 0},
      {"unknown_alias", "a: *b\n", Format::yaml, "yaml-syntax", 0},
      {"enormous_scalar_json", "[\"" + repeat("x", 20'000'000) + "\"]", Format::json, "limit-scalar", 0},
      {"enormous_number_json", "[" + repeat("9", 17'000'000) + "]", Format::json, "limit-scalar", 0},
      {"large_scalar_yaml", "a: " + repeat("x", 1'000'000) + "\n", Format::yaml, "", 1},
      {"long_key_yaml", repeat("k", 100'000) + ": v\n", Format::yaml, "yaml-syntax", 0},
      {"many_markers", repeat("---\n", 1'000'000), Format::yaml, "", 0},
      {"many_end_markers", repeat("...\n", 100'000), Format::yaml, "", 0},
      {"many_tiny_documents", repeat("---\na\n", 2'000), Format::yaml, "", 2'000},
      {"many_comments", repeat("# x\n", 200'000) + "a: b\n", Format::yaml, "", 1},
      {"many_json_documents", repeat("{}\n", 100'000), Format::json, "", 100'000},
      {"many_directives", repeat("%YAML 1.1\n", 1'000) + "---\na: b\n", Format::yaml, "yaml-syntax", 0},
      {"directive_number", "%YAML 99999999999999999999.1\n---\na: b\n", Format::yaml, "yaml-syntax", 0},
      {"many_anchors", repeat("- &a x\n- *a\n", 2'000), Format::yaml, "", 1},
      {"text_behind_the_root", "[a], b], c\n", Format::yaml, "yaml-syntax", 1},
      {"text_without_end_behind_the_root", "[e3], 0o17, 1', -3 - \"x:{d, 089\n", Format::yaml, "yaml-syntax",
       1},
      {"bracket_behind_the_root", "[a] ]\n---\nb\n", Format::yaml, "yaml-syntax", 1},
      {"mapping_behind_the_root", "{a: b} c: d\n", Format::yaml, "yaml-key", 0},
      {"braces_only", repeat("{{", 10'000), Format::yaml, "helm-template", 0},
      {"dashes", repeat("-", 100'000), Format::yaml, "", 1},
      {"colons", repeat(":", 100'000), Format::yaml, "yaml-syntax", 0},
      {"question_marks", repeat("? ", 1'000), Format::yaml, "yaml-key", 0},
      {"quotes", repeat("'", 100'001), Format::yaml, "yaml-syntax", 0},
      {"carriage_returns", "a: b\rc: d\r", Format::yaml, "yaml-syntax", 0},
      {"json_comment_behind", "[1] // x", Format::json, "json-syntax", 1},
      {"json_garbage_behind", "{} }", Format::json, "json-syntax", 1},
      {"json_of_another_kind", "kind: Role\n", Format::json, "json-syntax", 0},
      {"json_many_duplicates", "{" + repeat("\"a\":1,", 50'000) + "\"a\":1}", Format::json, "duplicate-key",
       1},
      {"json_many_bad_bytes", "[\"" + repeat("\xFF", 100'000) + "\"]", Format::json, "invalid-utf8", 1},
      {"json_same_digest_keys",
       [] {
         std::string text = "{";
         for (int i = 0; i < 50'000; ++i) text += "\"a" + std::to_string(100'000 + i) + "z\":0,";
         return text + "\"b\":0}";
       }(),
       Format::json, "", 1},
  };
}

}  // namespace

TEST_CASE("hostile texts give one clear error and never crash or hang") {
  // No sections: each would make all the texts anew.
  for (const Hostile& one : cases()) {
    CAPTURE(one.name);
    const auto start = std::chrono::steady_clock::now();
    const Read r = read(one.text, one.format);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const std::string first = r.stream.issues.empty() ? "" : r.stream.issues[0].code;
    INFO((r.stream.issues.empty() ? std::string() : r.stream.issues[0].message));
    CHECK(first == one.code);
    CHECK(r.stream.documents.size() == one.documents);
    CHECK(r.stream.issues.size() <= Limits().max_issues + 1);
    for (const Issue& issue : r.stream.issues) {
      REQUIRE(issue.location.range);
      REQUIRE(issue.location.range->end <= r.sources->text(r.buffer).size());
      REQUIRE_FALSE(issue.message.empty());
    }
    check_ranges(r);
    // Generous: sanitizers and a busy machine; what is quadratic takes minutes.
    CHECK(seconds.count() < 20.0);
  }
}

TEST_CASE("limits are those that were asked for") {
  Limits limits;
  limits.max_depth = 3;
  CHECK(read("[[[1]]]", Format::json, limits).codes().empty());
  CHECK(read("[[[[1]]]]", Format::json, limits).codes() == std::vector<std::string>{"limit-depth"});
  CHECK(read("a:\n- b: 1\n", Format::yaml, limits).codes().empty());
  CHECK(read("a:\n- b:\n  - c: 1\n", Format::yaml, limits).codes() ==
        std::vector<std::string>{"limit-depth"});
  limits.max_scalar_bytes = 4;
  CHECK(read("[\"12345\"]", Format::json, limits).codes() == std::vector<std::string>{"limit-scalar"});
  CHECK(read("a: |\n  12345\n", Format::yaml, limits).codes() == std::vector<std::string>{"limit-scalar"});
  limits.max_alias_nodes = 2;
  CHECK(read("[&a x, *a, *a]", Format::yaml, limits).codes().empty());
  CHECK(read("[&a x, *a, *a, *a]", Format::yaml, limits).codes() ==
        std::vector<std::string>{"limit-aliases"});
}

TEST_CASE("truncating YAML anywhere gives a tree or one error") {
  const std::string text =
      "a: &x {b: \"c\\u00e9\", 'd': [1, *y]}\ne: |2-\n   f\n\n  g\n? h\n: !!str i # j\n<<: *x\nk:\n- l: >+\n "
      "   m\n- ~\n";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const Read r = read(text.substr(0, size));
    INFO(size << " " << r.issues());
    CHECK(r.stream.documents.size() + r.stream.failed_documents <= 1);
    check_ranges(r);
  }
}
