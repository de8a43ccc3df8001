#include "rbac/drift.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "rbac/builtins.h"
#include "rbac/inventory.h"
#include "rbac/rule_cover.h"

namespace oidc_audit::rbac {

namespace {

using Key = std::tuple<std::string_view, std::string_view, std::string_view>;  // kind, namespace, name

constexpr std::string_view kAggregationLabel = "rbac.authorization.k8s.io/aggregate-to-";

Key key_of(const Meta& meta, std::string_view kind) {
  return {kind, meta.namespace_name.value, meta.name.value};
}
std::string_view kind_of(const Role& role) { return role.kind == RoleKind::role ? "Role" : "ClusterRole"; }
std::string_view kind_of(const Binding& binding) {
  return binding.kind == BindingKind::role_binding ? "RoleBinding" : "ClusterRoleBinding";
}
std::string_view resource_of(std::string_view kind) {
  if (kind == "Role") return "roles";
  if (kind == "ClusterRole") return "clusterroles";
  return kind == "RoleBinding" ? "rolebindings" : "clusterrolebindings";
}

template <typename Object>
using Table = std::map<Key, const Object*>;

/// One side of the comparison.
struct Side {
  Table<Role> roles;
  Table<Binding> bindings;
  std::set<Key> bound;  // roles that bindings name
  std::size_t unknown_namespace = 0;

  explicit Side(const Inventory& inventory) {
    for (const Role& role : inventory.roles()) add(roles, role, role.kind == RoleKind::role);
    for (const Binding& binding : inventory.bindings()) {
      add(bindings, binding, binding.kind == BindingKind::role_binding);
      if (const auto key = target_of(binding)) bound.insert(*key);
    }
  }
  static std::optional<Key> target_of(const Binding& binding) {
    if (!binding.role_ref.kind) return std::nullopt;
    if (*binding.role_ref.kind == RoleKind::cluster_role)
      return Key{"ClusterRole", {}, binding.role_ref.name.value};
    return Key{"Role", binding.meta.namespace_name.value, binding.role_ref.name.value};
  }
  const Role* find_role(const Key& key) const {
    const auto it = roles.find(key);
    return it == roles.end() ? nullptr : it->second;
  }

 private:
  template <typename Object>
  void add(Table<Object>& table, const Object& object, bool namespaced) {
    if (namespaced && object.meta.namespace_name.empty()) {
      ++unknown_namespace;
      return;
    }
    if (!object.meta.name.empty()) table[key_of(object.meta, kind_of(object))] = &object;
  }
};

std::string subject_key(const Subject& subject, const Binding& binding) {
  if (subject.kind != SubjectKind::service_account)
    return fmt::format("{} `{}`", subject.kind_text.value, subject.name.value);
  const std::string_view space =
      subject.namespace_name.empty() ? binding.meta.namespace_name.value : subject.namespace_name.value;
  return fmt::format("ServiceAccount `{}/{}`", space, subject.name.value);
}

std::set<std::string> subjects_of(const Binding& binding) {
  std::set<std::string> out;
  for (const Subject& subject : binding.subjects) out.insert(subject_key(subject, binding));
  return out;
}

std::vector<std::string> only_in(const std::set<std::string>& a, const std::set<std::string>& b) {
  std::vector<std::string> out;
  std::set_difference(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

std::string role_words(const Binding& binding) {
  return fmt::format("{} `{}`", binding.role_ref.kind_text.value, binding.role_ref.name.value);
}

std::vector<std::string> labels_that_aggregate(const Role& role) {
  std::vector<std::string> out;
  if (role.kind != RoleKind::cluster_role) return out;
  for (const auto& [key, value] : role.meta.labels) {
    if (key.value.starts_with(kAggregationLabel))
      out.push_back(fmt::format("label {}={}", key.value, value.value));
  }
  std::sort(out.begin(), out.end());
  return out;
}

/// Selectors as text that is the same for those that mean the same.
std::vector<std::string> selectors_of(const Role& role) {
  std::vector<std::string> out;
  for (const LabelSelector& selector : role.cluster_role_selectors) {
    std::vector<std::string> parts;
    for (const auto& [key, value] : selector.match_labels)
      parts.push_back(fmt::format("{}={}", key.value, value.value));
    for (const LabelRequirement& requirement : selector.match_expressions) {
      std::vector<std::string_view> values;
      for (const Text& value : requirement.values) values.push_back(value.value);
      std::sort(values.begin(), values.end());
      parts.push_back(
          fmt::format("{} {} ({})", requirement.key.value, requirement.op.value, fmt::join(values, ", ")));
    }
    std::sort(parts.begin(), parts.end());
    out.push_back(fmt::format("rules of ClusterRoles with {}", fmt::join(parts, " and ")));
  }
  std::sort(out.begin(), out.end());
  return out;
}

void append(std::vector<std::string>& to, std::vector<std::string> from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void append_difference(DriftEntry& entry, const std::vector<std::string>& live,
                       const std::vector<std::string>& declared) {
  std::set_difference(live.begin(), live.end(), declared.begin(), declared.end(),
                      std::back_inserter(entry.more));
  std::set_difference(declared.begin(), declared.end(), live.begin(), live.end(),
                      std::back_inserter(entry.less));
}

DriftEffect effect_of(bool more, bool less) {
  if (more) return less ? DriftEffect::both : DriftEffect::more;
  return less ? DriftEffect::less : DriftEffect::none;
}

Location declared_place(const Meta& meta) {
  return {meta.ref(), "/metadata/name", meta.name.range ? meta.name.range : meta.range};
}

class Comparison {
 public:
  Comparison(const Inventory& files, const Inventory& live, const DriftOptions& options)
      : files_(files), live_(live), options_(options) {}

  Drift run() {
    drift_.unknown_namespace = files_.unknown_namespace;
    compare(files_.roles, live_.roles);
    compare(files_.bindings, live_.bindings);
    return std::move(drift_);
  }

 private:
  template <typename Object>
  void compare(const Table<Object>& declared, const Table<Object>& live) {
    for (const auto& [key, object] : declared) {
      ++drift_.compared;
      const auto it = live.find(key);
      if (it != live.end()) {
        compare_two(*object, *it->second);
      } else if (is_whole(std::get<0>(key))) {
        one_side(*object, DriftChange::only_in_files);
      }
    }
    if (options_.declared_only) return;
    for (const auto& [key, object] : live) {
      if (declared.count(key) == 0 && !is_default_object(*object)) one_side(*object, DriftChange::only_live);
    }
  }

  bool is_whole(std::string_view kind) const {
    return !options_.complete || options_.complete(resource_of(kind));
  }

  void compare_two(const Role& declared, const Role& live) {
    DriftEntry entry = begin(declared, live);
    if (declared.has_aggregation_rule || live.has_aggregation_rule) {
      append_difference(entry, selectors_of(live), selectors_of(declared));
    } else {
      entry.more = not_covered(live.rules, declared.rules);
      entry.less = not_covered(declared.rules, live.rules);
    }
    append_difference(entry, labels_that_aggregate(live), labels_that_aggregate(declared));
    finish(std::move(entry));
  }

  void compare_two(const Binding& declared, const Binding& live) {
    DriftEntry entry = begin(declared, live);
    if (Side::target_of(declared) != Side::target_of(live)) {
      entry.more.push_back(role_words(live));
      entry.less.push_back(role_words(declared));
    }
    append(entry.more, only_in(subjects_of(live), subjects_of(declared)));
    append(entry.less, only_in(subjects_of(declared), subjects_of(live)));
    finish(std::move(entry));
  }

  template <typename Object>
  static DriftEntry begin(const Object& declared, const Object& live) {
    DriftEntry entry;
    entry.object = live.meta.ref();
    entry.declared = declared_place(declared.meta);
    return entry;
  }

  void finish(DriftEntry entry) {
    if (entry.more.empty() && entry.less.empty()) {
      ++drift_.same;
      return;
    }
    entry.effect = effect_of(!entry.more.empty(), !entry.less.empty());
    drift_.entries.push_back(std::move(entry));
  }

  void one_side(const Role& role, DriftChange change) {
    const bool live = change == DriftChange::only_live;
    DriftEntry entry = begin_one(role, change);
    append(live ? entry.more : entry.less, not_covered(role.rules, {}));
    const Side& side = live ? live_ : files_;
    // A role gives nothing before somebody is bound to it, or another role takes its rules in.
    const bool used = side.bound.count(key_of(role.meta, kind_of(role))) != 0 ||
                      (!live && live_.bound.count(key_of(role.meta, kind_of(role))) != 0) ||
                      !labels_that_aggregate(role).empty();
    const bool grants = !role.rules.empty() || role.has_aggregation_rule;
    entry.effect = effect_of(live && used && grants, !live && used && grants);
    drift_.entries.push_back(std::move(entry));
  }

  void one_side(const Binding& binding, DriftChange change) {
    const bool live = change == DriftChange::only_live;
    DriftEntry entry = begin_one(binding, change);
    std::vector<std::string>& list = live ? entry.more : entry.less;
    for (const std::string& subject : subjects_of(binding))
      list.push_back(fmt::format("{} to {}", role_words(binding), subject));
    const bool grants = !binding.subjects.empty() && may_grant(binding, live);
    entry.effect = effect_of(live && grants, !live && grants);
    drift_.entries.push_back(std::move(entry));
  }

  /// A role that is known to be empty or missing gives nothing.
  bool may_grant(const Binding& binding, bool live) const {
    const auto key = Side::target_of(binding);
    if (!key) return false;
    const Role* role = live ? live_.find_role(*key) : files_.find_role(*key);
    if (role == nullptr && !live) role = live_.find_role(*key);
    if (role != nullptr) return !role->rules.empty() || role->has_aggregation_rule;
    return !live || !is_whole(std::get<0>(*key));
  }

  template <typename Object>
  static DriftEntry begin_one(const Object& object, DriftChange change) {
    DriftEntry entry;
    entry.change = change;
    entry.object = object.meta.ref();
    if (change == DriftChange::only_in_files) entry.declared = declared_place(object.meta);
    return entry;
  }

  const Side files_;
  const Side live_;
  const DriftOptions& options_;
  Drift drift_;
};

}  // namespace

std::string_view to_string(DriftChange change) {
  switch (change) {
    case DriftChange::differs:
      return "differs";
    case DriftChange::only_in_files:
      return "only-in-files";
    case DriftChange::only_live:
      break;
  }
  return "only-live";
}

std::string_view to_string(DriftEffect effect) {
  switch (effect) {
    case DriftEffect::none:
      return "none";
    case DriftEffect::less:
      return "less";
    case DriftEffect::more:
      return "more";
    case DriftEffect::both:
      break;
  }
  return "both";
}

Drift find_drift(const Inventory& files, const Inventory& live, const DriftOptions& options) {
  Drift drift = Comparison(files, live, options).run();
  std::stable_sort(drift.entries.begin(), drift.entries.end(),
                   [](const DriftEntry& a, const DriftEntry& b) { return a.object < b.object; });
  return drift;
}

}  // namespace oidc_audit::rbac
