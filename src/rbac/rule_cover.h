#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/model.h"

namespace oidc_audit::rbac {

/// The smallest thing that rules grant: one verb on one resource of one group, of one name or any, or one
/// verb on one URL.
struct RuleAtom {
  std::string_view verb;
  std::string_view group;
  std::string_view resource;
  std::optional<std::string_view> name;  ///< nullopt: any
  std::string_view url;                  ///< not empty: that, and no resource

  friend auto operator<=>(const RuleAtom&, const RuleAtom&) = default;
};

/// Takes rules apart, sorted and without repetitions. Of rules that stand for more than `limit` atoms the
/// rest is left out, and `complete` becomes false.
std::vector<RuleAtom> atoms_of(std::span<const PolicyRule> rules, std::size_t limit, bool& complete);

/// True when some rule grants the atom by itself. Source: component-helpers auth/rbac/validation
/// (policy_comparator.go, ruleCovers), by which escalation is judged.
bool is_covered(std::span<const PolicyRule> rules, const RuleAtom& atom);

/// What `rules` grant and `others` do not, for people: `get, list pods/log of apps named x`. Of very many the
/// first ones and how many more.
std::vector<std::string> not_covered(std::span<const PolicyRule> rules, std::span<const PolicyRule> others);

}  // namespace oidc_audit::rbac
