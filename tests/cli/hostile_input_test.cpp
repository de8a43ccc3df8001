#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "base/unicode.h"
#include "run_cli.h"

using namespace oidc_audit;
using test::InDirectory;
using test::run_cli;
using test::TempDir;

namespace {

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string billion_laughs() {
  std::string text = "a0: &a0 [x, x]\n";
  for (int i = 1; i < 40; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " + before + "]\n";
  }
  return text + "kind: *a39\n";
}

std::string binding_named(const std::string& quoted) {
  return "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: ops}\n"
         "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\n"
         "subjects:\n- apiGroup: rbac.authorization.k8s.io\n  kind: Group\n  name: " +
         quoted + "\n";
}

struct Row {
  const char* name;
  const char* file;
  std::string content;
  int status;
  int errors;  // lines `: error: ` on standard error
};

std::vector<Row> rows() {
  std::vector<Row> all = {
      {"unclosed_flow_sequence", "a.yaml", "kind: [a\n", 3, 1},
      {"unclosed_quote", "a.yaml", "kind: \"a\n", 3, 1},
      {"tab_indentation", "a.yaml", "kind:\n\t- a\n", 3, 1},
      {"undefined_alias", "a.yaml", "kind: *nobody\n", 3, 1},
      {"control_characters", "a.yaml", std::string("kind: a\x01\x02\n", 10), 3, 1},
      {"nul_bytes", "a.yaml", std::string("kind: a\0b\n", 10), 3, 1},
      {"not_utf8", "a.yaml", "kind: \xFF\xFE\n", 3, 1},
      {"utf16", "a.yaml", std::string("\xFF\xFEk\0i\0n\0d\0", 10), 3, 1},
      {"deep_flow_sequence", "a.yaml", repeat("[", 100'000), 3, 1},
      {"deep_flow_mapping", "a.yaml", repeat("{a: ", 100'000), 3, 1},
      {"deep_json_array", "a.json", repeat("[", 1'000'000), 3, 1},
      {"deep_json_object", "a.json", repeat("{\"a\":", 500'000), 3, 1},
      {"billion_laughs", "a.yaml", billion_laughs(), 3, 1},
      {"json_cut_off", "a.json", R"({"kind": "ClusterRole")", 3, 1},
      {"json_trailing_text", "a.json", R"({"kind": "x"} y)", 3, 1},
      {"json_bad_escape", "a.json", R"({"kind": "\q"})", 3, 1},
      {"json_lone_surrogate_is_kept", "a.json", R"({"kind": "\ud800"})", 0, 0},
      {"not_yaml_at_all", "a.yaml",
       "\x7F"
       "ELF\x02\x01\x01",
       3, 1},
      {"empty", "a.yaml", "", 0, 0},
      {"only_byte_order_mark", "a.yaml", "\xEF\xBB\xBF", 0, 0},
      {"only_separators", "a.yaml", repeat("---\n", 10'000), 0, 0},
      {"only_comments", "a.yaml", repeat("# x\n", 100'000), 0, 0},
      {"scalar_document", "a.yaml", "just text\n", 0, 0},
      {"sequence_document", "a.yaml", "- a\n- b\n", 0, 0},
      {"kind_is_a_number", "a.yaml", "apiVersion: v1\nkind: 7\n", 0, 0},
      {"huge_scalar", "a.yaml",
       "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: " +
           std::string(20'000'000, 'x') + "\n",
       3, 1},
      {"huge_kind_is_another_kind", "a.yaml", "kind: " + std::string(20'000'000, 'x') + "\n", 0, 0},
      {"huge_key", "a.yaml", std::string(5'000, 'k') + ": x\n", 3, 1},
      {"a_million_documents_of_nothing", "a.yaml", repeat("---\n{}\n", 50'000), 0, 0},
  };
  // A long list of subjects must not take time that grows with its square.
  std::string many = binding_named("'oidc:first'");
  for (int i = 0; i < 5'000; ++i) {
    many += "- {apiGroup: rbac.authorization.k8s.io, kind: Group, name: 'oidc:g" + std::to_string(i) + "'}\n";
  }
  all.push_back({"many_subjects", "a.yaml", many, 1, 0});
  return all;
}

int count_errors(const std::string& text) {
  int count = 0;
  for (std::size_t at = text.find(" error: "); at != std::string::npos; at = text.find(" error: ", at + 1)) {
    ++count;
  }
  return count;
}

bool printable(const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid || (is_unsafe_to_print(point.value) && point.value != '\n')) return false;
    at += point.bytes;
  }
  return true;
}

}  // namespace

TEST_CASE("malformed, hostile and huge input gives one clear error") {
  for (const Row& row : rows()) {
    DYNAMIC_SECTION(row.name) {
      const TempDir dir;
      dir.write(row.file, row.content);
      const InDirectory here(dir.path());
      const auto start = std::chrono::steady_clock::now();
      for (const char* format : {"text", "json", "sarif"}) {
        const auto result = run_cli({"scan", "-o", format, "--output-file", "report", row.file});
        INFO(format << ": " << result.err.substr(0, 600));
        CHECK(result.status == row.status);
        CHECK(count_errors(result.err) == row.errors);
        CHECK(result.out.empty());
        CHECK(result.err.size() < 5'000);
        CHECK(printable(result.err));
        // The report is whole; nothing temporary stays.
        CHECK(std::filesystem::exists("report"));
        CHECK(std::distance(std::filesystem::directory_iterator("."), {}) == 2);
        std::filesystem::remove("report");
      }
      CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(60));
    }
  }
}

TEST_CASE("one broken document does not hide the others") {
  const TempDir dir;
  dir.write("a.yaml", "a: [\n---\n" + binding_named("system:masters"));
  const InDirectory here(dir.path());
  const auto result = run_cli({"scan", "-o", "json", "--allow-partial", "--min-severity", "info", "a.yaml"});
  CHECK(result.out.find("\"ClusterRoleBinding\": 1") != std::string::npos);
}

TEST_CASE("hostile names are escaped in every format") {
  const std::vector<std::string> names = {
      "\"oidc:\\e[31mred\\e[0m\"",        // terminal escapes
      "\"oidc:\\e]0;title\\a\"",          // sets the title
      "\"oidc:\\u202Eadmin\"",            // right-to-left override
      "\"oidc:\\u2066x\\u2069\"",         // isolates
      "\"oidc:a\\nb\\rc\"",               // line ends
      "\"oidc:\\u200Badmin\"",            // zero width
      "\"oidc:\\0\"",                     // NUL
      "\"oidc:\\x9B31m\"",                // C1
      "'[x](https://evil.example) {0}'",  // SARIF link and placeholder
      "'::error file=x::y'",              // workflow command
      "\"oidc:\\U000E0041\"",             // tag characters
  };
  for (const std::string& name : names) {
    DYNAMIC_SECTION(name) {
      const TempDir dir;
      dir.write("a.yaml", binding_named(name));
      const InDirectory here(dir.path());
      for (const char* format : {"text", "json", "sarif"}) {
        const auto result = run_cli({"scan", "-v", "-o", format, "--min-severity", "info", "a.yaml"});
        INFO(result.out << result.err);
        CHECK(printable(result.out));
        CHECK(printable(result.err));
        CHECK(result.out.find("\n::") == std::string::npos);
      }
    }
  }
}

TEST_CASE("hostile file names are escaped") {
  const TempDir dir;
  dir.write("a\x1B[2J\n::error::.yaml", "a: [\n");
  const InDirectory here(dir.path());
  for (const char* format : {"text", "json", "sarif"}) {
    const auto result = run_cli({"scan", "-v", "-o", format, "."});
    CHECK(result.status == 3);
    CHECK(printable(result.out));
    CHECK(printable(result.err));
  }
}
