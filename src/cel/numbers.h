#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace oidc_audit::cel {

/// How two numbers or two values of one ordered kind compare.
enum class Order { less, equal, greater, unordered };

/// REQUIRES: both are numbers. Integers against doubles as cel-go: decided by range first, else by casting
/// the integer to double, loss included; NaN is unordered.
Order compare_numbers(const Value& a, const Value& b);
bool numbers_equal(const Value& a, const Value& b);

/// The order of two values of ordered kinds; nothing when the kinds cannot be ordered.
std::optional<Order> compare_values(const Value& a, const Value& b);

/// Go's FormatFloat(x, 'g', -1, 64): what string(double) gives.
std::string format_double(double value);
/// Go's strconv.ParseFloat for a whole text; nothing where that fails, range errors included.
std::optional<double> parse_go_double(std::string_view text);
/// Go's strconv.ParseInt(text, 10, 64) and ParseUint.
std::optional<std::int64_t> parse_go_int(std::string_view text);
std::optional<std::uint64_t> parse_go_uint(std::string_view text);

}  // namespace oidc_audit::cel
