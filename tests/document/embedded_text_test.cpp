#include "document/embedded_text.h"

#include <catch2/catch.hpp>

#include "document/read_helper.h"

using namespace oidc_audit;
using namespace oidc_audit::document;

namespace {

/// The outer text of the inner value `/0/name`, which is `jane` in every row.
std::string place_of_name(std::string text, Format format) {
  const Read outer = read(std::move(text), format);
  REQUIRE(outer.stream.documents.size() == 1);
  const EmbeddedDocuments inner(*outer.sources, outer.root().find("map"));
  REQUIRE(inner.documents().size() == 1);
  const Value name = inner.documents().front().root.at_pointer("/0/name");
  REQUIRE(name.text() == "jane");
  return std::string(outer.sources->text(inner.place(name)));
}

}  // namespace

TEST_CASE("values of embedded documents have their outer places") {
  struct Row {
    const char* name;
    std::string text;
    Format format;
  };
  const Row rows[] = {
      {"literal", "map: |\n  - id: 1\n    name: jane\n", Format::yaml},
      {"literal_stripped", "map: |-\n    - id: 1\n\n      name: jane", Format::yaml},
      {"literal_kept", "map: |+\n  - name: jane\n\n\nx: y\n", Format::yaml},
      {"literal_indent_said", "map: |2\n  - name: jane\n", Format::yaml},
      {"literal_crlf", "map: |\r\n  - id: 1\r\n    name: jane\r\n", Format::yaml},
      {"literal_wide", "map: |\n  # käse \xF0\x9F\x98\x80\n  - name: jane\n", Format::yaml},
      {"double_quoted", "map: \"- id: 1\\n  name: jane\\n\"\n", Format::yaml},
      {"double_quoted_hex", "map: \"# \\x41\\u00e4\\U0001F600\\n- name: jane\"\n", Format::yaml},
      {"single_quoted", "map: '[{id: ''x'', name: jane}]'\n", Format::yaml},
      {"plain", "map: \"[{name: jane}]\"\n", Format::yaml},
      {"json", R"({"map": "- id: \"1\"\n  name: jane\n"})", Format::json},
      {"json_unicode", R"({"map": "# \ud83d\ude00 \u00e4 \t\n- name: jane"})", Format::json},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) { CHECK(place_of_name(row.text, row.format) == "jane"); }
  }
}

TEST_CASE("where lines were folded the place is the whole scalar") {
  const Read outer = read("map: >\n  [{name:\n  jane}]\n");
  const EmbeddedDocuments inner(*outer.sources, outer.root().find("map"));
  REQUIRE(inner.documents().size() == 1);
  const Value name = inner.documents().front().root.at_pointer("/0/name");
  CHECK(outer.at(outer.root().find("map")) == outer.sources->text(inner.place(name)));
}

TEST_CASE("issues of embedded documents have outer places") {
  const Read outer = read("map: |\n  - a: 1\n   - b\n");
  const EmbeddedDocuments inner(*outer.sources, outer.root().find("map"));
  CHECK(inner.failed());
  REQUIRE(inner.issues().size() == 1);
  REQUIRE(inner.issues()[0].location.range.has_value());
  CHECK(outer.sources->start(*inner.issues()[0].location.range).line == 3);
}

TEST_CASE("whatever stands in a scalar can be read") {
  for (const char* text :
       {"map: ''\n", "map: |\n", "map: \"\\\n\"\n", "map: |\n  \n\n", "map: 5\n", "map: ~\n",
        "a: &x |\n  - name: jane\nmap: *x\n", "map: \"\\ud83d\"\n", "map: \"\xEF\xBB\xBF- x\"\n"}) {
    const Read outer = read(text);
    if (outer.stream.documents.empty()) continue;
    const Value scalar = outer.root().find("map");
    const EmbeddedDocuments inner(*outer.sources, scalar);
    for (const Document& document : inner.documents()) {
      const SourceRange place = inner.place(document.root);
      CHECK(place.begin <= place.end);
      CHECK(place.end <= outer.sources->text(outer.buffer).size());
    }
  }
}
