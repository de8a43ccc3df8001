#pragma once

#include <compare>
#include <string>
#include <utility>

namespace oidc_audit {

/// A string that cannot be mixed up with another kind of string.
template <typename Tag>
class StrongString {
 public:
  StrongString() = default;
  explicit StrongString(std::string value) : value_(std::move(value)) {}
  const std::string& str() const noexcept { return value_; }
  friend auto operator<=>(const StrongString&, const StrongString&) = default;

 private:
  std::string value_;
};

using RuleId = StrongString<struct RuleIdTag>;

}  // namespace oidc_audit
