#include "rules/prefilter.h"

#include <algorithm>

#include "base/strings.h"
#include "rules/expression.h"
#include "rules/vocabulary.h"

namespace oidc_audit::rules {
namespace {

// The text inside brackets that enclose all of `text`; empty when there are none.
std::string_view unwrapped(std::string_view text) {
  text = trim_ascii(text);
  if (!text.starts_with('(') || !text.ends_with(')')) return {};
  const std::string_view inside = trim_ascii(text.substr(1, text.size() - 2));
  // With `(a) || (b)` what is inside closes more than it opens before it ends, and is no list of either.
  return balanced(inside) ? inside : std::string_view();
}

template <typename Filters>
TraitFilter* filter_of(Filters& filters, std::string_view variable, Variable& out) {
  for (const auto& [known, filter] :
       {std::pair(Variable::subject, &filters.subject), std::pair(Variable::binding, &filters.binding),
        std::pair(Variable::role, &filters.role), std::pair(Variable::rule, &filters.rule),
        std::pair(Variable::config, &filters.config), std::pair(Variable::inventory, &filters.inventory)}) {
    if (variable != kVariableNames[static_cast<std::size_t>(known)]) continue;
    out = known;
    return filter;
  }
  return nullptr;
}

// Sets the bit of a plain fact, turned round if `negate`; false when it is no such fact.
template <typename Filters>
bool add_fact(std::string_view text, bool negate, Filters& filters) {
  const auto fact = plain_fact(text);
  if (!fact) return false;
  Variable variable{};
  TraitFilter* const filter = filter_of(filters, fact->variable, variable);
  if (filter == nullptr) return false;
  const auto bit = bit_of(variable, fact->field, fact->text);
  if (!bit) return false;
  (fact->negated != negate ? filter->forbidden : filter->required).set(*bit);
  return true;
}

class Reader {
 public:
  explicit Reader(const Rule& rule) : rule_(rule) {}

  /// `a && b`, or `!(a || b)`: each by itself. `a || b`, or `!(a && b)`: one group. False when the bits do
  /// not say all of it.
  bool add_all(std::string_view text, bool negate, Prefilter& out) {
    const std::vector<std::string_view> ands = conjuncts(text);
    const std::vector<std::string_view> ors = disjuncts(text);
    const std::vector<std::string_view>& all = negate ? ors : ands;
    const std::vector<std::string_view>& alternatives = negate ? ands : ors;
    if (all.size() > 1) {
      bool exact = true;
      for (const std::string_view part : all) exact = add_condition(part, negate, out) && exact;
      return exact;
    }
    if (alternatives.size() == 1) return add_condition(alternatives.front(), negate, out);
    Prefilter::AnyOf group;
    bool exact = true;
    for (const std::string_view part : alternatives) {
      if (!add_alternative(part, negate, group, exact)) return false;
    }
    out.any.push_back(group);
    return exact;
  }

 private:
  // One of the conditions that must hold.
  bool add_condition(std::string_view text, bool negate, Prefilter& out) {
    if (add_fact(text, negate, out)) return true;
    text = trim_ascii(text);
    if (text.starts_with('!')) {
      const std::string_view inside = unwrapped(text.substr(1));
      return !inside.empty() && add_all(inside, !negate, out);
    }
    const std::string_view inside = opened(text);
    return !inside.empty() && add_all(inside, negate, out);
  }

  // One of several: a plain fact, more of them, or a condition that cannot hold without one. False when it
  // may hold whatever the bits are.
  bool add_alternative(std::string_view text, bool negate, Prefilter::AnyOf& group, bool& exact) {
    if (add_fact(text, negate, group)) return true;
    const std::string_view inside = opened(text);
    if (!inside.empty()) return add_alternative(inside, negate, group, exact);
    const std::vector<std::string_view> ors = negate ? conjuncts(text) : disjuncts(text);
    if (ors.size() > 1) {
      return std::all_of(ors.begin(), ors.end(),
                         [&](std::string_view part) { return add_alternative(part, negate, group, exact); });
    }
    exact = false;
    const std::vector<std::string_view> ands = negate ? disjuncts(text) : conjuncts(text);
    return ands.size() > 1 && std::any_of(ands.begin(), ands.end(), [&](std::string_view part) {
             return add_fact(part, negate, group);
           });
  }

  // What stands in brackets, or what a word of `let` stands for; empty when it is neither.
  std::string_view opened(std::string_view text) const {
    text = trim_ascii(text);
    for (const auto& [name, expression] : rule_.lets) {
      if (name == text) return expression.text;
    }
    return unwrapped(text);
  }

  const Rule& rule_;
};

bool any_holds(const TraitFilter& filter, const Traits& traits) noexcept {
  return (traits.words[0] & filter.required.words[0]) != 0 ||
         (traits.words[1] & filter.required.words[1]) != 0 ||
         (~traits.words[0] & filter.forbidden.words[0]) != 0 ||
         (~traits.words[1] & filter.forbidden.words[1]) != 0;
}

}  // namespace

std::optional<Prefilter> Prefilter::in_run(const Traits& of_config, const Traits& of_inventory) const {
  if (!config.admits(of_config) || !inventory.admits(of_inventory)) return std::nullopt;
  Prefilter out = *this;
  out.config = out.inventory = {};
  out.any.clear();
  for (AnyOf group : any) {
    if (any_holds(group.config, of_config) || any_holds(group.inventory, of_inventory)) continue;
    group.config = group.inventory = {};
    if (group.of_subject_alone() && group.subject.empty()) return std::nullopt;
    out.any.push_back(group);
  }
  return out;
}

bool Prefilter::of_subject_alone() const noexcept {
  return binding.empty() && role.empty() && rule.empty() &&
         std::all_of(any.begin(), any.end(), [](const AnyOf& group) { return group.of_subject_alone(); });
}

bool Prefilter::admits_subject(const Traits& traits) const noexcept {
  return subject.admits(traits) && std::all_of(any.begin(), any.end(), [&](const AnyOf& group) {
           return !group.of_subject_alone() || any_holds(group.subject, traits);
         });
}

bool Prefilter::admits_binding(const Traits& of_subject, const Traits& of_binding,
                               const Traits& of_role) const noexcept {
  return binding.admits(of_binding) && role.admits(of_role) &&
         std::all_of(any.begin(), any.end(), [&](const AnyOf& group) {
           return any_holds(group.subject, of_subject) || any_holds(group.binding, of_binding) ||
                  any_holds(group.role, of_role);
         });
}

bool Prefilter::admits_role(const Traits& of_role, const Traits& of_rule) const noexcept {
  return role.admits(of_role) && rule.admits(of_rule) &&
         std::all_of(any.begin(), any.end(), [&](const AnyOf& group) {
           return any_holds(group.role, of_role) || any_holds(group.rule, of_rule);
         });
}

Prefilter prefilter_of(const Rule& rule) {
  Prefilter out;
  out.exact = Reader(rule).add_all(rule.when.text, false, out);
  return out;
}

}  // namespace oidc_audit::rules
