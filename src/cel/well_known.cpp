// The messages of google.protobuf that every environment can build, and the values they stand for.

#include <array>
#include <cmath>

#include "base/unicode.h"
#include "cel/checker.h"
#include "cel/numbers.h"
#include "cel/times.h"

namespace oidc_audit::cel {
namespace {

struct Message {
  std::string_view name;
  std::string_view type;
  std::string_view fields;  // `name:type;name:type`
};

constexpr std::array kMessages{
    Message{"google.protobuf.BoolValue", "wrapper(bool)", "value:bool"},
    Message{"google.protobuf.BytesValue", "wrapper(bytes)", "value:bytes"},
    Message{"google.protobuf.DoubleValue", "wrapper(double)", "value:double"},
    Message{"google.protobuf.FloatValue", "wrapper(double)", "value:double"},
    Message{"google.protobuf.Int32Value", "wrapper(int)", "value:int"},
    Message{"google.protobuf.Int64Value", "wrapper(int)", "value:int"},
    Message{"google.protobuf.StringValue", "wrapper(string)", "value:string"},
    Message{"google.protobuf.UInt32Value", "wrapper(uint)", "value:uint"},
    Message{"google.protobuf.UInt64Value", "wrapper(uint)", "value:uint"},
    Message{"google.protobuf.Timestamp", "timestamp", "seconds:int;nanos:int"},
    Message{"google.protobuf.Duration", "duration", "seconds:int;nanos:int"},
    Message{"google.protobuf.Struct", "map(string, dyn)", "fields:map(string, dyn)"},
    Message{"google.protobuf.ListValue", "list(dyn)", "values:list(dyn)"},
    Message{"google.protobuf.Value", "dyn",
            "null_value:int;number_value:double;string_value:string;bool_value:bool;struct_value:map(string, "
            "dyn);list_value:list(dyn)"},
    Message{"google.protobuf.Any", "any", "type_url:string;value:bytes"},
    Message{"google.protobuf.Empty", "google.protobuf.Empty", ""},
};

const Message* find(std::string_view name) {
  if (!name.starts_with("google.protobuf.")) return nullptr;
  for (const Message& message : kMessages) {
    if (message.name == name) return &message;
  }
  return nullptr;
}

class Empty final : public Object {
 public:
  std::string_view type_name() const override { return "google.protobuf.Empty"; }
  bool equals(const Object& other) const override { return other.type_name() == type_name(); }
};

using Fields = std::vector<std::pair<std::string, Value>>;

const Value* field(const Fields& fields, std::string_view name) {
  const Value* found = nullptr;
  for (const auto& [key, value] : fields) {
    if (key == name && !value.is(Kind::null)) found = &value;
  }
  return found;
}

Value wrapped(std::string_view name, const Fields& fields) {
  const Value* value = field(fields, "value");
  if (name.ends_with("BoolValue")) return value != nullptr ? *value : Value::boolean(false);
  if (name.ends_with("BytesValue")) return value != nullptr ? *value : Value::borrowed_bytes("");
  if (name.ends_with("StringValue")) return value != nullptr ? *value : Value::borrowed_string("");
  if (name.ends_with("DoubleValue")) return value != nullptr ? *value : Value::float64(0);
  if (name.ends_with("FloatValue")) {
    return Value::float64(value != nullptr && value->is(Kind::float64)
                              ? static_cast<double>(static_cast<float>(value->as_double()))
                              : 0);
  }
  if (name.ends_with("UInt32Value")) {
    if (value != nullptr && value->is(Kind::uint64) && value->as_uint() > UINT32_MAX) {
      return Value::error("unsigned integer overflow");
    }
    return value != nullptr ? *value : Value::uint64(0);
  }
  if (name.ends_with("UInt64Value")) return value != nullptr ? *value : Value::uint64(0);
  if (name.ends_with("Int32Value") && value != nullptr && value->is(Kind::int64) &&
      (value->as_int() > INT32_MAX || value->as_int() < INT32_MIN)) {
    return Value::error("integer overflow");
  }
  return value != nullptr ? *value : Value::int64(0);
}

std::int64_t int_field(const Fields& fields, std::string_view name) {
  const Value* value = field(fields, name);
  return value != nullptr && value->is(Kind::int64) ? value->as_int() : 0;
}

Value moment(const Fields& fields) {
  const std::int64_t nanos = int_field(fields, "nanos");
  if (nanos > INT32_MAX || nanos < INT32_MIN) return Value::error("integer overflow");
  const std::int64_t seconds = int_field(fields, "seconds");
  if (seconds < kMinSeconds || seconds > kMaxSeconds) return Value::error("timestamp overflow");
  return add_to_timestamp(Value::timestamp(seconds, 0), nanos);
}

Value span_of(const Fields& fields) {
  const std::int64_t nanos = int_field(fields, "nanos");
  if (nanos > INT32_MAX || nanos < INT32_MIN) return Value::error("integer overflow");
  std::int64_t total = 0;
  if (__builtin_mul_overflow(int_field(fields, "seconds"), 1'000'000'000, &total) ||
      __builtin_add_overflow(total, nanos, &total)) {
    return Value::error("integer overflow");
  }
  return Value::duration(total);
}

}  // namespace

Type well_known_message(std::string_view name) {
  const Message* message = find(name);
  return message == nullptr ? Type::of(TypeKind::error) : Type::parse(message->type);
}

Type well_known_field(std::string_view message_name, std::string_view wanted) {
  const Message* message = find(message_name);
  std::string_view rest = message == nullptr ? std::string_view{} : message->fields;
  while (!rest.empty()) {
    const std::size_t end = rest.find(';');
    const std::string_view entry = rest.substr(0, end);
    const std::size_t colon = entry.find(':');
    if (entry.substr(0, colon) == wanted) return Type::parse(entry.substr(colon + 1));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  return Type::of(TypeKind::error);
}

Value make_well_known(std::string_view name, const std::vector<std::pair<std::string, Value>>& fields) {
  if (find(name) == nullptr) return Value::error("unknown type: " + std::string(name));
  for (const auto& [key, value] : fields) {
    const Type wanted = well_known_field(name, key);
    if (wanted.is_error()) return Value::error("no such field '" + key + "'");
    if (!value.is(Kind::null) && !runtime_matches(wanted, value)) {
      return Value::error("unsupported type conversion for field '" + key + "': " + value.type_name());
    }
  }
  if (name.ends_with("Value") && name != "google.protobuf.Value" && name != "google.protobuf.ListValue") {
    return wrapped(name, fields);
  }
  if (name == "google.protobuf.Timestamp") return moment(fields);
  if (name == "google.protobuf.Duration") return span_of(fields);
  if (name == "google.protobuf.Struct") {
    const Value* map = field(fields, "fields");
    return map != nullptr ? *map : Value::map(std::vector<std::pair<Value, Value>>{});
  }
  if (name == "google.protobuf.ListValue") {
    const Value* list = field(fields, "values");
    return list != nullptr ? *list : Value::list(std::vector<Value>{});
  }
  if (name == "google.protobuf.Value") {
    // One field at most is set; the last one wins.
    return fields.empty() || fields.back().first == "null_value" ? Value::null() : fields.back().second;
  }
  if (name == "google.protobuf.Empty") return Value::object(Ref<const Object>(new Empty));
  return Value::error("unsupported conversion to ref.Val: (*dynamicpb.Message)");
}

}  // namespace oidc_audit::cel
