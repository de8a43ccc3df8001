#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace oidc_audit {

/// A moment: whole seconds since 1970-01-01T00:00:00Z and nanoseconds in [0, 1e9).
struct Timestamp {
  std::int64_t seconds = 0;
  std::int32_t nanoseconds = 0;
  friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar.
std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) noexcept;

struct CivilTime {
  std::int64_t year;
  unsigned month, day, hour, minute, second;
};
CivilTime civil_from_seconds(std::int64_t seconds) noexcept;

/// RFC 3339 with `Z` or an offset and an optional fraction.
Result<Timestamp> parse_rfc3339(std::string_view text);

/// RFC 3339 or Unix seconds, as `--now` takes it.
Result<Timestamp> parse_time(std::string_view text);

/// `2026-01-02T03:04:05Z`; a fraction is printed with the digits it needs.
std::string format_rfc3339(Timestamp time);

}  // namespace oidc_audit
