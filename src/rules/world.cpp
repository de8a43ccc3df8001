#include "rules/world.h"

#include <algorithm>
#include <unordered_set>

#include "oidc/iam_names.h"
#include "rbac/aggregation.h"
#include "rbac/builtins.h"

namespace oidc_audit::rules {
namespace {

rbac::PolicyOptions policy_options(const std::optional<Completeness>& complete) {
  rbac::PolicyOptions options;
  // What is known to be there completely lacks nothing, and a role that is missing there is missing.
  const bool whole = complete && complete->cluster_roles && complete->roles;
  options.builtin = !whole;
  options.aggregate = true;
  return options;
}

}  // namespace

// Answers about one subject's bindings, kept while that subject is asked about.
struct World::Grants {
  std::uint32_t entry = kNone;
  std::vector<std::uint32_t> wide;  // cluster-wide bindings
  std::unordered_map<std::string_view, std::vector<std::uint32_t>> by_namespace;
  std::unordered_map<std::string_view, std::uint32_t> by_name;  // subjects
};

World::World(const Objects& objects, const Config& config, const oidc::Catalogue& catalogue,
             const std::optional<Completeness>& complete, const Authentication* authentication,
             const oidc::IamNames* iam)
    : objects_(objects),
      authentication_(authentication),
      iam_(iam),
      analyzer_(config, catalogue),
      policy_(objects.roles, objects.bindings, policy_options(complete)),
      grants_(std::make_unique<Grants>()) {
  roles_.resize(policy_.roles().size());
  for (std::uint32_t i = 0; i < roles_.size(); ++i) {
    RoleEntry& entry = roles_[i];
    entry.role = policy_.roles()[i];
    entry.written = policy_.as_written(entry.role);
    entry.index = i;
    entry.in_input = !entry.role->meta.builtin;
    entry.computed = entry.written != entry.role && entry.role->has_aggregation_rule;
  }
  for (const rbac::Namespace* space : objects.namespaces) namespaces_.insert(space->meta.name.value);
  for (const rbac::ServiceAccount* account : objects.service_accounts) {
    accounts_.insert(std::string(account->meta.namespace_name.value) + "/" +
                     std::string(account->meta.name.value));
  }
  find_completeness(complete);
  resolve_bindings();
}

World::~World() = default;

void World::find_completeness(const std::optional<Completeness>& known) {
  if (config().complete_input) {
    const bool all = *config().complete_input;
    complete_ = {all, all, all, all, all};
    return;
  }
  if (known) {
    complete_ = *known;
    return;
  }
  // A dump that holds the server's own objects of a kind is a list of that kind.
  for (const rbac::Role* role : objects_.roles) {
    if (!role->meta.from_server) continue;
    if (role->kind == rbac::RoleKind::cluster_role && role->meta.name == "cluster-admin")
      complete_.cluster_roles = true;
    if (role->kind == rbac::RoleKind::role &&
        role->meta.name == "extension-apiserver-authentication-reader") {
      complete_.roles = true;
    }
  }
  bool cluster_bindings = false, bindings = false;
  for (const rbac::Binding* binding : objects_.bindings) {
    if (!binding->meta.from_server) continue;
    if (binding->kind == rbac::BindingKind::cluster_role_binding) {
      cluster_bindings |= binding->meta.name == "cluster-admin";
    } else {
      bindings |= binding->meta.name == "system::extension-apiserver-authentication-reader";
    }
  }
  complete_.bindings = cluster_bindings && bindings;
  for (const rbac::ServiceAccount* account : objects_.service_accounts) {
    complete_.service_accounts |= account->meta.from_server && account->meta.name == "default" &&
                                  account->meta.namespace_name == "kube-system";
  }
  for (const rbac::Namespace* space : objects_.namespaces) {
    complete_.namespaces |= space->meta.from_server && space->meta.name == "kube-system";
  }
}

void World::resolve_bindings() {
  bindings_.resize(objects_.bindings.size());
  std::vector<bool> skip(bindings_.size(), false);
  const auto bit = [](RoleBit b) { return static_cast<std::size_t>(b); };
  for (std::uint32_t i = 0; i < bindings_.size(); ++i) {
    BindingEntry& entry = bindings_[i];
    entry.binding = objects_.bindings[i];
    entry.index = i;
    entry.default_object = rbac::is_default_object(*entry.binding);
    skip[i] = entry.default_object;
    const std::uint32_t index = policy_.role_index(i);
    entry.role = index == rbac::Policy::kNoRole ? kNone : index;
    const bool cluster = entry.binding->kind == rbac::BindingKind::cluster_role_binding;
    const bool external = std::any_of(entry.binding->subjects.begin(), entry.binding->subjects.end(),
                                      [&](const rbac::Subject& subject) {
                                        return analyzer_.is_external(subject) || is_catch_all(subject);
                                      });
    if (entry.role == kNone) continue;
    RoleEntry& role = roles_[entry.role];
    role.traits.set(bit(RoleBit::bound));
    if (!external || entry.default_object) continue;
    role.traits.set(bit(RoleBit::bound_to_external));
    if (cluster) role.traits.set(bit(RoleBit::bound_cluster_wide_to_external));
    const bool wider =
        role.external_binding == kNone ||
        (cluster && bindings_[role.external_binding].binding->kind == rbac::BindingKind::role_binding);
    if (wider) role.external_binding = i;
  }
  // What an aggregated role is bound to, the roles that feed it are bound to as well.
  for (RoleEntry& whole : roles_) {
    if (!whole.role->has_aggregation_rule) continue;
    for (RoleEntry& part : roles_) {
      if (&part == &whole || part.role->kind != rbac::RoleKind::cluster_role ||
          part.role->meta.labels.empty())
        continue;
      const bool selected =
          std::any_of(whole.written->cluster_role_selectors.begin(),
                      whole.written->cluster_role_selectors.end(), [&](const rbac::LabelSelector& s) {
                        return !rbac::selector_error(s) && rbac::selector_matches(s, *part.role);
                      });
      if (!selected) continue;
      part.traits.set(bit(RoleBit::selected_by_aggregation));
      feeds_.emplace_back(part.index, whole.index);
      for (const RoleBit b : {RoleBit::bound_to_external, RoleBit::bound_cluster_wide_to_external}) {
        if (whole.traits.test(bit(b))) part.traits.set(bit(b));
      }
      if (part.external_binding == kNone) part.external_binding = whole.external_binding;
    }
  }
  subjects_.emplace(objects_.bindings, skip);
}

const Unproducible& World::unproducible(std::uint32_t entry) {
  if (unproducible_entry_ == entry) return unproducible_;
  unproducible_entry_ = entry;
  unproducible_ = {};
  const rbac::Subject& subject = *(*subjects_)[entry].subject;
  const bool group = subject.kind == rbac::SubjectKind::group;
  if (authentication_ != nullptr && (group || subject.kind == rbac::SubjectKind::user) &&
      analyzer_.is_external(subject) && (iam_ == nullptr || !iam_->may_carry(group, subject.name.value))) {
    unproducible_ = rules::unproducible(*authentication_, group, subject.name.value);
  }
  return unproducible_;
}

std::span<const World::TenantlessUser> World::tenantless_users() {
  if (tenantless_users_) return *tenantless_users_;
  std::vector<TenantlessUser>& users = tenantless_users_.emplace();
  SubjectAnalysis analysis;
  for (std::uint32_t e = 0; e < subjects_->size(); ++e) {
    const rbac::Subject& subject = *(*subjects_)[e].subject;
    if (subject.kind != rbac::SubjectKind::user || !analyzer_.is_external(subject)) continue;
    analyzer_.analyze(subject, analysis);
    if (!analyzer_.traits(analysis).test(static_cast<std::size_t>(SubjectBit::tenant_missing))) continue;
    users.push_back({subject.name.value, std::string(analyzer_.issuer_of(analysis))});
  }
  return users;
}

void World::mark_live(std::uint32_t binding) {
  const std::uint32_t index = bindings_[binding].role;
  if (index == kNone) return;
  constexpr auto kBit = static_cast<std::size_t>(RoleBit::bound_to_live_external);
  const auto cluster_wide = [this](std::uint32_t b) {
    return bindings_[b].binding->kind == rbac::BindingKind::cluster_role_binding;
  };
  const auto mark = [&](RoleEntry& role) {
    // The binding that is shown is one that somebody can use, the widest of those.
    const bool first = !role.traits.test(kBit);
    if (first || role.external_binding == kNone ||
        (cluster_wide(binding) && !cluster_wide(role.external_binding))) {
      role.external_binding = binding;
    }
    role.traits.set(kBit);
  };
  mark(roles_[index]);
  for (const auto& [part, whole] : feeds_) {
    if (whole == index) mark(roles_[part]);
  }
}

void World::fill_role(RoleEntry& entry) {
  entry.ready = true;
  entry.default_object = entry.in_input && rbac::is_default_object(*entry.written);
  entry.facts = rbac::role_facts(*entry.role);
  const auto set = [&entry](RoleBit b, bool value) { entry.traits.set(static_cast<std::size_t>(b), value); };
  const rbac::RoleFacts& f = entry.facts;
  using enum RoleBit;
  set(found, true);
  set(builtin, entry.role->meta.builtin);
  set(default_object, entry.default_object);
  set(aggregated, entry.role->has_aggregation_rule);
  set(rules_overwritten, entry.computed && !entry.written->rules.empty() && !entry.written->meta.from_server);
  set(all_verbs_on_everything, f.all_access);
  set(can_escalate, f.escalates);
  set(can_bind, f.binds);
  set(can_impersonate, f.impersonates);
  std::size_t index = std::size(kRoleBitNames);
  for (const rbac::RoleFactName& fact : rbac::role_fact_names()) entry.traits.set(index++, f.*fact.fact);
}

RoleEntry& World::role(std::uint32_t index) {
  RoleEntry& entry = roles_[index];
  if (!entry.ready) fill_role(entry);
  return entry;
}

BindingEntry& World::binding(std::uint32_t index) {
  BindingEntry& entry = bindings_[index];
  if (entry.ready) return entry;
  entry.ready = true;
  const rbac::Binding& b = *entry.binding;
  const auto set = [&entry](BindingBit bit, bool value) {
    entry.traits.set(static_cast<std::size_t>(bit), value);
  };
  using enum BindingBit;
  const bool cluster = b.kind == rbac::BindingKind::cluster_role_binding;
  set(cluster_wide, cluster);
  set(namespaced, !cluster);
  set(in_kube_system, !cluster && b.meta.namespace_name == "kube-system");
  const bool to_role = b.role_ref.kind == rbac::RoleKind::role;
  const bool unknown_space = !cluster && to_role && b.meta.namespace_name.empty();
  set(role_namespace_unknown, unknown_space);
  set(role_missing, entry.role == kNone && !unknown_space);
  set(no_subjects, b.subjects.empty());
  set(from_server, b.meta.from_server);
  set(namespace_missing,
      !cluster && !b.meta.namespace_name.empty() && !has_namespace(b.meta.namespace_name.value));
  bool external = false, only_builtin = !b.subjects.empty(), all_missing = !b.subjects.empty();
  for (const rbac::Subject& subject : b.subjects) {
    external |= analyzer_.is_external(subject);
    const bool account = subject.kind == rbac::SubjectKind::service_account;
    const std::string_view space =
        subject.namespace_name.empty() ? b.meta.namespace_name.value : subject.namespace_name.value;
    only_builtin &= is_builtin_name(subject.kind, subject.name.value) || (account && space == "kube-system");
    all_missing &= account && !space.empty() && !has_service_account(space, subject.name.value);
  }
  set(has_external, external);
  set(only_builtin_subjects, only_builtin);
  set(all_subjects_missing, all_missing);
  if (entry.role != kNone) {
    const rbac::RoleFacts& f = role(entry.role).facts;
    set(admin_capable, cluster && f.admin_capable);
    set(write_capable, f.write_capable);
    set(read_only, f.read_only);
    set(reads_secrets, f.reads_secrets);
  }
  return entry;
}

bool World::has_service_account(std::string_view namespace_name, std::string_view name) const {
  if (name == "default" && has_namespace(namespace_name)) return true;  // the controller makes it
  std::string key(namespace_name);
  key += '/';
  key += name;
  return accounts_.contains(key);
}

bool World::has_namespace(std::string_view name) const {
  // The API server makes these (namespace controller); an input need not say so.
  return name == "default" || name == "kube-system" || name == "kube-public" || name == "kube-node-lease" ||
         namespaces_.contains(name);
}

void World::object_traits(const SubjectEntry& entry, Traits& out) const {
  if (entry.subject->kind != rbac::SubjectKind::service_account || entry.namespace_name.empty()) return;
  out.set(static_cast<std::size_t>(SubjectBit::service_account_missing),
          !has_service_account(entry.namespace_name, entry.subject->name.value));
  out.set(static_cast<std::size_t>(SubjectBit::namespace_missing), !has_namespace(entry.namespace_name));
}

bool World::is_duplicate(std::uint32_t binding, std::uint32_t subject) const {
  const std::uint32_t e = subjects_->entry_of(binding, subject);
  if (e == SubjectSet::kNoSubject) return false;
  const auto uses = subjects_->uses((*subjects_)[e]);  // by binding and place
  const auto it = std::lower_bound(
      uses.begin(), uses.end(), std::pair(binding, subject),
      [](const SubjectUse& use, const auto& key) { return std::pair(use.binding, use.subject) < key; });
  return it != uses.begin() && it != uses.end() && (it - 1)->binding == binding;
}

bool World::covers(std::uint32_t wide, std::uint32_t narrow) {
  if (wide == narrow) return true;
  const rbac::RoleFacts& all = role(wide).facts;
  if (all.all_access && all.wildcard_urls) return true;
  const std::uint64_t key = static_cast<std::uint64_t>(wide) << 32 | narrow;
  if (const auto it = covered_.find(key); it != covered_.end()) return it->second;
  bool result = !role(narrow).role->rules.empty();
  std::size_t budget = 4000;  // verbs times resources of one role; what is larger is not compared
  const std::span<const rbac::PolicyRule> rules(roles_[wide].role->rules);
  for (const rbac::PolicyRule& rule : roles_[narrow].role->rules) {
    if (!result) break;
    if (!rule.non_resource_urls.empty()) result = all.wildcard_urls;
    for (const rbac::Text& resource : rule.resources) {
      const std::size_t slash = resource.value.find('/');
      const std::string_view name = resource.value.substr(0, slash);
      const std::string_view sub = slash == std::string_view::npos ? "" : resource.value.substr(slash + 1);
      for (const rbac::Text& group : rule.api_groups) {
        for (const rbac::Text& verb : rule.verbs) {
          if (!result || budget == 0) break;
          --budget;
          result = rbac::reach_of(rules, verb.value, group.value, name, sub) == rbac::Reach::all;
        }
      }
    }
    result = result && budget > 0;
  }
  covered_.emplace(key, result);
  return result;
}

std::uint32_t World::shadowing_binding(std::uint32_t binding, std::uint32_t entry) {
  constexpr std::size_t kMost = 32;  // bindings of one subject and scope that are compared
  const SubjectEntry& subject = (*subjects_)[entry];
  if (subject.uses_count < 2 || bindings_[binding].role == kNone) return kNone;
  Grants& g = *grants_;
  if (g.entry != entry) {
    g.entry = entry;
    g.wide.clear();
    g.by_namespace.clear();
    for (const SubjectUse& use : subjects_->uses(subject)) {
      const rbac::Binding& b = *bindings_[use.binding].binding;
      auto& list = b.kind == rbac::BindingKind::cluster_role_binding
                       ? g.wide
                       : g.by_namespace[b.meta.namespace_name.value];
      if (list.size() < kMost && (list.empty() || list.back() != use.binding)) list.push_back(use.binding);
    }
  }
  const bool cluster = bindings_[binding].binding->kind == rbac::BindingKind::cluster_role_binding;
  const auto shadows = [&](std::uint32_t other, bool wider_scope) {
    if (other == binding || bindings_[other].role == kNone) return false;
    if (!covers(bindings_[other].role, bindings_[binding].role)) return false;
    // Of two that give the same, the later is the one too many.
    return wider_scope || other < binding || !covers(bindings_[binding].role, bindings_[other].role);
  };
  for (const std::uint32_t other : g.wide) {
    if (shadows(other, !cluster)) return other;
  }
  if (!cluster) {
    for (const std::uint32_t other : g.by_namespace[bindings_[binding].binding->meta.namespace_name.value]) {
      if (shadows(other, false)) return other;
    }
  }
  return kNone;
}

std::optional<SubjectUse> World::phase_twin(std::uint32_t binding, std::uint32_t entry,
                                            const SubjectAnalysis& analysis) {
  const oidc::Segment* phase = nullptr;
  for (const std::string_view name : {"run_phase", "operation", "phase", "scope", "run_type"}) {
    if (phase == nullptr) phase = analysis.find(name);
  }
  if (analysis.phase.empty() || phase == nullptr || bindings_[binding].role == kNone) return std::nullopt;
  Grants& g = *grants_;
  if (g.by_name.empty()) {
    for (std::uint32_t e = 0; e < subjects_->size(); ++e)
      g.by_name.try_emplace((*subjects_)[e].subject->name.value, e);
  }
  // The other values that such a segment has with any provider.
  static constexpr std::string_view kScopes[] = {"read", "write"};
  static constexpr std::string_view kRunTypes[] = {"PROPOSED", "TRACKED", "TASK", "DESTROY", "TESTING",
                                                   "proposed", "tracked", "task", "destroy", "testing"};
  static constexpr std::string_view kPhases[] = {"plan",    "apply",  "refresh",  "destroy",
                                                 "preview", "update", "test_run", "up"};
  const std::span<const std::string_view> phases =
      phase->name == "scope"      ? std::span<const std::string_view>(kScopes)
      : phase->name == "run_type" ? std::span<const std::string_view>(kRunTypes)
                                  : std::span<const std::string_view>(kPhases);
  const rbac::Binding& own = *bindings_[binding].binding;
  for (const std::string_view other : phases) {
    if (other == phase->value) continue;
    std::string name(analysis.name.substr(0, phase->begin));
    name += other;
    name += analysis.name.substr(phase->end);
    const auto it = g.by_name.find(name);
    if (it == g.by_name.end() || it->second == entry) continue;
    constexpr std::size_t kMost = 64;  // bindings of the other name that are compared
    const auto uses = subjects_->uses((*subjects_)[it->second]);
    for (const SubjectUse& use : uses.first(std::min(kMost, uses.size()))) {
      const BindingEntry& theirs = bindings_[use.binding];
      if (theirs.role == bindings_[binding].role && theirs.binding->kind == own.kind &&
          theirs.binding->meta.namespace_name.value == own.meta.namespace_name.value) {
        return use;
      }
    }
  }
  return std::nullopt;
}

}  // namespace oidc_audit::rules
