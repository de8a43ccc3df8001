// The index by subject behind Authorizer.

#include <algorithm>
#include <deque>
#include <span>
#include <unordered_map>

#include "rbac/authorizer.h"

namespace oidc_audit::rbac {

namespace {

constexpr std::uint32_t kNone = 0xFFFF'FFFFU;
constexpr std::uint32_t kClusterScope = 0;  // number of "no namespace" among the namespaces

/// One subject of one binding. Sorted by holder, place, binding, subject.
struct Entry {
  std::uint32_t holder;  ///< number of the user or group named
  std::uint32_t place;   ///< number of the namespace, kClusterScope for a ClusterRoleBinding
  std::uint32_t binding;
  std::uint32_t subject;
};

bool entry_order(const Entry& a, const Entry& b) {
  if (a.holder != b.holder) return a.holder < b.holder;
  if (a.place != b.place) return a.place < b.place;
  if (a.binding != b.binding) return a.binding < b.binding;
  return a.subject < b.subject;
}

using Numbers = std::unordered_map<std::string_view, std::uint32_t>;

std::uint32_t find(const Numbers& numbers, std::string_view text) {
  const auto it = numbers.find(text);
  return it == numbers.end() ? kNone : it->second;
}

}  // namespace

struct Authorizer::Index {
  Numbers users;   ///< service accounts are under their user names
  Numbers groups;  ///< numbered on from the users: one space of holders
  Numbers namespaces;
  std::uint32_t holders = 0;
  std::uint32_t places = kClusterScope + 1;
  std::deque<std::string> service_account_names;
  std::vector<Entry> entries;
  std::vector<std::uint32_t> begin;  ///< of a holder in entries; one more than holders

  explicit Index(const Policy& policy) {
    entries.reserve(policy.bindings().size() * 2);
    for (std::size_t i = 0; i < policy.bindings().size(); ++i) add(*policy.bindings()[i], i);
    std::sort(entries.begin(), entries.end(), entry_order);
    begin.assign(holders + 1, 0);
    for (const Entry& entry : entries) ++begin[entry.holder + 1];
    for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
  }

  void add(const Binding& binding, std::size_t number) {
    const bool namespaced = binding.kind == BindingKind::role_binding;
    const std::string_view place_name = namespaced ? binding.meta.namespace_name.value : std::string_view();
    if (namespaced && place_name.empty()) return;  // no request has its namespace
    std::uint32_t place = kClusterScope;
    if (namespaced) {
      const auto [it, added] = namespaces.emplace(place_name, places);
      if (added) ++places;
      place = it->second;
    }
    for (std::size_t s = 0; s < binding.subjects.size(); ++s) {
      const std::uint32_t holder = holder_of(binding.subjects[s], place_name);
      if (holder == kNone) continue;
      entries.push_back({holder, place, static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(s)});
    }
  }

  std::uint32_t holder_of(const Subject& subject, std::string_view place_name) {
    switch (subject.kind) {
      case SubjectKind::user:
        return number(users, subject.name.value);
      case SubjectKind::group:
        return number(groups, subject.name.value);
      case SubjectKind::service_account:
        return service_account(subject, place_name);
      case SubjectKind::other:
        return kNone;
    }
    return kNone;
  }

  std::uint32_t service_account(const Subject& subject, std::string_view place_name) {
    const std::string_view place = subject.namespace_name.empty() ? place_name : subject.namespace_name.value;
    if (place.empty()) return kNone;
    std::string name = "system:serviceaccount:";
    name += place;
    name += ':';
    name += subject.name.value;
    if (const std::uint32_t known = find(users, name); known != kNone) return known;
    return number(users, service_account_names.emplace_back(std::move(name)));
  }

  std::uint32_t number(Numbers& numbers, std::string_view text) {
    const auto [it, added] = numbers.emplace(text, holders);
    if (added) ++holders;
    return it->second;
  }

  std::span<const Entry> of_holder(std::uint32_t holder) const {
    return std::span(entries).subspan(begin[holder], begin[holder + 1] - begin[holder]);
  }

  /// A holder's bindings in one place.
  std::span<const Entry> at(std::uint32_t holder, std::uint32_t place) const {
    const std::span<const Entry> all = of_holder(holder);
    const auto first =
        std::partition_point(all.begin(), all.end(), [place](const Entry& e) { return e.place < place; });
    auto last = first;
    while (last != all.end() && last->place == place) ++last;
    return {first, last};
  }

  /// Calls `use` with each holder number that stands for the user; stops when it returns true.
  template <typename Use>
  bool any_holder(const UserInfo& user, const Use& use) const {
    if (const std::uint32_t holder = find(users, user.name); holder != kNone && use(holder)) return true;
    for (const std::string& group : user.groups)
      if (const std::uint32_t holder = find(groups, group); holder != kNone && use(holder)) return true;
    return false;
  }

  /// The user's bindings in one place, each once with its first subject that applies, in policy order.
  std::vector<Entry> bindings_of(const UserInfo& user, std::uint32_t place) const {
    std::vector<Entry> found;
    any_holder(user, [&](std::uint32_t holder) {
      const std::span<const Entry> entries_here = at(holder, place);
      found.insert(found.end(), entries_here.begin(), entries_here.end());
      return false;
    });
    std::sort(found.begin(), found.end(), [](const Entry& a, const Entry& b) {
      return a.binding != b.binding ? a.binding < b.binding : a.subject < b.subject;
    });
    const auto same = [](const Entry& a, const Entry& b) { return a.binding == b.binding; };
    found.erase(std::unique(found.begin(), found.end(), same), found.end());
    return found;
  }
};

Authorizer::Authorizer(const Policy& policy) : policy_(&policy), index_(std::make_unique<Index>(policy)) {}
Authorizer::~Authorizer() = default;
Authorizer::Authorizer(Authorizer&&) noexcept = default;
Authorizer& Authorizer::operator=(Authorizer&&) noexcept = default;

void Authorizer::visit_rules_for(const UserInfo& user, std::string_view namespace_name,
                                 const RuleVisitor& visit) const {
  const auto visit_place = [&](std::uint32_t place) {
    for (const Entry& entry : index_->bindings_of(user, place)) {
      RuleVisit step;
      step.binding = policy_->bindings()[entry.binding];
      step.subject = entry.subject;
      step.role = policy_->role_of(entry.binding);
      if (step.role == nullptr) {
        const std::string error = missing_role_text(*step.binding);
        step.error = error;
        if (!visit(step)) return false;
        continue;
      }
      for (const PolicyRule& rule : step.role->rules) {
        step.rule = &rule;
        if (!visit(step)) return false;
        ++step.rule_index;
      }
    }
    return true;
  };
  if (!visit_place(kClusterScope) || namespace_name.empty()) return;
  if (const std::uint32_t place = find(index_->namespaces, namespace_name); place != kNone)
    visit_place(place);
}

std::vector<std::string_view> Authorizer::namespaces_of(const UserInfo& user) const {
  std::vector<std::string_view> names;
  index_->any_holder(user, [&](std::uint32_t holder) {
    std::uint32_t last = kClusterScope;
    for (const Entry& entry : index_->of_holder(holder)) {
      if (entry.place == last) continue;
      last = entry.place;
      names.push_back(policy_->bindings()[entry.binding]->meta.namespace_name.value);
    }
    return false;
  });
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

bool Authorizer::is_allowed(const Attributes& request, const AuthorizeOptions& options) const {
  if (options.masters && std::find(request.user.groups.begin(), request.user.groups.end(),
                                   "system:masters") != request.user.groups.end())
    return true;
  const std::uint32_t place =
      request.namespace_name.empty() ? kNone : find(index_->namespaces, request.namespace_name);
  const auto grants = [&](std::span<const Entry> entries) {
    for (const Entry& entry : entries) {
      const Role* const role = policy_->role_of(entry.binding);
      if (role == nullptr) continue;
      for (const PolicyRule& rule : role->rules)
        if (rule_allows(rule, request)) return true;
    }
    return false;
  };
  return index_->any_holder(request.user, [&](std::uint32_t holder) {
    return grants(index_->at(holder, kClusterScope)) || (place != kNone && grants(index_->at(holder, place)));
  });
}

}  // namespace oidc_audit::rbac
