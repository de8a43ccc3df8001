#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "oidc/cel_outlook.h"

namespace oidc_audit::oidc {

// What operators and functions of CEL make of values that are known in part; for cel_outlook.cpp.

Known known_boolean(bool value, std::string why = {});
Known some_boolean(bool may_fail);
/// False, because an operand is never true.
Known boolean_never(const Known& operand);
/// A value that is one of two.
Known either(const Known& a, const Known& b);

/// The shape of every element of a list of strings; nothing when it is no such list for certain.
std::optional<TextShape> element_shape(const Known& list);
bool is_empty_list(const Known& known);
/// A list as `split` and its like return it, which the server does not take for groups.
bool is_slice(const Known& known);

Known negation(const Known& operand);
Known equality(const Known& a, const Known& b, const Facts& facts);
Known membership(const Known& item, const Known& list, const Facts& facts);
Known sum(const Known& a, const Known& b, const Facts& facts);
bool is_arithmetic(std::string_view function);
Known arithmetic(const Known& a, const Known& b, const Facts& facts);
/// orValue, value and hasValue of an optional; nothing for other receivers.
std::optional<Known> optional_call(std::string_view function, std::span<const Known> args);
/// startsWith, endsWith and contains of a text; nothing when not both texts are known that far.
std::optional<Known> text_test(std::string_view function, const Known& receiver, const Known& argument);
/// What is known by the function's name alone.
Known result_of(std::string_view function, std::span<const Known> args);

}  // namespace oidc_audit::oidc
