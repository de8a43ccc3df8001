// The tables of a real authorizer: verdict, and the reason it named among ours, text for text.

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "rbac/authorizer.h"
#include "rbac/json_policy.h"
#include "support/test_data.h"

namespace oidc_audit::rbac {

namespace {

struct World {
  test::Objects objects;
  std::unique_ptr<Policy> policy;
  std::unique_ptr<Authorizer> authorizer;
};

PolicyOptions exact() {
  PolicyOptions options;
  options.builtin = false;
  options.aggregate = false;
  return options;
}

std::unique_ptr<World> load(const std::string& path) {
  auto world = std::make_unique<World>();
  world->objects.add_file(path);
  world->policy = std::make_unique<Policy>(world->objects.roles, world->objects.bindings, exact());
  world->authorizer = std::make_unique<Authorizer>(*world->policy);
  return world;
}

/// Returns the number of cases looked at.
std::size_t run_cases(const std::string& folder) {
  std::map<std::string, std::unique_ptr<World>> worlds;
  std::istringstream lines(oidc_audit::test::read_file(folder + "/cases.jsonl"));
  std::string line;
  std::size_t count = 0;
  std::size_t wrong = 0;
  while (std::getline(lines, line)) {
    const nlohmann::json expected = nlohmann::json::parse(line);
    std::unique_ptr<World>& world = worlds[expected["policy"]];
    if (!world) world = load(folder + "/" + expected["policy"].get<std::string>());
    const Attributes request = test::request_from_json(expected["request"].dump());
    const Decision decision = world->authorizer->decide(request, {false});
    const bool allowed = expected["allowed"];
    const std::string reason = expected.value("reason", "");
    const bool named = !allowed || std::any_of(decision.granted_by.begin(), decision.granted_by.end(),
                                               [&reason](const Grant& g) { return g.reason == reason; });
    const bool fast = world->authorizer->is_allowed(request, {false});
    const bool linear = decide_linear(*world->policy, request, {false}).allowed;
    ++count;
    if (decision.allowed == allowed && named && fast == allowed && linear == allowed) continue;
    if (++wrong <= 10) {
      CAPTURE(line, decision.allowed, decision.reason, fast, linear);
      CHECK(decision.allowed == allowed);
      CHECK(named);
      CHECK(fast == allowed);
      CHECK(linear == allowed);
    }
  }
  CHECK(wrong == 0);
  return count;
}

}  // namespace

TEST_CASE("the decision tables of a real authorizer agree", "[oracle]") {
  const auto shared = oidc_audit::test::shared_dir();
  if (!shared) {
    WARN("shared test data is absent: skipped");
    return;
  }
  CHECK(run_cases(*shared + "/oracle/rbac") >= 12000);
}

TEST_CASE("a part of the tables agrees without the shared data", "[oracle]") {
  CHECK(run_cases(oidc_audit::test::source_dir() + "/fixtures/oracle-rbac") >= 600);
}

}  // namespace oidc_audit::rbac
