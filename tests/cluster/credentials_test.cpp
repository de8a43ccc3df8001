#include "cluster/credentials.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/files.h"
#include "base/process.h"
#include "fake_api.h"

using namespace oidc_audit;
using cluster::ClientConfig;
using cluster::ExecPlugin;
using test::ClientWorld;
using test::FakeReply;
using test::FakeRequest;
using test::FakeServer;

namespace {

constexpr const char* kV1 = "client.authentication.k8s.io/v1";

FakeReply ok_reply(const FakeRequest&) {
  FakeReply reply;
  reply.body = "{}";
  return reply;
}

/// Plays credential plugins and keeps what they were run with.
class FakeProcesses final : public Processes {
 public:
  Result<ProcessResult> run(const ProcessRequest& request) override {
    requests.push_back(request);
    return answer;
  }
  std::vector<ProcessRequest> requests;
  ProcessResult answer;
};

std::string credential(const std::string& status, const std::string& version = kV1) {
  return R"({"apiVersion":")" + version + R"(","kind":"ExecCredential","status":)" + status + "}";
}

ExecPlugin plugin() {
  ExecPlugin exec;
  exec.command = "get-token";
  exec.args = {"--cluster", "x y"};
  exec.env = {{"REGION", "eu"}};
  exec.api_version = kV1;
  exec.interactive_mode = "IfAvailable";
  exec.cluster_config_json = "null";
  return exec;
}

std::string variable(const ProcessRequest& request, const std::string& name) {
  for (const auto& [key, value] : request.environment) {
    if (key == name) return value;
  }
  return "(unset)";
}

struct PluginWorld {
  FakeProcesses processes;
  ClientConfig config;
  Timestamp now{1'000, 0};
  cluster::ExecOptions options;
  std::unique_ptr<cluster::ExecPlugins> plugins;

  PluginWorld() {
    config.server = "https://api.example:6443";
    config.exec = plugin();
    options.processes = &processes;
  }
  Result<cluster::ExecCredential> get() {
    if (!plugins) plugins = std::make_unique<cluster::ExecPlugins>(options, [this] { return now; });
    return plugins->credential(config);
  }
};

}  // namespace

TEST_CASE("each kind of credentials has its header") {
  FakeServer server(ok_reply);
  ClientWorld world(server.url());
  std::string expected;
  SECTION("token") {
    world.config.token = "t0";
    expected = "Bearer t0";
  }
  SECTION("tokenFile wins over token and is trimmed") {
    world.config.token = "t0";
    world.config.token_file = "/secret/token";
    world.files = {{"/secret/token", " t1\n"}};
    expected = "Bearer t1";
  }
  SECTION("username and password") {
    world.config.username = "jane";
    world.config.password = "p:w";
    expected = "Basic amFuZTpwOnc=";
  }
  SECTION("none") { expected = ""; }
  REQUIRE(world.ask("/x").ok());
  CHECK(server.requests().at(0).header("authorization") == expected);
}

TEST_CASE("a token file that is empty or missing is an error") {
  ClientWorld world("http://127.0.0.1:1");
  world.config.token_file = "/secret/token";
  SECTION("missing") {}
  SECTION("empty") { world.files = {{"/secret/token", " \n"}}; }
  const auto answer = world.ask("/x");
  REQUIRE_FALSE(answer.ok());
  CHECK_THAT(answer.error().message(), Catch::Contains("/secret/token"));
}

TEST_CASE("a token that would end its header is refused and not shown") {
  ClientWorld world("http://127.0.0.1:1");
  world.config.token = "abc\r\nX-Evil: 1";
  const auto answer = world.ask("/x");
  REQUIRE_FALSE(answer.ok());
  CHECK_THAT(answer.error().message(), !Catch::Contains("abc"));
}

TEST_CASE("impersonation has its headers") {
  FakeServer server(ok_reply);
  ClientWorld world(server.url());
  world.config.impersonation = {"jane", "7", {"a,b", "c"}, {{"Scopes.example/X", {"v w", "z"}}}};
  REQUIRE(world.ask("/x").ok());
  const FakeRequest request = server.requests().at(0);
  CHECK(request.header("impersonate-user") == "jane");
  CHECK(request.header("impersonate-uid") == "7");
  CHECK(request.header("impersonate-group") == "a,b|c");
  CHECK(request.header("impersonate-extra-scopes.example%2fx") == "v w|z");
}

TEST_CASE("a plugin's token is used, and its client certificate") {
  const test::FakeCa ca;
  const test::FakeTls tls{ca.issue("server", "IP:127.0.0.1"), ca.certificate()};
  FakeServer server(ok_reply, &tls);
  FakeProcesses processes;
  const test::FakeIdentity jane = ca.issue("jane", "");
  nlohmann::json status = {{"token", "from-plugin"}};
  status["clientCertificateData"] = jane.certificate;
  status["clientKeyData"] = jane.key;
  processes.answer.output = credential(status.dump());
  ClientWorld world(server.url());
  world.config.ca_pem = ca.certificate();
  world.config.exec = plugin();
  world.processes = &processes;
  REQUIRE(world.ask("/x").ok());
  CHECK(server.requests().at(0).header("authorization") == "Bearer from-plugin");
  CHECK(server.requests().at(0).client_name == "jane");
  REQUIRE(processes.requests.size() == 1);
  CHECK(processes.requests[0].program == "get-token");
  CHECK(processes.requests[0].args == std::vector<std::string>{"--cluster", "x y"});
  CHECK(variable(processes.requests[0], "REGION") == "eu");
}

TEST_CASE("a plugin is told what it may know") {
  PluginWorld world;
  world.processes.answer.output = credential(R"({"token":"t"})");
  SECTION("nothing of the cluster") {
    REQUIRE(world.get().ok());
    CHECK(
        variable(world.processes.requests[0], "KUBERNETES_EXEC_INFO") ==
        R"({"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}})");
  }
  SECTION("the cluster, with provideClusterInfo") {
    world.config.exec->provide_cluster_info = true;
    world.config.exec->cluster_config_json = R"({"audience":"x"})";
    world.config.ca_pem = "PEM";
    world.config.tls_server_name = "n";
    world.config.proxy_url = "http://p";
    REQUIRE(world.get().ok());
    const auto info = nlohmann::json::parse(variable(world.processes.requests[0], "KUBERNETES_EXEC_INFO"));
    const auto& cluster = info["spec"]["cluster"];
    CHECK(cluster["server"] == "https://api.example:6443");
    CHECK(cluster["certificate-authority-data"] == "UEVN");
    CHECK(cluster["tls-server-name"] == "n");
    CHECK(cluster["proxy-url"] == "http://p");
    CHECK(cluster["config"]["audience"] == "x");
    CHECK_FALSE(cluster.contains("insecure-skip-tls-verify"));
  }
  SECTION("null when the cluster has no configuration for plugins") {
    world.config.exec->provide_cluster_info = true;
    REQUIRE(world.get().ok());
    const auto info = nlohmann::json::parse(variable(world.processes.requests[0], "KUBERNETES_EXEC_INFO"));
    CHECK(info["spec"]["cluster"]["config"].is_null());
  }
}

TEST_CASE("interactiveMode decides about standard input") {
  struct Row {
    std::string name;
    std::string mode;
    bool terminal;
    bool is_input;
    bool runs;
    bool passes;
  };
  const std::vector<Row> rows = {
      {"never", "Never", true, false, true, false},
      {"if_available_at_a_terminal", "IfAvailable", true, false, true, true},
      {"if_available_without", "IfAvailable", false, false, true, false},
      {"if_available_stdin_is_input", "IfAvailable", true, true, true, false},
      {"default_of_v1beta1", "", true, false, true, true},
      {"always_at_a_terminal", "Always", true, false, true, true},
      {"always_without", "Always", false, false, false, false},
      {"always_stdin_is_input", "Always", true, true, false, false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      PluginWorld world;
      world.config.exec->interactive_mode = row.mode;
      world.options.stdin_is_terminal = row.terminal;
      world.options.stdin_is_input = row.is_input;
      world.processes.answer.output = credential(R"({"token":"t"})");
      CHECK(world.get().ok() == row.runs);
      REQUIRE(world.processes.requests.size() == (row.runs ? 1 : 0));
      if (row.runs) CHECK(world.processes.requests[0].pass_stdin == row.passes);
    }
  }
}

TEST_CASE("what plugins answer is checked") {
  struct Row {
    std::string name;
    std::string output;
    std::string message;  // empty: accepted
  };
  const std::vector<Row> rows = {
      {"token", credential(R"({"token":"s3cret"})"), ""},
      {"v1beta1", credential(R"({"token":"s3cret"})", "client.authentication.k8s.io/v1beta1"),
       "answered in version"},
      {"no_status", R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential"})",
       "didn't return a status field"},
      {"empty_status", credential("{}"), "didn't return a token or cert/key pair"},
      {"certificate_alone", credential(R"({"clientCertificateData":"s3cret"})"), "only certificate or key"},
      {"key_alone", credential(R"({"token":"t","clientKeyData":"s3cret"})"), "only certificate or key"},
      {"another_kind",
       R"({"apiVersion":"client.authentication.k8s.io/v1","kind":"Secret","status":{"token":"s3cret"}})",
       "kind `Secret`"},
      {"no_json", "s3cret", "something else than an ExecCredential"},
      {"empty", "", "something else than an ExecCredential"},
      {"bad_time", credential(R"({"token":"s3cret","expirationTimestamp":"soon"})"), "expirationTimestamp"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      PluginWorld world;
      world.processes.answer.output = row.output;
      const auto got = world.get();
      REQUIRE(got.ok() == row.message.empty());
      if (got.ok()) continue;
      CHECK_THAT(got.error().message(), Catch::Contains(row.message) && Catch::Contains("get-token"));
      CHECK_THAT(got.error().message() + got.error().hint(), !Catch::Contains("s3cret"));
    }
  }
}

TEST_CASE("a plugin that is missing or fails is said once, with its hint") {
  PluginWorld world;
  SECTION("missing") {
    world.processes.answer.found = false;
    world.config.exec->install_hint = "get it\nfrom \x1B[31mthere";
    const auto got = world.get();
    REQUIRE_FALSE(got.ok());
    CHECK_THAT(got.error().message(), Catch::Contains("not installed"));
    CHECK(got.error().hint() == "get it from [31mthere");
  }
  SECTION("fails") {
    world.processes.answer.exit_status = 7;
    world.processes.answer.output = credential(R"({"token":"s3cret"})");
    const auto got = world.get();
    REQUIRE_FALSE(got.ok());
    CHECK_THAT(got.error().message(), Catch::Contains("exit status 7") && !Catch::Contains("s3cret"));
  }
  CHECK_FALSE(world.get().ok());
  CHECK(world.processes.requests.size() == 1);
}

TEST_CASE("--no-exec forbids plugins") {
  PluginWorld world;
  world.options.forbidden = true;
  const auto got = world.get();
  REQUIRE_FALSE(got.ok());
  CHECK(got.error().kind() == ErrorKind::configuration);
  CHECK(world.processes.requests.empty());
}

TEST_CASE("credentials of plugins are kept until they expire or are forgotten") {
  PluginWorld world;
  world.processes.answer.output = credential(R"({"token":"t","expirationTimestamp":"1970-01-01T00:20:00Z"})");
  REQUIRE(world.get().ok());
  REQUIRE(world.get().ok());
  CHECK(world.processes.requests.size() == 1);
  world.now = {1'200, 0};
  REQUIRE(world.get().ok());
  CHECK(world.processes.requests.size() == 2);
  world.processes.answer.output = credential(R"({"token":"for ever"})");
  world.plugins->forget(world.config);
  world.now = {9'000'000'000, 0};
  REQUIRE(world.get().ok());
  REQUIRE(world.get().ok());
  CHECK(world.processes.requests.size() == 3);
}

TEST_CASE("a credential that was good is asked for again after a 401") {
  FakeProcesses processes;
  processes.answer.output = credential(R"({"token":"old"})");
  int seen = 0;
  FakeServer server([&](const FakeRequest& request) {
    ++seen;
    if (seen == 1) {
      processes.answer.output = credential(R"({"token":"new"})");
      return ok_reply(request);
    }
    if (request.header("authorization") == "Bearer new") return ok_reply(request);
    return test::status_reply(401, "Unauthorized");
  });
  ClientWorld world(server.url());
  world.config.exec = plugin();
  world.processes = &processes;
  const MemoryFiles files;
  cluster::ExecOptions options;
  options.processes = &processes;
  cluster::ExecPlugins plugins(options, [] { return Timestamp{}; });
  cluster::Credentials credentials(world.config, files, plugins);
  cluster::ApiClient client(
      world.config, credentials, [](const std::string&) { return std::nullopt; }, "t", world.limits);
  int answers = 0;
  const auto ask = [&] {
    cluster::ApiRequest request;
    request.path = "/x";
    client.send(std::move(request),
                [&](Result<cluster::ApiAnswer> answer) { answers += answer.ok() ? 1 : 0; });
    client.run();
  };
  ask();
  ask();
  CHECK(answers == 2);
  CHECK_FALSE(client.failure());
  CHECK(processes.requests.size() == 2);
}

TEST_CASE("base64 has its padding") {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xFF\xFE", "//4="}};
  for (const auto& [bytes, text] : rows) CHECK(encode_base64(bytes) == text);
}
