#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace oidc_audit::rbac {

/// Hash of what names an object.
inline std::uint32_t name_hash(unsigned kind, std::string_view namespace_name, std::string_view name,
                               std::string_view cluster) {
  const std::hash<std::string_view> hash;
  std::size_t mixed = kind;
  for (const std::string_view part : {namespace_name, name, cluster}) {
    mixed = mixed * 0x9E37'79B9'7F4A'7C15U + hash(part);
    mixed ^= mixed >> 29U;
  }
  return static_cast<std::uint32_t>(mixed ^ (mixed >> 32U));
}

/// Finds objects that stand in an array by what names them: eight bytes an object, open addressing. Keys are
/// in the objects; the caller compares.
class NameIndex {
 public:
  /// Number of the first object added with this hash for which `same(number)` holds.
  template <typename Same>
  std::optional<std::uint32_t> find(std::uint32_t hash, const Same& same) const {
    if (slots_.empty()) return std::nullopt;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at].number != kFree; at = (at + 1) & mask) {
      if (slots_[at].hash == hash && same(slots_[at].number)) return slots_[at].number;
    }
    return std::nullopt;
  }
  void add(std::uint32_t hash, std::uint32_t number) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    place({hash, number});
    ++used_;
  }
  std::size_t memory() const noexcept { return slots_.capacity() * sizeof(Slot); }

 private:
  static constexpr std::uint32_t kFree = 0xFFFF'FFFFU;
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t number = kFree;
  };
  void place(Slot slot) {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = slot.hash & mask;
    while (slots_[at].number != kFree) at = (at + 1) & mask;
    slots_[at] = slot;
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 16 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.number != kFree) place(slot);
    }
  }
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace oidc_audit::rbac
