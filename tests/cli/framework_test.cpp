#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/global_options.h"
#include "cli/help.h"
#include "run_cli.h"
#include "support/test_data.h"

using namespace oidc_audit;
using namespace oidc_audit::cli;
using test::run_cli;

namespace {

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("help and version go to standard output with status 0") {
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{{"--help"},
                                             {"-h"},
                                             {"help"},
                                             {"--version"},
                                             {"-V"},
                                             {"scan", "--help"},
                                             {"help", "scan"},
                                             {"--help", "scan"},
                                             {"scan", "--help", "--nonsense"}}) {
    const auto result = run_cli(args);
    INFO(args.front());
    CHECK(result.status == 0);
    CHECK_FALSE(result.out.empty());
    CHECK(result.err.empty());
  }
  CHECK(has(run_cli({"scan", "--help"}).out, "Usage: oidc-audit scan"));
  CHECK(run_cli({"help", "scan"}).out == run_cli({"scan", "-h"}).out);
}

TEST_CASE("every command tells what it takes, with examples") {
  for (const CommandEntry& entry : commands()) {
    DYNAMIC_SECTION(entry.name) {
      GlobalOptions options;
      Requests requests;
      CommandSpec spec{std::string(entry.name), std::string(entry.summary)};
      declare(spec, entry, options, requests);
      CHECK_FALSE(spec.description().empty());
      bool example = !spec.examples().empty();
      for (const CommandSpec& sub : spec.subcommands()) example = example || !sub.examples().empty();
      CHECK(example);
      CHECK((spec.body() || !spec.subcommands().empty()));
      for (const OptionDecl& decl : spec.options()) {
        INFO(join(decl.names, ",") << decl.value_name);
        CHECK_FALSE(decl.help.empty());
        CHECK(decl.help.back() != '.');
      }
    }
  }
}

TEST_CASE("wrong use is one error with a hint, status 2, and nothing on standard output") {
  struct Row {
    std::vector<std::string> args;
    const char* error;
  };
  const Row rows[] = {
      {{"scna"}, "unknown command `scna`\n  hint: did you mean `scan`?"},
      {{"--nonsense"}, "unknown option `--nonsense`"},
      {{"scan", "--fial-on", "low", "x"}, "did you mean `--fail-on`?"},
      {{"scan", "--fail-on", "hihg", "x"}, "did you mean `high`?"},
      {{"scan", "-o", "jsno", "x"}, "did you mean `json`?"},
      {{"-o", "jsno", "scan", "x"}, "did you mean `json`?"},
      {{"scan", "-o", "xml", "x"}, "`xml` is not one of text, json, sarif, gitlab-codequality, github"},
      {{"scan", "--color", "sometimes", "x"}, "`sometimes` is not one of auto, always, never"},
      {{"scan", "--fail-on"}, "option `--fail-on` needs a value"},
      {{"scan"}, "no input was named"},
      {{"scan", "-o", "sarif", "-"}, "--stdin-filename"},
      {{"scan", "--severity", "x", "y"}, "`x` is not of the form RULE=LEVEL"},
      {{"scan", "--severity", "a=hihg", "y"}, "did you mean `high`?"},
      {{"scan", "--disable", "no-such-rule", "y"}, "there is no rule `no-such-rule`"},
      {{"scan", "--rules", "/nonexistent", "y"}, "/nonexistent"},
      {{"scan", "--config", "/nonexistent.yaml", "y"}, "reading the configuration"},
      {{"help", "scna"}, "did you mean `scan`?"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(join(row.args, " ")) {
      const auto result = run_cli(row.args);
      CHECK(result.status == 2);
      CHECK(result.out.empty());
      INFO(result.err);
      CHECK(has(result.err, row.error));
      CHECK(result.err.rfind("oidc-audit: error: ", 0) == 0);
    }
  }
}

TEST_CASE("the plugin's name changes the usage line") {
  std::istringstream in;
  std::ostringstream out;
  std::ostringstream err;
  MemoryFiles files;
  const FixedClock clock(Timestamp{0, 0});
  const Environment environment = [](const std::string&) { return std::optional<std::string>(); };
  const std::vector<std::string> args = {"/usr/local/bin/kubectl-oidc_audit", "scan", "--help"};
  CHECK(run_in(args, {{in, out, err}, files, clock, environment, {}}) == ExitCode::ok);
  CHECK(has(out.str(), "Usage: kubectl oidc-audit scan"));
}

TEST_CASE("the plugin without words scans the current context, the program prints its help") {
  struct Row {
    const char* name;
    const char* output;
  };
  for (const Row& row : {Row{"kubectl-oidc_audit", "no cluster is configured"},
                         Row{"/opt/bin/oidc-audit", "Usage: oidc-audit COMMAND"}}) {
    std::istringstream in;
    std::ostringstream out;
    std::ostringstream err;
    MemoryFiles files;
    const FixedClock clock(Timestamp{0, 0});
    const Environment environment = [](const std::string&) { return std::optional<std::string>(); };
    const std::vector<std::string> args = {row.name};
    CHECK(run_in(args, {{in, out, err}, files, clock, environment, {}}) == ExitCode::usage);
    CHECK(out.str().empty());
    INFO(err.str());
    CHECK(has(err.str(), row.output));
  }
}

TEST_CASE("a file named like an option is told apart") {
  const test::TempDir dir;
  dir.write("--rbac.yaml", "x");
  const test::InDirectory here(dir.path());
  const auto result = run_cli({"scan", "--rbac.yaml"});
  CHECK(result.status == 2);
  CHECK(has(result.err, "to name the file write `./--rbac.yaml`"));
}

TEST_CASE("color follows the option, the environment and the terminal in this order") {
  struct Row {
    const char* name;
    ColorChoice choice;
    std::map<std::string, std::string> environment;
    bool terminal;
    bool expected;
  };
  const Row rows[] = {
      {"terminal", ColorChoice::automatic, {{"TERM", "xterm"}}, true, true},
      {"pipe", ColorChoice::automatic, {{"TERM", "xterm"}}, false, false},
      {"dumb", ColorChoice::automatic, {{"TERM", "dumb"}}, true, false},
      {"no_term", ColorChoice::automatic, {}, true, false},
      {"no_color", ColorChoice::automatic, {{"TERM", "xterm"}, {"NO_COLOR", "1"}}, true, false},
      {"no_color_empty", ColorChoice::automatic, {{"TERM", "xterm"}, {"NO_COLOR", ""}}, true, true},
      {"always_beats_no_color", ColorChoice::always, {{"NO_COLOR", "1"}}, false, true},
      {"never_beats_force", ColorChoice::never, {{"FORCE_COLOR", "1"}}, true, false},
      {"clicolor_force", ColorChoice::automatic, {{"CLICOLOR_FORCE", "1"}}, false, true},
      {"clicolor_force_zero", ColorChoice::automatic, {{"CLICOLOR_FORCE", "0"}}, false, false},
      {"force_color", ColorChoice::automatic, {{"FORCE_COLOR", "1"}}, false, true},
      {"no_color_beats_force",
       ColorChoice::automatic,
       {{"FORCE_COLOR", "1"}, {"NO_COLOR", "1"}},
       true,
       false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const Environment environment = [&row](const std::string& name) -> std::optional<std::string> {
        const auto it = row.environment.find(name);
        return it == row.environment.end() ? std::nullopt : std::optional<std::string>(it->second);
      };
      CHECK(use_color(row.choice, environment, row.terminal) == row.expected);
    }
  }
}

TEST_CASE("messages on standard error are escaped") {
  const auto result = run_cli({"scan\x1B[31m\xE2\x80\xAE"});
  CHECK(result.status == 2);
  CHECK_FALSE(has(result.err, "\x1B"));
  CHECK_FALSE(has(result.err, "\xE2\x80\xAE"));
}

TEST_CASE("docs/cli.md is what the program's help says") {
  INFO("to renew it: oidc-audit help --markdown > docs/cli.md");
  CHECK(test::read_file(test::source_dir() + "/docs/cli.md") == markdown_reference());
}
