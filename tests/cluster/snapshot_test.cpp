#include "cluster/snapshot.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "cluster/snapshot_list.h"

using namespace oidc_audit;
using cluster::ClusterDump;
using cluster::GapReason;
using cluster::Snapshot;

namespace {

ClusterDump dump(const std::string& name) {
  ClusterDump out;
  out.label = name;
  out.server_version = "v1.37.2";
  out.taken_at = "2026-01-02T03:04:05Z";
  out.pages = {
      {"roles", "a", R"({"kind":"RoleList","apiVersion":"g/v1","items":[{"metadata":{"name":"r"}}]})"},
      {"roles", "", std::string(200'000, ' ')},
      {"namespaces", "", ""}};
  out.discovery = {"{\"kind\":\"APIGroupDiscoveryList\"}"};
  out.gaps = {{"rolebindings", GapReason::forbidden, "no \"list\"", {"x"}, {"y", "z"}},
              {"clusterroles", GapReason::not_served, "", {}, {}},
              {"roles", GapReason::failed, "broken", {}, {}}};
  return out;
}

constexpr std::size_t kLimit = 1U << 24;

}  // namespace

TEST_CASE("a snapshot gives back what was put in, and the same bytes each time") {
  const Snapshot written{"0.1.0", {dump("prod"), dump("arn:aws:eks:eu:1:cluster/x")}};
  const auto bytes = cluster::write_snapshot(written);
  REQUIRE(bytes.ok());
  CHECK(bytes.value() == cluster::write_snapshot(written).value());
  CHECK(cluster::looks_like_snapshot(bytes.value()));
  CHECK(bytes.value().size() < 5'000);
  const auto read = cluster::read_snapshot(bytes.value(), kLimit);
  REQUIRE(read.ok());
  CHECK(read.value().tool == "0.1.0");
  REQUIRE(read.value().clusters.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    const ClusterDump& before = written.clusters[i];
    const ClusterDump& after = read.value().clusters[i];
    CHECK(after.label == before.label);
    CHECK(after.server_version == before.server_version);
    CHECK(after.taken_at == before.taken_at);
    CHECK(after.discovery == before.discovery);
    REQUIRE(after.pages.size() == before.pages.size());
    for (std::size_t p = 0; p < after.pages.size(); ++p) {
      CHECK(after.pages[p].resource == before.pages[p].resource);
      CHECK(after.pages[p].namespace_name == before.pages[p].namespace_name);
      CHECK(after.pages[p].text == before.pages[p].text);
    }
    REQUIRE(after.gaps.size() == before.gaps.size());
    for (std::size_t g = 0; g < after.gaps.size(); ++g) {
      CHECK(after.gaps[g].resource == before.gaps[g].resource);
      CHECK(after.gaps[g].reason == before.gaps[g].reason);
      CHECK(after.gaps[g].message == before.gaps[g].message);
      CHECK(after.gaps[g].namespaces == before.gaps[g].namespaces);
      CHECK(after.gaps[g].read_namespaces == before.gaps[g].read_namespaces);
    }
  }
}

TEST_CASE("a snapshot that is damaged anywhere is refused") {
  const std::string bytes = cluster::write_snapshot({"0.1.0", {dump("prod")}}).value();
  for (std::size_t size = 0; size < bytes.size(); size += 7) {
    CHECK_FALSE(cluster::read_snapshot(std::string_view(bytes).substr(0, size), kLimit).ok());
  }
  CHECK_FALSE(cluster::read_snapshot(bytes + "x", kLimit).ok());
  CHECK_FALSE(cluster::read_snapshot(bytes + bytes, kLimit).ok());
  // The last eight bytes are the checksum and the size.
  std::string wrong = bytes;
  wrong[wrong.size() - 6] = static_cast<char>(wrong[wrong.size() - 6] ^ 1);
  CHECK_FALSE(cluster::read_snapshot(wrong, kLimit).ok());
}

TEST_CASE("what a snapshot unpacks to is bounded") {
  ClusterDump bomb = dump("prod");
  bomb.pages[1].text.assign(50'000'000, ' ');
  const auto bytes = cluster::write_snapshot({"0.1.0", {bomb}});
  const auto read = cluster::read_snapshot(bytes.value(), 1'000'000);
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().kind() == ErrorKind::limit);
}

TEST_CASE("objects of a dump become one list") {
  ClusterDump good = dump("prod");
  good.pages.resize(1);
  const auto list = nlohmann::json::parse(cluster::objects_as_list(good).value());
  CHECK(list["kind"] == "List");
  REQUIRE(list["items"].size() == 1);
  CHECK(list["items"][0]["kind"] == "Role");
  CHECK(list["items"][0]["apiVersion"] == "g/v1");
  CHECK(list["items"][0]["metadata"]["name"] == "r");

  const auto broken = cluster::objects_as_list(dump("prod"));
  REQUIRE_FALSE(broken.ok());
  CHECK(broken.error().kind() == ErrorKind::malformed);
}
