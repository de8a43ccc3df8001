#include "base/process.h"

#include <catch2/catch.hpp>

using namespace oidc_audit;

namespace {

Result<ProcessResult> run(const std::string& program, std::vector<std::string> args,
                          std::chrono::milliseconds timeout = std::chrono::milliseconds(5000)) {
  ProcessRequest request;
  request.program = program;
  request.args = std::move(args);
  request.environment = {{"OIDC_AUDIT_TEST", "first"}, {"OIDC_AUDIT_TEST", "a b"}};
  request.timeout = timeout;
  request.max_output_bytes = 1000;
  return make_system_processes()->run(request);
}

}  // namespace

TEST_CASE("a program's output and status come back; no shell looks at its words") {
  const auto echo = run("echo", {"$HOME", "a  b", ";ls"});
  REQUIRE(echo.ok());
  CHECK(echo.value().found);
  CHECK(echo.value().output == "$HOME a  b ;ls\n");
  const auto status = run("/bin/sh", {"-c", "exit 7"});
  REQUIRE(status.ok());
  CHECK(status.value().exit_status == 7);
  const auto killed = run("/bin/sh", {"-c", "kill -9 $$"});
  REQUIRE(killed.ok());
  CHECK(killed.value().exit_status == 137);
}

TEST_CASE("a program sees the environment with its changes, and an empty standard input") {
  const auto got = run("/bin/sh", {"-c", "echo \"$OIDC_AUDIT_TEST\"; echo \"${PATH:+path}\"; cat"});
  REQUIRE(got.ok());
  CHECK(got.value().output == "a b\npath\n");
}

TEST_CASE("a program that is not there is told apart from one that cannot be run") {
  const auto missing = run("oidc-audit-no-such-program", {});
  REQUIRE(missing.ok());
  CHECK_FALSE(missing.value().found);
  CHECK_FALSE(run("/", {}).ok());
}

TEST_CASE("a program that takes too long or says too much is ended") {
  const auto slow = run("/bin/sh", {"-c", "sleep 30"}, std::chrono::milliseconds(50));
  REQUIRE_FALSE(slow.ok());
  CHECK(slow.error().kind() == ErrorKind::limit);
  const auto silent = run("/bin/sh", {"-c", "exec >&-; sleep 30"}, std::chrono::milliseconds(50));
  REQUIRE_FALSE(silent.ok());
  const auto loud = run("/bin/sh", {"-c", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done"});
  REQUIRE_FALSE(loud.ok());
  CHECK(loud.error().kind() == ErrorKind::limit);
}
