#include "cluster/cluster_reader.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "cluster/api_status.h"
#include "fake_api.h"

using namespace oidc_audit;
using cluster::ClusterDump;
using cluster::Gap;
using cluster::GapReason;
using cluster::ReadPlan;
using test::ClientWorld;
using test::FakeReply;
using test::FakeRequest;
using test::FakeServer;
using test::json_reply;
using test::list_json;
using test::query_value;
using test::status_reply;

namespace {

const std::string kRbac = "/apis/rbac.authorization.k8s.io/v1/";

ReadPlan plan_of(const std::string& resource, const std::string& list_kind, bool namespaced) {
  ReadPlan plan;
  plan.kinds = {{"rbac.authorization.k8s.io", "v1", resource, list_kind, namespaced}};
  return plan;
}
ReadPlan cluster_roles() { return plan_of("clusterroles", "ClusterRoleList", false); }
ReadPlan roles() { return plan_of("roles", "RoleList", true); }

std::string names_of(const ClusterDump& dump) {
  std::string out;
  for (const auto& page : dump.pages) out += (out.empty() ? "" : " | ") + page.text;
  return out;
}

/// Answers /version and leaves the rest to the test.
FakeServer::Handler with_version(FakeServer::Handler rest) {
  return [rest = std::move(rest)](const FakeRequest& request) {
    if (request.path() == "/version") return json_reply(R"({"major":"1","gitVersion":"v1.99.0"})");
    return rest(request);
  };
}

}  // namespace

TEST_CASE("lists are read page by page, by the token alone") {
  FakeServer server(with_version([](const FakeRequest& request) {
    const std::string token = query_value(request.target, "continue");
    if (token.empty()) return json_reply(list_json("ClusterRoleList", {"a", "b"}, "one"));
    if (token == "one")
      return json_reply(list_json("ClusterRoleList", {}, "two"));  // an empty page is not the last
    return json_reply(list_json("ClusterRoleList", {"c"}));
  }));
  ClientWorld world(server.url());
  ReadPlan plan = cluster_roles();
  plan.page_size = 2;
  std::size_t told = 0;
  plan.progress = [&](const cluster::ReadProgress& progress) { told = progress.pages; };
  const auto dump = world.read(plan);
  REQUIRE(dump.ok());
  CHECK(dump.value().pages.size() == 3);
  CHECK(dump.value().gaps.empty());
  CHECK(dump.value().server_version == "v1.99.0");
  CHECK(told == 3);
  for (const FakeRequest& request : server.requests()) {
    if (request.path() == "/version") continue;
    CHECK(query_value(request.target, "limit") == "2");
    CHECK(query_value(request.target, "resourceVersion").empty());
  }
}

TEST_CASE("without a page size the whole list is asked for") {
  FakeServer server(
      with_version([](const FakeRequest&) { return json_reply(list_json("ClusterRoleList", {"a"})); }));
  ClientWorld world(server.url());
  ReadPlan plan = cluster_roles();
  plan.page_size = 0;
  REQUIRE(world.read(plan).ok());
  CHECK(server.count(kRbac + "clusterroles") == 1);
  for (const FakeRequest& request : server.requests()) CHECK(query_value(request.target, "limit").empty());
}

TEST_CASE("a page token that has expired starts the list anew, then asks for it whole") {
  const int expiries = GENERATE(1, 2, 3);
  int expired = 0;
  int first_pages = 0;
  FakeServer server(with_version([&](const FakeRequest& request) {
    if (!query_value(request.target, "continue").empty()) {
      if (expired < expiries) {
        ++expired;
        return status_reply(410, "Expired", "the token is too old");
      }
      return json_reply(list_json("ClusterRoleList", {"z"}));
    }
    if (query_value(request.target, "limit").empty()) {
      if (expiries == 3) return status_reply(410, "Expired", "still");
      return json_reply(list_json("ClusterRoleList", {"whole"}));
    }
    return json_reply(list_json("ClusterRoleList", {"first" + std::to_string(++first_pages)}, "more"));
  }));
  ClientWorld world(server.url());
  const auto dump = world.read(cluster_roles());
  REQUIRE(dump.ok());
  if (expiries == 1) {
    CHECK(dump.value().pages.size() == 2);
    CHECK_THAT(names_of(dump.value()), Catch::Contains("first2") && !Catch::Contains("first1"));
    CHECK(dump.value().gaps.empty());
  } else if (expiries == 2) {
    CHECK(dump.value().pages.size() == 1);
    CHECK_THAT(names_of(dump.value()), Catch::Contains("whole"));
    CHECK(dump.value().gaps.empty());
  } else {
    REQUIRE(dump.value().gaps.size() == 1);
    CHECK(dump.value().gaps[0].reason == GapReason::failed);
    CHECK(dump.value().pages.empty());
  }
}

TEST_CASE("a server whose pages never end is left") {
  int page = 0;
  const bool same = GENERATE(true, false);
  FakeServer server(with_version([&](const FakeRequest&) {
    return json_reply(
        list_json("ClusterRoleList", {std::string(1000, 'x')}, same ? "t" : "t" + std::to_string(++page)));
  }));
  ClientWorld world(server.url());
  ReadPlan plan = cluster_roles();
  plan.max_total_bytes = 20'000;
  const auto dump = world.read(plan);
  REQUIRE(dump.ok());
  REQUIRE(dump.value().gaps.size() == 1);
  CHECK(dump.value().gaps[0].reason == GapReason::failed);
}

TEST_CASE("what may not be listed, is not served or is something else is a gap") {
  struct Row {
    std::string name;
    FakeReply reply;
    GapReason reason;
    std::string message;
  };
  FakeReply html = json_reply("<html>");
  html.content_type = "text/html";
  const std::vector<Row> rows = {
      {"forbidden", status_reply(403, "Forbidden", "no list for you"), GapReason::forbidden,
       "no list for you"},
      {"not_served", status_reply(404, "NotFound", "page not found"), GapReason::not_served,
       "page not found"},
      {"broken", status_reply(500, "InternalError", "etcd is away"), GapReason::failed, "etcd is away"},
      {"another_list", json_reply(list_json("PodList", {"p"})), GapReason::failed, "no ClusterRoleList"},
      {"no_list", json_reply("{}"), GapReason::failed, "no ClusterRoleList"},
      {"no_json", json_reply("[1]"), GapReason::failed, "no ClusterRoleList"},
      {"status_as_success", json_reply(R"({"kind":"Status","status":"Success"})"), GapReason::failed,
       "no ClusterRoleList"},
      {"html", html, GapReason::failed, "not JSON"},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      FakeServer server(with_version([&](const FakeRequest& request) {
        if (request.path() == kRbac + "clusterroles") return row.reply;
        return json_reply(list_json("ClusterRoleBindingList", {"b"}));
      }));
      ClientWorld world(server.url());
      ReadPlan plan = cluster_roles();
      plan.kinds.push_back(cluster::rbac_kinds()[2]);
      const auto dump = world.read(plan);
      REQUIRE(dump.ok());
      CHECK(dump.value().pages.size() == 1);
      REQUIRE(dump.value().gaps.size() == 1);
      const Gap& gap = dump.value().gaps[0];
      CHECK(gap.resource == "clusterroles");
      CHECK(gap.reason == row.reason);
      CHECK_THAT(gap.message, Catch::Contains(row.message));
    }
  }
}

TEST_CASE("a cluster that answers nothing is an error, not a report of gaps") {
  ClientWorld world("http://127.0.0.1:1");
  const auto dump = world.read(cluster_roles());
  REQUIRE_FALSE(dump.ok());
  CHECK(dump.error().kind() == ErrorKind::network);
}

TEST_CASE("lists that are forbidden over all namespaces are read one by one") {
  const std::string namespaces = GENERATE("listed", "asked", "forbidden", "one-forbidden");
  FakeServer server(with_version([&](const FakeRequest& request) {
    const std::string path = request.path();
    if (path == kRbac + "roles") return status_reply(403, "Forbidden", "not everywhere");
    if (path == "/api/v1/namespaces") {
      if (namespaces == "forbidden") return status_reply(403, "Forbidden", "no namespaces");
      return json_reply(list_json("NamespaceList", {"one", "two", "tri ck"}));
    }
    if (path == kRbac + "namespaces/two/roles" && namespaces == "one-forbidden")
      return status_reply(403, "Forbidden", "not two");
    return json_reply(list_json("RoleList", {"r"}));
  }));
  ClientWorld world(server.url());
  ReadPlan plan = roles();
  plan.context_namespace = "home";
  if (namespaces == "asked") plan.asked_namespace = "mine";
  const auto dump = world.read(plan);
  REQUIRE(dump.ok());
  const ClusterDump& got = dump.value();
  if (namespaces == "listed") {
    CHECK(got.gaps.empty());
    REQUIRE(got.pages.size() == 3);
    CHECK(got.pages[1].namespace_name == "two");
    CHECK(server.count(kRbac + "namespaces/tri%20ck/roles") == 1);
  } else if (namespaces == "one-forbidden") {
    REQUIRE(got.gaps.size() == 1);
    CHECK(got.gaps[0].namespaces == std::vector<std::string>{"two"});
    CHECK(got.gaps[0].message == "not two");
    CHECK(got.pages.size() == 2);
  } else {
    const std::string only = namespaces == "asked" ? "mine" : "home";
    REQUIRE(got.gaps.size() == 1);
    CHECK(got.gaps[0].namespaces.empty());
    CHECK(got.gaps[0].read_namespaces == std::vector<std::string>{only});
    REQUIRE(got.pages.size() == 1);
    CHECK(got.pages[0].namespace_name == only);
  }
}

TEST_CASE("pages come in the order of the kinds, whatever the network does") {
  FakeServer server(with_version([](const FakeRequest& request) {
    FakeReply reply;
    const std::string path = request.path();
    if (path.ends_with("/clusterroles")) {
      reply.body = list_json("ClusterRoleList", {"a"});
      reply.delay = std::chrono::milliseconds(50);
    } else if (path.ends_with("/roles")) {
      reply.body = list_json("RoleList", {"b"});
      reply.delay = std::chrono::milliseconds(20);
    } else if (path.ends_with("/clusterrolebindings")) {
      reply.body = list_json("ClusterRoleBindingList", {"c"});
    } else {
      reply.body = list_json("RoleBindingList", {"d"});
    }
    return reply;
  }));
  ClientWorld world(server.url());
  ReadPlan plan;
  plan.kinds = cluster::rbac_kinds();
  const auto dump = world.read(plan);
  REQUIRE(dump.ok());
  std::string order;
  for (const auto& page : dump.value().pages) order += page.resource + " ";
  CHECK(order == "clusterroles roles clusterrolebindings rolebindings ");
}

TEST_CASE("discovery is read in one answer a part, or group by group") {
  const bool aggregated = GENERATE(true, false);
  FakeServer server(with_version([&](const FakeRequest& request) {
    const std::string path = request.path();
    if (path == kRbac + "clusterroles") return json_reply(list_json("ClusterRoleList", {}));
    if (aggregated) {
      CHECK_THAT(request.header("accept"), Catch::Contains("as=APIGroupDiscoveryList"));
      return json_reply(R"({"kind":"APIGroupDiscoveryList","items":[]})");
    }
    if (path == "/api") return json_reply(R"({"kind":"APIVersions","versions":["v1"]})");
    if (path == "/apis")
      return json_reply(
          R"({"kind":"APIGroupList","groups":[{"name":"apps","versions":[{"groupVersion":"apps/v1"}]},)"
          R"({"name":"bad","versions":[{"groupVersion":"bad/v1"},{"groupVersion":"../../secret"}]}]})");
    if (path == "/apis/bad/v1") return status_reply(503, "ServiceUnavailable", "down");
    return json_reply(R"({"kind":"APIResourceList","groupVersion":"x","resources":[]})");
  }));
  ClientWorld world(server.url());
  ReadPlan plan = cluster_roles();
  plan.discovery = true;
  const auto dump = world.read(plan);
  REQUIRE(dump.ok());
  CHECK(dump.value().discovery.size() == 2);
  CHECK(dump.value().gaps.empty());
  if (!aggregated) {
    CHECK(server.count("/apis/apps/v1") == 1);
    REQUIRE(dump.value().warnings.size() == 1);
    CHECK_THAT(dump.value().warnings[0], Catch::Contains("/apis/bad/v1") && Catch::Contains("down"));
    for (const FakeRequest& request : server.requests())
      CHECK_THAT(request.target, !Catch::Contains("secret"));
  }
}

TEST_CASE("the head of a list is found wherever it stands") {
  struct Row {
    std::string name;
    std::string text;
    std::string kind;
    std::string next;
    bool list;
  };
  const std::vector<Row> rows = {
      {"in_front", R"({"kind":"RoleList","metadata":{"continue":"t"},"items":[]})", "RoleList", "t", true},
      {"behind",
       R"( {"items":[{"metadata":{"continue":"no"}},"]}\""],"kind":"L","metadata":{"continue":"t"}} )", "L",
       "t", true},
      {"escaped", R"({"kind":"L","metadata":{"continue":"a\u002fb"},"items":[]})", "L", "a/b", true},
      {"no_items", R"({"kind":"RoleList","metadata":{}})", "", "", false},
      {"null_items", R"({"kind":"RoleList","metadata":{},"items":null})", "RoleList", "", true},
      {"array", "[]", "", "", false},
      {"empty", "", "", "", false},
      {"cut", R"({"kind":"RoleList","metadata":{"contin)", "", "", false},
      {"cut_key", R"({"ki)", "", "", false},
      {"nested", R"({"metadata":{"x":{"continue":"no"}},"kind":"L","items":[1,2]})", "L", "", true},
  };
  for (const Row& row : rows) {
    DYNAMIC_SECTION(row.name) {
      const auto head = cluster::read_list_head(row.text);
      REQUIRE(head.has_value() == row.list);
      if (!head) continue;
      CHECK(head->kind == row.kind);
      CHECK(head->next == row.next);
    }
  }
}
