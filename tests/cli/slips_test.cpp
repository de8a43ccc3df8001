#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "run_cli.h"

using namespace oidc_audit;
using test::CliResult;
using test::run_cli;
using test::TempDir;

namespace {

const std::vector<std::string> kServer = {"--oidc-issuer-url=https://idp.example", "--oidc-client-id=k8s"};

std::vector<std::string> with_server(std::vector<std::string> args) {
  args.insert(args.end(), kServer.begin(), kServer.end());
  return args;
}

bool holds(const std::string& text, std::string_view piece) { return text.find(piece) != std::string::npos; }

}  // namespace

TEST_CASE("a file that is no configuration of authentication is not printed") {
  const TempDir directory;
  struct Row {
    const char* name;
    const char* content;
  };
  const Row rows[] = {
      {"distribution", "token: hunter2\ntls-san: [a]\n"},
      {"distribution_broken", "token: \"hunter2\n"},
      {"kubeconfig_without_kind", "users:\n- name: a\n  user: {token: hunter2}\n"},
      {"bare", "hunter2\n"},
      {"encoded_token", "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.hunter2\n"},
      {"manifest",
       "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: kube-apiserver\n"
       "    command: [kube-apiserver, --token=hunter2, --oidc-issuer-url=http://x]\n"},
      {"unknown_field",
       "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\n"
       "jwt:\n- issuer: {url: https://x, clientSecret: hunter2}\n"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const std::string file = directory.write(std::string(row.name) + ".yaml", row.content);
      const std::string claims = directory.write("claims.json", "{}");
      for (const std::vector<std::string>& args :
           {std::vector<std::string>{"auth-config", "check", file},
            std::vector<std::string>{"auth-config", "check", "-o", "json", file},
            std::vector<std::string>{"auth-config", "convert", "--auth-config", file},
            std::vector<std::string>{"whoami", "-vvv", "--claims", claims, "--auth-config", file}}) {
        CAPTURE(args);
        const CliResult result = run_cli(args);
        CHECK(result.status != 0);
        CHECK_FALSE(holds(result.out + result.err, "hunter2"));
      }
    }
  }
}

TEST_CASE("errors of a conversion name the file and the place") {
  const TempDir directory;
  const std::string file = directory.write(
      "auth.yaml", "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt: 5\n");
  const CliResult result = run_cli({"auth-config", "convert", "--auth-config", file});
  CHECK(result.status == 2);
  CHECK(holds(result.err, file + ":3:6: error: "));
  CHECK(result.out.empty());
}

TEST_CASE("claims that are no JSON object are a slip, not a stranger") {
  const TempDir directory;
  for (const std::string content : {"", "[]", "null", "{\"sub\": ", "sub: jane\n"}) {
    DYNAMIC_SECTION(content) {
      const std::string file = directory.write("claims.json", content);
      const CliResult result = run_cli(with_server({"whoami", "--claims", file}));
      CHECK(result.status == 3);
      CHECK(result.out.empty());
      CHECK(holds(result.err, "`" + file + "`"));
    }
  }
}

TEST_CASE("a time that is none is bad usage and names its option") {
  const TempDir directory;
  const std::string claims = directory.write("claims.json", "{}");
  const std::string cases = directory.write("cases.jsonl", "");
  for (const std::string now : {"", "x", "2026-02-30T00:00:00Z", "-1", "9223372036854775807", "1e9"}) {
    DYNAMIC_SECTION(now) {
      for (const CliResult& result : {run_cli(with_server({"whoami", "--claims", claims, "--now", now})),
                                      run_cli({"whoami", "--cases", cases, "--now", now})}) {
        CHECK(result.status == 2);
        CHECK(holds(result.err, "`--now`"));
        CHECK(holds(result.err, "Unix seconds"));
      }
    }
  }
}

TEST_CASE("an expiry beyond what the server counts with is called that") {
  const TempDir directory;
  const std::string claims = directory.write(
      "claims.json",
      R"({"iss": "https://idp.example", "aud": "k8s", "sub": "jane", "exp": 9223372036854775807})");
  const CliResult result = run_cli(with_server({"whoami", "--claims", claims, "--now", "1790000000"}));
  CHECK(result.status == 1);
  CHECK(holds(result.out, "overflows"));
  CHECK_FALSE(holds(result.out, "0 s ago"));
}

TEST_CASE("a binding that may stand in what could not be read is not called absent") {
  const TempDir directory;
  const std::string file = directory.write("a.yaml", "kind: [a\n");
  const CliResult result = run_cli({"explain-binding", "x", "-f", file});
  CHECK(result.status == 3);
  CHECK(holds(result.err, "as far as it could be read"));
}

TEST_CASE("errors of CEL hold no control character") {
  for (const std::string expression :
       {"nope\x07", "\x1B[31m+", "url('http://[::1%25\x1B]/')", "\xE2\x80\xAE"}) {
    const CliResult result = run_cli({"cel", expression});
    CHECK(result.status != 0);
    CHECK_FALSE(holds(result.err, "\x1B"));
    CHECK_FALSE(holds(result.err, "\x07"));
    CHECK_FALSE(holds(result.err, "\xE2\x80\xAE"));
  }
}

TEST_CASE("files that hold nothing of what was asked for are named") {
  const TempDir directory;
  const std::string empty = directory.write("empty.json", "");
  const CliResult entries =
      run_cli({"whoami", "--aws-identity", "arn:aws:iam::111122223333:role/x", "--access-entries", empty});
  CHECK(entries.status == 3);
  CHECK(holds(entries.err, "`" + empty + "` holds no access entries"));

  const CliResult docs = run_cli({"providers", "docs", directory.path(), "--examples", empty});
  CHECK(docs.status == 2);
  CHECK(holds(docs.err, "`" + empty + "` is no directory"));
}

TEST_CASE("the answer that a server does not start goes to the file asked for") {
  const TempDir directory;
  const std::string claims = directory.write("claims.json", "{}");
  const std::string file = directory.path() + "/answer.json";
  const CliResult result = run_cli({"whoami", "--claims", claims, "--oidc-issuer-url=http://idp.example",
                                    "--oidc-client-id=k8s", "-o", "json", "--output-file", file});
  CHECK(result.status == 2);
  std::ifstream in(file);
  std::stringstream text;
  text << in.rdbuf();
  CHECK(holds(text.str(), "oidc-audit/whoami/1"));
}
