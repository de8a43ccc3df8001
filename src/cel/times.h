#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cel/value.h"

namespace oidc_audit::cel {

/// The moments of years 0001 to 9999, in seconds since 1970.
inline constexpr std::int64_t kMinSeconds = -62135596800;
inline constexpr std::int64_t kMaxSeconds = 253402300799;

/// RFC 3339 as Go's time.Parse reads it with capital T and Z; keeps the offset. Nothing where that fails or
/// the moment is outside the years.
std::optional<Value> parse_timestamp(std::string_view text);
/// Go's time.ParseDuration.
std::optional<std::int64_t> parse_duration(std::string_view text);

std::string format_timestamp(const Value& timestamp);
/// Seconds with the fraction that is needed and `s`.
std::string format_duration(std::int64_t nanoseconds);

/// `timestamp overflow` outside the years.
Value add_to_timestamp(const Value& timestamp, std::int64_t nanoseconds);
Value timestamp_difference(const Value& a, const Value& b);

/// Seconds east of UTC at a moment in a zone: IANA name, `UTC`, `Local`, empty, or `±hh:mm`. Nothing for an
/// unknown zone, with Go's message in `problem`.
std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t seconds, std::string& problem);

}  // namespace oidc_audit::cel
