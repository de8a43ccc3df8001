// The index by subject behind Authorizer.

#include <algorithm>
#include <deque>
#include <span>
#include <utility>

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
  std::uint32_t role;  ///< Policy::kNoRole when it is missing
};

bool entry_order(const Entry& a, const Entry& b) {
  if (a.holder != b.holder) return a.holder < b.holder;
  if (a.place != b.place) return a.place < b.place;
  if (a.binding != b.binding) return a.binding < b.binding;
  return a.subject < b.subject;
}

/// One of 64 bits for a text; equal texts have equal bits.
std::uint64_t bit_of(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  return std::uint64_t{1} << (hash >> 58U);
}

/// The bit of `first` + `/` + `second`, without making that text.
std::uint64_t bit_of(std::string_view first, std::string_view second) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  const auto add = [&hash](char c) { hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U; };
  for (const char c : first) add(c);
  add('/');
  for (const char c : second) add(c);
  return std::uint64_t{1} << (hash >> 58U);
}

std::uint64_t bits_of(const std::vector<Text>& list) {
  std::uint64_t bits = 0;
  for (const Text& element : list) bits |= element.value == "*" ? ~std::uint64_t{0} : bit_of(element.value);
  return bits;
}

/// A rule with what rules it out at a glance: a request that shares no bit with one of the lists cannot
/// match. Whatever passes is compared in full.
struct Sieve {
  std::uint64_t verbs;
  std::uint64_t groups;
  std::uint64_t resources;
  const PolicyRule* rule;
};

struct RequestBits {
  std::uint64_t verb;
  std::uint64_t group;
  std::uint64_t resource;

  explicit RequestBits(const Attributes& request)
      : verb(bit_of(request.verb)), group(~std::uint64_t{0}), resource(~std::uint64_t{0}) {
    if (!request.is_resource) return;
    group = bit_of(request.api_group);
    resource = request.subresource.empty()
                   ? bit_of(request.resource)
                   : bit_of(request.resource, request.subresource) | bit_of("*", request.subresource);
  }

  bool may_match(const Sieve& sieve, bool is_resource) const noexcept {
    if ((sieve.verbs & verb) == 0) return false;
    return !is_resource || ((sieve.groups & group) != 0 && (sieve.resources & resource) != 0);
  }
};

/// Numbers of texts. Open addressing, a slot holds the whole hash: a look-up touches one slot and, on a hit,
/// the text, where std::unordered_map follows two or three pointers. Texts are borrowed.
class Numbers {
 public:
  /// The number of `text`, or `next` if it is new.
  std::uint32_t add(std::string_view text, std::uint32_t next) {
    if ((used_ + 1) * 2 > slots_.size()) grow();
    Slot& slot = slots_[position(text, hash_of(text))];
    if (slot.number == kNone) {
      slot = {hash_of(text), text.data(), static_cast<std::uint32_t>(text.size()), next};
      ++used_;
    }
    return slot.number;
  }

  std::uint32_t find(std::string_view text) const {
    return slots_.empty() ? kNone : slots_[position(text, hash_of(text))].number;
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    const char* text = nullptr;
    std::uint32_t size = 0;
    std::uint32_t number = kNone;
  };

  static std::uint64_t hash_of(std::string_view text) { return std::hash<std::string_view>{}(text); }

  std::size_t position(std::string_view text, std::uint64_t hash) const {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at].number != kNone &&
           (slots_[at].hash != hash || std::string_view(slots_[at].text, slots_[at].size) != text))
      at = (at + 1) & (slots_.size() - 1);
    return at;
  }

  void grow() {
    std::vector<Slot> old = std::move(slots_);
    slots_.assign(std::max<std::size_t>(16, old.size() * 2), Slot{});
    for (const Slot& slot : old)
      if (slot.number != kNone) slots_[position({slot.text, slot.size}, slot.hash)] = slot;
  }

  std::vector<Slot> slots_;  // a power of two, at most half full
  std::size_t used_ = 0;
};

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
  std::vector<Sieve> sieves;         ///< rules of all roles in turn
  std::vector<std::uint32_t> rules;  ///< where a role begins in sieves; one more than roles

  explicit Index(const Policy& policy) {
    entries.reserve(policy.bindings().size() * 2);
    for (std::size_t i = 0; i < policy.bindings().size(); ++i)
      add(*policy.bindings()[i], i, policy.role_index(i));
    std::sort(entries.begin(), entries.end(), entry_order);
    begin.assign(holders + 1, 0);
    for (const Entry& entry : entries) ++begin[entry.holder + 1];
    for (std::size_t i = 1; i < begin.size(); ++i) begin[i] += begin[i - 1];
    for (const Role* role : policy.roles()) {
      rules.push_back(static_cast<std::uint32_t>(sieves.size()));
      for (const PolicyRule& rule : role->rules)
        sieves.push_back({bits_of(rule.verbs), bits_of(rule.api_groups), bits_of(rule.resources), &rule});
    }
    rules.push_back(static_cast<std::uint32_t>(sieves.size()));
  }

  std::span<const Sieve> rules_of(std::uint32_t role) const {
    return std::span(sieves).subspan(rules[role], rules[role + 1] - rules[role]);
  }

  void add(const Binding& binding, std::size_t number, std::uint32_t role) {
    const bool namespaced = binding.kind == BindingKind::role_binding;
    const std::string_view place_name = namespaced ? binding.meta.namespace_name.value : std::string_view();
    if (namespaced && place_name.empty()) return;  // no request has its namespace
    std::uint32_t place = kClusterScope;
    if (namespaced) {
      place = namespaces.add(place_name, places);
      if (place == places) ++places;
    }
    for (std::size_t s = 0; s < binding.subjects.size(); ++s) {
      const std::uint32_t holder = holder_of(binding.subjects[s], place_name);
      if (holder == kNone) continue;
      entries.push_back(
          {holder, place, static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(s), role});
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
    if (const std::uint32_t known = users.find(name); known != kNone) return known;
    return number(users, service_account_names.emplace_back(std::move(name)));
  }

  std::uint32_t number(Numbers& numbers, std::string_view text) {
    const std::uint32_t found = numbers.add(text, holders);
    if (found == holders) ++holders;
    return found;
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
    if (const std::uint32_t holder = users.find(user.name); holder != kNone && use(holder)) return true;
    for (const std::string& group : user.groups)
      if (const std::uint32_t holder = groups.find(group); holder != kNone && use(holder)) return true;
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
  if (const std::uint32_t place = index_->namespaces.find(namespace_name); place != kNone) visit_place(place);
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
      request.namespace_name.empty() ? kNone : index_->namespaces.find(request.namespace_name);
  const RequestBits bits(request);
  const auto grants = [&](std::span<const Entry> entries) {
    for (const Entry& entry : entries) {
      if (entry.role == Policy::kNoRole) continue;
      for (const Sieve& sieve : index_->rules_of(entry.role))
        if (bits.may_match(sieve, request.is_resource) && rule_allows(*sieve.rule, request)) return true;
    }
    return false;
  };
  return index_->any_holder(request.user, [&](std::uint32_t holder) {
    return grants(index_->at(holder, kClusterScope)) || (place != kNone && grants(index_->at(holder, place)));
  });
}

}  // namespace oidc_audit::rbac
