// Runs every example of the documentation: in a ```console block a line `$ oidc-audit ...` is a command, what
// follows is what it prints (standard output, then standard error), and `# exit status N` ends it when N is
// not 0. `...` alone on a line stands for any lines. With OIDC_AUDIT_ACCEPT=1 the pages are rewritten, and
// the test fails.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/run.h"
#include "support/test_data.h"

using namespace oidc_audit;

namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

/// Words as a shell splits them; no expansions.
std::vector<std::string> shell_words(const std::string& text) {
  std::vector<std::string> words;
  std::string word;
  bool started = false;
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else if (quote == '"' && c == '\\' && i + 1 < text.size()) {
        word += text[++i];
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quote = c;
      started = true;
    } else if (c == ' ') {
      if (started) words.push_back(word);
      word.clear();
      started = false;
    } else {
      word += c;
      started = true;
    }
  }
  if (started) words.push_back(word);
  return words;
}

std::vector<std::string> run_command(const std::string& command) {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  const auto status = cli::run(shell_words(command), {in, out, err});
  std::vector<std::string> lines = lines_of(out.str());
  for (const std::string& line : lines_of(err.str())) lines.push_back(line);
  if (static_cast<int>(status) != 0)
    lines.push_back(fmt::format("# exit status {}", static_cast<int>(status)));
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

/// Whether `actual` is `expected`, where a line `...` stands for any number of lines.
bool matches(const std::vector<std::string>& expected, const std::vector<std::string>& actual) {
  std::size_t e = 0;
  std::size_t a = 0;
  std::size_t star = std::string::npos;
  std::size_t retry = 0;
  while (a < actual.size()) {
    if (e < expected.size() && expected[e] == "...") {
      star = e++;
      retry = a;
    } else if (e < expected.size() && expected[e] == actual[a]) {
      ++e;
      ++a;
    } else if (star != std::string::npos) {
      e = star + 1;
      a = ++retry;
    } else {
      return false;
    }
  }
  while (e < expected.size() && expected[e] == "...") ++e;
  return e == expected.size();
}

struct PageResult {
  std::string rewritten;
  std::size_t commands = 0;
  std::vector<std::string> differences;
};

PageResult check_page(const std::string& text) {
  PageResult result;
  const std::vector<std::string> lines = lines_of(text);
  bool console = false;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    result.rewritten += lines[i] + "\n";
    if (!console) {
      console = lines[i] == "```console";
      continue;
    }
    if (lines[i].rfind("```", 0) == 0) {
      console = false;
      continue;
    }
    if (lines[i].rfind("$ oidc-audit ", 0) != 0) continue;
    std::vector<std::string> expected;
    while (i + 1 < lines.size() && lines[i + 1].rfind("```", 0) != 0 && lines[i + 1].rfind("$ ", 0) != 0) {
      expected.push_back(lines[++i]);
    }
    const std::string command = lines[i - expected.size()].substr(2);
    while (!expected.empty() && expected.back().empty()) expected.pop_back();
    const std::vector<std::string> actual = run_command(command);
    ++result.commands;
    const bool same = matches(expected, actual);
    if (!same)
      result.differences.push_back(fmt::format("{}\n  prints:\n{}", command, fmt::join(actual, "\n")));
    for (const std::string& line : same ? expected : actual) result.rewritten += line + "\n";
  }
  return result;
}

std::vector<fs::path> pages() {
  std::vector<fs::path> out = {"README.md"};
  for (const auto& entry : fs::recursive_directory_iterator("docs")) {
    if (entry.path().extension() == ".md") out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

TEST_CASE("every example in the documentation prints what it says") {
  fs::current_path(test::source_dir());
  ::setenv("NO_COLOR", "1", 1);
  const bool accept = std::getenv("OIDC_AUDIT_ACCEPT") != nullptr;
  std::size_t commands = 0;
  for (const fs::path& page : pages()) {
    if (!fs::exists(page)) continue;
    const PageResult result = check_page(test::read_file(page.string()));
    commands += result.commands;
    INFO(page.string());
    for (const std::string& difference : result.differences) UNSCOPED_INFO(difference);
    CHECK(result.differences.empty());
    if (accept && !result.differences.empty()) std::ofstream(page, std::ios::binary) << result.rewritten;
  }
  CHECK(commands > 0);
}

TEST_CASE("an ellipsis stands for any lines and nothing else does") {
  CHECK(matches({"a", "...", "c"}, {"a", "b", "b", "c"}));
  CHECK(matches({"a", "..."}, {"a"}));
  CHECK_FALSE(matches({"a", "c"}, {"a", "b", "c"}));
  CHECK_FALSE(matches({"...", "x"}, {"a"}));
  CHECK(shell_words("a 'b c' \"d \\\" e\" ''") == std::vector<std::string>{"a", "b c", "d \" e", ""});
}
