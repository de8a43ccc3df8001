#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cli/version.h"
#include "run_cli.h"
#include "support/test_data.h"

// Every folder under fixtures/cli is a run of the program: `args` (a word a line), optionally `stdin` and
// `env` (NAME=value a line), run with the folder as working directory; `stdout`, `stderr` and `status` are
// what must come of it, an absent one being empty. OIDC_AUDIT_ACCEPT=1 writes what came and fails.

using namespace oidc_audit;

namespace {

namespace fs = std::filesystem;

std::string content_or_empty(const fs::path& path) {
  return fs::exists(path) ? test::read_file(path.string()) : std::string();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) lines.emplace_back(line);
  if (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

std::string scrub(const std::string& text) {
  const std::string version(cli::kVersion);
  std::string out = replace_all(text, "oidc-audit " + version, "oidc-audit @@VERSION@@");
  return replace_all(out, "ersion\": \"" + version + "\"", "ersion\": \"@@VERSION@@\"");
}

void accept(const fs::path& path, const std::string& content) {
  if (content.empty()) {
    fs::remove(path);
  } else {
    std::ofstream(path, std::ios::binary) << content;
  }
}

test::CliResult run_case(const fs::path& folder) {
  test::CliWorld world;
  world.input = content_or_empty(folder / "stdin");
  for (const std::string& line : lines_of(content_or_empty(folder / "env"))) {
    const std::size_t equals = line.find('=');
    REQUIRE(equals != std::string::npos);
    world.environment[line.substr(0, equals)] = line.substr(equals + 1);
  }
  const test::InDirectory here(folder.string());
  test::CliResult result = test::run_cli(lines_of(test::read_file((folder / "args").string())), world);
  result.out = scrub(result.out);
  result.err = scrub(result.err);
  return result;
}

}  // namespace

TEST_CASE("runs of the program end as their folders say") {
  const fs::path root = fs::path(test::source_dir()) / "fixtures" / "cli";
  std::vector<fs::path> folders;
  for (const auto& entry : fs::directory_iterator(root)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  REQUIRE_FALSE(folders.empty());
  const char* variable = std::getenv("OIDC_AUDIT_ACCEPT");
  const bool accepting = variable != nullptr && std::string(variable) == "1";
  for (const fs::path& folder : folders) {
    DYNAMIC_SECTION(folder.filename().string()) {
      const test::CliResult result = run_case(folder);
      const std::string status = std::to_string(result.status) + "\n";
      const bool same = result.out == content_or_empty(folder / "stdout") &&
                        result.err == content_or_empty(folder / "stderr") &&
                        status == content_or_empty(folder / "status");
      if (accepting && !same) {
        accept(folder / "stdout", result.out);
        accept(folder / "stderr", result.err);
        accept(folder / "status", status);
        FAIL("accepted anew: look at the difference and run again");
      }
      CHECK(result.out == content_or_empty(folder / "stdout"));
      CHECK(result.err == content_or_empty(folder / "stderr"));
      CHECK(status == content_or_empty(folder / "status"));
    }
  }
}
