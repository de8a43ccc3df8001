// Quantities (pkg/cel/library/quantity.go, apimachinery pkg/api/resource). As there, an amount is an int64
// with a scale while that suffices; isInteger and asInteger depend on which form it has.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "cel/decimal.h"
#include "cel/frame.h"
#include "cel/library_object.h"
#include "cel/registry.h"

namespace oidc_audit::cel {
namespace {

enum class Notation { decimal_exponent, decimal_si, binary_si };

struct Suffix {
  unsigned base = 10;
  int exponent = 0;
  Notation notation = Notation::decimal_si;
};

constexpr int kNano = -9;
constexpr int kMaxExponent = 10'000;

struct Amount {
  std::int64_t value = 0;
  int scale = 0;
  std::optional<Decimal> big;  // instead of value and scale
  Notation notation = Notation::decimal_si;
  std::string text;  // as written, when that is canonical

  Decimal decimal() const { return big ? *big : Decimal::from_int(value, scale); }
  bool is_zero() const { return big ? big->is_zero() : value == 0; }
};

std::optional<Suffix> read_suffix(std::string_view text) {
  constexpr std::string_view kDecimal = "num kMGTPE";
  if (text.empty()) return Suffix{};
  if (text.size() == 1) {
    const std::size_t at = kDecimal.find(text[0]);
    if (at == std::string_view::npos || text[0] == ' ') return std::nullopt;
    return Suffix{10, (static_cast<int>(at) - 3) * 3, Notation::decimal_si};
  }
  if (text.size() == 2 && text[1] == 'i') {
    constexpr std::string_view kBinary = "KMGTPE";
    const std::size_t at = kBinary.find(text[0]);
    if (at == std::string_view::npos) return std::nullopt;
    return Suffix{2, (static_cast<int>(at) + 1) * 10, Notation::binary_si};
  }
  if (text[0] != 'e' && text[0] != 'E') return std::nullopt;
  std::string_view digits = text.substr(1);
  if (digits[0] == '+') {
    digits.remove_prefix(1);
    if (digits.empty() || digits[0] == '-') return std::nullopt;
  }
  int exponent = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), exponent);
  if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if (exponent > kMaxExponent || exponent < -kMaxExponent) return std::nullopt;
  return Suffix{10, exponent, Notation::decimal_exponent};
}

struct Parts {
  bool negative = false;
  std::string_view whole;  // without leading zeros
  std::string_view fraction;
  std::string_view suffix;
};

std::size_t count_digits(std::string_view text) {
  std::size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  return count;
}

bool cut(std::string_view text, Parts& out) {
  if (text.empty()) return false;
  if (text[0] == '-' || text[0] == '+') {
    out.negative = text[0] == '-';
    text.remove_prefix(1);
  }
  while (!text.empty() && text[0] == '0') text.remove_prefix(1);
  out.whole = text.substr(0, count_digits(text));
  text.remove_prefix(out.whole.size());
  if (out.whole.empty()) out.whole = "0";
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    out.fraction = text.substr(0, count_digits(text));
    text.remove_prefix(out.fraction.size());
  }
  out.suffix = text;
  std::size_t at = 0;
  while (at < text.size() && std::string_view("eEinumkKMGTP").find(text[at]) != std::string_view::npos) ++at;
  if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
  return at + count_digits(text.substr(at)) == text.size();
}

/// The amount as an int64 when it is small enough by the measure of ParseQuantity.
std::optional<Amount> small_amount(std::string_view text, const Parts& parts, const Suffix& suffix) {
  const auto length = static_cast<int>(parts.whole.size());
  const auto fraction = static_cast<int>(parts.fraction.size());
  int precision = -1;
  int scale = 0;
  std::int64_t mantissa = 1;
  if (suffix.base == 10) {
    scale = suffix.exponent;
    precision = 18 - (length + fraction);
  } else if (fraction == 0) {
    mantissa <<= suffix.exponent;
    precision = 15 - length - static_cast<int>(static_cast<float>(suffix.exponent) * 3 / 10) - 1;
  }
  scale -= fraction;
  if (precision < 0 || scale < kNano) return std::nullopt;
  const std::string digits = std::string(parts.whole) + std::string(parts.fraction);
  std::int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  Amount out;
  if (__builtin_mul_overflow(value, mantissa, &out.value)) return std::nullopt;
  if (parts.negative) out.value = -out.value;
  out.scale = scale;
  out.notation = suffix.notation;
  const bool canonical =
      suffix.base == 2 ? (value & 7) != 0 : scale % 3 == 0 && !digits.ends_with("000") && digits[0] != '0';
  if (canonical) out.text = std::string(text);
  return out;
}

Amount big_amount(const Parts& parts, const Suffix& suffix) {
  const std::string digits = std::string(parts.whole) + std::string(parts.fraction);
  const int shift = suffix.base == 10 ? suffix.exponent : 0;
  Decimal magnitude(false, digits, shift - static_cast<int>(parts.fraction.size()));
  if (suffix.base == 2) {
    for (int i = 0; i < suffix.exponent; i += 10) magnitude = magnitude.times(1024);
  }
  magnitude = magnitude.rounded_up(kNano);
  Amount out;
  out.notation = suffix.notation;
  if (suffix.notation == Notation::binary_si) {
    const Decimal most = Decimal::from_int(INT64_MAX);
    if (compare(magnitude, most) > 0) magnitude = most;
    if (magnitude.sign() > 0 && compare(magnitude, Decimal::from_int(1)) < 0)
      out.notation = Notation::decimal_si;
  }
  out.big = parts.negative ? magnitude.negated() : magnitude;
  return out;
}

std::optional<Amount> parse(std::string_view text, std::string& problem) {
  Parts parts;
  if (!cut(text, parts)) {
    problem = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    return std::nullopt;
  }
  if (text == "0") {
    Amount zero;
    zero.text = "0";
    return zero;
  }
  const std::optional<Suffix> suffix = read_suffix(parts.suffix);
  if (!suffix) {
    problem = "unable to parse quantity's suffix";
    return std::nullopt;
  }
  if (std::optional<Amount> small = small_amount(text, parts, *suffix)) return small;
  return big_amount(parts, *suffix);
}

bool scale_up(std::int64_t& value, int digits) {
  for (int i = 0; i < digits && value != 0; ++i) {
    if (__builtin_mul_overflow(value, std::int64_t{10}, &value)) return false;
  }
  return true;
}

/// int64Amount.Add; false when the sum does not fit.
bool add_small(Amount& a, std::int64_t value, int scale) {
  if (value == 0) return true;
  if (a.value == 0) {
    a.value = value;
    a.scale = scale;
    return true;
  }
  std::int64_t left = a.value;
  std::int64_t right = value;
  const int common = std::min(a.scale, scale);
  if (!scale_up(left, a.scale - common) || !scale_up(right, scale - common)) return false;
  if (__builtin_add_overflow(left, right, &left)) return false;
  a.value = left;
  a.scale = common;
  return true;
}

Amount sum(Amount a, const Amount& b, bool subtract) {
  a.text.clear();
  if (a.is_zero()) a.notation = b.notation;
  if (!a.big && !b.big && !(subtract && b.value == INT64_MIN) &&
      add_small(a, subtract ? -b.value : b.value, b.scale)) {
    return a;
  }
  const Decimal right = b.decimal();
  a.big = a.decimal() + (subtract ? right.negated() : right);
  return a;
}

std::optional<std::int64_t> as_int64(const Amount& amount) {
  if (amount.big || amount.scale < 0) return std::nullopt;
  std::int64_t value = amount.value;
  if (!scale_up(value, amount.scale)) return std::nullopt;
  return value;
}

std::string decimal_text(const Amount& amount, Notation notation) {
  Decimal value = amount.decimal().reduced();
  int exponent = value.exponent();
  unsigned factor = 1;
  for (; exponent % 3 != 0; --exponent) factor *= 10;
  std::string number = value.times(factor).unscaled_text();
  if (exponent == 0) return number;
  if (notation == Notation::decimal_exponent) return number + "e" + std::to_string(exponent);
  constexpr std::array<std::string_view, 10> kSuffixes{"n", "u", "m", "", "k", "M", "G", "T", "P", "E"};
  const int index = exponent / 3 + 3;
  if (index < 0 || index > 9) return number;
  return number + std::string(kSuffixes[static_cast<std::size_t>(index)]);
}

std::string binary_text(const Amount& amount) {
  Decimal whole = amount.decimal().rounded_up(0) + Decimal();
  std::size_t times = 0;
  while (whole.divide_exactly(1024)) ++times;
  constexpr std::array<std::string_view, 7> kSuffixes{"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
  const std::string suffix(times < kSuffixes.size() ? kSuffixes[times] : "");
  return whole.unscaled_text() + suffix;
}

/// CanonicalizeBytes.
std::string canonical_text(const Amount& amount) {
  if (!amount.text.empty()) return amount.text;
  if (amount.is_zero()) return "0";
  if (amount.notation != Notation::binary_si) return decimal_text(amount, amount.notation);
  const Decimal value = amount.decimal();
  const bool small =
      compare(value, Decimal::from_int(-1024)) > 0 && compare(value, Decimal::from_int(1024)) < 0;
  const bool whole = compare(value.rounded_up(0), value) == 0;
  if (small || !whole) return decimal_text(amount, Notation::decimal_si);
  return binary_text(amount);
}

class Quantity final : public Object {
 public:
  explicit Quantity(Amount value) : amount(std::move(value)) {}
  std::string_view type_name() const override { return "kubernetes.Quantity"; }
  bool equals(const Object& other) const override {
    return other.library_tag() == kQuantityTag &&
           compare(amount.decimal(), static_cast<const Quantity&>(other).amount.decimal()) == 0;
  }
  std::string text() const override { return canonical_text(amount); }
  int library_tag() const override { return kQuantityTag; }
  Amount amount;
};

Value make(Amount amount) { return Value::object(Ref<const Object>(new Quantity(std::move(amount)))); }
const Amount& amount_of(const Value& value) { return library_object<Quantity>(value).amount; }

Value quantity(Frame&, const Value* args, std::size_t) {
  std::string problem;
  std::optional<Amount> amount = parse(args[0].as_string(), problem);
  return amount ? make(std::move(*amount)) : Value::error(std::move(problem));
}
Value is_quantity(Frame&, const Value* args, std::size_t) {
  std::string problem;
  return Value::boolean(parse(args[0].as_string(), problem).has_value());
}
Value sign(Frame&, const Value* args, std::size_t) {
  return Value::int64(amount_of(args[0]).decimal().sign());
}
Value is_integer(Frame&, const Value* args, std::size_t) {
  return Value::boolean(as_int64(amount_of(args[0])).has_value());
}
Value as_integer(Frame&, const Value* args, std::size_t) {
  const std::optional<std::int64_t> value = as_int64(amount_of(args[0]));
  return value ? Value::int64(*value) : Value::error("cannot convert value to integer");
}
Value as_float(Frame&, const Value* args, std::size_t) {
  const Amount& amount = amount_of(args[0]);
  if (!amount.big) {
    const auto base = static_cast<double>(amount.value);
    return Value::float64(amount.scale == 0 ? base : base * std::pow(10.0, amount.scale));
  }
  const double base = std::strtod(amount.big->unscaled_text().c_str(), nullptr);
  const int exponent = amount.big->exponent();
  return Value::float64(exponent == 0 ? base : base * std::pow(10.0, exponent));
}
int order(const Value* args) { return compare(amount_of(args[0]).decimal(), amount_of(args[1]).decimal()); }
Value compare_to(Frame&, const Value* args, std::size_t) { return Value::int64(order(args)); }
Value is_less(Frame&, const Value* args, std::size_t) { return Value::boolean(order(args) < 0); }
Value is_greater(Frame&, const Value* args, std::size_t) { return Value::boolean(order(args) > 0); }

Amount operand(const Value& value) {
  if (value.is(Kind::object)) return amount_of(value);
  Amount amount;
  amount.value = value.as_int();
  amount.notation = Notation::decimal_exponent;
  return amount;
}
Value add(Frame&, const Value* args, std::size_t) {
  return make(sum(amount_of(args[0]), operand(args[1]), false));
}
Value sub(Frame&, const Value* args, std::size_t) {
  return make(sum(amount_of(args[0]), operand(args[1]), true));
}

#define QUANTITY "kubernetes.Quantity"
constexpr std::array kRows{
    OverloadRow{"quantity", "string_to_quantity", "string -> " QUANTITY, quantity, CostRule::k8s_tenth, false,
                28},
    OverloadRow{"isQuantity", "is_quantity_string", "string -> bool", is_quantity, CostRule::k8s_tenth, false,
                28},
    OverloadRow{"sign", "quantity_sign", QUANTITY " -> int", sign, CostRule::one, false, 28},
    OverloadRow{"isGreaterThan", "quantity_is_greater_than", "." QUANTITY ", " QUANTITY " -> bool",
                is_greater, CostRule::one, false, 28},
    OverloadRow{"isLessThan", "quantity_is_less_than", "." QUANTITY ", " QUANTITY " -> bool", is_less,
                CostRule::one, false, 28},
    OverloadRow{"compareTo", "quantity_compare_to", "." QUANTITY ", " QUANTITY " -> int", compare_to,
                CostRule::one, false, 28},
    OverloadRow{"asApproximateFloat", "quantity_get_float", "." QUANTITY " -> double", as_float,
                CostRule::one, false, 28},
    OverloadRow{"asInteger", "quantity_get_int", "." QUANTITY " -> int", as_integer, CostRule::one, false,
                28},
    OverloadRow{"isInteger", "quantity_is_integer", "." QUANTITY " -> bool", is_integer, CostRule::one, false,
                28},
    OverloadRow{"add", "quantity_add", "." QUANTITY ", " QUANTITY " -> " QUANTITY, add, CostRule::one, false,
                28},
    OverloadRow{"add", "quantity_add_int", "." QUANTITY ", int -> " QUANTITY, add, CostRule::one, false, 28},
    OverloadRow{"sub", "quantity_sub", "." QUANTITY ", " QUANTITY " -> " QUANTITY, sub, CostRule::one, false,
                28},
    OverloadRow{"sub", "quantity_sub_int", "." QUANTITY ", int -> " QUANTITY, sub, CostRule::one, false, 28},
};
#undef QUANTITY

}  // namespace

std::span<const OverloadRow> quantity_rows() { return kRows; }

}  // namespace oidc_audit::cel
