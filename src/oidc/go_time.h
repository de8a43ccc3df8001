#pragma once

#include <cstdint>
#include <string>

namespace oidc_audit::oidc {

/// Seconds as go-oidc's jsonTime keeps them: time.Unix of an int64, which wraps for absurd values.
struct GoTime {
  std::int64_t unix_seconds = 0;
  bool zero = true;  ///< never set: 0001-01-01

  /// Whether this moment is before `seconds` (of 1970) and `nanoseconds`, wrapping as Go's time does.
  bool before(std::int64_t seconds, std::int32_t nanoseconds) const;
  bool after(std::int64_t seconds, std::int32_t nanoseconds) const;
  /// As Go prints a time in UTC: `2024-01-01 00:00:00 +0000 UTC`.
  std::string to_string() const;
};

/// A moment as Go prints it in UTC, with the fraction it needs.
std::string go_time_text(std::int64_t unix_seconds, std::int32_t nanoseconds);

}  // namespace oidc_audit::oidc
