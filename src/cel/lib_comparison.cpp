// Equality and order (common/stdlib/standard.go; across numeric kinds since 1.28).

#include <array>
#include <cmath>

#include "cel/frame.h"
#include "cel/numbers.h"
#include "cel/registry.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

// Values of libraries can be compared with their own type and with null only.
bool is_foreign(const Value* args) {
  if (!args[0].is(Kind::object) || args[1].is(Kind::null)) return false;
  return !args[1].is(Kind::object) || args[0].as_object().type_name() != args[1].as_object().type_name();
}

Value equals(Frame&, const Value* args, std::size_t) {
  if (is_foreign(args)) return plain_no_such_overload();
  return Value::boolean(Value::equal(args[0], args[1]));
}

Value differs(Frame&, const Value* args, std::size_t) {
  if (is_foreign(args)) return plain_no_such_overload();
  return Value::boolean(!Value::equal(args[0], args[1]));
}

template <typename Test>
Value compare(const Value* args, std::string_view function, Test test) {
  const std::optional<Order> order = compare_values(args[0], args[1]);
  const bool is_nan = args[0].is(Kind::float64) && std::isnan(args[0].as_double());
  if (!order && !is_nan) return refused(function, args[0], Trait::comparer);
  if (is_nan || *order == Order::unordered) return Value::error("NaN values cannot be ordered");
  return Value::boolean(test(*order));
}

Value less(Frame&, const Value* args, std::size_t) {
  return compare(args, "_<_", [](Order order) { return order == Order::less; });
}
Value less_equal(Frame&, const Value* args, std::size_t) {
  return compare(args, "_<=_", [](Order order) { return order != Order::greater; });
}
Value greater(Frame&, const Value* args, std::size_t) {
  return compare(args, "_>_", [](Order order) { return order == Order::greater; });
}
Value greater_equal(Frame&, const Value* args, std::size_t) {
  return compare(args, "_>=_", [](Order order) { return order != Order::less; });
}

#define ORDERING_ROWS(function, name, impl)                                                                 \
  OverloadRow{function, name "_bool", "bool, bool -> bool", impl, CostRule::one, true},                     \
      OverloadRow{function, name "_int64", "int, int -> bool", impl, CostRule::one, true},                  \
      OverloadRow{function, name "_int64_double", "int, double -> bool", impl, CostRule::one, true, 28},    \
      OverloadRow{function, name "_int64_uint64", "int, uint -> bool", impl, CostRule::one, true, 28},      \
      OverloadRow{function, name "_uint64", "uint, uint -> bool", impl, CostRule::one, true},               \
      OverloadRow{function, name "_uint64_double", "uint, double -> bool", impl, CostRule::one, true, 28},  \
      OverloadRow{function, name "_uint64_int64", "uint, int -> bool", impl, CostRule::one, true, 28},      \
      OverloadRow{function, name "_double", "double, double -> bool", impl, CostRule::one, true},           \
      OverloadRow{function, name "_double_int64", "double, int -> bool", impl, CostRule::one, true, 28},    \
      OverloadRow{function, name "_double_uint64", "double, uint -> bool", impl, CostRule::one, true, 28},  \
      OverloadRow{function, name "_string", "string, string -> bool", impl, CostRule::smaller_tenth, true}, \
      OverloadRow{function, name "_bytes", "bytes, bytes -> bool", impl, CostRule::smaller_tenth, true},    \
      OverloadRow{function, name "_timestamp", "timestamp, timestamp -> bool", impl, CostRule::one, true},  \
      OverloadRow {                                                                                         \
    function, name "_duration", "duration, duration -> bool", impl, CostRule::one, true                     \
  }

constexpr std::array kRows{
    OverloadRow{"_==_", "equals", "A, A -> bool", equals, CostRule::equals, true},
    OverloadRow{"_!=_", "not_equals", "A, A -> bool", differs, CostRule::smaller_tenth, true},
    ORDERING_ROWS("_<_", "less", less),
    ORDERING_ROWS("_<=_", "less_equals", less_equal),
    ORDERING_ROWS("_>_", "greater", greater),
    ORDERING_ROWS("_>=_", "greater_equals", greater_equal),
};

}  // namespace

std::span<const OverloadRow> comparison_rows() { return kRows; }

}  // namespace oidc_audit::cel
