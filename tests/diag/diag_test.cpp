#include <algorithm>
#include <catch2/catch.hpp>

#include "diag/collector.h"
#include "diag/severity_words.h"

using namespace oidc_audit;

namespace {

Finding at(std::uint32_t buffer, std::uint32_t begin, const char* rule) {
  Finding finding;
  finding.rule = RuleId(rule);
  finding.location.range = SourceRange{static_cast<BufferId>(buffer), begin, begin + 1};
  return finding;
}

}  // namespace

TEST_CASE("findings come out by place, then rule, without repetitions") {
  const std::vector<Finding> all = {at(1, 5, "b"), at(0, 9, "a"), at(1, 5, "a"), at(1, 5, "b"), Finding{}};
  std::vector<std::size_t> order = {0, 1, 2, 3, 4};
  do {
    Collector collector;
    for (const std::size_t i : order) collector.add(all[i]);
    const auto found = collector.take_findings();
    REQUIRE(found.size() == 4);
    CHECK(found[0].rule.str() == "a");
    CHECK(found[0].location.range->buffer == BufferId{0});
    CHECK(found[1].rule.str() == "a");
    CHECK(found[2].rule.str() == "b");
    CHECK_FALSE(found[3].location.range.has_value());
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("names of levels are read back") {
  for (int i = 0; i < 5; ++i) {
    const auto severity = static_cast<Severity>(i);
    CHECK(parse_severity(to_string(severity)) == severity);
    CHECK(severity_words()[static_cast<std::size_t>(i)] == to_string(severity));
    const auto effect = static_cast<Effect>(i);
    CHECK(parse_effect(to_string(effect)) == effect);
  }
  CHECK(parse_severity("High") == std::nullopt);
  CHECK(to_string(ObjectRef{"v1", "RoleBinding", "ns", "x"}) == "RoleBinding/ns/x");
  CHECK(to_string(ObjectRef{"v1", "ClusterRole", "", "x"}) == "ClusterRole/x");
}
