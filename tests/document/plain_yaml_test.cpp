#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "document/plain_yaml_reader.h"
#include "document/read_helper.h"
#include "support/same_reading.h"
#include "support/test_data.h"

namespace oidc_audit::document {

namespace {

// Whether the plain reader reads the whole text by itself.
bool is_plain(const std::string& text) {
  SourceManager sources;
  const BufferId buffer = sources.add("test", text).value();
  Tree tree(buffer, sources.text(buffer));
  const Limits limits;
  std::vector<Issue> issues;
  std::vector<Document> documents;
  DocumentBuilder builder(tree, limits, issues);
  return read_plain_yaml(sources.text(buffer), 0, static_cast<std::uint32_t>(text.size()), builder,
                         documents);
}

std::string difference(const std::string& text, std::size_t& nodes) {
  SourceManager sources;
  const auto buffer = sources.add("test", text);
  return buffer.ok() ? test::reading_difference(sources, buffer.value(), {}, nodes) : std::string();
}

std::vector<std::string> yaml_files(const std::filesystem::path& folder) {
  std::vector<std::string> out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().extension().string();
    if (!entry.is_regular_file() || (name != ".yaml" && name != ".yml")) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    out.push_back(text.str());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("What manifests are made of is plain YAML") {
  const std::string plain = GENERATE(as<std::string>{},
                                     "a: b\n",                                      //
                                     "---\na: b\n",                                 //
                                     "--- # c\n# c\n\na: b # c\nc:   d e  \n",      //
                                     "a:\n  b:\n    c: d\n  e: [f, \"g\"]\nh: {}",  //
                                     "a:\n- b\n- c: d\n  e: f\n-\n  g: h\n- i",     //
                                     "a:\n  - - b\n    - c\n  -\n",                 //
                                     "a: ''\nb: 'it''s'\nc: \"\\\"d\\\\\\n\"\n",    //
                                     "a: {b: c, \"d\":e, f: [g, {h: i}]}\n",        //
                                     "a: [b,\n  c\n]\n",                            //
                                     "a: b\r\nc:\r\n- d\r\n",                       //
                                     "a: |\n  b\n   c\n\n  d\ne: |-\n  f\n\n",      //
                                     "a: b\n  c\n\n  d\ne: 'f\n  g'\nh: \"i\n\n  j\"\n",
                                     "a: ~\nb: null\nc: yes\nd: 012\ne: 1.5\nf:\n", "- a\n- b: c\n",
                                     "organization:my-org:project:p: system:masters\n", "\"a\": é\n'b': ü\n");
  CAPTURE(plain);
  std::size_t nodes = 0;
  CHECK(is_plain(plain));
  CHECK(difference(plain, nodes).empty());
  CHECK(nodes > 0);
}

TEST_CASE("What is not plain YAML is left to the other reader") {
  const std::string text = GENERATE(
      as<std::string>{}, "", "a", "a: &x b\n", "a: *x\n", "a: !!str b\n", "? a\n: b\n", "<<: {a: b}\n",
      "a: b: c\n", "a: - b\n", "a: 'b' c\n", "a: 'b\n", "a:\tb\n", "\ta: b\n", "a: b\n c: d\n", "a: b\n- c\n",
      "- a\nb: c\n", "a: [b\n", "a: [b: c]\n", "a: >\n  b\n", "a: |2\n    b\n", "a: b\n...\n",
      "%YAML 1.1\n---\na: b\n", "null: b\n", "1: b\n", "yes: b\n", "[a]: b\n", "{{ a }}: b\n", "a: {{ b }}\n",
      "a: .inf\n", "a: \"\\x41\"\n", "a: b\rc: d\n", "a: @b\n", std::string(1100, 'a') + ": b\n");
  CAPTURE(text);
  std::size_t nodes = 0;
  CHECK_FALSE(is_plain(text));
  CHECK(difference(text, nodes).empty());
}

TEST_CASE("Both readers of YAML read the fixtures alike, most of them the plain one") {
  std::vector<std::string> files = yaml_files(test::source_dir() + "/fixtures");
  const std::vector<std::string> rules = yaml_files(test::source_dir() + "/rules");
  files.insert(files.end(), rules.begin(), rules.end());
  REQUIRE(files.size() > 300);
  std::size_t nodes = 0;
  std::size_t documents = 0;
  std::size_t plain = 0;
  for (const std::string& text : files) {
    const std::string found = difference(text, nodes);
    if (!found.empty()) FAIL_CHECK(found << " in\n" << text);
    std::size_t at = 0;
    while (at < text.size()) {
      std::size_t end = text.find("\n---", at);
      end = end == std::string::npos ? text.size() : end + 1;
      ++documents;
      if (is_plain(text.substr(at, end - at))) ++plain;
      at = end;
    }
  }
  INFO(plain << " of " << documents << " documents");
  CHECK(plain * 100 > documents * 90);
  CHECK(nodes > 10'000);
}

// Texts put together at random from what YAML is made of, most of them wrong somewhere.
class Scribbler {
 public:
  explicit Scribbler(unsigned seed) : random_(seed) {}

  std::string pieces() {
    std::string out;
    for (std::size_t left = 1 + below(14); left > 0; --left) out += piece();
    return out;
  }

  // Lines as people write them, indented as it comes.
  std::string lines() {
    static const std::vector<std::string> values = {"a",
                                                    "b c",
                                                    "'d'",
                                                    "\"e\"",
                                                    "",
                                                    "",
                                                    "|",
                                                    "|-",
                                                    "[f, g]",
                                                    "{h: i}",
                                                    "[]",
                                                    "~",
                                                    "12",
                                                    "# j",
                                                    "k # l",
                                                    "'m",
                                                    "\"n\\n\"",
                                                    "organization:o:p",
                                                    "https://x/y#z",
                                                    "*",
                                                    "'o''p'",
                                                    "q:",
                                                    "r: s",
                                                    "- t",
                                                    "''",
                                                    "{a: [b, {c: d}]}"};
    static const std::vector<std::string> heads = {
        "a: ", "b: ", "c:", "- ", "- ", "- a: ", "- - ", "", "'k': ", "-", "# ", "key with spaces: "};
    std::string out;
    for (std::size_t left = 1 + below(8); left > 0; --left) {
      out.append(2 * below(4), ' ')
          .append(pick(heads))
          .append(pick(values))
          .append(below(20) == 0 ? "\r\n" : "\n");
      if (below(12) == 0) out += "\n";
    }
    if (below(6) == 0) out.pop_back();
    return out;
  }

  // A good text with some edits.
  std::string edited(std::string text) {
    for (std::size_t left = 1 + below(3); left > 0; --left) {
      const std::size_t at = below(text.size() + 1);
      const std::size_t size = 1 + below(4);
      switch (below(4)) {
        case 0:
          text.erase(at, size);
          break;
        case 1:
          text.insert(at, piece());
          break;
        case 2:
          text.insert(at, text.substr(below(text.size() + 1), size * 5));
          break;
        default:
          text.insert(text.rfind('\n', at) + 1, size, ' ');
      }
    }
    return text;
  }

 private:
  std::size_t below(std::size_t limit) { return random_() % limit; }
  const std::string& pick(const std::vector<std::string>& all) { return all[below(all.size())]; }
  const std::string& piece() {
    static const std::vector<std::string> all = {
        "a",     "b",      "kind",     ": ",     ":",      ":\n",  "\n",   "\n",     "\n",       "\n  ",
        "\n  ",  "\n    ", "\n- ",     "\n  - ", "- ",     "-",    " ",    "  ",     "'",        "'",
        "''",    "\"",     "\"",       "\\n",    "\\",     "[",    "]",    "[a, b]", "{",        "}",
        ", ",    ",",      "#",        " #",     " # c\n", "|",    "|-",   "|\n  ",  ">",        "&x ",
        "*x",    "!!str ", "!",        "? ",     "\t",     "\r\n", "~",    "null",   "1.5",      "012",
        "yes",   "<<: ",   "\xC3\xA9", "---",    "...",    "%",    "a: b", "c: d\n", "\n  e: f", "\n- g: h",
        "\n  i", "{}",     "[]",       "@",      ".",      ".inf", "=",    "\n\n",   "|+\n  x\n"};
    return pick(all);
  }

  std::mt19937 random_;
};

TEST_CASE("Both readers of YAML read anything alike") {
  const std::string manifest =
      "# c\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: 'a''b'\n"
      "  annotations:\n    note: |\n      first\n        second\n\n    empty:\n    long: one\n      two\n\n  "
      "    three\n"
      "subjects:\n- kind: User # c\n  name: \"organization:\\\"o\\\"\"\n-\n  kind: Group\n"
      "  name: ~\nroleRef: {kind: ClusterRole, \"name\": [view, {a: b}], m: 012}\nrules:\n  - verbs: "
      "[\"*\",\n    get]\n"
      "  - - x\n    - 'y\n      z'\n";
  std::size_t nodes = 0;
  int plain = 0;
  constexpr int kCount = 12'000;
  REQUIRE(is_plain(manifest));
  Scribbler scribbler(7);
  for (int i = 0; i < kCount; ++i) {
    const std::string text = i % 3 == 0   ? scribbler.pieces()
                             : i % 3 == 1 ? scribbler.lines()
                                          : scribbler.edited(manifest);
    if (is_plain(text)) ++plain;
    const std::string found = difference(text, nodes);
    if (!found.empty()) FAIL_CHECK(found << " in\n" << text);
  }
  INFO(plain << " were plain");
  CHECK(plain > kCount / 20);
}

}  // namespace oidc_audit::document
