#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cel/value.h"

namespace oidc_audit::cel {

/// The interpreter's own list.
class VectorList final : public List {
 public:
  explicit VectorList(std::vector<Value> elements, bool string_slice = false)
      : elements_(std::move(elements)), string_slice_(string_slice) {}
  std::size_t size() const override { return elements_.size(); }
  Value at(std::size_t index) const override { return elements_[index]; }
  bool is_string_slice() const override { return string_slice_; }
  /// For building an accumulator in place. REQUIRES: nobody else holds the list.
  std::vector<Value>& elements() { return elements_; }

 private:
  std::vector<Value> elements_;
  bool string_slice_;
};

/// Two lists one after the other, so that `+` does not copy. Depth is bounded by flattening.
Value concat_lists(const Value& a, const Value& b);

/// The interpreter's own map: entries in the order written, found by hash once there are many.
class VectorMap final : public Map {
 public:
  VectorMap() = default;
  explicit VectorMap(std::vector<std::pair<Value, Value>> entries);
  std::size_t size() const override { return entries_.size(); }
  std::optional<Value> find(const Value& key) const override;
  Value key_at(std::size_t index) const override { return entries_[index].first; }
  Value value_at(std::size_t index) const override { return entries_[index].second; }
  /// Replaces the value of an equal key.
  void put(Value key, Value value);
  /// False when an equal key is there already.
  bool insert(Value key, Value value);

 private:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
  std::size_t position(const Value& key) const;
  void index(std::size_t from);

  std::vector<std::pair<Value, Value>> entries_;
  std::unordered_multimap<std::uint64_t, std::size_t> by_hash_;
};

/// Equal values have equal hashes; numbers hash by their mathematical value.
std::uint64_t hash_value(const Value& value);

}  // namespace oidc_audit::cel
