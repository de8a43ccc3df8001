#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "live_world.h"

using namespace oidc_audit;
using test::CliResult;
using test::FakeCluster;
using test::LiveWorld;
using Json = nlohmann::json;

namespace {

constexpr const char* kApply = "organization:my-org:project:p:workspace:w:run_phase:apply";
const std::string kAll = R"({"verbs":["*"],"apiGroups":["*"],"resources":["*"]})";
const std::string kGetPods = R"({"verbs":["get"],"apiGroups":[""],"resources":["pods"]})";

/// Gives a Terraform run everything, with an annotation that would hide it in a file.
FakeCluster risky() {
  FakeCluster out;
  out.items["clusterroles"] = {test::cluster_role_json("everything", kAll)};
  out.items["clusterrolebindings"] = {test::cluster_role_binding_json(
      "tfc", "everything", kApply, R"({"oidc-audit.dev/ignore":"pipeline-full-control: hide me"})")};
  return out;
}

FakeCluster harmless() {
  FakeCluster out;
  out.items["clusterroles"] = {test::cluster_role_json("reader", kGetPods)};
  out.items["clusterrolebindings"] = {test::cluster_role_binding_json("readers", "reader", "jane")};
  return out;
}

bool has_rule(const Json& report, const std::string& rule, const std::string& cluster) {
  return std::any_of(report["findings"].begin(), report["findings"].end(), [&](const Json& finding) {
    return finding["rule"] == rule && finding["object"]["cluster"] == cluster;
  });
}

}  // namespace

TEST_CASE("scan --live reports what a cluster holds by the objects' names") {
  LiveWorld world({{"prod", risky()}});
  const CliResult json = world.run({"scan", "--live", "-o", "json"});
  CHECK(json.status == 1);
  const Json report = Json::parse(json.out);
  CHECK(has_rule(report, "pipeline-full-control", "prod"));
  for (const Json& finding : report["findings"]) CHECK(finding["location"].is_null());
  CHECK(report["summary"]["complete"] == true);
  CHECK(report["summary"]["clusters"][0]["name"] == "prod");
  CHECK(report["summary"]["clusters"][0]["serverVersion"] == "v1.37.2");
  CHECK(report["incomplete"].empty());
  const CliResult text = world.run({"scan", "--live"});
  CHECK_THAT(text.out, Catch::Contains("prod: ClusterRoleBinding/tfc: high") &&
                           Catch::Contains("1 cluster read: prod (v1.37.2)"));
  CHECK(text.out == world.run({"scan", "--context", "prod"}).out);
}

TEST_CASE("findings of a cluster have a made-up place in SARIF") {
  LiveWorld world({{"arn:aws:eks:eu:1:cluster/prod", risky()}});
  const CliResult result = world.run({"scan", "--live", "-o", "sarif"});
  CHECK(result.status == 1);
  const Json run = Json::parse(result.out)["runs"][0];
  CHECK(run["automationDetails"]["id"] == "oidc-audit/cluster/arn:aws:eks:eu:1:cluster/prod/");
  REQUIRE_FALSE(run["results"].empty());
  const Json& place = run["results"][0]["locations"][0];
  CHECK(place["physicalLocation"]["artifactLocation"]["uri"] ==
        "cluster/arn%3Aaws%3Aeks%3Aeu%3A1%3Acluster%2Fprod/clusterrolebindings/tfc.yaml");
  CHECK(place["physicalLocation"]["region"]["startLine"] == 1);
  CHECK_FALSE(place["physicalLocation"]["artifactLocation"].contains("uriBaseId"));
  CHECK(place["logicalLocations"][0]["fullyQualifiedName"] ==
        "arn:aws:eks:eu:1:cluster/prod/clusterrolebindings.rbac.authorization.k8s.io/tfc");
  CHECK_THAT(result.out, !Catch::Contains("127.0.0.1"));
}

TEST_CASE("several clusters come in one report, each with its name") {
  LiveWorld world({{"dev", harmless()}, {"prod", risky()}});
  const CliResult named =
      world.run({"scan", "--context", "prod", "--context", "dev", "--context", "prod", "-o", "json"});
  const Json report = Json::parse(named.out);
  CHECK(has_rule(report, "pipeline-full-control", "prod"));
  CHECK_FALSE(has_rule(report, "pipeline-full-control", "dev"));
  REQUIRE(report["summary"]["clusters"].size() == 2);
  CHECK(report["summary"]["clusters"][0]["name"] == "prod");
  const Json all = Json::parse(world.run({"scan", "--all-contexts", "-o", "json"}).out);
  CHECK(all["findings"] == report["findings"]);
}

TEST_CASE("bindings of every cluster are compared with the configuration that options name") {
  FakeCluster other = harmless();
  other.items["clusterrolebindings"] = {
      test::cluster_role_binding_json("readers", "reader", "repo:octo-org/web:environment:production")};
  FakeCluster own = harmless();
  own.items["clusterrolebindings"] = {
      test::cluster_role_binding_json("readers", "reader", "gha:repo:octo-org/web:environment:production")};
  LiveWorld world({{"dev", own}, {"prod", other}});
  const std::string auth = world.folder().write(
      "auth.yaml",
      "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthenticationConfiguration\njwt:\n"
      "- issuer: {url: 'https://token.actions.githubusercontent.com', audiences: [kubernetes]}\n"
      "  claimValidationRules: [{claim: repository_owner_id, requiredValue: '1'}]\n"
      "  claimMappings: {username: {claim: sub, prefix: 'gha:'}}\n");
  const auto scan = [&](std::vector<std::string> args) {
    std::vector<std::string> all = {"scan", "--all-contexts", "-o", "json", "--min-severity", "info"};
    all.insert(all.end(), args.begin(), args.end());
    return Json::parse(world.run(all).out);
  };
  const std::string rule = "name-never-produced";
  for (const auto& named :
       {std::vector<std::string>{"--auth-config", auth},
        std::vector<std::string>{"--oidc-issuer-url=https://token.actions.githubusercontent.com",
                                 "--oidc-client-id=kubernetes", "--oidc-username-prefix=gha:"}}) {
    const Json report = scan(named);
    INFO(report.dump());
    CHECK(has_rule(report, rule, "prod"));
    CHECK_FALSE(has_rule(report, rule, "dev"));
    // The configuration itself is looked at once.
    std::size_t audiences = 0;
    for (const Json& finding : report["findings"]) audiences += finding["rule"] == "vague-audience" ? 1 : 0;
    CHECK(audiences == 1);
  }
  // Of which cluster a file among the inputs is, nobody said.
  CHECK_FALSE(has_rule(scan({auth}), rule, "prod"));
}

TEST_CASE("what may not be listed ends with status 3, unless a part is enough") {
  FakeCluster cluster = harmless();
  cluster.refused["rolebindings"] = 403;
  LiveWorld world({{"prod", cluster}});
  const CliResult result = world.run({"scan", "--live", "-o", "json"});
  CHECK(result.status == 3);
  CHECK_THAT(result.err, Catch::Contains("rolebindings may not be listed: no list of rolebindings"));
  const Json report = Json::parse(result.out);
  CHECK(report["summary"]["complete"] == false);
  REQUIRE(report["incomplete"].size() == 1);
  CHECK(report["incomplete"][0]["resource"] == "rolebindings");
  CHECK(report["incomplete"][0]["reason"] == "forbidden");
  CHECK(world.run({"scan", "--live", "--allow-partial"}).status == 0);
  CHECK_THAT(world.run({"scan", "--live"}).out, Catch::Contains("no findings in what could be looked at"));
  const Json sarif = Json::parse(world.run({"scan", "--live", "-o", "sarif"}).out);
  CHECK(sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"][0]["level"] == "warning");
  const CliResult answer = world.run({"simulate", "get", "pods", "--user", "jane", "--live"});
  CHECK(answer.status == 3);
  CHECK_THAT(answer.out, Catch::Contains("not all rolebindings could be read"));
}

TEST_CASE("a cluster that does not answer is not a clean one") {
  LiveWorld world({{"gone", harmless()}, {"here", harmless()}});
  world.folder().write(
      "other",
      "apiVersion: v1\nkind: Config\nclusters: [{name: x, cluster: {server: 'https://127.0.0.1:1'}}]\n"
      "users: []\ncontexts: [{name: x, context: {cluster: x}}]\ncurrent-context: x\n");
  const CliResult alone = world.run({"scan", "--live", "--kubeconfig", "other"});
  CHECK(alone.status == 3);
  CHECK(alone.out.empty());
  CHECK_THAT(alone.err, Catch::Contains("https://127.0.0.1:1: "));
  world.world().environment["KUBECONFIG"] += ":" + world.folder().path() + "/other";
  const CliResult among = world.run({"scan", "--all-contexts"});
  CHECK(among.status == 3);
  CHECK_THAT(among.out, Catch::Contains("2 clusters read: gone (v1.37.2), here (v1.37.2); 1 not readable"));
  CHECK(world.run({"simulate", "get", "pods", "--user", "jane", "--context", "x"}).status == 3);
  world.folder().write("broken", "contexts: [{name: yonder, context: {cluster: none}}]\n");
  world.world().environment["KUBECONFIG"] += ":" + world.folder().path() + "/broken";
  const CliResult broken = world.run({"scan", "--all-contexts"});
  CHECK(broken.status == 3);
  CHECK_THAT(broken.err, Catch::Contains("context `yonder`: cluster `none` does not exist"));
  CHECK(world.run({"scan", "--context", "here", "--context", "yonder"}).status == 2);
}

TEST_CASE("a cluster that gives nothing is not looked at, even if a part is enough") {
  FakeCluster cluster;
  for (const char* resource :
       {"clusterroles", "roles", "clusterrolebindings", "rolebindings", "serviceaccounts", "namespaces"})
    cluster.refused[resource] = 403;
  LiveWorld world({{"prod", cluster}});
  const CliResult result = world.run({"scan", "--live", "--allow-partial"});
  CHECK(result.status == 3);
  CHECK_THAT(result.out, Catch::Contains("nothing was looked at"));
}

TEST_CASE("credentials are never printed, and go to the server") {
  LiveWorld world({{"prod", risky()}});
  for (const std::string command : {"scan", "snapshot save s"}) {
    std::vector<std::string> args = command == "scan" ? std::vector<std::string>{"scan"}
                                                      : std::vector<std::string>{"snapshot", "save", "s"};
    args.insert(args.end(), {"--live", "-vvv"});
    const CliResult result = world.run(args);
    CHECK_THAT(result.out + result.err, !Catch::Contains("t0ps3cret"));
  }
  for (const auto& request : world.server("prod").requests())
    CHECK(request.header("authorization") == "Bearer t0ps3cret");
}

TEST_CASE("--as is whom requests are made as, and the identity only without a cluster") {
  LiveWorld world({{"prod", harmless()}});
  const CliResult live = world.run({"simulate", "get", "pods", "--user", "jane", "--as", "auditor",
                                    "--as-group", "g", "--as-user-extra", "reason=test", "--live"});
  CHECK(live.status == 0);
  for (const auto& request : world.server("prod").requests()) {
    CHECK(request.header("impersonate-user") == "auditor");
    CHECK(request.header("impersonate-group") == "g");
    CHECK(request.header("impersonate-extra-reason") == "test");
  }
  world.folder().write("empty.yaml", "");
  const CliResult files =
      world.run({"simulate", "get", "pods", "--as", "jane", "-f", "empty.yaml", "-o", "json"});
  CHECK(Json::parse(files.out)["request"]["user"] == "jane");
  CHECK(world.run({"simulate", "get", "pods", "--as", "jane", "--user", "joe", "-f", "empty.yaml"}).status ==
        2);
  CHECK(world.run({"simulate", "get", "pods", "--as", "auditor", "--live"}).status == 2);
}

TEST_CASE("flags about clusters that are not offered, or stand alone, are said") {
  LiveWorld world({{"prod", harmless()}});
  struct Row {
    std::vector<std::string> args;
    std::string message;
  };
  const std::vector<Row> rows = {
      {{"scan", "--live", "--token", "x"}, "a token is not taken from the command line"},
      {{"scan", "--live", "--username", "x"}, "basic authentication"},
      {{"scan", "--live", "--password", "x"}, "a password is not taken"},
      {{"scan", "--live", "--cache-dir", "x"}, "nothing is cached"},
      {{"scan", "--live", "--user", "x"}, "--kubeconfig-user"},
      {{"scan", "--kubeconfig", "x", "."}, "add --live"},
      {{"scan", "--as", "x", "."}, "add --live"},
      {{"scan", "--live", "--context", "nope"}, "context `nope` does not exist"},
      {{"scan", "--all-contexts", "--context", "prod"}, "exclude each other"},
      {{"scan", "--live", "--kubeconfig-user", "nope"}, "user `nope` does not exist"},
      {{"scan", "--live", "--request-timeout", "soon"}, "is not a duration"},
      {{"simulate", "get", "pods", "--user", "x", "--verify", "-f", "."}, "--verify asks a server"},
      {{"simulate", "get", "pods", "--user", "x", "--live", "-f", "."}, "cannot be asked together"},
      {{"whoami", "--claims", "x", "--live"}, "--verify"},
      {{"drift", "-f", "config"}, "no cluster was named"},
      {{"drift", "--live"}, "no files were named"},
      {{"snapshot", "save", "x"}, "no cluster was named"},
  };
  for (const Row& row : rows) {
    const CliResult result = world.run(row.args);
    INFO(result.err);
    CHECK(result.status == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, Catch::Contains(row.message));
  }
}

TEST_CASE("the authorizer's commands answer for live clusters") {
  LiveWorld world({{"dev", harmless()}, {"prod", risky()}});
  const CliResult one = world.run({"who-can", "get", "pods", "--context", "dev", "-o", "json"});
  CHECK(one.status == 0);
  CHECK_THAT(one.out, Catch::Contains("\"jane\"") && !Catch::Contains("clusters/1"));
  const CliResult both = world.run({"who-can", "get", "pods", "--all-contexts", "-o", "json"});
  const Json answers = Json::parse(both.out);
  CHECK(answers["schema"] == "oidc-audit/clusters/1");
  REQUIRE(answers["clusters"].size() == 2);
  CHECK(answers["clusters"][0]["cluster"] == "dev");
  CHECK(answers["clusters"][0]["answer"] == Json::parse(one.out));
  CHECK_THAT(answers["clusters"][1]["answer"].dump(), Catch::Contains(kApply));
  const CliResult simulated =
      world.run({"simulate", "delete", "pods", "--user", kApply, "--all-contexts", "-o", "jsonl"});
  CHECK(simulated.status == 1);
  CHECK_THAT(simulated.out,
             Catch::StartsWith(R"({"cluster": "dev")") || Catch::StartsWith(R"({"cluster":"dev")"));
  const CliResult explained = world.run({"explain-binding", "tfc", "--all-contexts"});
  CHECK(explained.status == 0);
  CHECK_THAT(explained.out, Catch::Contains("== cluster prod =="));
  CHECK(world.run({"explain-binding", "nope", "--all-contexts"}).status == 2);
  CHECK_THAT(world.run({"what-can", "--user", "jane", "--context", "dev"}).out, Catch::Contains("pods"));
}

TEST_CASE("a role that a cluster does not have gives nothing, whatever Kubernetes has by default") {
  FakeCluster cluster;
  cluster.items["clusterrolebindings"] = {test::cluster_role_binding_json("b", "cluster-admin", "jane")};
  LiveWorld world({{"prod", cluster}});
  CHECK(world.run({"simulate", "get", "pods", "--user", "jane", "--live"}).status == 1);
  // Where roles may not be listed, it may well be there.
  FakeCluster partial = cluster;
  partial.refused["clusterroles"] = 403;
  LiveWorld other({{"prod", partial}});
  CHECK(other.run({"simulate", "get", "pods", "--user", "jane", "--live", "--allow-partial"}).status == 0);
}

TEST_CASE("--verify tells when the server says something else") {
  FakeCluster cluster = harmless();
  std::vector<std::string> args = {"simulate", "get",      "pods", "--user", "jane",
                                   "--live",   "--verify", "-o",   "json"};
  SECTION("the same") {
    cluster.verdict = R"({"allowed":true,"reason":"RBAC: allowed"})";
    LiveWorld world({{"prod", cluster}});
    const CliResult result = world.run(args);
    CHECK(result.status == 0);
    CHECK(Json::parse(result.out)["verification"]["agrees"] == true);
  }
  SECTION("something else") {
    cluster.verdict = R"({"allowed":false,"reason":"a webhook says no"})";
    LiveWorld world({{"prod", cluster}});
    const CliResult result = world.run(args);
    CHECK(result.status == 3);
    const Json verification = Json::parse(result.out)["verification"];
    CHECK(verification["agrees"] == false);
    CHECK(verification["reason"] == "a webhook says no");
    args.back() = "text";
    CHECK_THAT(world.run(args).out,
               Catch::Contains("DISAGREEMENT: the server says refused: a webhook says no"));
  }
  SECTION("nothing") {
    LiveWorld world({{"prod", cluster}});
    const CliResult result = world.run(args);
    CHECK(result.status == 3);
    CHECK_THAT(result.out, Catch::Contains("you may not ask"));
  }
}

TEST_CASE("whoami --verify shows the token, and nothing else, to the server") {
  FakeCluster cluster;
  const std::string answer = GENERATE("same", "other", "refused");
  if (answer == "same")
    cluster.identity = R"({"username":"https://idp#jane","groups":["system:authenticated"],)"
                       R"("extra":{"authentication.kubernetes.io/credential-id":["JTI=1"]}})";
  if (answer == "other") cluster.identity = R"({"username":"jane","groups":["system:authenticated"]})";
  LiveWorld world({{"prod", cluster}});
  // {"alg":"RS256"} . {"iss":"https://idp","aud":"k","sub":"jane","exp":4102444800} . x
  // The signature is not looked at without keys, but it has the size of one: 256 bytes.
  std::string signature;
  for (int i = 0; i < 85; ++i) signature += "QUFB";
  world.folder().write("token",
                       "eyJhbGciOiJSUzI1NiJ9."
                       "eyJpc3MiOiJodHRwczovL2lkcCIsImF1ZCI6ImsiLCJzdWIiOiJqYW5lIiwiZXhwIjo0MTAyNDQ0ODAwfQ." +
                           signature + "QQ\n");
  const CliResult result =
      world.run({"whoami", "--token-file", "token", "--oidc-issuer-url=https://idp", "--oidc-client-id=k",
                 "--live", "--verify", "--as", "somebody", "-o", "json"});
  const Json report = Json::parse(result.out);
  INFO(result.out);
  CHECK(report["username"] == "https://idp#jane");
  CHECK(report["verification"]["agrees"] == (answer == "same"));
  CHECK(report["verification"]["accepted"] == (answer != "refused"));
  CHECK(result.status == (answer == "same" ? 0 : 3));
  REQUIRE_FALSE(world.server("prod").requests().empty());
  for (const auto& request : world.server("prod").requests()) {
    CHECK_THAT(request.header("authorization"), Catch::StartsWith("Bearer eyJhbGciOiJSUzI1NiJ9."));
    CHECK(request.header("impersonate-user").empty());
  }
}

TEST_CASE("a snapshot is scanned as the cluster is") {
  LiveWorld world({{"dev", harmless()}, {"prod", risky()}});
  const CliResult saved = world.run({"snapshot", "save", "all.snapshot", "--all-contexts"});
  CHECK(saved.status == 0);
  const Json live = Json::parse(world.run({"scan", "--all-contexts", "-o", "json"}).out);
  const CliResult again = world.run({"scan", "all.snapshot", "-o", "json"});
  CHECK(again.status == 1);
  CHECK(Json::parse(again.out) == live);
  CHECK(world.run({"simulate", "get", "pods", "--user", kApply, "-f", "all.snapshot", "-o", "json"}).out ==
        world.run({"simulate", "get", "pods", "--user", kApply, "--all-contexts", "-o", "json"}).out);
  const CliResult load = world.run({"snapshot", "load", "all.snapshot"});
  CHECK(load.status == 0);
  CHECK_THAT(load.out, Catch::Contains("cluster dev, server v1.37.2, taken at 2026-01-02T03:04:05Z"));
  world.folder().write("list.json",
                       world.run({"snapshot", "load", "all.snapshot", "prod", "-o", "list"}).out);
  CHECK_THAT(world.run({"scan", "list.json"}).out, Catch::Contains("ClusterRoleBinding/tfc"));
  CHECK(world.run({"snapshot", "load", "all.snapshot", "-o", "list"}).status == 2);
  CHECK(world.run({"snapshot", "load", "list.json"}).status == 3);
}

TEST_CASE("a snapshot of a part stays a part") {
  FakeCluster cluster = harmless();
  cluster.refused["namespaces"] = 403;
  LiveWorld world({{"prod", cluster}});
  CHECK(world.run({"snapshot", "save", "s", "--live"}).status == 3);
  const CliResult result = world.run({"scan", "s"});
  CHECK(result.status == 3);
  CHECK_THAT(result.err, Catch::Contains("namespaces may not be listed"));
  CHECK(world.run({"scan", "s", "--allow-partial"}).status == 0);
}

TEST_CASE("a file that is compressed and no snapshot could not be looked at") {
  LiveWorld world({{"prod", harmless()}});
  world.folder().write("x.yaml", std::string("\x1F\x8B\x08\x00garbage", 11));
  const CliResult result = world.run({"scan", "x.yaml"});
  CHECK(result.status == 3);
  CHECK_THAT(result.err, Catch::Contains("snapshot"));
}

TEST_CASE("drift tells what a cluster gives beside the files") {
  LiveWorld world({{"prod", risky()}});
  world.folder().write(
      "deploy/rbac.yaml",
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: everything}\n"
      "rules: [{verbs: [get], apiGroups: [''], resources: [pods]}]\n");
  const CliResult json = world.run({"drift", "-f", "deploy", "--live", "-o", "json"});
  CHECK(json.status == 1);
  const Json report = Json::parse(json.out);
  CHECK(report["schema"] == "oidc-audit/drift/1");
  REQUIRE(report["drift"].size() == 2);
  CHECK(report["drift"][0]["object"]["name"] == "everything");
  CHECK(report["drift"][0]["change"] == "differs");
  CHECK(report["drift"][0]["effect"] == "more");
  CHECK(report["drift"][0]["more"] == Json::array({"* * of *"}));
  CHECK(report["drift"][0]["declared"]["file"] == "deploy/rbac.yaml");
  CHECK(report["drift"][1]["change"] == "only-live");
  const CliResult text = world.run({"drift", "-f", "deploy", "--live"});
  CHECK_THAT(text.out,
             Catch::Contains("prod: ClusterRole/everything differs: the cluster gives more than the files") &&
                 Catch::Contains("(declared at deploy/rbac.yaml:3:18)") && Catch::Contains("  + * * of *"));
  world.folder().write(
      "same/rbac.yaml",
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: everything}\n"
      "rules: [{verbs: ['*'], apiGroups: ['*'], resources: ['*']}]\n");
  CHECK(world.run({"drift", "-f", "same", "--live", "--declared-only"}).status == 0);
  REQUIRE(world.run({"snapshot", "save", "s", "--live"}).status == 0);
  CHECK(world.run({"drift", "-f", "deploy", "-f", "s"}).out == text.out);
}

TEST_CASE("kubectl oidc-audit without a command scans the current context") {
  LiveWorld world({{"dev", harmless()}, {"prod", risky()}});
  world.world().program = "/usr/bin/kubectl-oidc_audit";
  CHECK_THAT(world.run({}).out, Catch::Contains("1 cluster read: dev"));
  CHECK(world.run({"--context", "prod", "-o", "json"}).status == 1);
  CHECK_THAT(world.run({"--version"}).out, Catch::StartsWith("oidc-audit "));
  CHECK_THAT(world.run({"--help"}).out, Catch::Contains("kubectl oidc-audit"));
  world.world().program = "oidc-audit";
  CHECK(world.run({}).status == 2);
}

TEST_CASE("a credential plugin is run for a live cluster unless --no-exec forbids it") {
  LiveWorld world({{"prod", harmless()}});
  world.folder().write(
      "plugin.sh",
      "#!/bin/sh\necho run >> \"$1\"\n"
      "echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
      "\"status\":{\"token\":\"from-plugin\"}}'\n");
  const std::string server = world.server("prod").url();
  world.folder().write("exec",
                       "apiVersion: v1\nkind: Config\nclusters: [{name: c, cluster: {server: '" + server +
                           "', certificate-authority: ca.crt}}]\n"
                           "users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, "
                           "command: /bin/sh, args: [plugin.sh, runs], interactiveMode: Never}}}]\n"
                           "contexts: [{name: x, context: {cluster: c, user: u}}]\ncurrent-context: x\n");
  const CliResult result = world.run({"scan", "--live", "--kubeconfig", "exec"});
  CHECK(result.status == 0);
  CHECK(world.server("prod").requests().at(0).header("authorization") == "Bearer from-plugin");
  CHECK(make_system_files()->read(world.folder().path() + "/runs", 100).value() == "run\n");
  const CliResult forbidden = world.run({"scan", "--live", "--kubeconfig", "exec", "--no-exec"});
  CHECK(forbidden.status == 2);
  CHECK_THAT(forbidden.err, Catch::Contains("--no-exec"));
}
