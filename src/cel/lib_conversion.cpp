// Conversions between types (common/types, common/stdlib/standard.go).

#include <array>
#include <cmath>

#include "base/unicode.h"
#include "cel/frame.h"
#include "cel/numbers.h"
#include "cel/registry.h"
#include "cel/times.h"

namespace oidc_audit::cel {
namespace {

Value identity(Frame&, const Value* args, std::size_t) { return args[0]; }

// Text that does not read as the other type (common/types/string.go).
Value no_conversion(std::string_view type) {
  return Value::error("type conversion error from 'string' to '" + std::string(type) + "'");
}

Value int_overflow() { return Value::error("integer overflow"); }

Value to_int(Frame&, const Value* args, std::size_t count) {
  const Value& x = args[0];
  switch (x.kind()) {
    case Kind::float64: {
      const double value = x.as_double();
      // The least int64 is refused as well.
      if (!(value > -9223372036854775808.0 && value < 9223372036854775808.0)) return int_overflow();
      return Value::int64(static_cast<std::int64_t>(value));
    }
    case Kind::uint64:
      if (x.as_uint() > static_cast<std::uint64_t>(INT64_MAX)) return int_overflow();
      return Value::int64(static_cast<std::int64_t>(x.as_uint()));
    case Kind::string: {
      const std::optional<std::int64_t> value = parse_go_int(x.as_string());
      if (value) return Value::int64(*value);
      return no_conversion("int");
    }
    case Kind::timestamp:
      return Value::int64(x.seconds());
    case Kind::duration:
      return Value::int64(x.as_duration());
    default:
      return no_such_overload("int", args, count);
  }
}

Value to_uint(Frame&, const Value* args, std::size_t count) {
  const Value& x = args[0];
  switch (x.kind()) {
    case Kind::int64:
      if (x.as_int() < 0) return Value::error("unsigned integer overflow");
      return Value::uint64(static_cast<std::uint64_t>(x.as_int()));
    case Kind::float64: {
      const double value = x.as_double();
      if (!(value >= 0 && value < 18446744073709551616.0)) return Value::error("unsigned integer overflow");
      return Value::uint64(static_cast<std::uint64_t>(value));
    }
    case Kind::string: {
      const std::optional<std::uint64_t> value = parse_go_uint(x.as_string());
      if (value) return Value::uint64(*value);
      return no_conversion("uint");
    }
    default:
      return no_such_overload("uint", args, count);
  }
}

Value to_double(Frame&, const Value* args, std::size_t count) {
  const Value& x = args[0];
  switch (x.kind()) {
    case Kind::int64:
      return Value::float64(static_cast<double>(x.as_int()));
    case Kind::uint64:
      return Value::float64(static_cast<double>(x.as_uint()));
    case Kind::string: {
      const std::optional<double> value = parse_go_double(x.as_string());
      if (value) return Value::float64(*value);
      return no_conversion("double");
    }
    default:
      return no_such_overload("double", args, count);
  }
}

Value to_bool(Frame&, const Value* args, std::size_t count) {
  if (!args[0].is(Kind::string)) return no_such_overload("bool", args, count);
  const std::string_view text = args[0].as_string();
  for (const std::string_view yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return Value::boolean(true);
  }
  for (const std::string_view no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return Value::boolean(false);
  }
  return no_conversion("bool");
}

Value to_string(Frame& frame, const Value* args, std::size_t count) {
  const Value& x = args[0];
  switch (x.kind()) {
    case Kind::boolean:
      return Value::borrowed_string(x.as_bool() ? "true" : "false");
    case Kind::int64:
      return Value::string(std::to_string(x.as_int()));
    case Kind::uint64:
      return Value::string(std::to_string(x.as_uint()));
    case Kind::float64:
      return Value::string(format_double(x.as_double()));
    case Kind::bytes:
      if (!is_valid_utf8(x.as_bytes()))
        return Value::error("invalid UTF-8 in bytes, cannot convert to string");
      if (!frame.reserve(x.as_bytes().size())) return frame.stop();
      return Value::shared_string(x.as_bytes(), x.owner());
    case Kind::timestamp:
      return Value::string(format_timestamp(x));
    case Kind::duration:
      return Value::string(format_duration(x.as_duration()));
    default:
      return no_such_overload("string", args, count);
  }
}

Value to_bytes(Frame&, const Value* args, std::size_t) {
  return Value::shared_bytes(args[0].as_string(), args[0].owner());
}

Value to_duration(Frame&, const Value* args, std::size_t) {
  const std::optional<std::int64_t> value = parse_duration(args[0].as_string());
  if (value) return Value::duration(*value);
  return no_conversion("google.protobuf.Duration");
}

// Declared until 1.36, and without an implementation that works.
Value int_to_duration(Frame&, const Value*, std::size_t) {
  return Value::error("type conversion error from 'int' to 'google.protobuf.Duration'");
}

Value to_timestamp(Frame&, const Value* args, std::size_t) {
  if (args[0].is(Kind::int64)) {
    const std::int64_t seconds = args[0].as_int();
    if (seconds < kMinSeconds || seconds > kMaxSeconds) return Value::error("timestamp overflow");
    return Value::timestamp(seconds, 0);
  }
  std::optional<Value> value = parse_timestamp(args[0].as_string());
  if (value) return *value;
  return no_conversion("google.protobuf.Timestamp");
}

Value to_type(Frame&, const Value* args, std::size_t) {
  const Value& x = args[0];
  switch (x.kind()) {
    case Kind::object:
      return Value::type(Type::object(std::string(x.type_name())));
    case Kind::optional:
      return Value::type(Type::optional(Type::dyn()));
    default:
      return Value::type(Type::parse(x.type_name()));
  }
}

constexpr std::array kRows{
    OverloadRow{"type", "type", "A -> type(A)", to_type, CostRule::one, true},
    OverloadRow{"dyn", "to_dyn", "A -> dyn", identity, CostRule::one, true},
    OverloadRow{"bool", "bool_to_bool", "bool -> bool", identity},
    OverloadRow{"bool", "string_to_bool", "string -> bool", to_bool},
    OverloadRow{"bytes", "bytes_to_bytes", "bytes -> bytes", identity},
    OverloadRow{"bytes", "string_to_bytes", "string -> bytes", to_bytes, CostRule::first_tenth},
    OverloadRow{"double", "double_to_double", "double -> double", identity},
    OverloadRow{"double", "int64_to_double", "int -> double", to_double},
    OverloadRow{"double", "string_to_double", "string -> double", to_double},
    OverloadRow{"double", "uint64_to_double", "uint -> double", to_double},
    OverloadRow{"duration", "duration_to_duration", "duration -> duration", identity},
    OverloadRow{"duration", "int64_to_duration", "int -> duration", int_to_duration, CostRule::one, false, 0,
                36},
    OverloadRow{"duration", "string_to_duration", "string -> duration", to_duration},
    OverloadRow{"int", "int64_to_int64", "int -> int", identity},
    OverloadRow{"int", "double_to_int64", "double -> int", to_int},
    OverloadRow{"int", "duration_to_int64", "duration -> int", to_int},
    OverloadRow{"int", "string_to_int64", "string -> int", to_int},
    OverloadRow{"int", "timestamp_to_int64", "timestamp -> int", to_int},
    OverloadRow{"int", "uint64_to_int64", "uint -> int", to_int},
    OverloadRow{"string", "string_to_string", "string -> string", identity},
    OverloadRow{"string", "bool_to_string", "bool -> string", to_string},
    OverloadRow{"string", "bytes_to_string", "bytes -> string", to_string, CostRule::first_tenth},
    OverloadRow{"string", "double_to_string", "double -> string", to_string},
    OverloadRow{"string", "duration_to_string", "duration -> string", to_string},
    OverloadRow{"string", "int64_to_string", "int -> string", to_string},
    OverloadRow{"string", "timestamp_to_string", "timestamp -> string", to_string},
    OverloadRow{"string", "uint64_to_string", "uint -> string", to_string},
    OverloadRow{"timestamp", "timestamp_to_timestamp", "timestamp -> timestamp", identity},
    OverloadRow{"timestamp", "int64_to_timestamp", "int -> timestamp", to_timestamp},
    OverloadRow{"timestamp", "string_to_timestamp", "string -> timestamp", to_timestamp},
    OverloadRow{"uint", "uint64_to_uint64", "uint -> uint", identity},
    OverloadRow{"uint", "double_to_uint64", "double -> uint", to_uint},
    OverloadRow{"uint", "int64_to_uint64", "int -> uint", to_uint},
    OverloadRow{"uint", "string_to_uint64", "string -> uint", to_uint},
};

}  // namespace

std::span<const OverloadRow> conversion_rows() { return kRows; }

}  // namespace oidc_audit::cel
