#include <catch2/catch.hpp>

#include "document/lazy_stream.h"
#include "document/read_helper.h"

using namespace oidc_audit;
using namespace oidc_audit::document;

TEST_CASE("the format is told by the name") {
  CHECK(format_of_name("a.json") == Format::json);
  CHECK(format_of_name("a.JSON") == Format::json);
  CHECK(format_of_name("a.yaml") == Format::yaml);
  CHECK(format_of_name("json") == Format::yaml);
  CHECK(format_of_name("-") == Format::yaml);
}

TEST_CASE("streams are cut into documents") {
  struct Row {
    const char* name;
    std::string text;
    std::vector<std::string> documents;
  };
  const Row rows[] = {
      {"one", "a: 1\n", {R"({"a":1})"}},
      {"two", "a: 1\n---\nb: 2\n", {R"({"a":1})", R"({"b":2})"}},
      {"marker_first", "---\na: 1\n---\nb: 2\n", {R"({"a":1})", R"({"b":2})"}},
      {"empty_documents", "---\n---\n# c\n---\na: 1\n---\n\n", {R"({"a":1})"}},
      {"marker_with_comment", "--- # x\na: 1\n--- # y\nb: 2\n", {R"({"a":1})", R"({"b":2})"}},
      {"marker_with_value", "--- a\n--- {b: 2}\n", {"\"a\"", R"({"b":2})"}},
      {"end_marker", "a: 1\n...\n---\nb: 2\n...\n", {R"({"a":1})", R"({"b":2})"}},
      {"end_marker_without_start", "a: 1\n...\nb: 2\n", {R"({"a":1})", R"({"b":2})"}},
      {"directive", "%YAML 1.1\n---\na: 1\n", {R"({"a":1})"}},
      {"directive_later", "a: 1\n...\n%YAML 1.1\n---\nb: 2\n", {R"({"a":1})", R"({"b":2})"}},
      {"crlf", "a: 1\r\n---\r\nb: 2\r\n", {R"({"a":1})", R"({"b":2})"}},
      {"no_newline_at_end", "a: 1\n---\nb: 2", {R"({"a":1})", R"({"b":2})"}},
      {"dashes_in_text",
       "a: x---y\nb: |\n  ---\n  z\nc: ---x\n",
       {R"({"a":"x---y","b":"---\nz\n","c":"---x"})"}},
      {"byte_order_mark",
       "\xEF\xBB\xBF"
       "a: 1\n",
       {R"({"a":1})"}},
      {"json", "{\"a\": 1}\n", {R"({"a":1})"}},
      {"json_concatenated", "{\"a\": 1}{\"b\": 2}\n[3]", {R"({"a":1})", R"({"b":2})", "[3]"}},
      {"json_and_yaml",
       "{\"a\": 1}\n---\nb: 2\n---\n{\"c\": 3}\n",
       {R"({"a":1})", R"({"b":2})", R"({"c":3})"}},
      {"json_surrogates", "{\"a\": \"\\uD83D\\uDE00\"}\n", {"{\"a\":\"\xF0\x9F\x98\x80\"}"}},
      {"flow_yaml", "{a: 1, b: [x]}\n", {R"({"a":1,"b":["x"]})"}},
      {"flow_yaml_quoted_key", "{\"a\": b}\n", {R"({"a":"b"})"}},
      {"flow_yaml_then_more", "{\"a\": b}\n---\nc: 1\n", {R"({"a":"b"})", R"({"c":1})"}},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Read r = read(row.text);
      INFO(r.issues());
      std::vector<std::string> found;
      for (const Document& document : r.stream.documents) found.push_back(to_json(document.root));
      CHECK(found == row.documents);
      CHECK(r.stream.failed_documents == 0);
      check_ranges(r);
    }
  }
}

TEST_CASE("a broken document does not hide the others") {
  const Read r = read("a: 1\n---\nb: [1, 2\n---\nc: 3\n---\nd: \"x\n---\ne: 5\n");
  REQUIRE(r.stream.documents.size() == 3);
  CHECK(to_json(r.root(1)) == R"({"c":3})");
  CHECK(to_json(r.root(2)) == R"({"e":5})");
  CHECK(r.stream.failed_documents == 2);
  CHECK(r.codes() == std::vector<std::string>{"yaml-syntax", "yaml-syntax"});
  // The place is inside the document that is broken.
  CHECK(r.sources->start(r.stream.issues[0].location.range.value()).line == 3);
  CHECK(r.sources->start(r.stream.issues[1].location.range.value()).line == 7);
}

TEST_CASE("a tab in the indentation is named in the hint") {
  const Read r = read("a:\n\tb: c\n");
  REQUIRE(r.stream.issues.size() == 1);
  CHECK(r.stream.issues[0].hint.find("tab") != std::string::npos);
  CHECK(r.sources->start(r.stream.issues[0].location.range.value()).line == 2);
}

TEST_CASE("Helm templates are skipped and said once") {
  struct Row {
    const char* name;
    std::string text;
    std::size_t templates;
    std::size_t documents;
  };
  const Row rows[] = {
      {"value", "kind: Role\nmetadata:\n  name: {{ .Values.name }}\n", 1, 0},
      {"condition", "{{- if .Values.rbac }}\nkind: Role\n{{- end }}\n", 1, 0},
      {"block", "a:\n  {{- toYaml .Values.x | nindent 2 }}\n", 1, 0},
      {"several", "{{ if .x }}\na: 1\n---\nb: {{ .y }}\n{{ end }}\n---\nc: 3\n", 2, 1},
      {"quoted_is_plain_yaml", "a: \"{{ .Values.x }}\"\n", 0, 1},
      {"inside_text_is_plain_yaml", "a: x-{{ .Values.x }}\n", 0, 1},
      {"comment_is_plain_yaml", "# {{ .Values.x }}\na: 1\n", 0, 1},
      {"in_block_scalar", "a: |\n  {{ .Values.x }}\n", 0, 1},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Read r = read(row.text);
      INFO(r.issues());
      CHECK(r.stream.templates.size() == row.templates);
      CHECK(r.stream.documents.size() == row.documents);
      CHECK(r.stream.failed_documents == 0);
      REQUIRE(r.stream.issues.size() == (row.templates > 0 ? 1 : 0));
      if (row.templates == 0) continue;
      CHECK(r.stream.issues[0].code == "helm-template");
      CHECK(r.stream.issues[0].level == IssueLevel::note);
      CHECK(r.stream.issues[0].hint.find("helm template") != std::string::npos);
      CHECK(r.sources->text(r.stream.issues[0].location.range.value()) == "{{");
    }
  }
}

TEST_CASE("broken YAML with braces in a comment only is an error") {
  const Read r = read("# {{ .x }}\na: [\n");
  CHECK(r.stream.failed_documents == 1);
  CHECK(r.stream.templates.empty());
}

TEST_CASE("documents whose kind does not matter are passed over, where that is safe") {
  struct Row {
    const char* name;
    std::string text;
    bool passed;
  };
  const Row rows[] = {
      {"plain", "apiVersion: apps/v1\nkind: Deployment\nspec:\n  a: b\n", true},
      {"marker_and_comment", "--- # x\n# c\nkind: Deployment # x\nspec: {}\n", true},
      {"list_at_key_indent", "kind: Deployment\nx:\n- a\n- b\n", true},
      {"even_when_broken_below", "kind: Deployment\nx: [\n", true},
      {"interesting", "kind: Role\nx: y\n", false},
      {"two_kinds", "kind: Deployment\nx: y\nkind: Role\n", false},
      {"quoted_key", "kind: Deployment\n\"kind\": Role\n", false},
      {"flow", "{kind: Deployment}\n", false},
      {"merge", "kind: Deployment\n<<: {kind: Role}\n", false},
      {"explicit_key", "kind: Deployment\n? kind\n: Role\n", false},
      {"anchored_value", "kind: &x Deployment\n", false},
      {"continued", "kind: Deployment\n  x\n", false},
      {"escaped_key", "kind: Deployment\n\"k\\u0069nd\": Role\n", false},
      {"no_kind", "a: b\n", false},
      {"indented", " kind: Deployment\n", false},
      {"carriage_return_hides_nothing", "kind: Deployment\nx: y\rkind: Role\n", false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      ReadOptions options;
      options.pass_over = [](std::string_view kind, std::string_view) { return kind == "Deployment"; };
      const Read r = read(row.text, options);
      CHECK(r.stream.passed_over.size() == (row.passed ? 1 : 0));
    }
  }
}

TEST_CASE("documents that were taken leave no nodes, their texts stay") {
  std::vector<std::string_view> kinds;
  ReadOptions options;
  options.documents = [&](const Document& document) {
    kinds.push_back(document.root.find("kind").text());
    return kinds.back() != "Kept";
  };
  const Read taken =
      read("kind: \"A\\\"\"\n---\nkind: Kept\n---\nkind: B\n---\nkind: {\n---\n{\"kind\": \"J\"}\n", options);
  CHECK(kinds == std::vector<std::string_view>{"A\"", "Kept", "B"});
  CHECK(taken.stream.taken_documents == 2);
  CHECK(taken.stream.failed_documents == 1);
  // JSON is not offered; what was offered and kept stands where it stood.
  REQUIRE(taken.stream.documents.size() == 2);
  CHECK(taken.stream.documents[0].offered);
  CHECK(to_json(taken.root(0)) == R"({"kind":"Kept"})");
  CHECK_FALSE(taken.stream.documents[1].offered);
  CHECK(taken.stream.tree->size() == 6);
}

TEST_CASE("a text is read when it is first asked for, and once") {
  SourceManager sources;
  LazyStream documents(sources, sources.add("a.json", "# note\na: [1\n---\nb: 2 # why\n").value());
  CHECK(documents.has("[1"));
  CHECK_FALSE(documents.has("[2"));
  const Stream& stream = documents.stream();
  CHECK(&stream == &documents.stream());
  CHECK(stream.failed_documents == 1);
  REQUIRE(stream.documents.size() == 1);  // whatever the name says
  CHECK(stream.documents.front().root.find("b").text() == "2");
  REQUIRE_FALSE(stream.comments.empty());
  CHECK(sources.text(stream.comments.back().range).find("why") != std::string_view::npos);
}
