#include "cluster/reviews.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/files.h"
#include "fake_api.h"

using namespace oidc_audit;
using cluster::AccessReview;
using test::FakeReply;
using test::FakeRequest;
using test::FakeServer;

namespace {

FakeReply created(std::string body) {
  FakeReply reply;
  reply.status = 201;
  reply.body = std::move(body);
  return reply;
}

template <typename T>
Result<T> ask(const FakeServer& server, const std::function<Result<T>(cluster::ApiClient&)>& question) {
  cluster::ClientConfig config;
  config.server = server.url();
  const MemoryFiles files;
  cluster::ExecPlugins plugins({}, [] { return Timestamp{}; });
  cluster::Credentials credentials(config, files, plugins);
  cluster::ApiClient client(
      config, credentials, [](const std::string&) { return std::nullopt; }, "t");
  return question(client);
}

Result<cluster::AccessVerdict> verdict(const FakeServer& server, const AccessReview& review) {
  return ask<cluster::AccessVerdict>(server,
                                     [&](cluster::ApiClient& client) { return ask_access(client, review); });
}

}  // namespace

TEST_CASE("a server is asked about a request as it is") {
  FakeServer server([](const FakeRequest&) {
    return created(R"({"kind":"SubjectAccessReview","status":{"allowed":true,"reason":"RBAC: because",)"
                   R"("evaluationError":"some role is missing"}})");
  });
  AccessReview review;
  review.user = {"jane", "7", {"dev", "system:authenticated"}, {{"scopes", {"a", "b"}}}};
  review.verb = "get";
  review.api_group = "apps";
  review.resource = "deployments";
  review.subresource = "scale";
  review.name = "web";
  review.namespace_name = "prod";
  const auto got = verdict(server, review);
  REQUIRE(got.ok());
  CHECK(got.value().allowed);
  CHECK(got.value().reason == "RBAC: because");
  CHECK(got.value().evaluation_error == "some role is missing");
  const auto sent = nlohmann::json::parse(server.requests().at(0).body);
  CHECK(server.requests().at(0).target == "/apis/authorization.k8s.io/v1/subjectaccessreviews");
  CHECK(sent["spec"]["user"] == "jane");
  CHECK(sent["spec"]["uid"] == "7");
  CHECK(sent["spec"]["groups"] == nlohmann::json({"dev", "system:authenticated"}));
  CHECK(sent["spec"]["extra"]["scopes"] == nlohmann::json({"a", "b"}));
  const auto& attributes = sent["spec"]["resourceAttributes"];
  CHECK(attributes["group"] == "apps");
  CHECK(attributes["resource"] == "deployments");
  CHECK(attributes["subresource"] == "scale");
  CHECK(attributes["name"] == "web");
  CHECK(attributes["namespace"] == "prod");
  CHECK_FALSE(sent["spec"].contains("nonResourceAttributes"));
}

TEST_CASE("a request for a path is asked about as one") {
  FakeServer server([](const FakeRequest&) {
    return created(R"({"kind":"SubjectAccessReview","status":{"allowed":false}})");
  });
  AccessReview review;
  review.is_resource = false;
  review.verb = "get";
  review.path = "/metrics";
  const auto got = verdict(server, review);
  REQUIRE(got.ok());
  CHECK_FALSE(got.value().allowed);
  const auto sent = nlohmann::json::parse(server.requests().at(0).body);
  CHECK(sent["spec"]["nonResourceAttributes"]["path"] == "/metrics");
  CHECK_FALSE(sent["spec"].contains("resourceAttributes"));
}

TEST_CASE("no verdict is an error, not a refusal") {
  struct Row {
    std::string name;
    FakeReply reply;
    std::string message;
  };
  const std::vector<Row> rows = {
      {"forbidden", test::status_reply(403, "Forbidden", "you may not ask"), "you may not ask"},
      {"no_status", created(R"({"kind":"SubjectAccessReview"})"), "no SubjectAccessReview"},
      {"another_kind", created(R"({"kind":"Status","status":{"allowed":true}})"), "no SubjectAccessReview"},
      {"no_json", created("true"), "no SubjectAccessReview"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      FakeServer server([&](const FakeRequest&) { return row.reply; });
      const auto got = verdict(server, {});
      REQUIRE_FALSE(got.ok());
      CHECK_THAT(got.error().message(), Catch::Contains(row.message));
    }
  }
}

TEST_CASE("a server says who its client is") {
  FakeServer server([](const FakeRequest&) {
    return created(R"({"kind":"SelfSubjectReview","status":{"userInfo":{"username":"jane","uid":"7",)"
                   R"("groups":["dev"],"extra":{"z":["1"],"a":["2"]}}}})");
  });
  const auto got = ask<UserInfo>(server, [](cluster::ApiClient& client) { return ask_who_am_i(client); });
  REQUIRE(got.ok());
  CHECK(got.value() == UserInfo{"jane", "7", {"dev"}, {{"a", {"2"}}, {"z", {"1"}}}});
}
