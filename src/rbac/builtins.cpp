#include "rbac/builtins.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "base/strings.h"
#include "rbac/aggregation.h"
#include "rbac/releases.h"

namespace oidc_audit::rbac {

namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";
constexpr std::string_view kVersion = "rbac.authorization.k8s.io/v1";
constexpr std::string_view kAggregateTo = "rbac.authorization.k8s.io/aggregate-to-";

Text text(std::string_view value) { return Text{value, std::nullopt}; }

/// What the embedded text says of one list: elements that may be missing are apart.
struct KnownList {
  std::vector<std::string_view> required;
  std::vector<std::string_view> optional;
};

/// A rule as it is recognised.
struct KnownRule {
  KnownList verbs, api_groups, resources, resource_names, non_resource_urls;
  bool optional = false;
};

KnownList read_list(std::string_view field) {
  KnownList list;
  if (field.empty()) return list;
  if (field == "''") {
    list.required.emplace_back();
    return list;
  }
  for (const std::string_view element : split(field, ',')) {
    if (!element.empty() && element.front() == '?') {
      list.optional.push_back(element.substr(1));
    } else {
      list.required.push_back(element);
    }
  }
  return list;
}

std::vector<Text> as_texts(const KnownList& list) {
  std::vector<Text> texts;
  texts.reserve(list.required.size() + list.optional.size());
  for (const std::string_view value : list.required) texts.push_back(text(value));
  for (const std::string_view value : list.optional) texts.push_back(text(value));
  return texts;
}

/// Objects of one release. Those that alpha features add stand apart: they are recognised, never used.
struct Tables {
  BuiltinPolicy policy;
  std::vector<std::vector<KnownRule>> known;  // parallel to policy.roles
  BuiltinPolicy gated;
  std::vector<std::vector<KnownRule>> gated_known;
  // Into the vectors above.
  std::unordered_map<std::string, std::pair<const Role*, const std::vector<KnownRule>*>> roles;
  std::unordered_map<std::string, const Binding*> bindings;
};

std::string key_of(std::string_view kind, std::string_view namespace_name, std::string_view name) {
  std::string key(kind);
  key += '\n';
  key += namespace_name;
  key += '\n';
  key += name;
  return key;
}

std::string_view kind_of(const Role& role) {
  return role.kind == RoleKind::cluster_role ? "ClusterRole" : "Role";
}

std::string_view kind_of(const Binding& binding) {
  return binding.kind == BindingKind::cluster_role_binding ? "ClusterRoleBinding" : "RoleBinding";
}

Meta make_meta(std::string_view kind, std::string_view namespace_name, std::string_view name) {
  Meta meta;
  meta.api_version = text(kVersion);
  meta.kind = text(kind);
  meta.name = text(name);
  meta.namespace_name = text(namespace_name);
  meta.builtin = true;
  return meta;
}

/// `name` or `namespace name`, as the first letter of the line tells.
std::pair<std::string_view, std::string_view> place_and_name(char mark, std::string_view rest) {
  if (mark == 'K' || mark == 'C') return {{}, rest};
  const std::size_t space = rest.find(' ');
  return {rest.substr(0, space), rest.substr(space + 1)};
}

class Reader {
 public:
  explicit Reader(Tables& tables) : tables_(tables), policy_(&tables.policy), known_(&tables.known) {}

  void line(std::string_view line) {
    if (line.empty()) return;
    const char mark = line.front();
    const std::string_view rest = line.size() > 2 ? line.substr(2) : std::string_view();
    switch (mark) {
      case 'K':
      case 'R':
        start_role(mark, rest);
        break;
      case 'C':
      case 'B':
        start_binding(mark, rest);
        break;
      case '+':
        role().meta.labels.emplace_back(text(rest), text("true"));
        break;
      case '>':
        add_selector(rest);
        break;
      case '@':
        add_subject(line.substr(1));
        break;
      case '=':
        policy_ = &tables_.gated;
        known_ = &tables_.gated_known;
        break;
      default:
        add_rule(line);
        break;
    }
  }

 private:
  Role& role() { return policy_->roles.back(); }

  void start_role(char mark, std::string_view rest) {
    const auto [place, name] = place_and_name(mark, rest);
    Role made;
    made.kind = mark == 'K' ? RoleKind::cluster_role : RoleKind::role;
    made.meta = make_meta(kind_of(made), place, name);
    policy_->roles.push_back(std::move(made));
    known_->emplace_back();
  }

  void start_binding(char mark, std::string_view rest) {
    const std::vector<std::string_view> parts = split(rest, ';');
    const auto [place, name] = place_and_name(mark, parts[0]);
    Binding made;
    made.kind = mark == 'C' ? BindingKind::cluster_role_binding : BindingKind::role_binding;
    made.meta = make_meta(kind_of(made), place, name);
    made.role_ref.api_group = text(kGroup);
    made.role_ref.kind_text = text(parts[1]);
    made.role_ref.kind = parts[1] == "Role" ? RoleKind::role : RoleKind::cluster_role;
    made.role_ref.name = text(parts[2]);
    policy_->bindings.push_back(std::move(made));
  }

  void add_selector(std::string_view label) {
    LabelSelector selector;
    selector.match_labels.emplace_back(text(label), text("true"));
    role().has_aggregation_rule = true;
    role().cluster_role_selectors.push_back(std::move(selector));
  }

  void add_subject(std::string_view line) {
    const std::vector<std::string_view> parts = split(line, ';');
    Subject subject;
    subject.kind_text = text(parts[0]);
    subject.kind = parts[0] == "User"    ? SubjectKind::user
                   : parts[0] == "Group" ? SubjectKind::group
                                         : SubjectKind::service_account;
    if (subject.kind != SubjectKind::service_account) subject.api_group = text(kGroup);
    subject.namespace_name = text(parts[1]);
    subject.name = text(parts[2]);
    policy_->bindings.back().subjects.push_back(subject);
  }

  void add_rule(std::string_view line) {
    const bool retired = line.front() == '!';
    const bool optional = retired || line.front() == '?';
    if (optional) line.remove_prefix(1);
    const std::vector<std::string_view> fields = split(line, ';');
    KnownRule known{read_list(fields[0]), read_list(fields[1]), read_list(fields[2]),
                    read_list(fields[3]), read_list(fields[4]), optional};
    if (!retired) {
      role().rules.push_back(PolicyRule{as_texts(known.verbs), as_texts(known.api_groups),
                                        as_texts(known.resources), as_texts(known.resource_names),
                                        as_texts(known.non_resource_urls), std::nullopt});
    }
    known_->back().push_back(std::move(known));
  }

  Tables& tables_;
  BuiltinPolicy* policy_;
  std::vector<std::vector<KnownRule>>* known_;
};

void aggregate_builtin(std::vector<Role>& roles) {
  std::vector<const Role*> all;
  all.reserve(roles.size());
  for (const Role& role : roles) all.push_back(&role);
  std::vector<std::pair<std::size_t, std::vector<PolicyRule>>> computed;
  for (AggregatedRole& aggregated : aggregate_cluster_roles(all).roles)
    computed.emplace_back(aggregated.role, std::move(aggregated.rules));
  for (auto& [index, rules] : computed) roles[index].rules = std::move(rules);
}

void index_objects(Tables& tables, const BuiltinPolicy& policy,
                   const std::vector<std::vector<KnownRule>>& known) {
  for (std::size_t i = 0; i < policy.roles.size(); ++i) {
    const Role& role = policy.roles[i];
    tables.roles.emplace(key_of(kind_of(role), role.meta.namespace_name.value, role.meta.name.value),
                         std::pair(&role, &known[i]));
  }
  for (const Binding& binding : policy.bindings)
    tables.bindings.emplace(
        key_of(kind_of(binding), binding.meta.namespace_name.value, binding.meta.name.value), &binding);
}

std::unique_ptr<const Tables> read_tables(const EmbeddedRelease& release) {
  auto tables = std::make_unique<Tables>();
  Reader reader(*tables);
  for (const std::string_view line : split(release.policy, '\n')) reader.line(line);
  tables->policy.release = release.name;
  aggregate_builtin(tables->policy.roles);
  index_objects(*tables, tables->policy, tables->known);
  index_objects(*tables, tables->gated, tables->gated_known);
  return tables;
}

/// One for each embedded release, read when first asked for.
const Tables& tables(std::size_t release) {
  static std::vector<std::once_flag> once(embedded_releases().size());
  static std::vector<std::unique_ptr<const Tables>> all(embedded_releases().size());
  std::call_once(once[release], [&] { all[release] = read_tables(embedded_releases()[release]); });
  return *all[release];
}

bool contains(const std::vector<std::string_view>& list, std::string_view value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

/// Every required element is there and nothing that is not known.
bool same_list(const std::vector<Text>& given, const KnownList& known) {
  for (const Text& element : given)
    if (!contains(known.required, element.value) && !contains(known.optional, element.value)) return false;
  return std::all_of(known.required.begin(), known.required.end(), [&given](std::string_view value) {
    return std::any_of(given.begin(), given.end(), [value](const Text& t) { return t.value == value; });
  });
}

bool same_rule(const PolicyRule& rule, const KnownRule& known) {
  return same_list(rule.verbs, known.verbs) && same_list(rule.api_groups, known.api_groups) &&
         same_list(rule.resources, known.resources) && same_list(rule.resource_names, known.resource_names) &&
         same_list(rule.non_resource_urls, known.non_resource_urls);
}

bool same_rules(const std::vector<PolicyRule>& rules, const std::vector<KnownRule>& known) {
  if (rules.size() > known.size()) return false;  // also keeps this from being slow on a hostile role
  std::vector<bool> seen(known.size());
  for (const PolicyRule& rule : rules) {
    bool found = false;
    for (std::size_t i = 0; i < known.size() && !found; ++i) {
      if (seen[i] || !same_rule(rule, known[i])) continue;
      seen[i] = true;
      found = true;
    }
    if (!found) return false;
  }
  for (std::size_t i = 0; i < known.size(); ++i)
    if (!seen[i] && !known[i].optional) return false;
  return true;
}

KnownList known_list(const std::vector<Text>& texts) {
  KnownList list;
  for (const Text& element : texts) list.required.push_back(element.value);
  return list;
}

/// What the roles that feed `role` may have besides, such as rules of alpha features.
void add_optional_rules(const Tables& tables, const Role& role, std::size_t depth,
                        std::vector<KnownRule>& rules) {
  constexpr std::size_t kDeepest = 4;  // admin, edit, view, what feeds view
  if (depth == kDeepest) return;
  for (const LabelSelector& selector : role.cluster_role_selectors) {
    for (std::size_t i = 0; i < tables.policy.roles.size(); ++i) {
      const Role& feeding = tables.policy.roles[i];
      const auto& labels = feeding.meta.labels;
      const bool feeds = std::any_of(labels.begin(), labels.end(), [&](const auto& label) {
        return label.first.value == selector.match_labels.front().first.value;
      });
      if (!feeds) continue;
      for (const KnownRule& rule : tables.known[i])
        if (rule.optional) rules.push_back(rule);
      add_optional_rules(tables, feeding, depth + 1, rules);
    }
  }
}

bool same_aggregated_rules(const Tables& tables, const Role& role, const Role& known) {
  if (role.rules.empty()) return true;
  std::vector<KnownRule> rules;
  rules.reserve(known.rules.size());
  for (const PolicyRule& rule : known.rules)
    rules.push_back(KnownRule{known_list(rule.verbs), known_list(rule.api_groups), known_list(rule.resources),
                              known_list(rule.resource_names), known_list(rule.non_resource_urls), false});
  add_optional_rules(tables, known, 0, rules);
  return same_rules(role.rules, rules);
}

std::vector<std::pair<std::string_view, std::string_view>> feeding_labels(const Role& role) {
  std::vector<std::pair<std::string_view, std::string_view>> labels;
  for (const auto& [key, value] : role.meta.labels)
    if (key.value.starts_with(kAggregateTo)) labels.emplace_back(key.value, value.value);
  std::sort(labels.begin(), labels.end());
  return labels;
}

bool same_aggregation(const Role& role, const Role& known) {
  if (role.has_aggregation_rule != known.has_aggregation_rule) return false;
  if (role.cluster_role_selectors.size() != known.cluster_role_selectors.size()) return false;
  for (std::size_t i = 0; i < role.cluster_role_selectors.size(); ++i) {
    const LabelSelector& a = role.cluster_role_selectors[i];
    const LabelSelector& b = known.cluster_role_selectors[i];
    if (!a.match_expressions.empty() || a.match_labels.size() != b.match_labels.size()) return false;
    for (std::size_t k = 0; k < a.match_labels.size(); ++k) {
      if (a.match_labels[k].first.value != b.match_labels[k].first.value ||
          a.match_labels[k].second.value != b.match_labels[k].second.value)
        return false;
    }
  }
  return true;
}

std::vector<std::string> subject_keys(const Binding& binding) {
  std::vector<std::string> keys;
  keys.reserve(binding.subjects.size());
  for (const Subject& subject : binding.subjects) {
    std::string_view place = subject.namespace_name.value;
    if (subject.kind != SubjectKind::service_account) place = {};
    keys.push_back(key_of(subject.kind_text.value, place, subject.name.value));
  }
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

bool is_default(const Tables& tables, const Role& role) {
  const auto it =
      tables.roles.find(key_of(kind_of(role), role.meta.namespace_name.value, role.meta.name.value));
  if (it == tables.roles.end()) return false;
  const Role& known = *it->second.first;
  if (!same_aggregation(role, known) || feeding_labels(role) != feeding_labels(known)) return false;
  if (known.has_aggregation_rule) return same_aggregated_rules(tables, role, known);
  return same_rules(role.rules, *it->second.second);
}

bool is_default(const Tables& tables, const Binding& binding) {
  const auto it = tables.bindings.find(
      key_of(kind_of(binding), binding.meta.namespace_name.value, binding.meta.name.value));
  if (it == tables.bindings.end()) return false;
  const Binding& known = *it->second;
  return binding.role_ref.kind == known.role_ref.kind && binding.role_ref.name == known.role_ref.name.value &&
         subject_keys(binding) == subject_keys(known);
}

template <typename Object>
bool is_default_of_any(const Object& object) {
  for (std::size_t i = 0; i < embedded_releases().size(); ++i)
    if (is_default(tables(i), object)) return true;
  return false;
}

}  // namespace

const BuiltinPolicy& builtin_policy(std::optional<int> kubernetes_minor) {
  const EmbeddedRelease& release = nearest_release(kubernetes_minor);
  return tables(static_cast<std::size_t>(&release - embedded_releases().data())).policy;
}

namespace {

/// update.py sorts objects by kind, namespace and name.
const Role* find_in_order(const std::vector<Role>& roles, RoleKind kind, std::string_view namespace_name,
                          std::string_view name) {
  const auto key = [](const Role& role) {
    return std::tuple(kind_of(role), role.meta.namespace_name.value, role.meta.name.value);
  };
  const auto wanted =
      std::tuple(std::string_view(kind == RoleKind::role ? "Role" : "ClusterRole"), namespace_name, name);
  const auto it = std::lower_bound(roles.begin(), roles.end(), wanted,
                                   [&](const Role& role, const auto& other) { return key(role) < other; });
  return it == roles.end() || key(*it) != wanted ? nullptr : &*it;
}

}  // namespace

const Role* BuiltinPolicy::find_cluster_role(std::string_view name) const {
  return find_in_order(roles, RoleKind::cluster_role, {}, name);
}

const Role* BuiltinPolicy::find_role(std::string_view namespace_name, std::string_view name) const {
  return find_in_order(roles, RoleKind::role, namespace_name, name);
}

const Role* find_builtin_cluster_role(std::string_view name) {
  return builtin_policy().find_cluster_role(name);
}

bool is_default_object(const Role& role) { return is_default_of_any(role); }
bool is_default_object(const Binding& binding) { return is_default_of_any(binding); }

}  // namespace oidc_audit::rbac
