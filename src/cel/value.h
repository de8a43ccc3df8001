#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cel/ref.h"
#include "cel/type.h"

namespace oidc_audit::cel {

enum class Kind : std::uint8_t {
  null,
  boolean,
  int64,
  uint64,
  float64,
  string,
  bytes,
  list,
  map,
  timestamp,
  duration,
  type,
  optional,
  object,  ///< of the host, or of a library (IP, URL, quantity ...)
  error
};

class List;
class Map;
class Object;

/// A failed evaluation, carried as a value.
struct ErrorInfo final : RefCounted {
  std::string message;
  std::uint32_t offset = kNowhere;  ///< code points into the expression
  bool fatal = false;               ///< a limit was passed: nothing absorbs it
  static constexpr std::uint32_t kNowhere = 0xFFFF'FFFFU;
};

/// One CEL value: 24 bytes, cheap to copy. Strings and bytes are views with an optional owner, so that
/// text of the host is never copied and substrings share.
class Value {
 public:
  Value() noexcept : kind_(Kind::null) { bits_.integer = 0; }
  Value(const Value& other) noexcept
      : kind_(other.kind_),
        zone_minutes_(other.zone_minutes_),
        extra_(other.extra_),
        bits_(other.bits_),
        owner_(other.owner_) {
    if (owner_ != nullptr) owner_->retain();
  }
  Value(Value&& other) noexcept
      : kind_(other.kind_),
        zone_minutes_(other.zone_minutes_),
        extra_(other.extra_),
        bits_(other.bits_),
        owner_(std::exchange(other.owner_, nullptr)) {
    other.kind_ = Kind::null;
  }
  Value& operator=(Value other) noexcept {
    swap(other);
    return *this;
  }
  ~Value() {
    if (owner_ != nullptr) owner_->release();
  }
  void swap(Value& other) noexcept {
    std::swap(kind_, other.kind_);
    std::swap(zone_minutes_, other.zone_minutes_);
    std::swap(extra_, other.extra_);
    std::swap(bits_, other.bits_);
    std::swap(owner_, other.owner_);
  }

  static Value null() noexcept { return Value(); }
  static Value boolean(bool value) noexcept;
  static Value int64(std::int64_t value) noexcept;
  static Value uint64(std::uint64_t value) noexcept;
  static Value float64(double value) noexcept;
  /// Owns its text.
  static Value string(std::string text);
  /// Text owned by someone who outlives the value and everything made from it.
  static Value borrowed_string(std::string_view text) noexcept;
  /// Text inside something that the value keeps alive.
  static Value shared_string(std::string_view text, const RefCounted* owner) noexcept;
  static Value bytes(std::string data);
  static Value borrowed_bytes(std::string_view data) noexcept;
  static Value shared_bytes(std::string_view data, const RefCounted* owner) noexcept;
  /// Seconds since 1970 and nanoseconds in [0, 1e9); the zone only shows in string().
  static Value timestamp(std::int64_t seconds, std::uint32_t nanoseconds, int zone_minutes = 0) noexcept;
  static Value duration(std::int64_t nanoseconds) noexcept;
  static Value type(Type type);
  static Value optional_none();
  static Value optional_of(Value value);
  static Value list(std::vector<Value> elements, bool string_slice = false);
  static Value list(Ref<const List> list) noexcept;
  static Value borrowed_list(const List& list) noexcept;
  /// Later entries win. For keys that are strings, numbers and bools.
  static Value map(std::vector<std::pair<Value, Value>> entries);
  static Value map(Ref<const Map> map) noexcept;
  static Value borrowed_map(const Map& map) noexcept;
  static Value object(Ref<const Object> object) noexcept;
  /// REQUIRES: the object outlives the value and everything made from it.
  static Value borrowed_object(const Object& object) noexcept;
  static Value error(std::string message, std::uint32_t offset = ErrorInfo::kNowhere);
  static Value error(Ref<const ErrorInfo> info) noexcept;

  Kind kind() const noexcept { return kind_; }
  bool is(Kind kind) const noexcept { return kind_ == kind; }
  bool is_error() const noexcept { return kind_ == Kind::error; }
  bool is_true() const noexcept { return kind_ == Kind::boolean && bits_.boolean; }
  bool is_false() const noexcept { return kind_ == Kind::boolean && !bits_.boolean; }
  bool is_number() const noexcept {
    return kind_ == Kind::int64 || kind_ == Kind::uint64 || kind_ == Kind::float64;
  }

  // REQUIRES for each: the value has that kind.
  bool as_bool() const noexcept { return bits_.boolean; }
  std::int64_t as_int() const noexcept { return bits_.integer; }
  std::uint64_t as_uint() const noexcept { return bits_.natural; }
  double as_double() const noexcept { return bits_.real; }
  std::string_view as_string() const noexcept { return {bits_.text, extra_}; }
  std::string_view as_bytes() const noexcept { return {bits_.text, extra_}; }
  std::int64_t seconds() const noexcept { return bits_.integer; }
  std::uint32_t nanoseconds() const noexcept { return extra_; }
  int zone_minutes() const noexcept { return zone_minutes_; }
  /// Nanoseconds.
  std::int64_t as_duration() const noexcept { return bits_.integer; }
  const Type& as_type() const noexcept;
  bool has_value() const noexcept { return owner_ != nullptr; }  ///< of an optional
  const Value& optional_value() const noexcept;                  ///< REQUIRES: has_value()
  const List& as_list() const noexcept { return *bits_.list; }
  const Map& as_map() const noexcept { return *bits_.map; }
  const Object& as_object() const noexcept { return *bits_.object; }
  const ErrorInfo& as_error() const noexcept { return *bits_.failure; }

  /// What keeps the text, list, map or object alive; null when it is borrowed.
  const RefCounted* owner() const noexcept { return owner_; }

  /// The type as type(x) gives it, by its name: `int`, `list`, `google.protobuf.Timestamp` ...
  std::string type_name() const;

  /// Equality of CEL: numbers by their value whatever their kind, NaN unequal to itself, lists and maps
  /// by their elements, different kinds unequal. Errors are equal to nothing.
  static bool equal(const Value& a, const Value& b);

  /// The value as an expression would write it, for people and tests: strings quoted, map entries in the
  /// map's order. Never fails.
  std::string to_string() const;

 private:
  Kind kind_;
  std::int16_t zone_minutes_ = 0;
  std::uint32_t extra_ = 0;  // length of text, or nanoseconds
  union {
    bool boolean;
    std::int64_t integer;
    std::uint64_t natural;
    double real;
    const char* text;
    const List* list;
    const Map* map;
    const Object* object;
    const ErrorInfo* failure;
    const RefCounted* box;
  } bits_;
  const RefCounted* owner_ = nullptr;
};

/// A list, of the interpreter or lazily of the host.
class List : public RefCounted {
 public:
  virtual std::size_t size() const = 0;
  /// REQUIRES: index < size().
  virtual Value at(std::size_t index) const = 0;
  /// As at(), for indexes written in the expression; differs only where lookups unescape names below.
  virtual Value lookup(std::size_t index) const;
  /// Whether Kubernetes holds these elements as a Go slice of plain strings (what `split` and its like
  /// return), which the mapping of claims to groups refuses.
  virtual bool is_string_slice() const { return false; }
  /// The Go type that messages of the API server name.
  virtual std::string_view go_type_name() const { return "*types.baseList"; }
};

/// A map, of the interpreter or lazily of the host.
class Map : public RefCounted {
 public:
  virtual std::size_t size() const = 0;
  /// The value of a key, or nothing. Numeric keys of different kinds are equal when their numbers are.
  virtual std::optional<Value> find(const Value& key) const = 0;
  /// Keys and values in a fixed order. REQUIRES: index < size().
  virtual Value key_at(std::size_t index) const = 0;
  virtual Value value_at(std::size_t index) const = 0;
  /// As find(), for selections and indexes; differs only where lookups unescape the name.
  virtual std::optional<Value> lookup(const Value& key) const { return find(key); }
  /// The Go type that messages of the API server name.
  virtual std::string_view go_type_name() const { return "*types.baseMap"; }
};

/// An object of the host or of a library. The host derives one class for each declared object type and
/// answers fields by their position in the declaration, when they are asked for and not before.
class Object : public RefCounted {
 public:
  /// What `type(x)` gives; must be the declared name for declared types.
  virtual std::string_view type_name() const = 0;
  /// The value of a declared field; an error value when it cannot be had.
  virtual Value field(std::uint32_t index) const;
  /// What has(x.f) says of a declared field.
  virtual bool has_field(std::uint32_t index) const;
  /// Fields of objects that the checker did not resolve (value reached through dyn).
  virtual std::optional<Value> lookup(std::string_view name) const;
  /// What `==` says; identity unless overridden.
  virtual bool equals(const Object& other) const { return this == &other; }
  /// Elements seen by a one-variable comprehension, when there can be one.
  virtual std::optional<std::vector<Value>> elements() const { return std::nullopt; }
  /// Text for people; library values give what they were made from.
  virtual std::string text() const { return std::string(type_name()); }
  /// Size in the API server's cost model.
  virtual std::size_t cost_size() const { return 1; }
  /// Tells library types apart without dynamic_cast; 0 for the host's.
  virtual int library_tag() const { return 0; }
  /// The Go type that messages of the API server name.
  virtual std::string_view go_type_name() const { return type_name(); }
  /// Whether keys that are not strings are refused, as pkg/cel/lazy refuses them, and not merely absent.
  virtual bool refuses_other_keys() const { return false; }
};

}  // namespace oidc_audit::cel
