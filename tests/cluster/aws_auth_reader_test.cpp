#include "cluster/aws_auth_reader.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cluster/snapshot_list.h"
#include "fake_api.h"

using namespace oidc_audit;
using cluster::AwsAuth;
using cluster::GapReason;
using test::ClientWorld;
using test::FakeReply;
using test::FakeRequest;
using test::FakeServer;
using test::json_reply;
using test::list_json;
using test::status_reply;

namespace {

const std::string kPath = "/api/v1/namespaces/kube-system/configmaps/aws-auth";

FakeServer::Handler server_of(std::string version, FakeReply aws_auth) {
  return [version = std::move(version), aws_auth = std::move(aws_auth)](const FakeRequest& request) {
    if (request.path() == "/version") return json_reply("{\"gitVersion\":\"" + version + "\"}");
    if (request.path() == kPath) return aws_auth;
    return json_reply(list_json("ClusterRoleList", {"a"}));
  };
}

cluster::ReadPlan plan_of(AwsAuth wanted) {
  cluster::ReadPlan plan;
  plan.kinds = {cluster::rbac_kinds()[0]};
  plan.aws_auth = wanted;
  return plan;
}

constexpr const char* kEks = "v1.31.2-eks-7f9249a";
constexpr const char* kConfigMap =
    R"({"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"aws-auth","namespace":"kube-system"},"data":{}})";

}  // namespace

TEST_CASE("aws-auth is read along, and asked for by name alone") {
  FakeServer server(server_of("v1.37.2", json_reply(kConfigMap)));
  ClientWorld world(server.url());
  const auto dump = world.read(plan_of(AwsAuth::if_eks));
  REQUIRE(dump.ok());
  REQUIRE(dump.value().pages.size() == 2);
  CHECK(dump.value().pages[1].resource == "configmaps");
  CHECK(dump.value().pages[1].namespace_name == "kube-system");
  CHECK(dump.value().pages[1].text == kConfigMap);
  CHECK(dump.value().gaps.empty());
  for (const FakeRequest& request : server.requests())
    CHECK_THAT(request.path(), !Catch::EndsWith("/configmaps"));
  const auto list = nlohmann::json::parse(cluster::objects_as_list(dump.value()).value());
  REQUIRE(list["items"].size() == 2);
  CHECK(list["items"][1] == nlohmann::json::parse(kConfigMap));

  CHECK(world.read(plan_of(AwsAuth::no)).value().pages.size() == 1);
}

TEST_CASE("an aws-auth that was not read is a gap where it counts") {
  struct Row {
    std::string name;
    std::string version;
    AwsAuth wanted;
    FakeReply reply;
    std::string gap;  ///< reason; empty: none
    bool remark;
  };
  const FakeReply forbidden = status_reply(403, "Forbidden", "no configmaps for you");
  const FakeReply absent = status_reply(404, "NotFound", "configmaps \"aws-auth\" not found");
  const FakeReply broken = status_reply(500, "InternalError", "etcd is away");
  const FakeReply other = json_reply(R"({"kind":"Secret"})");
  const std::vector<Row> rows = {
      {"absent", "v1.37.2", AwsAuth::if_eks, absent, "", false},
      {"absent_in_eks", kEks, AwsAuth::if_eks, absent, "", false},
      {"absent_and_needed", "v1.37.2", AwsAuth::needed, absent, "", false},
      {"forbidden", "v1.37.2", AwsAuth::if_eks, forbidden, "", true},
      {"forbidden_in_eks", kEks, AwsAuth::if_eks, forbidden, "forbidden", false},
      {"forbidden_and_needed", "v1.37.2", AwsAuth::needed, forbidden, "forbidden", false},
      {"broken", "v1.37.2", AwsAuth::if_eks, broken, "", true},
      {"broken_in_eks", kEks, AwsAuth::if_eks, broken, "failed", false},
      {"another_object", "v1.37.2", AwsAuth::if_eks, other, "", true},
      {"another_object_in_eks", kEks, AwsAuth::if_eks, other, "failed", false},
      {"no_json_in_eks", kEks, AwsAuth::if_eks, json_reply("{"), "failed", false},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      FakeServer server(server_of(row.version, row.reply));
      ClientWorld world(server.url());
      const auto dump = world.read(plan_of(row.wanted));
      REQUIRE(dump.ok());
      CHECK(dump.value().pages.size() == 1);
      CHECK(dump.value().remarks.size() == (row.remark ? 1 : 0));
      REQUIRE(dump.value().gaps.size() == (row.gap.empty() ? 0 : 1));
      if (row.gap.empty()) continue;
      CHECK(to_string(dump.value().gaps[0].reason) == row.gap);
      CHECK(dump.value().gaps[0].object == "kube-system/aws-auth");
      CHECK_FALSE(dump.value().gaps[0].message.empty());
    }
  }
}
