#include "rbac/aggregation.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/strings.h"

namespace oidc_audit::rbac {

namespace {

/// Hostile input can make every role select every role; past this many rules copied we stop and say so.
constexpr std::size_t kMaxCopiedRules = 5'000'000;

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// content/kube.go: at most 63 characters, alphanumeric at both ends, `-`, `_`, `.` inside.
bool is_label_part(std::string_view value) {
  if (value.empty() || value.size() > 63) return false;
  if (!is_alphanumeric(value.front()) || !is_alphanumeric(value.back())) return false;
  return std::all_of(value.begin(), value.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

bool is_dns_subdomain(std::string_view value) {
  if (value.empty() || value.size() > 253) return false;
  for (const std::string_view label : split(value, '.')) {
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }))
      return false;
  }
  return true;
}

bool is_label_key(std::string_view key) {
  const std::size_t slash = key.find('/');
  if (slash == std::string_view::npos) return is_label_part(key);
  return is_dns_subdomain(key.substr(0, slash)) && is_label_part(key.substr(slash + 1));
}

bool is_label_value(std::string_view value) { return value.empty() || is_label_part(value); }

const Text* label_of(const Role& role, std::string_view key) {
  const auto& labels = role.meta.labels;
  for (auto it = labels.rbegin(); it != labels.rend(); ++it)
    if (it->first.value == key) return &it->second;
  return nullptr;
}

bool holds(const std::vector<Text>& values, std::string_view value) {
  return std::any_of(values.begin(), values.end(), [value](const Text& t) { return t.value == value; });
}

bool requirement_matches(const LabelRequirement& requirement, const Role& role) {
  const Text* const label = label_of(role, requirement.key.value);
  if (requirement.op == "In") return label != nullptr && holds(requirement.values, label->value);
  if (requirement.op == "NotIn") return label == nullptr || !holds(requirement.values, label->value);
  if (requirement.op == "Exists") return label != nullptr;
  return label == nullptr;  // DoesNotExist
}

void append_list(std::string& out, const std::vector<Text>& list) {
  out += fmt::format("{}:", list.size());
  for (const Text& element : list) {
    out += fmt::format("{}:", element.value.size());
    out += element.value;
  }
}

std::string content_of(const PolicyRule& rule) {
  std::string out;
  append_list(out, rule.verbs);
  append_list(out, rule.api_groups);
  append_list(out, rule.resources);
  append_list(out, rule.resource_names);
  append_list(out, rule.non_resource_urls);
  return out;
}

/// Rules by content, so that the fix-point handles numbers only.
using RuleId = std::uint32_t;

class Aggregation {
 public:
  Aggregation(std::span<const Role* const> roles, const std::vector<bool>& frozen)
      : roles_(roles), frozen_(frozen) {}

  AggregationResult run() {
    collect();
    if (targets_.empty()) return std::move(result_);
    intern_rules();
    const std::size_t rounds = targets_.size() + 1;
    bool changed = true;
    for (std::size_t round = 0; changed && round < rounds; ++round) {
      changed = false;
      for (const Target& target : targets_) changed = sync(target) || changed;
    }
    for (const Target& target : targets_) publish(target);
    return std::move(result_);
  }

 private:
  struct Target {
    std::size_t role;
    std::vector<std::vector<std::size_t>> members;  // a list a selector, by name
  };

  void collect() {
    for (std::size_t i = 0; i < roles_.size(); ++i)
      if (roles_[i]->kind == RoleKind::cluster_role) by_name_.push_back(i);
    std::stable_sort(by_name_.begin(), by_name_.end(), [this](std::size_t a, std::size_t b) {
      return roles_[a]->meta.name.value < roles_[b]->meta.name.value;
    });
    for (const std::size_t i : by_name_) {
      const Role& role = *roles_[i];
      if (!role.has_aggregation_rule || (i < frozen_.size() && frozen_[i])) continue;
      if (std::optional<std::string> error = first_error(role)) {
        result_.failures.push_back({i, std::move(*error)});
        continue;
      }
      targets_.push_back(Target{i, members_of(i)});
    }
  }

  static std::optional<std::string> first_error(const Role& role) {
    for (const LabelSelector& selector : role.cluster_role_selectors)
      if (std::optional<std::string> error = selector_error(selector)) return error;
    return std::nullopt;
  }

  std::vector<std::vector<std::size_t>> members_of(std::size_t target) {
    std::vector<std::vector<std::size_t>> members;
    for (const LabelSelector& selector : roles_[target]->cluster_role_selectors) {
      members.emplace_back();
      for (const std::size_t i : candidates(selector))
        if (i != target && selector_matches(selector, *roles_[i])) members.back().push_back(i);
    }
    return members;
  }

  /// Roles that carry the first label asked for, or all: keeps many narrow selectors from being quadratic.
  const std::vector<std::size_t>& candidates(const LabelSelector& selector) {
    if (selector.match_labels.empty()) return by_name_;
    if (by_label_.empty()) {
      for (const std::size_t i : by_name_) {
        for (const auto& [key, value] : roles_[i]->meta.labels) {
          std::vector<std::size_t>& carriers = by_label_[key.value];
          if (carriers.empty() || carriers.back() != i) carriers.push_back(i);
        }
      }
    }
    const auto it = by_label_.find(selector.match_labels.front().first.value);
    return it == by_label_.end() ? none_ : it->second;
  }

  void intern_rules() {
    std::unordered_map<std::string, RuleId> ids;
    current_.resize(roles_.size());
    for (const std::size_t i : by_name_) {
      for (const PolicyRule& rule : roles_[i]->rules) {
        const auto [it, added] = ids.emplace(content_of(rule), static_cast<RuleId>(rules_.size()));
        if (added) rules_.push_back(&rule);
        current_[i].push_back(it->second);
      }
    }
  }

  bool sync(const Target& target) {
    std::vector<RuleId> rules;
    std::unordered_set<RuleId> seen;
    for (const std::vector<std::size_t>& members : target.members) {
      for (const std::size_t member : members) {
        for (const RuleId rule : current_[member])
          if (seen.insert(rule).second) rules.push_back(rule);
        copied_ += current_[member].size();
        if (copied_ > kMaxCopiedRules) return false;
      }
    }
    if (rules == current_[target.role]) return false;
    current_[target.role] = std::move(rules);
    return true;
  }

  void publish(const Target& target) {
    if (copied_ > kMaxCopiedRules) {
      result_.failures.push_back(
          {target.role, fmt::format("aggregation was given up after {} rules", kMaxCopiedRules)});
      return;
    }
    AggregatedRole aggregated{target.role, {}};
    aggregated.rules.reserve(current_[target.role].size());
    for (const RuleId rule : current_[target.role]) aggregated.rules.push_back(*rules_[rule]);
    result_.roles.push_back(std::move(aggregated));
  }

  std::span<const Role* const> roles_;
  const std::vector<bool>& frozen_;
  std::vector<std::size_t> by_name_;
  std::unordered_map<std::string_view, std::vector<std::size_t>> by_label_;
  const std::vector<std::size_t> none_;
  std::vector<Target> targets_;
  std::vector<const PolicyRule*> rules_;
  std::vector<std::vector<RuleId>> current_;  // by role
  std::size_t copied_ = 0;
  AggregationResult result_;
};

std::optional<std::string> requirement_error(const LabelRequirement& requirement) {
  const bool in = requirement.op == "In" || requirement.op == "NotIn";
  const bool exists = requirement.op == "Exists" || requirement.op == "DoesNotExist";
  if (!in && !exists)
    return fmt::format("operator `{}` is not one of In, NotIn, Exists, DoesNotExist", requirement.op.value);
  if (in && requirement.values.empty())
    return fmt::format("operator {} of key `{}` needs at least one value", requirement.op.value,
                       requirement.key.value);
  if (exists && !requirement.values.empty())
    return fmt::format("operator {} of key `{}` takes no values", requirement.op.value,
                       requirement.key.value);
  if (!is_label_key(requirement.key.value))
    return fmt::format("`{}` is not a label key", requirement.key.value);
  for (const Text& value : requirement.values)
    if (!is_label_value(value.value)) return fmt::format("`{}` is not a label value", value.value);
  return std::nullopt;
}

bool same_list(const std::vector<Text>& a, const std::vector<Text>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Text& x, const Text& y) { return x.value == y.value; });
}

}  // namespace

std::optional<std::string> selector_error(const LabelSelector& selector) {
  for (const auto& [key, value] : selector.match_labels) {
    if (!is_label_key(key.value)) return fmt::format("`{}` is not a label key", key.value);
    if (!is_label_value(value.value)) return fmt::format("`{}` is not a label value", value.value);
  }
  for (const LabelRequirement& requirement : selector.match_expressions)
    if (std::optional<std::string> error = requirement_error(requirement)) return error;
  return std::nullopt;
}

bool selector_matches(const LabelSelector& selector, const Role& role) {
  for (const auto& [key, value] : selector.match_labels) {
    const Text* const label = label_of(role, key.value);
    if (label == nullptr || label->value != value.value) return false;
  }
  return std::all_of(selector.match_expressions.begin(), selector.match_expressions.end(),
                     [&role](const LabelRequirement& r) { return requirement_matches(r, role); });
}

AggregationResult aggregate_cluster_roles(std::span<const Role* const> roles,
                                          const std::vector<bool>& frozen) {
  return Aggregation(roles, frozen).run();
}

bool same_rule(const PolicyRule& a, const PolicyRule& b) {
  return same_list(a.verbs, b.verbs) && same_list(a.api_groups, b.api_groups) &&
         same_list(a.resources, b.resources) && same_list(a.resource_names, b.resource_names) &&
         same_list(a.non_resource_urls, b.non_resource_urls);
}

}  // namespace oidc_audit::rbac
