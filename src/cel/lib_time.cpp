// Accessors of timestamps and durations (common/types/timestamp.go, duration.go).

#include <array>

#include "base/time.h"
#include "cel/frame.h"
#include "cel/registry.h"
#include "cel/times.h"

namespace oidc_audit::cel {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;

/// The moment shifted into the zone of the second argument, in seconds; UTC without one.
std::optional<std::int64_t> local_seconds(const Value* args, std::size_t count, Value& failure) {
  const std::int64_t seconds = args[0].seconds();
  if (count < 2) return seconds;
  std::string problem;
  const std::optional<std::int64_t> offset = zone_offset(args[1].as_string(), seconds, problem);
  if (!offset) {
    failure = Value::error(std::move(problem));
    return std::nullopt;
  }
  return seconds + *offset;
}

template <typename Part>
Value part_of(const Value* args, std::size_t count, Part part) {
  Value failure;
  const std::optional<std::int64_t> seconds = local_seconds(args, count, failure);
  if (!seconds) return failure;
  return Value::int64(part(*seconds, civil_from_seconds(*seconds)));
}

Value full_year(Frame&, const Value* args, std::size_t count) {
  return part_of(args, count, [](std::int64_t, const CivilTime& civil) { return civil.year; });
}
Value month(Frame&, const Value* args, std::size_t count) {
  return part_of(args, count,
                 [](std::int64_t, const CivilTime& civil) { return std::int64_t{civil.month} - 1; });
}
Value date(Frame&, const Value* args, std::size_t count) {
  return part_of(args, count, [](std::int64_t, const CivilTime& civil) { return std::int64_t{civil.day}; });
}
Value day_of_month(Frame&, const Value* args, std::size_t count) {
  return part_of(args, count,
                 [](std::int64_t, const CivilTime& civil) { return std::int64_t{civil.day} - 1; });
}
Value day_of_week(Frame&, const Value* args, std::size_t count) {
  return part_of(args, count, [](std::int64_t, const CivilTime& civil) {
    const std::int64_t days = days_from_civil(civil.year, civil.month, civil.day);
    return ((days + 4) % 7 + 7) % 7;  // 1970-01-01 was a Thursday
  });
}
Value day_of_year(Frame&, const Value* args, std::size_t count) {
  return part_of(args, count, [](std::int64_t, const CivilTime& civil) {
    return days_from_civil(civil.year, civil.month, civil.day) - days_from_civil(civil.year, 1, 1);
  });
}

Value hours(Frame&, const Value* args, std::size_t count) {
  if (args[0].is(Kind::duration)) return Value::int64(args[0].as_duration() / (3600 * kNanos));
  return part_of(args, count, [](std::int64_t, const CivilTime& civil) { return std::int64_t{civil.hour}; });
}
Value minutes(Frame&, const Value* args, std::size_t count) {
  if (args[0].is(Kind::duration)) return Value::int64(args[0].as_duration() / (60 * kNanos));
  return part_of(args, count,
                 [](std::int64_t, const CivilTime& civil) { return std::int64_t{civil.minute}; });
}
Value seconds(Frame&, const Value* args, std::size_t count) {
  if (args[0].is(Kind::duration)) return Value::int64(args[0].as_duration() / kNanos);
  return part_of(args, count,
                 [](std::int64_t, const CivilTime& civil) { return std::int64_t{civil.second}; });
}
// Kubernetes gives a duration's total, unlike the specification.
Value milliseconds(Frame&, const Value* args, std::size_t count) {
  if (args[0].is(Kind::duration)) return Value::int64(args[0].as_duration() / 1'000'000);
  const std::int64_t value = args[0].nanoseconds() / 1'000'000;
  return part_of(args, count, [value](std::int64_t, const CivilTime&) { return value; });
}

constexpr std::array kRows{
    OverloadRow{"getFullYear", "timestamp_to_year", ".timestamp -> int", full_year},
    OverloadRow{"getFullYear", "timestamp_to_year_with_tz", ".timestamp, string -> int", full_year},
    OverloadRow{"getMonth", "timestamp_to_month", ".timestamp -> int", month},
    OverloadRow{"getMonth", "timestamp_to_month_with_tz", ".timestamp, string -> int", month},
    OverloadRow{"getDayOfYear", "timestamp_to_day_of_year", ".timestamp -> int", day_of_year},
    OverloadRow{"getDayOfYear", "timestamp_to_day_of_year_with_tz", ".timestamp, string -> int", day_of_year},
    OverloadRow{"getDayOfMonth", "timestamp_to_day_of_month", ".timestamp -> int", day_of_month},
    OverloadRow{"getDayOfMonth", "timestamp_to_day_of_month_with_tz", ".timestamp, string -> int",
                day_of_month},
    OverloadRow{"getDate", "timestamp_to_day_of_month_1_based", ".timestamp -> int", date},
    OverloadRow{"getDate", "timestamp_to_day_of_month_1_based_with_tz", ".timestamp, string -> int", date},
    OverloadRow{"getDayOfWeek", "timestamp_to_day_of_week", ".timestamp -> int", day_of_week},
    OverloadRow{"getDayOfWeek", "timestamp_to_day_of_week_with_tz", ".timestamp, string -> int", day_of_week},
    OverloadRow{"getHours", "timestamp_to_hours", ".timestamp -> int", hours},
    OverloadRow{"getHours", "timestamp_to_hours_with_tz", ".timestamp, string -> int", hours},
    OverloadRow{"getHours", "duration_to_hours", ".duration -> int", hours},
    OverloadRow{"getMinutes", "timestamp_to_minutes", ".timestamp -> int", minutes},
    OverloadRow{"getMinutes", "timestamp_to_minutes_with_tz", ".timestamp, string -> int", minutes},
    OverloadRow{"getMinutes", "duration_to_minutes", ".duration -> int", minutes},
    OverloadRow{"getSeconds", "timestamp_to_seconds", ".timestamp -> int", seconds},
    OverloadRow{"getSeconds", "timestamp_to_seconds_tz", ".timestamp, string -> int", seconds},
    OverloadRow{"getSeconds", "duration_to_seconds", ".duration -> int", seconds},
    OverloadRow{"getMilliseconds", "timestamp_to_milliseconds", ".timestamp -> int", milliseconds},
    OverloadRow{"getMilliseconds", "timestamp_to_milliseconds_with_tz", ".timestamp, string -> int",
                milliseconds},
    OverloadRow{"getMilliseconds", "duration_to_milliseconds", ".duration -> int", milliseconds},
};

}  // namespace

std::span<const OverloadRow> time_rows() { return kRows; }

}  // namespace oidc_audit::cel
