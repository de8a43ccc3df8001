#include "cel/traits.h"

#include <initializer_list>
#include <map>

#include "cel/numbers.h"

namespace oidc_audit::cel {
namespace {

constexpr std::uint32_t mask(std::initializer_list<Trait> traits) {
  std::uint32_t bits = 0;
  for (const Trait trait : traits) bits |= 1U << static_cast<unsigned>(trait);
  return bits;
}

std::string printed(const Value& value, bool is_native);

// Below a value of the host Go prints its own slices and maps, elsewhere the lists and maps of cel-go.
std::string printed_list(const List& list, bool is_native, std::string_view separator) {
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += separator;
    out += printed(list.at(i), is_native);
  }
  return out + "]";
}

std::string printed_map(const Map& map, bool is_native) {
  std::string out = "{";
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (i > 0) out += ", ";
    const Value value = map.value_at(i);
    out += key_text(map.key_at(i)) + ": ";
    // Members of a map are wrapped again when they are taken out, items of a list are not.
    if (value.is(Kind::list)) {
      out += printed_list(value.as_list(), is_native, ", ");
    } else {
      out += is_native && value.is(Kind::map) ? printed_map(value.as_map(), true) : key_text(value);
    }
  }
  return out + "}";
}

std::string printed(const Value& value, bool is_native) {
  if (!is_native) return key_text(value);
  if (value.is(Kind::null)) return "<nil>";
  if (value.is(Kind::list)) return printed_list(value.as_list(), true, " ");
  if (!value.is(Kind::map)) return key_text(value);
  std::map<std::string, Value> sorted;
  for (std::size_t i = 0; i < value.as_map().size(); ++i) {
    sorted[key_text(value.as_map().key_at(i))] = value.as_map().value_at(i);
  }
  std::string out = "map[";
  for (const auto& [name, entry] : sorted) {
    if (out.size() > 4) out += ' ';
    out += name + ":" + printed(entry, true);
  }
  return out + "]";
}

constexpr std::uint32_t kNumber =
    mask({Trait::adder, Trait::comparer, Trait::divider, Trait::multiplier, Trait::subtractor});

std::uint32_t traits_of(Kind kind) {
  switch (kind) {
    case Kind::boolean:
      return mask({Trait::comparer, Trait::negater});
    case Kind::int64:
      return kNumber | mask({Trait::modder, Trait::negater});
    case Kind::uint64:
      return kNumber | mask({Trait::modder});
    case Kind::float64:
      return kNumber | mask({Trait::negater});
    case Kind::string:
      return mask({Trait::adder, Trait::comparer, Trait::matcher, Trait::receiver, Trait::sizer});
    case Kind::bytes:
      return mask({Trait::adder, Trait::comparer, Trait::sizer});
    case Kind::list:
      return mask({Trait::adder, Trait::container, Trait::lister, Trait::sizer});
    case Kind::map:
      return mask({Trait::container, Trait::sizer});
    case Kind::timestamp:
      return mask({Trait::adder, Trait::comparer, Trait::receiver, Trait::subtractor});
    case Kind::duration:
      return mask({Trait::adder, Trait::comparer, Trait::negater, Trait::receiver, Trait::subtractor});
    case Kind::null:
    case Kind::type:
    case Kind::optional:
    case Kind::object:
    case Kind::error:
      break;
  }
  return 0;
}

}  // namespace

bool has_trait(const Value& value, Trait trait) { return (traits_of(value.kind()) & mask({trait})) != 0; }

Value plain_no_such_overload() { return Value::error("no such overload"); }

Value refused(std::string_view function, const Value& operand, Trait trait) {
  if (has_trait(operand, trait) || has_trait(operand, Trait::receiver)) return plain_no_such_overload();
  return Value::error("no such overload: " + std::string(function));
}

std::string go_type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return "types.Null";
    case Kind::boolean:
      return "types.Bool";
    case Kind::int64:
      return "types.Int";
    case Kind::uint64:
      return "types.Uint";
    case Kind::float64:
      return "types.Double";
    case Kind::string:
      return "types.String";
    case Kind::bytes:
      return "types.Bytes";
    case Kind::list:
      return std::string(value.as_list().go_type_name());
    case Kind::map:
      return std::string(value.as_map().go_type_name());
    case Kind::timestamp:
      return "types.Timestamp";
    case Kind::duration:
      return "types.Duration";
    case Kind::type:
      return "*types.Type";
    case Kind::optional:
      return "*types.Optional";
    case Kind::object:
      return std::string(value.as_object().go_type_name());
    case Kind::error:
      break;
  }
  return "*types.Err";
}

std::string key_text(const Value& key) {
  switch (key.kind()) {
    case Kind::string:
      return std::string(key.as_string());
    case Kind::null:
      return "0";  // an enumeration's number
    case Kind::uint64:
      return std::to_string(key.as_uint());
    case Kind::float64:
      return format_double(key.as_double());
    case Kind::list: {
      const bool is_own = key.as_list().go_type_name().starts_with("*types.");
      const std::string text = printed_list(key.as_list(), !is_own, ", ");
      return is_own ? text : "&{" + text + "}";
    }
    case Kind::map: {
      const bool is_own = key.as_map().go_type_name().starts_with("*types.");
      const std::string text = printed_map(key.as_map(), !is_own);
      return is_own ? text : "&{" + text + "}";
    }
    default:
      return key.to_string();
  }
}

}  // namespace oidc_audit::cel
