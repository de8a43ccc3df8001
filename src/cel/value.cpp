#include "cel/value.h"

#include <bit>
#include <cmath>
#include <limits>

#include "cel/containers.h"
#include "cel/numbers.h"

namespace oidc_audit::cel {
namespace {

struct StringBox final : RefCounted {
  explicit StringBox(std::string content) : text(std::move(content)) {}
  std::string text;
};

struct TypeBox final : RefCounted {
  explicit TypeBox(Type content) : type(std::move(content)) {}
  Type type;
};

struct ValueBox final : RefCounted {
  explicit ValueBox(Value content) : value(std::move(content)) {}
  Value value;
};

bool lists_equal(const List& a, const List& b) {
  if (&a == &b && a.size() == 0) return true;
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  for (std::size_t i = 0; i < size; ++i) {
    if (!Value::equal(a.at(i), b.at(i))) return false;
  }
  return true;
}

bool maps_equal(const Map& a, const Map& b) {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  for (std::size_t i = 0; i < size; ++i) {
    const std::optional<Value> other = b.find(a.key_at(i));
    if (!other || !Value::equal(a.value_at(i), *other)) return false;
  }
  return true;
}

}  // namespace

Value List::lookup(std::size_t index) const { return at(index); }
Value Object::field(std::uint32_t) const { return Value::error("no such field"); }
bool Object::has_field(std::uint32_t) const { return true; }
std::optional<Value> Object::lookup(std::string_view) const { return std::nullopt; }

Value Value::boolean(bool value) noexcept {
  Value out;
  out.kind_ = Kind::boolean;
  out.bits_.boolean = value;
  return out;
}
Value Value::int64(std::int64_t value) noexcept {
  Value out;
  out.kind_ = Kind::int64;
  out.bits_.integer = value;
  return out;
}
Value Value::uint64(std::uint64_t value) noexcept {
  Value out;
  out.kind_ = Kind::uint64;
  out.bits_.natural = value;
  return out;
}
Value Value::float64(double value) noexcept {
  Value out;
  out.kind_ = Kind::float64;
  out.bits_.real = value;
  return out;
}
Value Value::shared_string(std::string_view text, const RefCounted* owner) noexcept {
  Value out;
  out.kind_ = Kind::string;
  out.bits_.text = text.data();
  out.extra_ = static_cast<std::uint32_t>(text.size());
  out.owner_ = owner;
  if (owner != nullptr) owner->retain();
  return out;
}
Value Value::borrowed_string(std::string_view text) noexcept { return shared_string(text, nullptr); }
Value Value::string(std::string text) {
  if (text.empty()) return borrowed_string("");
  const auto* box = new StringBox(std::move(text));
  return shared_string(box->text, box);
}
Value Value::shared_bytes(std::string_view data, const RefCounted* owner) noexcept {
  Value out = shared_string(data, owner);
  out.kind_ = Kind::bytes;
  return out;
}
Value Value::borrowed_bytes(std::string_view data) noexcept { return shared_bytes(data, nullptr); }
Value Value::bytes(std::string data) {
  Value out = string(std::move(data));
  out.kind_ = Kind::bytes;
  return out;
}
Value Value::timestamp(std::int64_t seconds, std::uint32_t nanoseconds, int zone_minutes) noexcept {
  Value out;
  out.kind_ = Kind::timestamp;
  out.bits_.integer = seconds;
  out.extra_ = nanoseconds;
  out.zone_minutes_ = static_cast<std::int16_t>(zone_minutes);
  return out;
}
Value Value::duration(std::int64_t nanoseconds) noexcept {
  Value out;
  out.kind_ = Kind::duration;
  out.bits_.integer = nanoseconds;
  return out;
}
Value Value::type(Type type) {
  Value out;
  out.kind_ = Kind::type;
  out.owner_ = new TypeBox(std::move(type));
  out.owner_->retain();
  out.bits_.box = out.owner_;
  return out;
}
const Type& Value::as_type() const noexcept { return static_cast<const TypeBox*>(owner_)->type; }
Value Value::optional_none() {
  Value out;
  out.kind_ = Kind::optional;
  return out;
}
Value Value::optional_of(Value value) {
  Value out;
  out.kind_ = Kind::optional;
  out.owner_ = new ValueBox(std::move(value));
  out.owner_->retain();
  return out;
}
const Value& Value::optional_value() const noexcept { return static_cast<const ValueBox*>(owner_)->value; }
Value Value::list(std::vector<Value> elements, bool string_slice) {
  return list(Ref<const List>(new VectorList(std::move(elements), string_slice)));
}
Value Value::list(Ref<const List> list) noexcept {
  Value out = borrowed_list(*list);
  out.owner_ = list.get();
  out.owner_->retain();
  return out;
}
Value Value::borrowed_list(const List& list) noexcept {
  Value out;
  out.kind_ = Kind::list;
  out.bits_.list = &list;
  return out;
}
Value Value::map(std::vector<std::pair<Value, Value>> entries) {
  return map(Ref<const Map>(new VectorMap(std::move(entries))));
}
Value Value::map(Ref<const Map> map) noexcept {
  Value out = borrowed_map(*map);
  out.owner_ = map.get();
  out.owner_->retain();
  return out;
}
Value Value::borrowed_map(const Map& map) noexcept {
  Value out;
  out.kind_ = Kind::map;
  out.bits_.map = &map;
  return out;
}
Value Value::object(Ref<const Object> object) noexcept {
  Value out = borrowed_object(*object);
  out.owner_ = object.get();
  out.owner_->retain();
  return out;
}
Value Value::borrowed_object(const Object& object) noexcept {
  Value out;
  out.kind_ = Kind::object;
  out.bits_.object = &object;
  return out;
}
Value Value::error(Ref<const ErrorInfo> info) noexcept {
  Value out;
  out.kind_ = Kind::error;
  out.bits_.failure = info.get();
  out.owner_ = info.get();
  out.owner_->retain();
  return out;
}
Value Value::error(std::string message, std::uint32_t offset) {
  auto* info = new ErrorInfo;
  info->message = std::move(message);
  info->offset = offset;
  return error(Ref<const ErrorInfo>(info));
}

std::string Value::type_name() const {
  switch (kind_) {
    case Kind::null:
      return "null_type";
    case Kind::boolean:
      return "bool";
    case Kind::int64:
      return "int";
    case Kind::uint64:
      return "uint";
    case Kind::float64:
      return "double";
    case Kind::string:
      return "string";
    case Kind::bytes:
      return "bytes";
    case Kind::list:
      return "list";
    case Kind::map:
      return "map";
    case Kind::timestamp:
      return "google.protobuf.Timestamp";
    case Kind::duration:
      return "google.protobuf.Duration";
    case Kind::type:
      return "type";
    case Kind::optional:
      return "optional_type";
    case Kind::object:
      return std::string(as_object().type_name());
    case Kind::error:
      return "error";
  }
  return {};
}

bool Value::equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return numbers_equal(a, b);
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return a.as_bool() == b.as_bool();
    case Kind::string:
    case Kind::bytes:
      return a.as_string() == b.as_string();
    case Kind::list:
      return lists_equal(a.as_list(), b.as_list());
    case Kind::map:
      return maps_equal(a.as_map(), b.as_map());
    case Kind::timestamp:
      return a.seconds() == b.seconds() && a.nanoseconds() == b.nanoseconds();
    case Kind::duration:
      return a.as_duration() == b.as_duration();
    case Kind::type:
      // type(x) knows no parameters, so names decide.
      return a.as_type().kind() == b.as_type().kind() && a.as_type().name() == b.as_type().name();
    case Kind::optional:
      if (!a.has_value() || !b.has_value()) return a.has_value() == b.has_value();
      return equal(a.optional_value(), b.optional_value());
    case Kind::object:
      return a.as_object().equals(b.as_object());
    case Kind::int64:
    case Kind::uint64:
    case Kind::float64:
    case Kind::error:
      break;
  }
  return false;
}

}  // namespace oidc_audit::cel
