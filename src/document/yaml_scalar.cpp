#include "document/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>

namespace oidc_audit::document {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return 99;
}

struct Magnitude {
  bool negative = false;
  std::uint64_t value = 0;
};

std::optional<std::uint64_t> parse_digits(std::string_view digits, unsigned base) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<unsigned>(digit_value(c));
    if (digit >= base) return std::nullopt;
    if (value > (std::numeric_limits<std::uint64_t>::max() - digit) / base) return std::nullopt;
    value = value * base + digit;
  }
  return value;
}

// As Go's strconv with base 0: the prefix decides, a leading zero means octal.
std::optional<Magnitude> parse_magnitude(std::string_view plain) {
  Magnitude out;
  const bool sign = !plain.empty() && (plain[0] == '-' || plain[0] == '+');
  if (sign) {
    out.negative = plain[0] == '-';
    plain.remove_prefix(1);
  }
  unsigned base = 10;
  if (plain.size() > 1 && plain[0] == '0') {
    const char mark = plain[1];
    if (mark == 'x' || mark == 'X') {
      base = 16;
    } else if (mark == 'o' || mark == 'O') {
      base = 8;
    } else if (mark == 'b' || mark == 'B') {
      base = 2;
    }
    if (base == 10) {
      base = 8;
      plain.remove_prefix(1);
    } else {
      plain.remove_prefix(2);
    }
    // go-yaml reads a sign behind 0b by accident of its fallback.
    if (base == 2 && !sign && mark == 'b' && !plain.empty() && (plain[0] == '-' || plain[0] == '+')) {
      out.negative = plain[0] == '-';
      plain.remove_prefix(1);
    }
  }
  const auto value = parse_digits(plain, base);
  if (!value) return std::nullopt;
  out.value = *value;
  return out;
}

constexpr std::uint64_t kMaxPositive = std::uint64_t{1} << 63;

// Go tries int64, then (without a sign) uint64.
bool fits_go_integer(std::string_view plain, const Magnitude& m) {
  if (m.negative) return m.value <= kMaxPositive;
  return m.value < kMaxPositive || (plain[0] != '+' && plain[0] != '-');
}

std::string without_underscores(std::string_view text) {
  std::string out(text);
  out.erase(std::remove(out.begin(), out.end(), '_'), out.end());
  return out;
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

// ^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$
bool is_float_form(std::string_view text) {
  std::size_t at = !text.empty() && (text[0] == '-' || text[0] == '+') ? 1 : 0;
  const std::size_t whole = skip_digits(text, at);
  const bool has_whole = whole > at;
  at = whole;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = skip_digits(text, at + 1);
    if (!has_whole && fraction == at + 1) return false;
    at = fraction;
  } else if (!has_whole) {
    return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    const std::size_t exponent = skip_digits(text, at);
    if (exponent == at) return false;
    at = exponent;
  }
  return at == text.size();
}

// Go's ParseFloat fails where the value is too large for a double.
bool is_finite_float(std::string_view text) {
  return is_float_form(text) && std::isfinite(std::strtod(std::string(text).c_str(), nullptr));
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

constexpr std::array<std::string_view, 22> kBooleans = {
    "y", "Y", "yes", "Yes", "YES", "true",  "True",  "TRUE",  "on",  "On",  "ON",
    "n", "N", "no",  "No",  "NO",  "false", "False", "FALSE", "off", "Off", "OFF"};
constexpr std::array<std::string_view, 5> kNulls = {"", "~", "null", "Null", "NULL"};
constexpr std::array<std::string_view, 3> kNotNumbers = {".nan", ".NaN", ".NAN"};
constexpr std::array<std::string_view, 9> kInfinities = {".inf",  ".Inf",  ".INF",  "+.inf", "+.Inf",
                                                         "+.INF", "-.inf", "-.Inf", "-.INF"};

}  // namespace

NodeKind resolve_plain_scalar(std::string_view text) noexcept {
  if (text.empty()) return NodeKind::null;
  const char first = text[0];
  if (std::string_view("yYnNtTfFoO~").find(first) != std::string_view::npos) {
    if (text.size() > 5) return NodeKind::string;
    if (is_one_of(text, kBooleans)) return NodeKind::boolean;
    return is_one_of(text, kNulls) ? NodeKind::null : NodeKind::string;
  }
  if (first == '.') {
    if (is_one_of(text, kNotNumbers) || is_one_of(text, kInfinities)) return NodeKind::floating;
    return is_finite_float(text) ? NodeKind::floating : NodeKind::string;
  }
  if (!is_digit(first) && first != '+' && first != '-') return NodeKind::string;
  if (is_one_of(text, kInfinities)) return NodeKind::floating;
  const std::string plain = without_underscores(text);
  if (plain.empty()) return NodeKind::string;
  const auto magnitude = parse_magnitude(plain);
  if (magnitude && fits_go_integer(plain, *magnitude)) return NodeKind::integer;
  return is_finite_float(plain) ? NodeKind::floating : NodeKind::string;
}

std::optional<std::int64_t> parse_yaml_integer(std::string_view text) noexcept {
  const std::string plain = without_underscores(text);
  const auto magnitude = parse_magnitude(plain);
  if (!magnitude) return std::nullopt;
  if (magnitude->negative) {
    if (magnitude->value > kMaxPositive) return std::nullopt;
    return static_cast<std::int64_t>(0 - magnitude->value);
  }
  if (magnitude->value >= kMaxPositive) return std::nullopt;
  return static_cast<std::int64_t>(magnitude->value);
}

std::optional<double> parse_yaml_float(std::string_view text) noexcept {
  if (is_one_of(text, kNotNumbers)) return std::numeric_limits<double>::quiet_NaN();
  if (is_one_of(text, kInfinities)) {
    const double infinity = std::numeric_limits<double>::infinity();
    return text[0] == '-' ? -infinity : infinity;
  }
  const std::string plain = without_underscores(text);
  if (is_float_form(plain)) return std::strtod(plain.c_str(), nullptr);
  const auto magnitude = parse_magnitude(plain);
  if (!magnitude) return std::nullopt;
  const auto value = static_cast<double>(magnitude->value);
  return magnitude->negative ? -value : value;
}

}  // namespace oidc_audit::document
