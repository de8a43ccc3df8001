#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "run_cli.h"

// Standard input can be read once: options that name it twice are bad usage.

using namespace oidc_audit;
using test::InDirectory;
using test::run_cli;
using test::TempDir;

TEST_CASE("standard input is one file only") {
  const TempDir dir;
  dir.write("claims.json",
            R"({"iss": "https://idp.example.com", "aud": "k", "sub": "u", "exp": 1790003600})");
  dir.write("rbac.yaml",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: r}\nrules: []\n");
  const InDirectory here(dir.path());
  const std::vector<std::string> server = {"--oidc-issuer-url=https://idp.example.com", "--oidc-client-id=k"};
  struct Row {
    const char* name;
    std::vector<std::string> args;
    bool twice;
  };
  const Row rows[] = {
      {"claims_and_keys", {"whoami", "--claims", "-", "--jwks", "-"}, true},
      {"claims_and_keys_of_an_issuer",
       {"whoami", "--claims", "-", "--jwks", "https://idp.example.com=-"},
       true},
      {"keys_twice",
       {"whoami", "--claims", "claims.json", "--jwks", "-", "--jwks", "https://a.example=-"},
       true},
      {"claims_and_distributed",
       {"whoami", "--claims", "-", "--distributed-claim", "https://a.example/x=-"},
       true},
      {"keys_and_distributed",
       {"whoami", "--claims", "claims.json", "--jwks", "-", "--distributed-claim", "https://a.example/x=-"},
       true},
      {"simulate", {"simulate", "get", "pods", "-f", "rbac.yaml", "--claims", "-", "--jwks", "-"}, true},
      {"one", {"whoami", "--claims", "-", "--jwks", "keys-of-nobody.json"}, false},
      {"cel", {"cel", "1", "--var", "a=-", "--var", "b=-"}, true},
      {"cel_claims", {"cel", "1", "--claims", "-", "--user-file", "-"}, true},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      test::CliWorld world;
      world.input = "{}";
      std::vector<std::string> args = row.args;
      if (args[0] != "cel") args.insert(args.end(), server.begin(), server.end());
      const test::CliResult result = run_cli(args, world);
      INFO(result.out + result.err);
      CHECK((result.err.find("standard input can be only one of the files") != std::string::npos) ==
            row.twice);
      if (row.twice) CHECK(result.status == 2);
    }
  }
}

TEST_CASE("a certificate authority of nothing is none, as the server takes it, and that is said") {
  const TempDir dir;
  dir.write("claims.json",
            R"({"iss": "https://idp.example.com", "aud": "k", "sub": "u", "exp": 1790003600})");
  dir.write("empty.pem", "");
  dir.write("blank.pem", "\n");
  const InDirectory here(dir.path());
  struct Row {
    std::string flag;
    int status;
    std::string said;
  };
  const Row rows[] = {
      {"--oidc-ca-file=", 0, "--oidc-ca-file names no file, so that the API server trusts"},
      {"--oidc-ca-file=empty.pem", 0, "`empty.pem` of --oidc-ca-file is empty, so that the API server"},
      {"--oidc-ca-file=blank.pem", 2, "data does not contain any valid RSA or ECDSA certificates"},
      {"--oidc-ca-file=/etc/kubernetes/pki/not-here.pem", 0, "cannot be read here and was not looked at"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.flag) {
      const test::CliResult result =
          run_cli({"whoami", "--claims", "claims.json", "--oidc-issuer-url=https://idp.example.com",
                   "--oidc-client-id=k", "--now", "1790000000", row.flag});
      INFO(result.out << result.err);
      CHECK(result.status == row.status);
      CHECK((result.out + result.err).find(row.said) != std::string::npos);
    }
  }
}

TEST_CASE("a pipe named for a purpose is read once") {
  const TempDir dir;
  dir.write("claims.json",
            R"({"iss": "https://idp.example.com", "aud": "k", "sub": "u", "exp": 1790003600})");
  dir.write("b.yaml", "");
  const InDirectory here(dir.path());
  const auto pipe_with = [](const std::string& text) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    REQUIRE(::write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(ends[1]);
    return ends[0];
  };
  SECTION("--oidc-ca-file") {
    const int end = pipe_with("no certificate\n");
    const test::CliResult result = run_cli(
        {"whoami", "--claims", "claims.json", "--oidc-issuer-url=https://idp.example.com",
         "--oidc-client-id=k", "--now", "1790000000", "--oidc-ca-file=/dev/fd/" + std::to_string(end)});
    ::close(end);
    CHECK(result.status == 2);
    CHECK((result.out + result.err).find("data does not contain any valid RSA or ECDSA certificates") !=
          std::string::npos);
    CHECK((result.out + result.err).find("is empty, so that") == std::string::npos);
  }
  SECTION("scan --auth-config") {
    const int end = pipe_with(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
        "- issuer: {url: 'https://idp.example.com', audiences: [k]}\n"
        "  claimMappings: {username: {claim: sub, prefix: 'x:'}}\n");
    const test::CliResult result =
        run_cli({"scan", "b.yaml", "--auth-config", "/dev/fd/" + std::to_string(end)});
    ::close(end);
    INFO(result.err);
    CHECK(result.status == 0);
    CHECK(result.err.find("cannot be read as a configuration") == std::string::npos);
  }
}

TEST_CASE("an error of several lines is shown as such") {
  const TempDir dir;
  dir.write("a.yaml",
            "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
            "- issuer: {url: 'https://idp.example.com', audiences: [k]}\n"
            "  claimMappings: {username: {expression: 'claims.sub +'}}\n");
  const InDirectory here(dir.path());
  for (const char* command : {"check", "convert"}) {
    DYNAMIC_SECTION(command) {
      std::vector<std::string> args = {"auth-config", command};
      if (std::string(command) == "convert") args.push_back("--auth-config");
      args.push_back("a.yaml");
      const test::CliResult one = run_cli(args);
      const std::string all = one.out + one.err;
      INFO(all);
      CHECK(one.status != 0);
      CHECK(all.find("\n   | claims.sub +\n") != std::string::npos);
      CHECK(all.find("\\u{A}") == std::string::npos);
    }
  }
}

TEST_CASE("cel takes releases as the other commands do") {
  struct Row {
    std::string version;
    int status;
  };
  const Row rows[] = {{"1.37", 0}, {"v1.37.2", 0}, {"1.36", 0}, {"1.30", 0}, {"1.99", 2}, {"1.2", 2},
                      {"36", 2},   {"1.3x", 2},    {"", 2},     {"2.37", 2}, {"1.-4", 2}};
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.version) {
      const test::CliResult result = run_cli({"cel", "1 + 2", "--kubernetes-version", row.version});
      INFO(result.err);
      CHECK(result.status == row.status);
      if (row.status == 2) CHECK(result.err.find("is not one of 1.30 to 1.37") != std::string::npos);
    }
  }
  CHECK(run_cli({"cel", "1 + 2", "--kubernetes-minor", "36"}).status == 2);
}

TEST_CASE("errors in files for cel are at line and column") {
  const TempDir dir;
  dir.write("claims.json", "{\n  \"a\": \"\u00e9\", x\n}\n");
  dir.write("user.json", "{\n\n  \"username\": \"\u00e9\" oops\n}\n");
  dir.write("list.json", "[1,\n 2,\n]\n");
  const InDirectory here(dir.path());
  const auto error = [](const std::vector<std::string>& args) { return run_cli(args).err; };
  CHECK(error({"cel", "1", "--claims", "claims.json"}).find("`claims.json`: invalid JSON at 2:13: ") !=
        std::string::npos);
  CHECK(error({"cel", "1", "--user-file", "user.json"}).find("`user.json`: invalid JSON at 3:19: ") !=
        std::string::npos);
  CHECK(error({"cel", "1", "--var", "v=list.json"}).find("`list.json`: invalid JSON at 3:1: ") !=
        std::string::npos);
}
