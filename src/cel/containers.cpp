#include "cel/containers.h"

#include <bit>
#include <cmath>
#include <functional>
#include <string_view>

namespace oidc_audit::cel {
namespace {

// Below this many entries comparing is faster than hashing.
constexpr std::size_t kHashFrom = 9;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  return (a ^ (b + 0x9E3779B97F4A7C15ULL + (a << 6U) + (a >> 2U))) * 0xBF58476D1CE4E5B9ULL;
}

// Go compares the keys of its maps as interfaces: lists and maps are pointers there, so that two of them are
// one key only when they are one object.
const void* identity(const Value& key) {
  if (key.is(Kind::list)) return &key.as_list();
  return key.is(Kind::map) ? static_cast<const void*>(&key.as_map()) : nullptr;
}

bool same_key(const Value& a, const Value& b) {
  const void* const own = identity(a);
  return own != nullptr || identity(b) != nullptr ? own == identity(b) : Value::equal(a, b);
}

std::uint64_t hash_key(const Value& key) {
  const void* const own = identity(key);
  return own != nullptr ? std::hash<const void*>{}(own) : hash_value(key);
}

}  // namespace

std::uint64_t hash_value(const Value& value) {
  switch (value.kind()) {
    case Kind::int64:
      return std::hash<double>{}(static_cast<double>(value.as_int()));
    case Kind::uint64:
      return std::hash<double>{}(static_cast<double>(value.as_uint()));
    case Kind::float64:
      return std::hash<double>{}(value.as_double());
    case Kind::boolean:
      return value.as_bool() ? 1 : 2;
    case Kind::string:
    case Kind::bytes:
      return std::hash<std::string_view>{}(value.as_string());
    case Kind::timestamp:
      return mix(static_cast<std::uint64_t>(value.seconds()), value.nanoseconds());
    case Kind::duration:
      return static_cast<std::uint64_t>(value.as_duration());
    case Kind::list: {
      std::uint64_t hash = value.as_list().size();
      for (std::size_t i = 0; i < value.as_list().size(); ++i) {
        hash = mix(hash, hash_value(value.as_list().at(i)));
      }
      return hash;
    }
    case Kind::map:
      return value.as_map().size();
    case Kind::null:
    case Kind::type:
    case Kind::optional:
    case Kind::object:
    case Kind::error:
      break;
  }
  return static_cast<std::uint64_t>(value.kind());
}

Value concat_lists(const Value& a, const Value& b) {
  const List& left = a.as_list();
  const List& right = b.as_list();
  if (left.size() == 0) return b;
  if (right.size() == 0) return a;
  std::vector<Value> elements;
  elements.reserve(left.size() + right.size());
  for (std::size_t i = 0; i < left.size(); ++i) elements.push_back(left.at(i));
  for (std::size_t i = 0; i < right.size(); ++i) elements.push_back(right.at(i));
  return Value::list(std::move(elements));
}

VectorMap::VectorMap(std::vector<std::pair<Value, Value>> entries) {
  entries_.reserve(entries.size());
  for (auto& [key, value] : entries) put(std::move(key), std::move(value));
}

void VectorMap::index(std::size_t from) {
  for (std::size_t i = from; i < entries_.size(); ++i) by_hash_.emplace(hash_key(entries_[i].first), i);
}

std::size_t VectorMap::position(const Value& key) const {
  if (by_hash_.empty()) {
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      if (same_key(entries_[i].first, key)) return i;
    }
    return kNone;
  }
  const auto [begin, end] = by_hash_.equal_range(hash_key(key));
  for (auto it = begin; it != end; ++it) {
    if (same_key(entries_[it->second].first, key)) return it->second;
  }
  return kNone;
}

std::optional<Value> VectorMap::find(const Value& key) const {
  const std::size_t at = position(key);
  if (at == kNone) return std::nullopt;
  return entries_[at].second;
}

bool VectorMap::insert(Value key, Value value) {
  if (position(key) != kNone) return false;
  entries_.emplace_back(std::move(key), std::move(value));
  if (!by_hash_.empty()) {
    index(entries_.size() - 1);
  } else if (entries_.size() >= kHashFrom) {
    index(0);
  }
  return true;
}

void VectorMap::put(Value key, Value value) {
  const std::size_t at = position(key);
  if (at != kNone) {
    entries_[at].second = std::move(value);
    return;
  }
  insert(std::move(key), std::move(value));
}

}  // namespace oidc_audit::cel
