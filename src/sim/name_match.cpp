#include "sim/name_match.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "base/unicode.h"
#include "sim/name_prefix.h"
#include "sim/name_text.h"

namespace oidc_audit::sim {

namespace {

const NamePart* part(const NameParts& parts, std::string_view name) {
  const auto it =
      std::find_if(parts.parts.begin(), parts.parts.end(), [&](const NamePart& p) { return p.name == name; });
  return it == parts.parts.end() ? nullptr : &*it;
}

struct PartDifference {
  const NamePart* bound;   // may be null
  const NamePart* actual;  // may be null
  PartRole role() const { return bound != nullptr ? bound->role : actual->role; }
  const std::string& name() const { return bound != nullptr ? bound->name : actual->name; }
  std::string bound_value() const { return bound != nullptr ? bound->value : ""; }
  std::string actual_value() const { return actual != nullptr ? actual->value : ""; }
};

std::vector<PartDifference> part_differences(const NameParts& bound, const NameParts& actual) {
  std::vector<PartDifference> out;
  for (const NamePart& b : bound.parts) {
    const NamePart* a = part(actual, b.name);
    if (a == nullptr || a->value != b.value) out.push_back({&b, a});
  }
  for (const NamePart& a : actual.parts) {
    if (part(bound, a.name) == nullptr) out.push_back({nullptr, &a});
  }
  return out;
}

std::string describe(const std::vector<PartDifference>& differences) {
  std::string out;
  for (const PartDifference& d : differences) {
    if (!out.empty()) out += ", ";
    if (d.bound == nullptr) {
      out += fmt::format("the request has `{}` `{}` and the binding has none", d.name(), d.actual_value());
    } else if (d.actual == nullptr) {
      out += fmt::format("the binding has `{}` `{}` and the request has none", d.name(), d.bound_value());
    } else {
      out += fmt::format("`{}` is `{}` in the binding and `{}` in the request", d.name(), d.bound_value(),
                         d.actual_value());
    }
  }
  return out;
}

/// Folded comparisons, nearest kind of slip first; `changes` counts from one.
std::optional<NameDifference> compare_text(std::string_view bound, std::string_view actual) {
  if (const std::string b = without_ids(bound); b != bound || without_ids(actual) != actual) {
    if (b == without_ids(actual))
      return NameDifference{Cause::subject_id_form, 1,
                            "one name carries immutable ids and the other does not"};
  }
  const std::string bare = without_hyphen_ids(bound);
  const std::string actual_bare = without_hyphen_ids(actual);
  if ((!bare.empty() && bare == actual) || (!actual_bare.empty() && actual_bare == bound))
    return NameDifference{Cause::subject_id_form, 1,
                          "one name carries ids behind hyphens and the other does not"};
  const std::string bound_path = normal_path(bound);
  const std::string actual_path = normal_path(actual);
  if (bound_path == actual_path && !bound_path.empty()) {
    return NameDifference{Cause::subject_path, 1, "only the slashes of the group path differ"};
  }
  const auto same_but_for = [&](std::string_view a, std::string_view b) -> std::optional<NameDifference> {
    if (fold_case(a) == fold_case(b))
      return NameDifference{Cause::subject_case, 1, "only upper and lower case differ"};
    if (without_space(a) == without_space(b)) {
      return NameDifference{Cause::subject_space, 1, "only white space or invisible characters differ"};
    }
    return std::nullopt;
  };
  if (auto found = same_but_for(bound, actual)) return found;
  if (!actual.empty() && matches_as_pattern(bound, actual)) {
    return NameDifference{Cause::subject_pattern, 1,
                          "RBAC compares names literally, so `*` in the binding is only a character"};
  }
  return std::nullopt;
}

bool last_part_of(std::string_view path, std::string_view name) {
  return name.find('/') == std::string_view::npos && path.size() > name.size() && path.ends_with(name) &&
         path[path.size() - name.size() - 1] == '/';
}

// Every difference is a part that only one of the names has, always the same one.
bool one_says_more(const std::vector<PartDifference>& differences) {
  const auto missing = [&](auto part) {
    return std::all_of(differences.begin(), differences.end(),
                       [part](const PartDifference& d) { return d.*part == nullptr; });
  };
  return missing(&PartDifference::bound) || missing(&PartDifference::actual);
}

// `group/sub/app` and `group/app`, as paths of one tenant. Groups of people are others where their paths
// differ.
bool same_leaf(const std::vector<PartDifference>& differences) {
  if (differences.size() != 1 || differences[0].role() != PartRole::tenant ||
      differences[0].bound == nullptr || differences[0].actual == nullptr)
    return false;
  const std::string& a = differences[0].bound->value;
  const std::string& b = differences[0].actual->value;
  const std::size_t x = a.rfind('/');
  const std::size_t y = b.rfind('/');
  return x != std::string::npos && y != std::string::npos && a.substr(x) == b.substr(y);
}

std::optional<NameDifference> compare_parts(const NameParts& bound, const NameParts& actual) {
  if (bound.provider.empty() || bound.provider != actual.provider) return std::nullopt;
  const auto differences = part_differences(bound, actual);
  if (differences.empty()) return std::nullopt;
  bool phase = false;
  bool context = false;
  bool tenant = false;
  bool other = false;
  for (const PartDifference& d : differences) {
    switch (d.role()) {
      case PartRole::phase:
        phase = true;
        break;
      case PartRole::context:
        context = true;
        break;
      case PartRole::tenant:
        // The segment that holds the tenant may hold more (`project_path`).
        (bound.tenant.empty() || bound.tenant != actual.tenant ? tenant : other) = true;
        break;
      case PartRole::other:
        other = true;
        break;
    }
  }
  const std::string detail = describe(differences);
  if (!tenant && !other) {
    // Where the two come together (`ref` and `operation`), the event is what decides the phase.
    const int changes = context && phase ? 2 : 1;
    return NameDifference{context ? Cause::subject_context : Cause::subject_phase, changes, detail};
  }
  const bool ids = std::any_of(differences.begin(), differences.end(), [](const PartDifference& d) {
    const bool one_sided = d.bound == nullptr || d.actual == nullptr;
    if (one_sided) return is_id_key(d.name()) || is_id(d.bound_value()) || is_id(d.actual_value());
    return is_id(d.bound_value()) != is_id(d.actual_value());
  });
  // Ids that only one of the two has; what else differs is to blame before them.
  const bool only_ids = std::all_of(differences.begin(), differences.end(), [](const PartDifference& d) {
    const bool about_run = d.role() == PartRole::context || d.role() == PartRole::phase;
    return about_run || ((d.bound == nullptr || d.actual == nullptr) &&
                         (is_id_key(d.name()) || is_id(d.bound_value()) || is_id(d.actual_value())));
  });
  if (only_ids && (phase || context))
    return NameDifference{context ? Cause::subject_context : Cause::subject_phase, 2, detail};
  if (ids && !phase && !context) return NameDifference{Cause::subject_id_form, 1, detail};
  // Values that differ only in case, space or spelling are slips, not another workload.
  if (!context && !phase) {
    bool folded = true;
    for (const PartDifference& d : differences) {
      folded = folded && d.bound != nullptr && d.actual != nullptr &&
               compare_text(d.bound->value, d.actual->value).has_value();
    }
    if (folded) return compare_text(differences[0].bound->value, differences[0].actual->value);
  }
  if (!tenant && one_says_more(differences)) {
    const Cause cause = context ? Cause::subject_context
                        : phase ? Cause::subject_phase
                                : Cause::subject_spelling;
    return NameDifference{cause, 1, detail};
  }
  if (!tenant && !context && !phase && same_leaf(differences))
    return NameDifference{Cause::subject_path, 1, detail};
  if (tenant && !other) {
    const int changes = 1 + (phase ? 1 : 0) + (context ? 1 : 0);
    return NameDifference{context ? Cause::subject_context
                          : phase ? Cause::subject_phase
                                  : Cause::subject_tenant,
                          changes, detail};
  }
  return std::nullopt;
}

std::optional<NameDifference> compare_cores(std::string_view bound, std::string_view actual) {
  if (auto found = compare_text(bound, actual)) return found;
  const std::string bound_path = normal_path(bound);
  const std::string actual_path = normal_path(actual);
  if (last_part_of(actual_path, bound_path) || last_part_of(bound_path, actual_path)) {
    return NameDifference{Cause::subject_path, 1,
                          "one name is the whole group path and the other its last part"};
  }
  if (bound_path.find('/') != std::string::npos || actual_path.find('/') != std::string::npos) {
    if (replace_all(bound_path, ":", "/") == replace_all(actual_path, ":", "/")) {
      return NameDifference{Cause::subject_path, 1, "the parts of the group path are joined differently"};
    }
  }
  // Folds that go together: case and space, case and path.
  if (without_space(fold_case(bound_path)) == without_space(fold_case(actual_path)) && !bound_path.empty()) {
    const bool path = bound_path != bound || actual_path != actual;
    return NameDifference{path ? Cause::subject_path : Cause::subject_case, 2,
                          "only case, white space and slashes differ"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<NameDifference> compare_names(const NameParts& bound, std::string_view bound_name,
                                            const ActualName& actual) {
  if (bound_name == actual.name || bound_name.empty() || actual.name.empty()) return std::nullopt;
  // Slips that leave the prefixes equal come first: a prefix is to blame only where the rest is the same.
  if (auto found = compare_text(bound_name, actual.name)) return found;
  if (decoded(bound_name) == decoded(actual.name))
    return NameDifference{Cause::subject_spelling, 1, "only the percent-encoding differs"};
  if (without_stray_slashes(bound_name) == without_stray_slashes(actual.name))
    return NameDifference{Cause::subject_path, 1, "only slashes differ"};
  const bool same_provider = !bound.provider.empty() && bound.provider == actual.parts.provider;
  const bool same_prefix = bound.prefix == actual.parts.prefix;
  if (same_provider && !same_prefix && bound.core == actual.parts.core) {
    return NameDifference{Cause::subject_prefix, 1,
                          fmt::format("the prefix is `{}` in the binding and `{}` in the request",
                                      bound.prefix, actual.parts.prefix)};
  }
  if (!same_provider && differs_by_prefix(bound_name, actual.name, actual.configured_prefix)) {
    return NameDifference{Cause::subject_prefix, 1, "only what stands before the name differs"};
  }
  if (bound.damaged && near_in_spelling(bound_name, actual.name))
    return NameDifference{Cause::subject_spelling, 1, "the spelling differs by a character or two"};
  if (same_provider) {
    if (auto found = compare_parts(bound, actual.parts)) {
      if (!same_prefix) {
        found->cause = std::min(found->cause, Cause::subject_prefix);
        ++found->changes;
      }
      return found;
    }
  }
  // The same prefix on both sides first, so that a path is not taken for a prefix.
  const auto bound_fronts = fronts(bound_name, actual.configured_prefix);
  const auto actual_fronts = fronts(actual.name, actual.configured_prefix);
  for (const bool equal_prefixes : {true, false}) {
    for (const Front& b : bound_fronts) {
      for (const Front& a : actual_fronts) {
        if ((b.prefix == a.prefix) != equal_prefixes) continue;
        if (!equal_prefixes && !fronts_are_prefixes(b.prefix, a.prefix, actual.configured_prefix)) continue;
        auto found = compare_cores(b.core, a.core);
        if (!found) continue;
        if (!equal_prefixes) {
          found->cause = std::min(found->cause, Cause::subject_prefix);
          ++found->changes;
        }
        return found;
      }
    }
  }
  // Issuer prefixes that differ in case, scheme or a slash, before the same core.
  if (bound.core == actual.parts.core && !bound.core.empty() && !same_prefix) {
    return NameDifference{Cause::subject_prefix, 1,
                          fmt::format("the prefix is `{}` in the binding and `{}` in the request",
                                      bound.prefix, actual.parts.prefix)};
  }
  const bool parsed_apart =
      same_provider && bound.core != actual.parts.core && bound.kind == actual.parts.kind;
  if (!parsed_apart && near_in_spelling(bound_name, actual.name)) {
    return NameDifference{Cause::subject_spelling, 1, "the spelling differs by a character or two"};
  }
  if (parsed_apart) {
    // Within a known grammar only a slip inside one segment counts: another workspace is another identity.
    const auto differences = part_differences(bound, actual.parts);
    if (differences.size() == 1 && differences[0].bound != nullptr && differences[0].actual != nullptr &&
        near_in_spelling(differences[0].bound->value, differences[0].actual->value)) {
      return NameDifference{Cause::subject_spelling, 1, describe(differences)};
    }
  }
  return std::nullopt;
}

}  // namespace oidc_audit::sim
