#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace oidc_audit::cel {

/// What cel-go's interpreter asks of the first operand before it calls an operator
/// (common/types/traits, common/types/types.go).
enum class Trait : std::uint8_t {
  adder,
  comparer,
  container,
  divider,
  lister,
  matcher,
  modder,
  multiplier,
  negater,
  receiver,
  sizer,
  subtractor
};

bool has_trait(const Value& value, Trait trait);

/// "no such overload" without more, which is what the operators of a type say themselves.
Value plain_no_such_overload();

/// The error of an operator that has one binding for all types and no type guards: plain when the operand
/// has the trait (or would receive the call as a method), else with the function's name
/// (interpreter/interpretable.go evalUnary, evalBinary).
Value refused(std::string_view function, const Value& operand, Trait trait);

/// The Go type of a value, as `%T` prints it; hosts may name their own.
std::string go_type_name(const Value& value);

/// A key as `%v` prints it.
std::string key_text(const Value& key);

}  // namespace oidc_audit::cel
