#include "cli/parser.h"

#include <catch2/catch.hpp>
#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "cli/command.h"

using namespace oidc_audit;
using namespace oidc_audit::cli;

namespace {

struct Seen {
  bool quiet = false;
  std::int64_t verbose = 0;
  std::string output;
  std::vector<std::string> groups;
  std::vector<std::string> words;
  std::string error;
};

Seen read(const std::vector<std::string>& args) {
  Seen seen;
  CommandSpec spec("test", "Test");
  spec.flag("-q,--quiet", seen.quiet, "be quiet");
  spec.custom(
      "-v,--verbose", "",
      [&seen](std::string_view) -> Result<void> {
        ++seen.verbose;
        return {};
      },
      "say more");
  spec.option("-o,--output", "FORMAT", seen.output, "format");
  spec.option("-g,--group", "NAME", seen.groups, "group");
  spec.positionals("PATH", seen.words, "paths");
  spec.run([](Context&) { return ExitCode::ok; });
  const MemoryFiles files(std::map<std::string, std::string>{{"--odd.yaml", ""}});
  Parser parser(args, files);
  for (;;) {
    auto word = parser.next_word(spec);
    if (!word.ok()) {
      seen.error = word.error().message() + " | " + word.error().hint();
      return seen;
    }
    if (!word.value()) return seen;
    seen.words.push_back(*word.value());
  }
}

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("options are read in every form that kubectl takes") {
  CHECK(read({"--output", "json"}).output == "json");
  CHECK(read({"--output=json"}).output == "json");
  CHECK(read({"-o", "json"}).output == "json");
  CHECK(read({"-ojson"}).output == "json");
  CHECK(read({"-o=json"}).output == "json");
  CHECK(read({"--output=a=b"}).output == "a=b");
  CHECK(read({"--output", "-"}).output == "-");
  CHECK(read({"--output", "--quiet"}).output == "--quiet");
  CHECK(read({"-o", "a", "-o", "b"}).output == "b");
  CHECK(read({"-q"}).quiet);
  CHECK_FALSE(read({"--quiet=false"}).quiet);
  CHECK(read({"-vvv"}).verbose == 3);
  CHECK(read({"-qv"}).quiet);
}

TEST_CASE("a value may be anything") {
  const Seen empty = read({"--output=", "x"});
  CHECK(empty.output.empty());
  CHECK(empty.words == Words{"x"});
  CHECK(read({"--output", ""}).output.empty());
  const Seen hostile =
      read({"-g", "[a,b]", "--group=a,b", "-g", "x y", "--group", "--output=json", "-g=\"q\""});
  CHECK(hostile.groups == Words{"[a,b]", "a,b", "x y", "--output=json", "\"q\""});
  CHECK(hostile.output.empty());
}

TEST_CASE("words and options may be mixed") {
  const Seen seen = read({"a", "-q", "b", "-o", "json", "-", "c"});
  CHECK(seen.words == Words{"a", "b", "-", "c"});
  CHECK(seen.quiet);
  CHECK(seen.output == "json");
  CHECK(read({"a", "--", "-q", "--", "b"}).words == Words{"a", "-q", "--", "b"});
  CHECK_FALSE(read({"--", "-q"}).quiet);
  CHECK(read({"--", "[a,b]"}).words == Words{"[a,b]"});
}

TEST_CASE("what is wrong is said with the nearest that is right") {
  CHECK(read({"--ouput", "json"}).error == "unknown option `--ouput` | did you mean `--output`?");
  CHECK(read({"-output", "json"}).error.rfind("unknown option", 0) != 0);  // -o with the value `utput`
  CHECK(read({"--xyzzy=1"}).error == "unknown option `--xyzzy` | ");
  CHECK(read({"--odd.yaml"}).error == "unknown option `--odd.yaml` | to name the file write `./--odd.yaml`");
  CHECK(read({"--output"}).error == "option `--output` needs a value: FORMAT | ");
  CHECK(read({"-o"}).error == "option `-o` needs a value: FORMAT | ");
}

TEST_CASE("ten thousand paths are read in one go") {
  std::vector<std::string> args(10000, "some/path.yaml");
  args.push_back("-q");
  const Seen seen = read(args);
  CHECK(seen.words.size() == 10000);
  CHECK(seen.quiet);
}
