#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/strings.h"
#include "document/read_helper.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::document;

namespace {

struct Case {
  std::string name;
  std::string text;
  std::string expected;  // JSON, or `error`
};

// Where yaml-cpp differs and nothing in RBAC can depend on it.
bool is_known_difference(const std::string& name) {
  return name == "folded_keep";  // `>+` loses the blank lines behind its last line
}

// tests/document/yaml_cases.txt: what sigs.k8s.io/yaml's YAMLToJSON makes of each text.
std::vector<Case> load_cases() {
  std::istringstream in(test::read_file(test::source_dir() + "/tests/document/yaml_cases.txt"));
  std::vector<Case> cases;
  for (std::string line; std::getline(in, line);) {
    if (line.rfind("=== ", 0) == 0) {
      cases.push_back({line.substr(4), {}, {}});
    } else if (line.rfind("=> ", 0) == 0) {
      cases.back().expected = line.substr(3);
    } else {
      cases.back().text += replace_all(replace_all(line, "␍", "\r"), "␉", "\t") + "\n";
    }
  }
  return cases;
}

}  // namespace

TEST_CASE("YAML means what the Kubernetes tool chain takes it to mean") {
  const std::vector<Case> cases = load_cases();
  REQUIRE(cases.size() > 100);
  for (const Case& one : cases) {
    DYNAMIC_SECTION(one.name) {
      const Read r = read(one.text);
      INFO(one.text << r.issues());
      if (is_known_difference(one.name)) {
        CHECK(nlohmann::json::parse(to_json(r.root())) != nlohmann::json::parse(one.expected));
      } else if (one.expected == "error") {
        CHECK(r.stream.failed_documents == 1);
        CHECK(r.stream.documents.empty());
      } else {
        REQUIRE(r.stream.failed_documents == 0);
        REQUIRE(r.stream.documents.size() == 1);
        CHECK(nlohmann::json::parse(to_json(r.root())) == nlohmann::json::parse(one.expected));
        check_ranges(r);
      }
    }
  }
}

TEST_CASE("every key and scalar of YAML keeps its exact place") {
  struct Row {
    const char* name;
    std::string text;
    const char* pointer;
    std::string underlined;
  };
  const Row rows[] = {
      {"plain", "a: b\n", "/a", "b"},
      {"plain_with_comment", "a: b  # c\n", "/a", "b"},
      {"plain_multi_line", "a: b\n  c\n\n  d # e\nf: g\n", "/a", "b\n  c\n\n  d"},
      {"plain_in_flow", "[a b , c]", "/0", "a b"},
      {"single_quoted", "a: 'it''s' # x\n", "/a", "'it''s'"},
      {"double_quoted", "a: \"x\\\"y\" # x\n", "/a", "\"x\\\"y\""},
      {"double_quoted_lines", "a: \"x\n  y\"\n", "/a", "\"x\n  y\""},
      {"anchored", "a: &x  b\n", "/a", "b"},
      {"anchored_quoted", "a: &x 'b'\n", "/a", "'b'"},
      {"tagged", "a: !!str 12\n", "/a", "12"},
      {"tag_and_anchor", "a: !!str &x 12\n", "/a", "12"},
      {"anchor_and_tag", "a: &x !!str 'b'\n", "/a", "'b'"},
      {"anchor_on_line_before", "a: &x\n  b\n", "/a", "b"},
      {"comment_behind_anchor", "a: &x # c\n  b\n", "/a", "b"},
      {"verbatim_tag", "a: !<tag:yaml.org,2002:str> b\n", "/a", "b"},
      {"alias", "a: &x b\nc: *x\n", "/c", "*x"},
      {"alias_in_flow", "a: &x b\nc: [*x,*x]\n", "/c/1", "*x"},
      {"literal", "a: |\n  b\n  c\n\nd: e\n", "/a", "|\n  b\n  c"},
      {"literal_with_indicator", "a: |2-\n    b\n  c\nd: e\n", "/a", "|2-\n    b\n  c"},
      {"literal_in_list", "- |\n  a\n- b\n", "/0", "|\n  a"},
      {"literal_then_comment", "a: |\n  b\n # c\nd: e\n", "/a", "|\n  b"},
      {"literal_at_end", "a: |\n  b", "/a", "|\n  b"},
      {"literal_empty", "a: |\nb: c\n", "/a", "|"},
      {"folded", "a: >-\n  b\n\n  c\nd: e\n", "/a", ">-\n  b\n\n  c"},
      {"flow_mapping", "a: {b: c} # d\n", "/a", "{b: c}"},
      {"flow_mapping_lines", "a: {b: c, # }\n  d: e\n  }\nf: g\n", "/a", "{b: c, # }\n  d: e\n  }"},
      {"flow_sequence", "a: [ b , {c: d} ]\n", "/a", "[ b , {c: d} ]"},
      {"flow_empty", "a: [ # x\n ]\n", "/a", "[ # x\n ]"},
      {"flow_null_at_end", "a: {b: }\n", "/a", "{b: }"},
      {"block_mapping", "a:\n  b: c\n  d: e # x\nf: g\n", "/a", "b: c\n  d: e"},
      {"block_mapping_anchored", "a: &x\n  b: c\n", "/a", "b: c"},
      {"block_sequence", "a:\n- b\n- c\nd: e\n", "/a", "- b\n- c"},
      {"single_pair", "[a: b, c]", "/0", "a: b"},
      {"null_word", "a: null\nb: c\n", "/a", "null"},
      {"null_tilde", "a: ~ # x\n", "/a", "~"},
      {"null_missing_then_null_key_word", "a:\n  b:\nnullx: c\n", "/a/b", ""},
      {"colons", "a: organization:o:workspace:w # x\n", "/a", "organization:o:workspace:w"},
      {"crlf", "a: b\r\nc: |\r\n  d\r\n  e\r\nf: g\r\n", "/c", "|\r\n  d\r\n  e"},
      {"crlf_plain", "a: b\r\n  c\r\nd: e\r\n", "/a", "b\r\n  c"},
      {"wide", "日本: 語 # x\n", "/日本", "語"},
      {"json_inside", "a: {\"b\":\"c\"}\n", "/a/b", "\"c\""},
      {"explicit_key", "? a\n: b\n", "/a", "b"},
      {"after_marker", "--- \na: b\n", "/a", "b"},
      {"on_marker_line", "--- {a: b}\n", "/a", "b"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Read r = read(row.text);
      INFO(row.text << r.issues());
      REQUIRE(r.stream.documents.size() == 1);
      const Value value = r.root().at_pointer(row.pointer);
      REQUIRE(value.exists());
      CHECK(r.at(value) == row.underlined);
      check_ranges(r);
    }
  }
}

TEST_CASE("a value that is missing stands behind its colon") {
  const Read r = read("a:\n  b:\n  c: 1\nnull2: x\n");
  const Value missing = r.root().at_pointer("/a/b");
  CHECK(missing.is_null());
  CHECK(r.at(missing).empty());
  CHECK(r.sources->start(missing.range()) == LineColumn{2, 5});
}

TEST_CASE("keys keep their places, merged ones where they were written") {
  const Read r = read("base: &b {x: 1}\nd:\n  <<: *b\n  'y': 2\n");
  const Value d = r.root().find("d");
  CHECK(r.at(d.find_key("y")) == "'y'");
  CHECK(r.sources->start(d.find_key("x").range()) == LineColumn{1, 11});
  CHECK_FALSE(d.find("<<").exists());
}

TEST_CASE("aliases share nodes and are no copies") {
  std::string text = "a: &a {k: [1,2,3,4,5,6,7,8]}\nb:\n";
  for (int i = 0; i < 1000; ++i) text += "- *a\n";
  const Read r = read(text);
  CHECK(r.root().find("b").size() == 1000);
  CHECK(r.stream.tree->size() < 1100);
  CHECK(r.root().at_pointer("/b/999/k/7").text() == "8");
}

TEST_CASE("duplicate keys of YAML are reported with both places") {
  const Read r = read("a: 1\nb:\n  c: 1\n  'c': 2\na: 3\n");
  CHECK(r.issues() ==
        "4:3: warning [duplicate-key] key `c` occurs twice in one mapping; the later value counts\n"
        "5:1: warning [duplicate-key] key `a` occurs twice in one mapping; the later value counts\n");
  REQUIRE(r.stream.issues[1].related.size() == 1);
  CHECK(r.sources->start(r.stream.issues[1].related[0].location.range.value()) == LineColumn{1, 1});
}

TEST_CASE("comments keep their places") {
  const Read r = read(
      "# one\na: b # two\nc: \"# no\"\nd: |  # three\n  # no\ne: 'x # no'\nf: [ # four\n  1 ]\ng: x#no\n# "
      "five\n---\n# six\n"
      "---\nh: 1 # seven");
  std::vector<std::string> found;
  for (const Comment& comment : r.stream.comments) found.emplace_back(r.sources->text(comment.range));
  CHECK(found ==
        std::vector<std::string>{"# one", "# two", "# three", "# four", "# five", "# six", "# seven"});
}
