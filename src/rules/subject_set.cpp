#include "rules/subject_set.h"

#include <algorithm>
#include <functional>
#include <map>
#include <unordered_map>
#include <utility>

#include "base/unicode.h"
#include "base/unicode_text.h"
#include "rbac/name_index.h"
#include "rules/spelling.h"

namespace oidc_audit::rules {
namespace {

// What makes a subject distinct. An apiGroup written as the empty text is not the same as none: one of the
// two is reported.
bool is_same(const rbac::Subject& a, std::string_view namespace_a, const rbac::Subject& b,
             std::string_view namespace_b) {
  const auto empty_group = [](const rbac::Subject& subject) {
    return subject.api_group.empty() && subject.api_group.range.has_value();
  };
  return a.name.value == b.name.value && namespace_a == namespace_b &&
         a.kind_text.value == b.kind_text.value && a.api_group.value == b.api_group.value &&
         empty_group(a) == empty_group(b);
}

// A hash that is equal for names that differ only in case, look-alike characters, slashes, white space or
// normalisation. Different names may share it: what it finds is compared properly.
std::uint64_t loose_hash(rbac::SubjectKind kind, std::string_view name) {
  std::uint64_t hash = 14695981039346656037ULL ^ static_cast<std::uint64_t>(kind);
  const auto add = [&hash](unsigned char byte) { hash = (hash ^ byte) * 1099511628211ULL; };
  const auto add_ascii = [&add](unsigned char c) {
    if (c >= 'A' && c <= 'Z') c = static_cast<unsigned char>(c | 0x20);
    switch (c) {
      case '/':
      case ' ':
      case '\t':
      case '\r':
      case '\n':
        break;
      case '0':
        add('o');
        break;
      case '1':
      case 'i':
      case '|':
        add('l');
        break;
      case 'm':
        add('r');
        add('n');
        break;
      case '`':
        add('\'');
        break;
      default:
        add(c);
    }
  };
  bool ascii = true;
  for (const char c : name) ascii &= static_cast<unsigned char>(c) < 0x80;
  if (ascii) {
    for (const char c : name) add_ascii(static_cast<unsigned char>(c));
    return hash;
  }
  const std::string folded = fold_case(skeleton(fold_case(squeeze_space(name))));
  for (const char c : folded) {
    if (static_cast<unsigned char>(c) < 0x80) {
      add_ascii(static_cast<unsigned char>(c));
    } else {
      add(static_cast<unsigned char>(c));
    }
  }
  return hash;
}

}  // namespace

SubjectSet::SubjectSet(std::span<const rbac::Binding* const> bindings, const std::vector<bool>& skip) {
  std::size_t total = 0;
  first_subject_.reserve(bindings.size());
  for (const rbac::Binding* binding : bindings) {
    first_subject_.push_back(static_cast<std::uint32_t>(total));
    total += binding->subjects.size();
  }
  entry_of_.assign(total, kNoSubject);
  rbac::NameIndex index;
  for (std::uint32_t b = 0; b < bindings.size(); ++b) {
    if (skip[b]) continue;
    const rbac::Binding& binding = *bindings[b];
    for (std::uint32_t s = 0; s < binding.subjects.size(); ++s) {
      const rbac::Subject& subject = binding.subjects[s];
      const bool account = subject.kind == rbac::SubjectKind::service_account;
      std::string_view namespace_name = subject.namespace_name.value;
      // rule.go appliesToUser: in a RoleBinding an account without namespace is one of the binding's own.
      if (account && namespace_name.empty()) namespace_name = binding.meta.namespace_name.value;
      const std::uint32_t hash =
          rbac::name_hash(static_cast<unsigned>(subject.kind), namespace_name, subject.name.value, {});
      const auto found = index.find(hash, [&](std::uint32_t e) {
        return is_same(*entries_[e].subject, entries_[e].namespace_name, subject, namespace_name);
      });
      const std::uint32_t number = found.value_or(static_cast<std::uint32_t>(entries_.size()));
      if (!found) {
        SubjectEntry entry;
        entry.subject = &subject;
        entry.namespace_name = namespace_name;
        entries_.push_back(entry);
        index.add(hash, number);
      }
      ++entries_[number].uses_count;
      entry_of_[first_subject_[b] + s] = number;
    }
  }
  std::uint32_t begin = 0;
  for (SubjectEntry& entry : entries_) {
    entry.uses_begin = begin;
    begin += entry.uses_count;
    entry.uses_count = 0;
  }
  uses_.resize(begin);
  for (std::uint32_t b = 0; b < bindings.size(); ++b) {
    for (std::uint32_t s = 0; s < bindings[b]->subjects.size(); ++s) {
      const std::uint32_t e = entry_of_[first_subject_[b] + s];
      if (e == kNoSubject) continue;
      uses_[entries_[e].uses_begin + entries_[e].uses_count++] = {b, s};
    }
  }
  find_twins();
  find_id_twins();
  std::stable_sort(twins_.begin(), twins_.end(), [](const TwinRecord& a, const TwinRecord& b) {
    return std::pair(a.entry, a.way) < std::pair(b.entry, b.way);
  });
  for (const TwinRecord& record : twins_) {
    entries_[record.entry].traits.set(kFirstSubjectTextBit + static_cast<std::size_t>(record.way));
  }
}

void SubjectSet::add_twin(std::uint32_t entry, Twin way, std::uint32_t other) {
  twins_.push_back({entry, way, other});
}

void SubjectSet::find_twins() {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> keys;
  keys.reserve(entries_.size());
  for (std::uint32_t e = 0; e < entries_.size(); ++e) {
    const rbac::Subject& subject = *entries_[e].subject;
    if (subject.kind == rbac::SubjectKind::service_account)
      continue;  // the API admits only plain names there
    keys.emplace_back(loose_hash(subject.kind, subject.name.value), e);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<std::uint32_t> group;
  for (std::size_t begin = 0; begin < keys.size();) {
    std::size_t end = begin + 1;
    while (end < keys.size() && keys[end].first == keys[begin].first) ++end;
    if (end - begin > 1) {
      group.clear();
      for (std::size_t i = begin; i < end; ++i) group.push_back(keys[i].second);
      compare_group(group);
    }
    begin = end;
  }
}

void SubjectSet::compare_group(std::span<const std::uint32_t> group) {
  const auto name = [this](std::uint32_t e) { return entries_[e].subject->name.value; };
  // For each way: members by key, the first two with different names. Linear in the group.
  struct Firsts {
    std::uint32_t first = kNoSubject, second = kNoSubject;
  };
  const auto link = [&](Twin way, const std::function<std::string(std::string_view)>& key_of,
                        const std::function<bool(std::uint32_t, std::uint32_t)>& accept) {
    std::unordered_map<std::string, Firsts> by_key;
    std::vector<std::string> keys;
    for (const std::uint32_t e : group) {
      keys.push_back(key_of(name(e)));
      Firsts& firsts = by_key[keys.back()];
      if (firsts.first == kNoSubject) {
        firsts.first = e;
      } else if (firsts.second == kNoSubject && name(firsts.first) != name(e)) {
        firsts.second = e;
      }
    }
    for (std::size_t i = 0; i < group.size(); ++i) {
      const Firsts& firsts = by_key[keys[i]];
      const std::uint32_t e = group[i];
      const std::uint32_t other = name(firsts.first) != name(e) ? firsts.first : firsts.second;
      if (other != kNoSubject && name(other) != name(e) && accept(e, other)) add_twin(e, way, other);
    }
  };
  const auto always = [](std::uint32_t, std::uint32_t) { return true; };
  link(Twin::case_variant, case_key, always);
  link(Twin::slash, slash_key, always);
  link(Twin::nfc, to_nfc,
       [&](std::uint32_t e, std::uint32_t other) { return to_nfc(name(e)) == name(other); });
  link(
      Twin::trimmed, [](std::string_view n) { return squeeze_space(n); },
      [&](std::uint32_t e, std::uint32_t other) { return squeeze_space(name(e)) == name(other); });
  link(
      Twin::confusable, [](std::string_view n) { return skeleton(n); },
      [&](std::uint32_t e, std::uint32_t other) {
        return case_key(name(e)) != case_key(name(other)) && to_nfc(name(e)) != to_nfc(name(other)) &&
               squeeze_space(name(e)) != squeeze_space(name(other));
      });
}

void SubjectSet::find_id_twins() {
  // Names with `@123` are few or none; only then are the others looked at.
  std::unordered_map<std::string, std::uint32_t> by_key;
  bool at_form = false;
  for (std::uint32_t e = 0; e < entries_.size(); ++e) {
    const std::string_view name = entries_[e].subject->name.value;
    const std::size_t at = name.find('@');
    if (at == std::string_view::npos || at + 1 >= name.size() || name[at + 1] < '0' || name[at + 1] > '9')
      continue;
    std::string key = id_free_key(name, at_form);
    if (!key.empty() && at_form) by_key.try_emplace(std::move(key), e);
  }
  find_owner_twins();
  if (by_key.empty()) return;
  for (std::uint32_t e = 0; e < entries_.size(); ++e) {
    const std::string key = id_free_key(entries_[e].subject->name.value, at_form);
    if (key.empty() || at_form) continue;
    if (const auto it = by_key.find(key);
        it != by_key.end() && entries_[it->second].subject->kind == entries_[e].subject->kind) {
      add_twin(e, Twin::id, it->second);
    }
  }
}

// Both `repo:acme-123/...` and `repo:acme/...`.
void SubjectSet::find_owner_twins() {
  const auto owner_of = [&](std::uint32_t e) {
    const std::string_view name = entries_[e].subject->name.value;
    const std::size_t key = name.find("repo:");
    if (key == std::string_view::npos) return std::string_view();
    const std::string_view rest = name.substr(key + 5);
    const std::size_t slash = rest.find('/');
    return slash == std::string_view::npos ? std::string_view() : rest.substr(0, slash);
  };
  std::map<std::pair<rbac::SubjectKind, std::string_view>, std::uint32_t> owners;
  std::vector<std::uint32_t> numbered;
  for (std::uint32_t e = 0; e < entries_.size(); ++e) {
    const std::string_view owner = owner_of(e);
    if (owner.empty()) continue;
    owners.try_emplace(std::pair(entries_[e].subject->kind, owner), e);
    if (owner.find('-') != std::string_view::npos && owner.back() >= '0' && owner.back() <= '9')
      numbered.push_back(e);
  }
  for (const std::uint32_t e : numbered) {
    const std::string_view owner = owner_of(e);
    const std::size_t hyphen = owner.find_last_not_of("0123456789");
    if (hyphen == std::string_view::npos || hyphen == 0 || owner[hyphen] != '-') continue;
    if (const auto it = owners.find(std::pair(entries_[e].subject->kind, owner.substr(0, hyphen)));
        it != owners.end())
      add_twin(e, Twin::owner, it->second);
  }
}

std::uint32_t SubjectSet::twin(std::uint32_t index, Twin way) const {
  const auto it = std::lower_bound(
      twins_.begin(), twins_.end(), std::pair(index, way),
      [](const TwinRecord& record, const auto& key) { return std::pair(record.entry, record.way) < key; });
  return it != twins_.end() && it->entry == index && it->way == way ? it->other : kNoSubject;
}

}  // namespace oidc_audit::rules
