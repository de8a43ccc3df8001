// Optional values (cel/library.go). The planner evaluates `or` and `orValue` itself, since they do not look
// at their second argument when the first has a value.

#include <array>

#include "cel/containers.h"
#include "cel/frame.h"
#include "cel/registry.h"
#include "cel/times.h"

namespace oidc_audit::cel {
namespace {

// What Go's types call zero.
bool is_zero(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return true;
    case Kind::boolean:
      return !value.as_bool();
    case Kind::int64:
      return value.as_int() == 0;
    case Kind::uint64:
      return value.as_uint() == 0;
    case Kind::float64:
      return value.as_double() == 0;
    case Kind::string:
    case Kind::bytes:
      return value.as_string().empty();
    // Only cel-go's own lists and maps know that they are empty.
    case Kind::list:
      return value.as_list().size() == 0 && value.as_list().go_type_name().starts_with("*types.");
    case Kind::map:
      return value.as_map().size() == 0 && value.as_map().go_type_name().starts_with("*types.");
    case Kind::timestamp:
      return value.seconds() == kMinSeconds && value.nanoseconds() == 0;
    case Kind::duration:
      return value.as_duration() == 0;
    case Kind::optional:
      return !value.has_value();
    case Kind::type:
    case Kind::object:
    case Kind::error:
      break;
  }
  return false;
}

Value of(Frame&, const Value* args, std::size_t) { return Value::optional_of(args[0]); }
Value of_non_zero(Frame&, const Value* args, std::size_t) {
  return is_zero(args[0]) ? Value::optional_none() : Value::optional_of(args[0]);
}
Value none(Frame&, const Value*, std::size_t) { return Value::optional_none(); }
Value value(Frame&, const Value* args, std::size_t) {
  return args[0].has_value() ? args[0].optional_value() : Value::error("optional.none() dereference");
}
Value has_value(Frame&, const Value* args, std::size_t) { return Value::boolean(args[0].has_value()); }

Value unwrap(Frame&, const Value* args, std::size_t) {
  std::vector<Value> values;
  const List& list = args[0].as_list();
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Value element = list.at(i);
    if (!element.is(Kind::optional)) return Value::error("value " + element.to_string() + " is not optional");
    if (element.has_value()) values.push_back(element.optional_value());
  }
  return Value::list(std::move(values));
}

Value first(Frame&, const Value* args, std::size_t) {
  const List& list = args[0].as_list();
  return list.size() == 0 ? Value::optional_none() : Value::optional_of(list.at(0));
}
Value last(Frame&, const Value* args, std::size_t) {
  const List& list = args[0].as_list();
  return list.size() == 0 ? Value::optional_none() : Value::optional_of(list.at(list.size() - 1));
}

// Only reached without checking; the planner builds such maps in place.
Value map_insert(Frame&, const Value* args, std::size_t count) {
  auto map = make_ref<VectorMap>();
  const auto copy = [&](const Map& from) {
    for (std::size_t i = 0; i < from.size(); ++i) map->put(from.key_at(i), from.value_at(i));
  };
  copy(args[0].as_map());
  if (count == 2) {
    copy(args[1].as_map());
  } else {
    map->put(args[1], args[2]);
  }
  return Value::map(Ref<const Map>(map.get()));
}

constexpr std::array kRows{
    OverloadRow{"optional.of", "optional_of", "V -> optional(V)", of, CostRule::one, false, 28},
    OverloadRow{"optional.ofNonZeroValue", "optional_ofNonZeroValue", "V -> optional(V)", of_non_zero,
                CostRule::one, false, 28},
    OverloadRow{"optional.none", "optional_none", "-> optional(V)", none, CostRule::one, false, 28},
    OverloadRow{"value", "optional_value", ".optional(V) -> V", value, CostRule::one, false, 28},
    OverloadRow{"hasValue", "optional_hasValue", ".optional(V) -> bool", has_value, CostRule::one, false, 28},
    OverloadRow{"or", "optional_or_optional", ".optional(V), optional(V) -> optional(V)", nullptr,
                CostRule::zero, true, 28},
    OverloadRow{"orValue", "optional_orValue_value", ".optional(V), V -> V", nullptr, CostRule::zero, true,
                28},
    OverloadRow{"_?._", "select_optional_field", "dyn, string -> optional(V)", nullptr, CostRule::one, true,
                28},
    OverloadRow{"_[?_]", "list_optindex_optional_int", "list(V), int -> optional(V)", nullptr, CostRule::one,
                true, 28},
    OverloadRow{"_[?_]", "optional_list_optindex_optional_int", "optional(list(V)), int -> optional(V)",
                nullptr, CostRule::one, true, 28},
    OverloadRow{"_[?_]", "map_optindex_optional_value", "map(K, V), K -> optional(V)", nullptr, CostRule::one,
                true, 28},
    OverloadRow{"_[?_]", "optional_map_optindex_optional_value", "optional(map(K, V)), K -> optional(V)",
                nullptr, CostRule::one, true, 28},
    OverloadRow{"optional.unwrap", "optional_unwrap", "list(optional(V)) -> list(V)", unwrap, CostRule::one,
                false, 33},
    OverloadRow{"unwrapOpt", "optional_unwrapOpt", ".list(optional(V)) -> list(V)", unwrap, CostRule::one,
                false, 33},
    OverloadRow{"first", "list_first", ".list(V) -> optional(V)", first, CostRule::one, false, 33},
    OverloadRow{"last", "list_last", ".list(V) -> optional(V)", last, CostRule::one, false, 33},
    OverloadRow{"cel.@mapInsert", "cel_@mapInsert_map_key_value", "map(K, V), K, V -> map(K, V)", map_insert,
                CostRule::one, false, 32},
    OverloadRow{"cel.@mapInsert", "cel_@mapInsert_map_map", "map(K, V), map(K, V) -> map(K, V)", map_insert,
                CostRule::one, false, 32},
};

}  // namespace

std::span<const OverloadRow> optional_rows() { return kRows; }

}  // namespace oidc_audit::cel
