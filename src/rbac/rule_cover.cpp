#include "rbac/rule_cover.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "rbac/aggregation.h"

namespace oidc_audit::rbac {

namespace {

constexpr std::size_t kMostAtoms = 50'000;
constexpr std::size_t kShown = 20;

bool has(const std::vector<Text>& list, std::string_view value) {
  return std::any_of(list.begin(), list.end(), [&](const Text& text) { return text.value == value; });
}

bool has_or_all(const std::vector<Text>& list, std::string_view value) {
  return has(list, "*") || has(list, value);
}

bool covers_resource(const std::vector<Text>& resources, std::string_view resource) {
  if (has_or_all(resources, resource)) return true;
  const std::size_t slash = resource.find('/');
  if (slash == std::string_view::npos) return false;
  return std::any_of(resources.begin(), resources.end(), [&](const Text& text) {
    return text.value.starts_with("*/") && text.value.substr(2) == resource.substr(slash + 1);
  });
}

bool covers_url(const std::vector<Text>& urls, std::string_view url) {
  return std::any_of(urls.begin(), urls.end(), [&](const Text& text) {
    if (text.value == "*" || text.value == url) return true;
    return text.value.ends_with('*') && url.starts_with(text.value.substr(0, text.value.size() - 1));
  });
}

bool covers(const PolicyRule& rule, const RuleAtom& atom) {
  if (!has_or_all(rule.verbs, atom.verb)) return false;
  if (!atom.url.empty()) return covers_url(rule.non_resource_urls, atom.url);
  if (!has_or_all(rule.api_groups, atom.group) || !covers_resource(rule.resources, atom.resource))
    return false;
  return rule.resource_names.empty() || (atom.name && has(rule.resource_names, *atom.name));
}

std::string words_of(const RuleAtom& atom, const std::vector<std::string_view>& verbs) {
  std::string out;
  for (const std::string_view verb : verbs) {
    if (!out.empty()) out += ", ";
    out += verb;
  }
  if (!atom.url.empty()) return fmt::format("{} {}", out, atom.url);
  out += fmt::format(" {}", atom.resource);
  if (!atom.group.empty()) out += fmt::format(" of {}", atom.group);
  if (atom.name) out += atom.name->empty() ? " without a name" : fmt::format(" named {}", *atom.name);
  return out;
}

}  // namespace

std::vector<RuleAtom> atoms_of(std::span<const PolicyRule> rules, std::size_t limit, bool& complete) {
  std::vector<RuleAtom> out;
  complete = true;
  const auto add = [&](const RuleAtom& atom) {
    if (out.size() >= limit) {
      complete = false;
      return false;
    }
    out.push_back(atom);
    return true;
  };
  for (const PolicyRule& rule : rules) {
    // An empty element is the name of requests that carry none, such as a create.
    std::vector<std::optional<std::string_view>> names;
    for (const Text& name : rule.resource_names) names.emplace_back(name.value);
    if (names.empty()) names.emplace_back(std::nullopt);
    for (const Text& verb : rule.verbs) {
      for (const Text& group : rule.api_groups) {
        for (const Text& resource : rule.resources) {
          for (const auto& name : names) {
            if (!add({verb.value, group.value, resource.value, name, {}})) return out;
          }
        }
      }
      for (const Text& url : rule.non_resource_urls) {
        if (!url.empty() && !add({verb.value, {}, {}, {}, url.value})) return out;
      }
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool is_covered(std::span<const PolicyRule> rules, const RuleAtom& atom) {
  return std::any_of(rules.begin(), rules.end(), [&](const PolicyRule& rule) { return covers(rule, atom); });
}

std::vector<std::string> not_covered(std::span<const PolicyRule> rules, std::span<const PolicyRule> others) {
  // Rules that stand on both sides as they are need no look inside.
  std::vector<PolicyRule> own;
  for (const PolicyRule& rule : rules) {
    const bool known = std::any_of(others.begin(), others.end(),
                                   [&](const PolicyRule& other) { return same_rule(rule, other); });
    if (!known) own.push_back(rule);
  }
  bool complete = true;
  const std::vector<RuleAtom> atoms = atoms_of(own, kMostAtoms, complete);
  std::map<std::tuple<std::string_view, std::string_view, std::optional<std::string_view>, std::string_view>,
           std::vector<std::string_view>>
      verbs;
  for (const RuleAtom& atom : atoms) {
    if (!is_covered(others, atom))
      verbs[{atom.group, atom.resource, atom.name, atom.url}].push_back(atom.verb);
  }
  std::vector<std::string> out;
  for (const auto& [what, list] : verbs) {
    if (out.size() == kShown) {
      out.push_back(fmt::format("and {} more", verbs.size() - kShown));
      break;
    }
    const auto& [group, resource, name, url] = what;
    out.push_back(words_of({{}, group, resource, name, url}, list));
  }
  if (!complete) out.emplace_back("rules too large to be compared in full");
  return out;
}

}  // namespace oidc_audit::rbac
