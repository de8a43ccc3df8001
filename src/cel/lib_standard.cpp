// Tests of strings that every environment has (common/stdlib/standard.go).

#include <array>

#include "cel/frame.h"
#include "cel/registry.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

// These functions have no type guards in cel-go and say themselves that they want strings.
bool are_strings(const Value* args) { return args[0].is(Kind::string) && args[1].is(Kind::string); }

Value contains(Frame&, const Value* args, std::size_t) {
  if (!are_strings(args)) return plain_no_such_overload();
  return Value::boolean(args[0].as_string().find(args[1].as_string()) != std::string_view::npos);
}
Value starts_with(Frame&, const Value* args, std::size_t) {
  if (!are_strings(args)) return plain_no_such_overload();
  return Value::boolean(args[0].as_string().starts_with(args[1].as_string()));
}
Value ends_with(Frame&, const Value* args, std::size_t) {
  if (!are_strings(args)) return plain_no_such_overload();
  return Value::boolean(args[0].as_string().ends_with(args[1].as_string()));
}

constexpr std::array kRows{
    OverloadRow{"contains", "contains_string", ".string, string -> bool", contains, CostRule::contains, true},
    OverloadRow{"startsWith", "starts_with_string", ".string, string -> bool", starts_with,
                CostRule::first_tenth, true},
    OverloadRow{"endsWith", "ends_with_string", ".string, string -> bool", ends_with, CostRule::first_tenth,
                true},
};

}  // namespace

std::span<const OverloadRow> standard_rows() { return kRows; }

}  // namespace oidc_audit::cel
