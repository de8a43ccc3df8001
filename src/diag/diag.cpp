#include <algorithm>
#include <array>
#include <compare>
#include <cstdint>
#include <numeric>
#include <string_view>
#include <tuple>

#include "diag/collector.h"
#include "diag/finding.h"
#include "diag/issue.h"
#include "diag/location.h"
#include "diag/severity.h"
#include "diag/severity_words.h"

namespace oidc_audit {

namespace {

constexpr std::array<std::string_view, 5> kSeverities = {"info", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 3> kConfidences = {"low", "medium", "high"};
constexpr std::array<std::string_view, 5> kEffects = {"live", "dead", "open-in-expander", "rejected",
                                                      "unknown"};
constexpr std::array<std::string_view, 3> kLevels = {"note", "warning", "error"};

template <typename Enum, std::size_t N>
std::optional<Enum> parse(const std::array<std::string_view, N>& names, std::string_view text) {
  const auto it = std::find(names.begin(), names.end(), text);
  if (it == names.end()) return std::nullopt;
  return static_cast<Enum>(it - names.begin());
}

// Places with text come in the order of the text; others after them, by cluster and object.
std::strong_ordering compare_places(const Location& a, const Location& b) {
  if (a.range.has_value() != b.range.has_value()) {
    return a.range.has_value() ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (const auto order = a.range <=> b.range; order != 0) return order;
  if (const auto order = a.object.cluster <=> b.object.cluster; order != 0) return order;
  if (const auto order = a.object <=> b.object; order != 0) return order;
  return a.pointer <=> b.pointer;
}

}  // namespace

std::string_view to_string(Severity severity) { return kSeverities[static_cast<std::size_t>(severity)]; }
std::string_view to_string(Confidence confidence) {
  return kConfidences[static_cast<std::size_t>(confidence)];
}
std::string_view to_string(Effect effect) { return kEffects[static_cast<std::size_t>(effect)]; }
std::string_view to_string(IssueLevel level) { return kLevels[static_cast<std::size_t>(level)]; }

std::span<const std::string_view> severity_words() { return kSeverities; }
std::span<const std::string_view> confidence_words() { return kConfidences; }

std::optional<Severity> parse_severity(std::string_view text) { return parse<Severity>(kSeverities, text); }
std::optional<Confidence> parse_confidence(std::string_view text) {
  return parse<Confidence>(kConfidences, text);
}
std::optional<Effect> parse_effect(std::string_view text) { return parse<Effect>(kEffects, text); }

std::string to_string(const ObjectRef& object) {
  // A configuration of authentication has no name.
  if (object.name.empty() && object.namespace_name.empty()) return object.kind;
  std::string out = object.kind + "/";
  if (!object.namespace_name.empty()) out += object.namespace_name + "/";
  return out + object.name;
}

bool report_order(const Finding& a, const Finding& b) {
  if (const auto order = compare_places(a.location, b.location); order != 0) return order < 0;
  return std::tie(a.rule, a.message, a.severity, a.remedy) <
         std::tie(b.rule, b.message, b.severity, b.remedy);
}

bool report_order(const Issue& a, const Issue& b) {
  if (const auto order = compare_places(a.location, b.location); order != 0) return order < 0;
  return std::tie(a.code, a.message, a.level) < std::tie(b.code, b.message, b.level);
}

namespace {

// Sorts by places in `items` rather than by moving the items about: they are large.
template <typename Item>
std::vector<Item> in_order(std::vector<Item> items) {
  std::vector<std::uint32_t> order(items.size());
  std::iota(order.begin(), order.end(), 0U);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::uint32_t a, std::uint32_t b) { return report_order(items[a], items[b]); });
  // Of two that are the same, neither comes before the other; the earlier never follows the later.
  const auto same = [&](std::uint32_t a, std::uint32_t b) { return !report_order(items[a], items[b]); };
  order.erase(std::unique(order.begin(), order.end(), same), order.end());
  std::vector<Item> out;
  out.reserve(order.size());
  for (const std::uint32_t index : order) out.push_back(std::move(items[index]));
  return out;
}

}  // namespace

std::vector<Finding> Collector::take_findings() { return in_order(std::move(findings_)); }

std::vector<Issue> Collector::take_issues() { return in_order(std::move(issues_)); }

}  // namespace oidc_audit
