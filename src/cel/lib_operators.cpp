// Arithmetic, negation, membership and size (common/stdlib/standard.go, common/types).

#include <array>
#include <cmath>

#include "base/unicode.h"
#include "cel/containers.h"
#include "cel/frame.h"
#include "cel/registry.h"
#include "cel/times.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

Value int_overflow() { return Value::error("integer overflow"); }
Value uint_overflow() { return Value::error("unsigned integer overflow"); }

Value join_text(Frame& frame, const Value& a, const Value& b) {
  const std::string_view left = a.as_string();
  const std::string_view right = b.as_string();
  if (!frame.reserve(left.size() + right.size())) return frame.stop();
  std::string joined;
  joined.reserve(left.size() + right.size());
  joined += left;
  joined += right;
  return a.is(Kind::string) ? Value::string(std::move(joined)) : Value::bytes(std::move(joined));
}

Value add(Frame& frame, const Value* args, std::size_t) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (a.is(Kind::timestamp) && b.is(Kind::duration)) return add_to_timestamp(a, b.as_duration());
  if (a.is(Kind::duration) && b.is(Kind::timestamp)) return add_to_timestamp(b, a.as_duration());
  if (a.kind() != b.kind()) return refused("_+_", a, Trait::adder);
  switch (a.kind()) {
    case Kind::int64: {
      std::int64_t sum = 0;
      return __builtin_add_overflow(a.as_int(), b.as_int(), &sum) ? int_overflow() : Value::int64(sum);
    }
    case Kind::uint64: {
      std::uint64_t sum = 0;
      return __builtin_add_overflow(a.as_uint(), b.as_uint(), &sum) ? uint_overflow() : Value::uint64(sum);
    }
    case Kind::float64:
      return Value::float64(a.as_double() + b.as_double());
    case Kind::string:
    case Kind::bytes:
      return join_text(frame, a, b);
    case Kind::list:
      if (!frame.reserve((a.as_list().size() + b.as_list().size()) * sizeof(Value))) return frame.stop();
      return concat_lists(a, b);
    case Kind::duration: {
      std::int64_t sum = 0;
      return __builtin_add_overflow(a.as_duration(), b.as_duration(), &sum) ? int_overflow()
                                                                            : Value::duration(sum);
    }
    default:
      return refused("_+_", a, Trait::adder);
  }
}

Value subtract(Frame&, const Value* args, std::size_t) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (a.is(Kind::timestamp) && b.is(Kind::duration)) {
    if (b.as_duration() == INT64_MIN) return int_overflow();
    return add_to_timestamp(a, -b.as_duration());
  }
  if (a.kind() != b.kind()) return refused("_-_", a, Trait::subtractor);
  switch (a.kind()) {
    case Kind::int64: {
      std::int64_t rest = 0;
      return __builtin_sub_overflow(a.as_int(), b.as_int(), &rest) ? int_overflow() : Value::int64(rest);
    }
    case Kind::uint64:
      if (a.as_uint() < b.as_uint()) return uint_overflow();
      return Value::uint64(a.as_uint() - b.as_uint());
    case Kind::float64:
      return Value::float64(a.as_double() - b.as_double());
    case Kind::duration: {
      std::int64_t rest = 0;
      return __builtin_sub_overflow(a.as_duration(), b.as_duration(), &rest) ? int_overflow()
                                                                             : Value::duration(rest);
    }
    case Kind::timestamp:
      return timestamp_difference(a, b);
    default:
      return refused("_-_", a, Trait::subtractor);
  }
}

Value multiply(Frame&, const Value* args, std::size_t) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (a.kind() != b.kind()) return refused("_*_", a, Trait::multiplier);
  if (a.is(Kind::int64)) {
    std::int64_t product = 0;
    return __builtin_mul_overflow(a.as_int(), b.as_int(), &product) ? int_overflow() : Value::int64(product);
  }
  if (a.is(Kind::uint64)) {
    std::uint64_t product = 0;
    return __builtin_mul_overflow(a.as_uint(), b.as_uint(), &product) ? uint_overflow()
                                                                      : Value::uint64(product);
  }
  if (a.is(Kind::float64)) return Value::float64(a.as_double() * b.as_double());
  return refused("_*_", a, Trait::multiplier);
}

Value divide(Frame&, const Value* args, std::size_t) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (a.kind() != b.kind()) return refused("_/_", a, Trait::divider);
  if (a.is(Kind::int64)) {
    if (b.as_int() == 0) return Value::error("division by zero");
    if (a.as_int() == INT64_MIN && b.as_int() == -1) return int_overflow();
    return Value::int64(a.as_int() / b.as_int());
  }
  if (a.is(Kind::uint64)) {
    if (b.as_uint() == 0) return Value::error("division by zero");
    return Value::uint64(a.as_uint() / b.as_uint());
  }
  if (a.is(Kind::float64)) {
    const double x = a.as_double();
    const double y = b.as_double();
    // Division by zero is defined for IEEE numbers; said here because C++ leaves it open.
    if (y == 0) {
      if (x == 0 || std::isnan(x)) return Value::float64(std::nan(""));
      return Value::float64(std::signbit(x) == std::signbit(y) ? HUGE_VAL : -HUGE_VAL);
    }
    return Value::float64(x / y);
  }
  return refused("_/_", a, Trait::divider);
}

Value modulo(Frame&, const Value* args, std::size_t) {
  const Value& a = args[0];
  const Value& b = args[1];
  if (a.kind() != b.kind()) return refused("_%_", a, Trait::modder);
  if (a.is(Kind::int64)) {
    if (b.as_int() == 0) return Value::error("modulus by zero");
    if (a.as_int() == INT64_MIN && b.as_int() == -1) return int_overflow();
    return Value::int64(a.as_int() % b.as_int());
  }
  if (a.is(Kind::uint64)) {
    if (b.as_uint() == 0) return Value::error("modulus by zero");
    return Value::uint64(a.as_uint() % b.as_uint());
  }
  return refused("_%_", a, Trait::modder);
}

Value negate(Frame&, const Value* args, std::size_t) {
  if (args[0].is(Kind::int64)) {
    if (args[0].as_int() == INT64_MIN) return int_overflow();
    return Value::int64(-args[0].as_int());
  }
  if (args[0].is(Kind::float64)) return Value::float64(-args[0].as_double());
  if (args[0].is(Kind::duration)) {
    if (args[0].as_duration() == INT64_MIN) return int_overflow();
    return Value::duration(-args[0].as_duration());
  }
  return refused("-_", args[0], Trait::negater);
}

Value logical_not(Frame&, const Value* args, std::size_t) {
  if (args[0].is(Kind::boolean)) return Value::boolean(!args[0].as_bool());
  return plain_no_such_overload();
}

Value in(Frame& frame, const Value* args, std::size_t) {
  const Value& where = args[1];
  if (where.is(Kind::list)) {
    const List& list = where.as_list();
    for (std::size_t i = 0; i < list.size(); ++i) {
      if (Value::equal(args[0], list.at(i))) return Value::boolean(true);
    }
    return Value::boolean(false);
  }
  if (where.is(Kind::map)) {
    if (args[0].is(Kind::bytes) && where.as_map().size() > 0) {
      frame.abort("internal error: runtime error: hash of unhashable type types.Bytes");
      return frame.stop();
    }
    return Value::boolean(where.as_map().find(args[0]).has_value());
  }
  return plain_no_such_overload();
}

Value size(Frame&, const Value* args, std::size_t) {
  switch (args[0].kind()) {
    case Kind::string:
      return Value::int64(static_cast<std::int64_t>(count_code_points(args[0].as_string())));
    case Kind::bytes:
      return Value::int64(static_cast<std::int64_t>(args[0].as_bytes().size()));
    case Kind::list:
      return Value::int64(static_cast<std::int64_t>(args[0].as_list().size()));
    case Kind::map:
      return Value::int64(static_cast<std::int64_t>(args[0].as_map().size()));
    default:
      return refused("size", args[0], Trait::sizer);
  }
}

constexpr std::array kRows{
    // The planner evaluates these itself; the rows are for the checker.
    OverloadRow{"_&&_", "logical_and", "bool, bool -> bool", nullptr},
    OverloadRow{"_||_", "logical_or", "bool, bool -> bool", nullptr},
    OverloadRow{"_?_:_", "conditional", "bool, A, A -> A", nullptr},
    OverloadRow{"@not_strictly_false", "not_strictly_false", "bool -> bool", nullptr},
    OverloadRow{"_[_]", "index_list", "list(A), int -> A", nullptr},
    OverloadRow{"_[_]", "index_map", "map(A, B), A -> B", nullptr},
    OverloadRow{"_[_]", "optional_list_index_int", "optional(list(V)), int -> optional(V)", nullptr,
                CostRule::one, true, 28},
    OverloadRow{"_[_]", "optional_map_index_value", "optional(map(K, V)), K -> optional(V)", nullptr,
                CostRule::one, true, 28},
    OverloadRow{"!_", "logical_not", "bool -> bool", logical_not, CostRule::one, true},
    OverloadRow{"-_", "negate_double", "double -> double", negate, CostRule::one, true},
    OverloadRow{"-_", "negate_int64", "int -> int", negate, CostRule::one, true},
    OverloadRow{"_+_", "add_bytes", "bytes, bytes -> bytes", add, CostRule::both_tenth, true},
    OverloadRow{"_+_", "add_double", "double, double -> double", add, CostRule::one, true},
    OverloadRow{"_+_", "add_duration_duration", "duration, duration -> duration", add, CostRule::one, true},
    OverloadRow{"_+_", "add_duration_timestamp", "duration, timestamp -> timestamp", add, CostRule::one,
                true},
    OverloadRow{"_+_", "add_timestamp_duration", "timestamp, duration -> timestamp", add, CostRule::one,
                true},
    OverloadRow{"_+_", "add_int64", "int, int -> int", add, CostRule::one, true},
    OverloadRow{"_+_", "add_list", "list(A), list(A) -> list(A)", add, CostRule::one, true},
    OverloadRow{"_+_", "add_string", "string, string -> string", add, CostRule::both_tenth, true},
    OverloadRow{"_+_", "add_uint64", "uint, uint -> uint", add, CostRule::one, true},
    OverloadRow{"_/_", "divide_double", "double, double -> double", divide, CostRule::one, true},
    OverloadRow{"_/_", "divide_int64", "int, int -> int", divide, CostRule::one, true},
    OverloadRow{"_/_", "divide_uint64", "uint, uint -> uint", divide, CostRule::one, true},
    OverloadRow{"_%_", "modulo_int64", "int, int -> int", modulo, CostRule::one, true},
    OverloadRow{"_%_", "modulo_uint64", "uint, uint -> uint", modulo, CostRule::one, true},
    OverloadRow{"_*_", "multiply_double", "double, double -> double", multiply, CostRule::one, true},
    OverloadRow{"_*_", "multiply_int64", "int, int -> int", multiply, CostRule::one, true},
    OverloadRow{"_*_", "multiply_uint64", "uint, uint -> uint", multiply, CostRule::one, true},
    OverloadRow{"_-_", "subtract_double", "double, double -> double", subtract, CostRule::one, true},
    OverloadRow{"_-_", "subtract_duration_duration", "duration, duration -> duration", subtract,
                CostRule::one, true},
    OverloadRow{"_-_", "subtract_int64", "int, int -> int", subtract, CostRule::one, true},
    OverloadRow{"_-_", "subtract_timestamp_duration", "timestamp, duration -> timestamp", subtract,
                CostRule::one, true},
    OverloadRow{"_-_", "subtract_timestamp_timestamp", "timestamp, timestamp -> duration", subtract,
                CostRule::one, true},
    OverloadRow{"_-_", "subtract_uint64", "uint, uint -> uint", subtract, CostRule::one, true},
    OverloadRow{"@in", "in_list", "A, list(A) -> bool", in, CostRule::in_list, true},
    OverloadRow{"@in", "in_map", "A, map(A, B) -> bool", in, CostRule::one, true},
    OverloadRow{"size", "size_bytes", "bytes -> int", size, CostRule::one, true},
    OverloadRow{"size", "bytes_size", ".bytes -> int", size, CostRule::one, true},
    OverloadRow{"size", "size_list", "list(A) -> int", size, CostRule::one, true},
    OverloadRow{"size", "list_size", ".list(A) -> int", size, CostRule::one, true},
    OverloadRow{"size", "size_map", "map(A, B) -> int", size, CostRule::one, true},
    OverloadRow{"size", "map_size", ".map(A, B) -> int", size, CostRule::one, true},
    OverloadRow{"size", "size_string", "string -> int", size, CostRule::one, true},
    OverloadRow{"size", "string_size", ".string -> int", size, CostRule::one, true},
};

}  // namespace

std::span<const OverloadRow> operator_rows() { return kRows; }

}  // namespace oidc_audit::cel
