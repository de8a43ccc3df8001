#include "cel/decimal.h"

#include <algorithm>

namespace oidc_audit::cel {
namespace {

std::string without_leading_zeros(std::string text) {
  const std::size_t first = text.find_first_not_of('0');
  if (first == std::string::npos) return "0";
  text.erase(0, first);
  return text;
}

int compare_digits(const std::string& a, const std::string& b) {
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  const int order = a.compare(b);
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

std::string add_digits(const std::string& a, const std::string& b) {
  std::string out;
  int carry = 0;
  for (std::size_t i = 0; i < std::max(a.size(), b.size()) || carry > 0; ++i) {
    int sum = carry;
    if (i < a.size()) sum += a[a.size() - 1 - i] - '0';
    if (i < b.size()) sum += b[b.size() - 1 - i] - '0';
    out += static_cast<char>('0' + sum % 10);
    carry = sum / 10;
  }
  std::reverse(out.begin(), out.end());
  return without_leading_zeros(std::move(out));
}

// REQUIRES: a >= b.
std::string subtract_digits(const std::string& a, const std::string& b) {
  std::string out;
  int borrow = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    int rest = a[a.size() - 1 - i] - '0' - borrow;
    if (i < b.size()) rest -= b[b.size() - 1 - i] - '0';
    borrow = rest < 0 ? 1 : 0;
    out += static_cast<char>('0' + (rest + 10) % 10);
  }
  std::reverse(out.begin(), out.end());
  return without_leading_zeros(std::move(out));
}

}  // namespace

Decimal::Decimal(bool negative, std::string_view digits, int exponent)
    : negative_(negative), digits_(without_leading_zeros(std::string(digits))), exponent_(exponent) {}

Decimal Decimal::from_int(std::int64_t value, int exponent) {
  std::string text = std::to_string(value);
  const bool negative = text[0] == '-';
  if (negative) text.erase(0, 1);
  return Decimal(negative, text, exponent);
}

Decimal Decimal::negated() const { return Decimal(!negative_, digits_, exponent_); }

Decimal Decimal::aligned(int exponent) const {
  Decimal out = *this;
  if (exponent < exponent_ && !is_zero())
    out.digits_.append(static_cast<std::size_t>(exponent_ - exponent), '0');
  out.exponent_ = exponent;
  return out;
}

Decimal operator+(const Decimal& a, const Decimal& b) {
  const int exponent = std::min(a.exponent_, b.exponent_);
  const Decimal left = a.aligned(exponent);
  const Decimal right = b.aligned(exponent);
  if (left.negative_ == right.negative_) {
    return Decimal(left.negative_, add_digits(left.digits_, right.digits_), exponent);
  }
  if (compare_digits(left.digits_, right.digits_) >= 0) {
    return Decimal(left.negative_, subtract_digits(left.digits_, right.digits_), exponent);
  }
  return Decimal(right.negative_, subtract_digits(right.digits_, left.digits_), exponent);
}

int compare(const Decimal& a, const Decimal& b) {
  if (a.sign() != b.sign()) return a.sign() < b.sign() ? -1 : 1;
  const int exponent = std::min(a.exponent_, b.exponent_);
  const int order = compare_digits(a.aligned(exponent).digits_, b.aligned(exponent).digits_);
  return a.sign() < 0 ? -order : order;
}

Decimal Decimal::times(unsigned factor) const {
  std::string out;
  unsigned carry = 0;
  for (std::size_t i = digits_.size(); i-- > 0;) {
    const unsigned product = static_cast<unsigned>(digits_[i] - '0') * factor + carry;
    out += static_cast<char>('0' + product % 10);
    carry = product / 10;
  }
  for (; carry > 0; carry /= 10) out += static_cast<char>('0' + carry % 10);
  std::reverse(out.begin(), out.end());
  return Decimal(negative_, out, exponent_);
}

Decimal Decimal::rounded_up(int exponent) const {
  if (exponent_ >= exponent) return *this;
  const auto dropped = static_cast<std::size_t>(exponent - exponent_);
  const bool all = dropped >= digits_.size();
  const std::string kept = all ? "0" : digits_.substr(0, digits_.size() - dropped);
  const std::string lost = all ? digits_ : digits_.substr(digits_.size() - dropped);
  const bool exact = lost.find_first_not_of('0') == std::string::npos;
  return Decimal(negative_, exact ? kept : add_digits(kept, "1"), exponent);
}

Decimal Decimal::reduced() const {
  Decimal out = *this;
  if (is_zero()) return Decimal();
  const std::size_t last = out.digits_.find_last_not_of('0');
  out.exponent_ += static_cast<int>(out.digits_.size() - 1 - last);
  out.digits_.resize(last + 1);
  return out;
}

bool Decimal::divide_exactly(unsigned divisor) {
  std::string quotient;
  unsigned rest = 0;
  for (const char digit : digits_) {
    rest = rest * 10 + static_cast<unsigned>(digit - '0');
    quotient += static_cast<char>('0' + rest / divisor);
    rest %= divisor;
  }
  if (rest != 0) return false;
  digits_ = without_leading_zeros(std::move(quotient));
  return true;
}

}  // namespace oidc_audit::cel
