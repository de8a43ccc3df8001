#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rbac/model.h"
#include "rules/traits.h"

namespace oidc_audit::rules {

/// One occurrence of a subject.
struct SubjectUse {
  std::uint32_t binding;  ///< index of the binding
  std::uint32_t subject;  ///< into its subjects
};

/// A distinct subject: kind, apiGroup, namespace and name are the same in all its uses.
struct SubjectEntry {
  const rbac::Subject* subject = nullptr;  ///< first occurrence
  std::string_view namespace_name;         ///< of a ServiceAccount: its own, or that of the binding
  std::uint32_t uses_begin = 0;            ///< into SubjectSet::uses(entry)
  std::uint32_t uses_count = 0;
  Traits traits;
  bool ready = false;  ///< traits are complete
};

/// The ways in which another subject's name can be nearly the same.
enum class Twin : std::uint8_t { trimmed, confusable, nfc, case_variant, slash, id, owner };
inline constexpr std::size_t kTwinCount = 7;

/// Distinct subjects of all bindings, in order of first occurrence, and which of them are nearly the same.
/// Finds these by one folded key for all ways at once, so that most names are folded and hashed once and
/// never compared.
class SubjectSet {
 public:
  /// `skip[i]`: binding i is not looked at.
  SubjectSet(std::span<const rbac::Binding* const> bindings, const std::vector<bool>& skip);

  std::size_t size() const noexcept { return entries_.size(); }
  SubjectEntry& operator[](std::uint32_t index) { return entries_[index]; }
  const SubjectEntry& operator[](std::uint32_t index) const { return entries_[index]; }
  std::span<const SubjectUse> uses(const SubjectEntry& entry) const {
    return std::span(uses_).subspan(entry.uses_begin, entry.uses_count);
  }
  /// The distinct subject at a place; kNoSubject when its binding was skipped.
  std::uint32_t entry_of(std::uint32_t binding, std::uint32_t subject) const {
    return entry_of_[first_subject_[binding] + subject];
  }
  static constexpr std::uint32_t kNoSubject = 0xFFFF'FFFFU;

  /// Another subject that is nearly the same; kNoSubject: none.
  std::uint32_t twin(std::uint32_t index, Twin way) const;

 private:
  struct TwinRecord {
    std::uint32_t entry;
    Twin way;
    std::uint32_t other;
  };
  void find_twins();
  void compare_group(std::span<const std::uint32_t> group);
  void find_id_twins();
  void find_owner_twins();
  void add_twin(std::uint32_t entry, Twin way, std::uint32_t other);

  std::vector<SubjectEntry> entries_;
  std::vector<SubjectUse> uses_;
  std::vector<std::uint32_t> entry_of_;
  std::vector<std::uint32_t> first_subject_;
  std::vector<TwinRecord> twins_;  // sorted by entry and way once found
};

}  // namespace oidc_audit::rules
