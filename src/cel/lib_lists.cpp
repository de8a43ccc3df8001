// Lists of Kubernetes (pkg/cel/library/lists.go), ext.Lists version 3 and ext.Sets.

#include <algorithm>
#include <array>

#include "cel/containers.h"
#include "cel/frame.h"
#include "cel/numbers.h"
#include "cel/registry.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

bool is_comparable(const Value& value) { return compare_values(value, value).has_value(); }

Value is_sorted(Frame&, const Value* args, std::size_t) {
  const List& list = args[0].as_list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Value element = list.at(i);
    if (!is_comparable(element)) return plain_no_such_overload();
    if (i > 0 && compare_values(list.at(i - 1), element) == Order::greater) return Value::boolean(false);
  }
  return Value::boolean(true);
}

template <typename Wanted>
Value extreme(const Value* args, std::string_view name, Wanted wanted) {
  const List& list = args[0].as_list();
  if (list.size() == 0) return Value::error(std::string(name) + " called on empty list");
  Value best = list.at(0);
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Value element = list.at(i);
    if (!is_comparable(element)) return plain_no_such_overload();
    if (compare_values(best, element) == wanted) best = element;
  }
  return best;
}

Value min(Frame&, const Value* args, std::size_t) { return extreme(args, "min", Order::greater); }
Value max(Frame&, const Value* args, std::size_t) { return extreme(args, "max", Order::less); }

template <Kind kind>
Value sum(Frame&, const Value* args, std::size_t) {
  const List& list = args[0].as_list();
  std::int64_t integer = 0;
  std::uint64_t natural = 0;
  double real = 0;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Value element = list.at(i);
    if (!element.is(kind)) return plain_no_such_overload();
    bool overflow = false;
    if constexpr (kind == Kind::int64) overflow = __builtin_add_overflow(integer, element.as_int(), &integer);
    if constexpr (kind == Kind::duration)
      overflow = __builtin_add_overflow(integer, element.as_duration(), &integer);
    if constexpr (kind == Kind::uint64)
      overflow = __builtin_add_overflow(natural, element.as_uint(), &natural);
    if constexpr (kind == Kind::float64) real += element.as_double();
    if (overflow)
      return Value::error(kind == Kind::uint64 ? "unsigned integer overflow" : "integer overflow");
  }
  if constexpr (kind == Kind::int64) return Value::int64(integer);
  if constexpr (kind == Kind::duration) return Value::duration(integer);
  if constexpr (kind == Kind::uint64) return Value::uint64(natural);
  return Value::float64(real);
}

Value index_of(Frame&, const Value* args, std::size_t) {
  const List& list = args[0].as_list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (Value::equal(list.at(i), args[1])) return Value::int64(static_cast<std::int64_t>(i));
  }
  return Value::int64(-1);
}

Value last_index_of(Frame&, const Value* args, std::size_t) {
  const List& list = args[0].as_list();
  for (std::size_t i = list.size(); i-- > 0;) {
    if (Value::equal(list.at(i), args[1])) return Value::int64(static_cast<std::int64_t>(i));
  }
  return Value::int64(-1);
}

Value includes(Frame&, const Value* args, std::size_t) {
  if (!args[0].is(Kind::list)) return Value::boolean(Value::equal(args[0], args[1]));
  const List& list = args[0].as_list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (Value::equal(list.at(i), args[1])) return Value::boolean(true);
  }
  return Value::boolean(false);
}

std::vector<Value> elements_of(const List& list) {
  std::vector<Value> elements;
  elements.reserve(list.size());
  for (std::size_t i = 0; i < list.size(); ++i) elements.push_back(list.at(i));
  return elements;
}

Value slice(Frame&, const Value* args, std::size_t) {
  const List& list = args[0].as_list();
  const std::int64_t begin = args[1].as_int();
  const std::int64_t end = args[2].as_int();
  const std::string what = "cannot slice(" + std::to_string(begin) + ", " + std::to_string(end) + "), ";
  if (begin < 0 || end < 0) return Value::error(what + "negative indexes not supported");
  if (begin > end) return Value::error(what + "start index must be less than or equal to end index");
  if (static_cast<std::uint64_t>(end) > list.size()) {
    return Value::error(what + "list is length " + std::to_string(list.size()));
  }
  std::vector<Value> elements;
  for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i)
    elements.push_back(list.at(i));
  return Value::list(std::move(elements));
}

bool flatten_into(Frame& frame, const List& list, std::int64_t depth, std::vector<Value>& out) {
  if (!frame.reserve(list.size() * sizeof(Value))) return false;
  for (std::size_t i = 0; i < list.size(); ++i) {
    Value element = list.at(i);
    if (!element.is(Kind::list) || depth == 0) {
      out.push_back(std::move(element));
    } else if (!flatten_into(frame, element.as_list(), depth - 1, out)) {
      return false;
    }
  }
  return true;
}

Value flatten(Frame& frame, const Value* args, std::size_t count) {
  if (count > 1 && !args[1].is(Kind::int64)) {
    // The cost tracker takes the depth for an int.
    frame.abort("internal error: interface conversion: ref.Val is " + go_type_name(args[1]) +
                ", not types.Int");
    return frame.stop();
  }
  if (!args[0].is(Kind::list)) {
    // These overloads have no type guards and say so themselves.
    const auto name = [](const Value& value) {
      return value.is(Kind::map) ? std::string("map(dyn, dyn)") : value.type_name();
    };
    return Value::error("no such overload: " + name(args[0]) + ".flatten(" +
                        (count > 1 ? name(args[1]) : "") + ")");
  }
  const std::int64_t depth = count > 1 ? args[1].as_int() : 1;
  if (depth < 0) return Value::error("level must be non-negative");
  std::vector<Value> out;
  if (!flatten_into(frame, args[0].as_list(), depth, out)) return frame.stop();
  return Value::list(std::move(out));
}

Value sort_by_keys(const Value& list, const Value& keys) {
  const std::vector<Value> values = elements_of(list.as_list());
  const std::vector<Value> order_of = elements_of(keys.as_list());
  if (values.size() != order_of.size()) {
    return Value::error(
        "@sortByAssociatedKeys() expected a list of the same size as the associated keys list, but got " +
        std::to_string(values.size()) + " and " + std::to_string(order_of.size()) + " elements respectively");
  }
  if (values.empty()) return list;
  if (!is_comparable(order_of[0]) && !order_of[0].is(Kind::float64)) {
    return Value::error("list elements must be comparable");
  }
  for (const Value& key : order_of) {
    if (key.kind() != order_of[0].kind()) return Value::error("list elements must have the same type");
  }
  std::vector<std::size_t> order(values.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  // NaN is less than nothing; it must not break the order of the others, so it goes last.
  const auto is_nan = [&](std::size_t i) {
    return compare_values(order_of[i], order_of[i]) == Order::unordered;
  };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (is_nan(a) || is_nan(b)) return !is_nan(a) && is_nan(b);
    return compare_values(order_of[a], order_of[b]) == Order::less;
  });
  std::vector<Value> sorted;
  sorted.reserve(values.size());
  for (const std::size_t i : order) sorted.push_back(values[i]);
  return Value::list(std::move(sorted));
}

Value sort(Frame&, const Value* args, std::size_t) {
  return args[0].is(Kind::list) ? sort_by_keys(args[0], args[0]) : refused("sort", args[0], Trait::lister);
}

Value sort_by(Frame&, const Value* args, std::size_t) {
  if (!args[0].is(Kind::list) || !args[1].is(Kind::list)) {
    return refused("@sortByAssociatedKeys", args[0], Trait::lister);
  }
  return sort_by_keys(args[0], args[1]);
}

Value range(Frame& frame, const Value* args, std::size_t) {
  const std::int64_t size = args[0].as_int();
  std::vector<Value> elements;
  if (size > 0 && !frame.reserve(static_cast<std::uint64_t>(size))) return frame.stop();
  for (std::int64_t i = 0; i < size; ++i) elements.push_back(Value::int64(i));
  return Value::list(std::move(elements));
}

Value reverse(Frame&, const Value* args, std::size_t) {
  std::vector<Value> elements = elements_of(args[0].as_list());
  std::reverse(elements.begin(), elements.end());
  return Value::list(std::move(elements));
}

Value distinct(Frame& frame, const Value* args, std::size_t) {
  if (!args[0].is(Kind::list)) {
    // The cost tracker takes the argument for a list before anything has looked at it.
    frame.abort("internal error: interface conversion: " + go_type_name(args[0]) +
                " is not traits.Lister: missing method " +
                (has_trait(args[0], Trait::adder) ? "Contains" : "Add"));
    return frame.stop();
  }
  std::vector<Value> unique;
  const List& list = args[0].as_list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    Value element = list.at(i);
    const bool seen = std::any_of(unique.begin(), unique.end(),
                                  [&](const Value& other) { return Value::equal(element, other); });
    if (!seen) unique.push_back(std::move(element));
  }
  return Value::list(std::move(unique));
}

bool contains_all(const List& list, const List& part) {
  for (std::size_t i = 0; i < part.size(); ++i) {
    const Value wanted = part.at(i);
    bool found = false;
    for (std::size_t j = 0; j < list.size() && !found; ++j) found = Value::equal(list.at(j), wanted);
    if (!found) return false;
  }
  return true;
}

Value sets_contains(Frame&, const Value* args, std::size_t) {
  return Value::boolean(contains_all(args[0].as_list(), args[1].as_list()));
}
Value sets_equivalent(Frame&, const Value* args, std::size_t) {
  return Value::boolean(contains_all(args[0].as_list(), args[1].as_list()) &&
                        contains_all(args[1].as_list(), args[0].as_list()));
}
Value sets_intersects(Frame&, const Value* args, std::size_t) {
  const List& a = args[0].as_list();
  const List& b = args[1].as_list();
  for (std::size_t i = 0; i < a.size(); ++i) {
    const Value element = a.at(i);
    for (std::size_t j = 0; j < b.size(); ++j) {
      if (Value::equal(element, b.at(j))) return Value::boolean(true);
    }
  }
  return Value::boolean(false);
}

// One row for each ordered type: the name's ends, the signature's ends, and what to call.
#define ORDERED_ROWS(function, before, after, open, close, impl, ...)                                     \
  OverloadRow{function, before "int" after, open "int" close, impl, __VA_ARGS__},                         \
      OverloadRow{function, before "uint" after, open "uint" close, impl, __VA_ARGS__},                   \
      OverloadRow{function, before "double" after, open "double" close, impl, __VA_ARGS__},               \
      OverloadRow{function, before "bool" after, open "bool" close, impl, __VA_ARGS__},                   \
      OverloadRow{function, before "duration" after, open "duration" close, impl, __VA_ARGS__},           \
      OverloadRow{function, before "timestamp" after, open "timestamp" close, impl, __VA_ARGS__},         \
      OverloadRow{function, before "string" after, open "string" close, impl, __VA_ARGS__}, OverloadRow { \
    function, before "bytes" after, open "bytes" close, impl, __VA_ARGS__                                 \
  }

#define EXTREME_ROWS(function, impl)                                                                        \
  OverloadRow{function, "list_int_" function "_int", ".list(int) -> int", impl, CostRule::k8s_traversal},   \
      OverloadRow{function, "list_uint_" function "_uint", ".list(uint) -> uint", impl,                     \
                  CostRule::k8s_traversal},                                                                 \
      OverloadRow{function, "list_double_" function "_double", ".list(double) -> double", impl,             \
                  CostRule::k8s_traversal},                                                                 \
      OverloadRow{function, "list_bool_" function "_bool", ".list(bool) -> bool", impl,                     \
                  CostRule::k8s_traversal},                                                                 \
      OverloadRow{function, "list_duration_" function "_duration", ".list(duration) -> duration", impl,     \
                  CostRule::k8s_traversal},                                                                 \
      OverloadRow{function, "list_timestamp_" function "_timestamp", ".list(timestamp) -> timestamp", impl, \
                  CostRule::k8s_traversal},                                                                 \
      OverloadRow{function, "list_string_" function "_string", ".list(string) -> string", impl,             \
                  CostRule::k8s_traversal},                                                                 \
      OverloadRow {                                                                                         \
    function, "list_bytes_" function "_bytes", ".list(bytes) -> bytes", impl, CostRule::k8s_traversal       \
  }

constexpr std::array kK8sRows{
    ORDERED_ROWS("isSorted", "list_", "_is_sorted_bool", ".list(", ") -> bool", is_sorted,
                 CostRule::k8s_traversal),
    OverloadRow{"sum", "list_int_sum_int", ".list(int) -> int", sum<Kind::int64>, CostRule::k8s_traversal},
    OverloadRow{"sum", "list_uint_sum_uint", ".list(uint) -> uint", sum<Kind::uint64>,
                CostRule::k8s_traversal},
    OverloadRow{"sum", "list_double_sum_double", ".list(double) -> double", sum<Kind::float64>,
                CostRule::k8s_traversal},
    OverloadRow{"sum", "list_duration_sum_duration", ".list(duration) -> duration", sum<Kind::duration>,
                CostRule::k8s_traversal},
    EXTREME_ROWS("max", max),
    EXTREME_ROWS("min", min),
    OverloadRow{"indexOf", "list_a_index_of_int", ".list(A), A -> int", index_of, CostRule::k8s_traversal},
    OverloadRow{"lastIndexOf", "list_a_last_index_of_int", ".list(A), A -> int", last_index_of,
                CostRule::k8s_traversal},
    OverloadRow{"includes", "dyn_includes_dyn", ".dyn, dyn -> bool", includes, CostRule::k8s_traversal, true,
                37},
};

constexpr std::array kExtRows{
    OverloadRow{"slice", "list_slice", ".list(T), int, int -> list(T)", slice, CostRule::list_result, false,
                34},
    OverloadRow{"flatten", "list_flatten", ".list(list(T)) -> list(T)", flatten, CostRule::flatten, true, 34},
    OverloadRow{"flatten", "list_flatten_int", ".list(dyn), int -> list(dyn)", flatten, CostRule::flatten,
                true, 34},
    ORDERED_ROWS("@sortByAssociatedKeys", "list_", "_sortByAssociatedKeys", ".list(T), list(", ") -> list(T)",
                 sort_by, CostRule::sort_by, true, 34),
    OverloadRow{"lists.range", "lists_range", "int -> list(int)", range, CostRule::list_result, false, 34},
    OverloadRow{"reverse", "list_reverse", ".list(T) -> list(T)", reverse, CostRule::list_result, false, 34},
    OverloadRow{"distinct", "list_distinct", ".list(T) -> list(T)", distinct, CostRule::sort, true, 34},
    OverloadRow{"sort", "list_int_sort", ".list(int) -> list(int)", sort, CostRule::sort, true, 34},
    OverloadRow{"sort", "list_uint_sort", ".list(uint) -> list(uint)", sort, CostRule::sort, true, 34},
    OverloadRow{"sort", "list_double_sort", ".list(double) -> list(double)", sort, CostRule::sort, true, 34},
    OverloadRow{"sort", "list_bool_sort", ".list(bool) -> list(bool)", sort, CostRule::sort, true, 34},
    OverloadRow{"sort", "list_duration_sort", ".list(duration) -> list(duration)", sort, CostRule::sort, true,
                34},
    OverloadRow{"sort", "list_timestamp_sort", ".list(timestamp) -> list(timestamp)", sort, CostRule::sort,
                true, 34},
    OverloadRow{"sort", "list_string_sort", ".list(string) -> list(string)", sort, CostRule::sort, true, 34},
    OverloadRow{"sort", "list_bytes_sort", ".list(bytes) -> list(bytes)", sort, CostRule::sort, true, 34},
};

constexpr std::array kSetRows{
    OverloadRow{"sets.contains", "list_sets_contains_list", "list(T), list(T) -> bool", sets_contains,
                CostRule::sets_once, false, 29},
    OverloadRow{"sets.equivalent", "list_sets_equivalent_list", "list(T), list(T) -> bool", sets_equivalent,
                CostRule::sets_twice, false, 29},
    OverloadRow{"sets.intersects", "list_sets_intersects_list", "list(T), list(T) -> bool", sets_intersects,
                CostRule::sets_once, false, 29},
};

}  // namespace

std::span<const OverloadRow> k8s_list_rows() { return kK8sRows; }
std::span<const OverloadRow> list_rows() { return kExtRows; }
std::span<const OverloadRow> set_rows() { return kSetRows; }

}  // namespace oidc_audit::cel
