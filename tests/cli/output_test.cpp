#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <streambuf>
#include <string>

#include "base/clock.h"
#include "cli/run.h"
#include "run_cli.h"

using namespace oidc_audit;
using test::InDirectory;
using test::run_cli;
using test::TempDir;

namespace {

namespace fs = std::filesystem;

const char* const kBinding =
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata:\n  name: ops\n"
    "roleRef:\n  apiGroup: rbac.authorization.k8s.io\n  kind: ClusterRole\n  name: view\n"
    "subjects:\n- apiGroup: rbac.authorization.k8s.io\n  kind: Group\n  name: oidc:platform\n";

/// A stream that takes a few bytes and then fails, as a full disk or a closed pipe does.
class FailingBuffer final : public std::streambuf {
 protected:
  int_type overflow(int_type) override { return traits_type::eof(); }
  std::streamsize xsputn(const char*, std::streamsize) override { return 0; }
  int sync() override { return -1; }
};

std::size_t entries(const std::string& directory) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : fs::directory_iterator(directory)) ++count;
  return count;
}

}  // namespace

TEST_CASE("standard output that cannot be written to is an error") {
  const TempDir dir;
  const std::string input = dir.write("a.yaml", kBinding);
  for (const char* format : {"text", "json", "sarif"}) {
    DYNAMIC_SECTION(format) {
      std::istringstream in;
      FailingBuffer buffer;
      std::ostream out(&buffer);
      std::ostringstream err;
      const auto files = make_system_files();
      const FixedClock clock(Timestamp{0, 0});
      const cli::Environment environment = [](const std::string&) { return std::optional<std::string>(); };
      const std::vector<std::string> args = {"oidc-audit", "scan", "-o", format, input};
      CHECK(cli::run_in(args, {{in, out, err}, *files, clock, environment, {}}) == cli::ExitCode::unreadable);
      CHECK(err.str().find("standard output could not be written to") != std::string::npos);
    }
  }
}

TEST_CASE("the output file appears whole or not at all") {
  const TempDir dir;
  const std::string input = dir.write("in/a.yaml", kBinding);
  const std::string report = dir.path() + "/report.json";
  const auto written = run_cli({"scan", "-o", "json", "--output-file", report, input});
  CHECK(written.status == 0);
  CHECK(written.out.empty());
  const std::string content = run_cli({"scan", "-o", "json", input}).out;
  std::ostringstream read;
  read << std::ifstream(report, std::ios::binary).rdbuf();
  CHECK(read.str() == content);

  SECTION("no directory") {
    const auto failed = run_cli({"scan", "--output-file", dir.path() + "/none/report", input});
    CHECK(failed.status == 3);
    CHECK(failed.err.find("writing the report") != std::string::npos);
  }
  SECTION("a directory in its place") {
    const auto failed = run_cli({"scan", "--output-file", dir.path() + "/in", input});
    CHECK(failed.status == 3);
  }
  SECTION("bad usage leaves what was there") {
    const auto failed =
        run_cli({"scan", "-o", "json", "--output-file", report, "--disable", "nothing", input});
    CHECK(failed.status == 2);
    std::ostringstream again;
    again << std::ifstream(report, std::ios::binary).rdbuf();
    CHECK(again.str() == content);
  }
  // Nothing temporary is left behind.
  CHECK(entries(dir.path()) == 2);
}

TEST_CASE("files given in another order give the same findings") {
  const TempDir dir;
  dir.write("a.yaml", kBinding);
  dir.write("b.yaml", std::string(kBinding).replace(std::string(kBinding).find("ops"), 3, "dev"));
  const InDirectory here(dir.path());
  const std::string once = run_cli({"scan", "-o", "json", "--min-severity", "info", "."}).out;
  CHECK(run_cli({"scan", "-o", "json", "--min-severity", "info", "."}).out == once);
}
