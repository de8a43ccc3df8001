#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace oidc_audit::cel {

/// A decimal number of any size: sign, digits and a power of ten. Scales are small numbers; whoever reads
/// them from text limits them, since alignment writes the zeros out.
class Decimal {
 public:
  Decimal() = default;
  /// digits * 10^exponent. REQUIRES: digits are decimal digits, perhaps none.
  Decimal(bool negative, std::string_view digits, int exponent);
  static Decimal from_int(std::int64_t value, int exponent = 0);

  bool is_zero() const { return digits_ == "0"; }
  int sign() const { return is_zero() ? 0 : negative_ ? -1 : 1; }
  int exponent() const { return exponent_; }
  const std::string& digits() const { return digits_; }
  Decimal negated() const;

  friend Decimal operator+(const Decimal& a, const Decimal& b);
  friend int compare(const Decimal& a, const Decimal& b);
  /// Times a small number.
  Decimal times(unsigned factor) const;
  /// With no digits below 10^exponent; away from zero where digits are lost.
  Decimal rounded_up(int exponent) const;
  /// Without trailing zeros in the digits.
  Decimal reduced() const;
  /// The digits divided by a small number; false when there is a remainder.
  bool divide_exactly(unsigned divisor);
  /// Sign and digits, without the exponent.
  std::string unscaled_text() const { return (negative_ && !is_zero() ? "-" : "") + digits_; }

 private:
  Decimal aligned(int exponent) const;

  bool negative_ = false;
  std::string digits_ = "0";  // no leading zeros
  int exponent_ = 0;
};

}  // namespace oidc_audit::cel
