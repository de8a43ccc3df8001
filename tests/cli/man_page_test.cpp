#include "cli/man_page.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cli/command.h"
#include "run_cli.h"
#include "support/test_data.h"

using namespace oidc_audit;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

/// Names of environment variables that the sources ask for: literals in capitals where `env` is asked or
/// handed on.
std::set<std::string> variables_read() {
  namespace fs = std::filesystem;
  static const std::regex ask(R"(\b(?:env|environment)[,(])");
  static const std::regex name(R"re("([A-Z][A-Z0-9_]{2,})")re");
  std::set<std::string> names;
  for (const char* folder : {"/src/cli", "/src/cluster"}) {
    for (const auto& entry : fs::directory_iterator(test::source_dir() + folder)) {
      if (entry.path().extension() != ".cpp" || entry.path().filename() == "man_page.cpp") continue;
      const std::string text = test::read_file(entry.path().string());
      for (const std::string_view view : split(text, '\n')) {
        const std::string line(view);
        if (!std::regex_search(line, ask)) continue;
        for (std::sregex_iterator at(line.begin(), line.end(), name), end; at != end; ++at)
          names.insert((*at)[1]);
      }
    }
  }
  return names;
}

}  // namespace

TEST_CASE("the manual page has the sections of man-pages(7) in order") {
  const std::string page = test::run_cli({"help", "--man"}).out;
  CHECK(page == cli::man_page());
  std::size_t at = 0;
  for (const char* heading : {"NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "OPTIONS", "EXIT STATUS",
                              "ENVIRONMENT", "FILES", "NOTES", "SEE ALSO"}) {
    INFO(heading);
    const std::size_t found = page.find("\n.SH " + std::string(heading) + "\n", at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
}

TEST_CASE("the manual page tells every command") {
  const std::string page = cli::man_page();
  for (const cli::CommandEntry& entry : cli::commands()) {
    INFO(entry.name);
    CHECK(has(page, ".SS \"" + replace_all(entry.name, "-", "\\-")));
  }
}

TEST_CASE("the manual page tells every environment variable that is read") {
  const std::set<std::string> names = variables_read();
  CHECK(names.count("KUBECONFIG") == 1);
  CHECK(names.count("NO_COLOR") == 1);
  CHECK(names.count("HTTPS_PROXY") == 1);
  const std::string page = cli::man_page();
  for (const std::string& name : names) {
    INFO(name << ": add it to kEnvironment in src/cli/man_page.cpp");
    CHECK(has(page, name));
  }
}

TEST_CASE("no line of the manual page is a request by accident") {
  static const std::set<std::string> kRequests = {".\\\"", ".TH", ".SH", ".SS", ".PP", ".TP",
                                                  ".br",   ".RS", ".RE", ".EX", ".EE"};
  const std::string page = cli::man_page();
  for (const std::string_view line : split(page, '\n')) {
    if (line.empty()) continue;
    INFO(line);
    CHECK(line.front() != '\'');
    if (line.front() == '.') CHECK(kRequests.count(std::string(line.substr(0, line.find(' ')))) == 1);
  }
}
