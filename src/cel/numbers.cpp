#include "cel/numbers.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace oidc_audit::cel {
namespace {

template <typename T>
Order three_way(T a, T b) {
  if (a < b) return Order::less;
  if (a > b) return Order::greater;
  return Order::equal;
}

Order compare_doubles(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return Order::unordered;
  return three_way(a, b);
}

Order flip(Order order) {
  if (order == Order::less) return Order::greater;
  if (order == Order::greater) return Order::less;
  return order;
}

Order compare_int_double(std::int64_t a, double b) {
  if (std::isnan(b)) return Order::unordered;
  if (b < -9223372036854775808.0) return Order::greater;
  if (b > 9223372036854775808.0) return Order::less;
  return compare_doubles(static_cast<double>(a), b);
}

Order compare_uint_double(std::uint64_t a, double b) {
  if (std::isnan(b)) return Order::unordered;
  if (b < 0) return Order::greater;
  if (b > 18446744073709551616.0) return Order::less;
  return compare_doubles(static_cast<double>(a), b);
}

Order compare_int_uint(std::int64_t a, std::uint64_t b) {
  if (a < 0) return Order::less;
  return three_way(static_cast<std::uint64_t>(a), b);
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

// Go accepts `_` only between digits, or between the base prefix and a digit.
bool underscores_ok(std::string_view text) {
  char before = '^';
  std::size_t i = 0;
  bool hex = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) i = 1;
  if (text.size() >= i + 2 && text[i] == '0' && (text[i + 1] == 'x' || text[i + 1] == 'X')) {
    hex = true;
    before = '0';
    i += 2;
  }
  for (; i < text.size(); ++i) {
    if (is_digit(text[i]) || (hex && is_hex(text[i]))) {
      before = '0';
    } else if (text[i] == '_') {
      if (before != '0') return false;
      before = '_';
    } else {
      if (before == '_') return false;
      before = '!';
    }
  }
  return before != '_';
}

}  // namespace

Order compare_numbers(const Value& a, const Value& b) {
  if (a.is(Kind::int64)) {
    if (b.is(Kind::int64)) return three_way(a.as_int(), b.as_int());
    if (b.is(Kind::uint64)) return compare_int_uint(a.as_int(), b.as_uint());
    return compare_int_double(a.as_int(), b.as_double());
  }
  if (a.is(Kind::uint64)) {
    if (b.is(Kind::int64)) return flip(compare_int_uint(b.as_int(), a.as_uint()));
    if (b.is(Kind::uint64)) return three_way(a.as_uint(), b.as_uint());
    return compare_uint_double(a.as_uint(), b.as_double());
  }
  if (b.is(Kind::int64)) return flip(compare_int_double(b.as_int(), a.as_double()));
  if (b.is(Kind::uint64)) return flip(compare_uint_double(b.as_uint(), a.as_double()));
  return compare_doubles(a.as_double(), b.as_double());
}

bool numbers_equal(const Value& a, const Value& b) { return compare_numbers(a, b) == Order::equal; }

std::optional<Order> compare_values(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b);
  if (a.kind() != b.kind()) return std::nullopt;
  switch (a.kind()) {
    case Kind::boolean:
      return three_way(static_cast<int>(a.as_bool()), static_cast<int>(b.as_bool()));
    case Kind::string:
    case Kind::bytes: {
      const int order = a.as_string().compare(b.as_string());
      return three_way(order, 0);
    }
    case Kind::timestamp:
      if (a.seconds() != b.seconds()) return three_way(a.seconds(), b.seconds());
      return three_way(a.nanoseconds(), b.nanoseconds());
    case Kind::duration:
      return three_way(a.as_duration(), b.as_duration());
    default:
      return std::nullopt;
  }
}

std::string format_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 40> buffer{};
  // Shortest digits, as d.ddde±xx; then laid out by Go's rule for 'g' with precision -1.
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  const std::size_t e = text.find('e');
  int exponent = std::atoi(text.data() + e + 1);
  std::string digits;
  std::string sign;
  for (const char c : text.substr(0, e)) {
    if (c == '-') sign = "-";
    if (is_digit(c)) digits += c;
  }
  if (exponent < -4 || exponent >= 6) {
    std::string out = sign + digits.substr(0, 1);
    if (digits.size() > 1) out += "." + digits.substr(1);
    out += exponent < 0 ? "e-" : "e+";
    if (exponent < 0) exponent = -exponent;
    if (exponent < 10) out += '0';
    return out + std::to_string(exponent);
  }
  if (exponent < 0) return sign + "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return sign + digits + std::string(whole - digits.size(), '0');
  return sign + digits.substr(0, whole) + "." + digits.substr(whole);
}

std::optional<double> parse_go_double(std::string_view text) {
  std::string_view rest = text;
  bool negative = false;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (equals_ignoring_case(rest, "inf") || equals_ignoring_case(rest, "infinity")) {
    return negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  }
  if (equals_ignoring_case(text, "nan")) return std::numeric_limits<double>::quiet_NaN();
  const bool hex = rest.size() > 2 && rest[0] == '0' && (rest[1] == 'x' || rest[1] == 'X');
  const bool has_underscore = rest.find('_') != std::string_view::npos;
  if (has_underscore && !underscores_ok(rest)) return std::nullopt;
  if (hex) rest.remove_prefix(2);
  std::string plain;
  std::size_t digits = 0;
  std::size_t i = 0;
  for (; i < rest.size() && (rest[i] == '_' || rest[i] == '.' || (hex ? is_hex(rest[i]) : is_digit(rest[i])));
       ++i) {
    if (rest[i] == '_') continue;
    if (rest[i] == '.' && plain.find('.') != std::string::npos) return std::nullopt;
    if (rest[i] != '.') ++digits;
    plain += rest[i];
  }
  if (digits == 0) return std::nullopt;
  if (i < rest.size()) {
    const char marker = rest[i];
    if (hex ? (marker != 'p' && marker != 'P') : (marker != 'e' && marker != 'E')) return std::nullopt;
    plain += marker;
    ++i;
    if (i < rest.size() && (rest[i] == '+' || rest[i] == '-')) plain += rest[i++];
    const std::size_t first = i;
    for (; i < rest.size() && (is_digit(rest[i]) || rest[i] == '_'); ++i) {
      if (rest[i] != '_') plain += rest[i];
    }
    if (i == first || i != rest.size()) return std::nullopt;
  } else if (hex) {
    return std::nullopt;  // a hexadecimal mantissa needs its exponent
  }
  if (hex) plain.insert(0, "0x");
  const double magnitude = std::strtod(plain.c_str(), nullptr);
  if (std::isinf(magnitude)) return std::nullopt;
  return negative ? -magnitude : magnitude;
}

std::optional<std::int64_t> parse_go_int(std::string_view text) {
  if (!text.empty() && text[0] == '+') {
    text.remove_prefix(1);
    if (!text.empty() && text[0] == '-') return std::nullopt;
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_go_uint(std::string_view text) {
  std::uint64_t value = 0;
  if (text.empty() || !is_digit(text[0])) return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace oidc_audit::cel
