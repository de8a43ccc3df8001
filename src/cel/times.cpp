#include "cel/times.h"

#include <array>
#include <charconv>

#include "base/time.h"

namespace oidc_audit::cel {
namespace {

constexpr std::int64_t kNanos = 1'000'000'000;

// Exactly `count` digits from `at`.
bool digits(std::string_view text, std::size_t at, std::size_t count, int& out) {
  out = 0;
  if (at + count > text.size()) return false;
  for (std::size_t i = at; i < at + count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    out = out * 10 + (text[i] - '0');
  }
  return true;
}

bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

int days_in(int year, int month) {
  constexpr std::array<int, 12> kDays{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[static_cast<std::size_t>(month - 1)];
}

std::string padded(std::int64_t value, std::size_t width) {
  std::string text = std::to_string(value);
  return text.size() < width ? std::string(width - text.size(), '0') + text : text;
}

// `.5`, `.000000001`, or nothing.
std::string fraction(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return {};
  std::string text = padded(nanoseconds, 9);
  text.erase(text.find_last_not_of('0') + 1);
  return "." + text;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<std::uint64_t> duration_unit(std::string_view unit) {
  if (unit == "ns") return 1;
  if (unit == "us" || unit == "\xC2\xB5s" || unit == "\xCE\xBCs") return 1'000;
  if (unit == "ms") return 1'000'000;
  if (unit == "s") return 1'000'000'000;
  if (unit == "m") return 60'000'000'000;
  if (unit == "h") return 3'600'000'000'000;
  return std::nullopt;
}

}  // namespace

std::optional<Value> parse_timestamp(std::string_view text) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!digits(text, 0, 4, year) || text.substr(4, 1) != "-" || !digits(text, 5, 2, month) ||
      text.substr(7, 1) != "-" || !digits(text, 8, 2, day) || text.substr(10, 1) != "T") {
    return std::nullopt;
  }
  // Go takes an hour of one digit too.
  std::size_t at = text.substr(12, 1) == ":" ? 10 : 11;
  if (!digits(text, 11, at == 10 ? 1 : 2, hour) || text.substr(at + 2, 1) != ":" ||
      !digits(text, at + 3, 2, minute) || text.substr(at + 5, 1) != ":" || !digits(text, at + 6, 2, second)) {
    return std::nullopt;
  }
  if (month < 1 || month > 12 || day < 1 || day > days_in(year, month) || hour > 23 || minute > 59 ||
      second > 59) {
    return std::nullopt;
  }
  at += 8;
  std::int64_t nanoseconds = 0;
  if (at < text.size() && (text[at] == '.' || text[at] == ',')) {
    ++at;
    std::size_t count = 0;
    for (; at < text.size() && is_digit(text[at]); ++at, ++count) {
      if (count < 9) nanoseconds = nanoseconds * 10 + (text[at] - '0');
    }
    if (count == 0) return std::nullopt;
    for (; count < 9; ++count) nanoseconds *= 10;
  }
  int zone = 0;
  if (text.substr(at) != "Z") {
    int zone_hour = 0, zone_minute = 0;
    if (at + 6 != text.size() || (text[at] != '+' && text[at] != '-') ||
        !digits(text, at + 1, 2, zone_hour) || text[at + 3] != ':' || !digits(text, at + 4, 2, zone_minute) ||
        zone_hour > 24 || zone_minute > 60) {
      return std::nullopt;
    }
    zone = zone_hour * 60 + zone_minute;
    if (text[at] == '-') zone = -zone;
  }
  const std::int64_t days = days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  const std::int64_t seconds = days * 86400 + hour * 3600 + minute * 60 + second - std::int64_t{zone} * 60;
  if (seconds < kMinSeconds || seconds > kMaxSeconds) return std::nullopt;
  return Value::timestamp(seconds, static_cast<std::uint32_t>(nanoseconds), zone);
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  constexpr std::uint64_t kLimit = std::uint64_t{1} << 63U;
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return 0;
  if (text.empty()) return std::nullopt;
  std::uint64_t total = 0;
  while (!text.empty()) {
    if (text[0] != '.' && !is_digit(text[0])) return std::nullopt;
    std::uint64_t whole = 0;
    std::size_t at = 0;
    for (; at < text.size() && is_digit(text[at]); ++at) {
      if (whole > kLimit / 10) return std::nullopt;
      whole = whole * 10 + static_cast<std::uint64_t>(text[at] - '0');
      if (whole > kLimit) return std::nullopt;
    }
    bool any = at > 0;
    std::uint64_t part = 0;
    double scale = 1;
    if (at < text.size() && text[at] == '.') {
      ++at;
      const std::size_t first = at;
      bool overflow = false;
      for (; at < text.size() && is_digit(text[at]); ++at) {
        if (overflow) continue;
        if (part > (kLimit - 1) / 10) {
          overflow = true;
          continue;
        }
        const std::uint64_t next = part * 10 + static_cast<std::uint64_t>(text[at] - '0');
        if (next > kLimit) {
          overflow = true;
          continue;
        }
        part = next;
        scale *= 10;
      }
      any = any || at > first;
    }
    if (!any) return std::nullopt;
    text.remove_prefix(at);
    std::size_t unit_length = 0;
    while (unit_length < text.size() && text[unit_length] != '.' && !is_digit(text[unit_length]))
      ++unit_length;
    const std::optional<std::uint64_t> unit = duration_unit(text.substr(0, unit_length));
    if (!unit) return std::nullopt;
    text.remove_prefix(unit_length);
    if (whole > kLimit / *unit) return std::nullopt;
    whole *= *unit;
    if (part > 0) {
      whole += static_cast<std::uint64_t>(static_cast<double>(part) * (static_cast<double>(*unit) / scale));
      if (whole > kLimit) return std::nullopt;
    }
    total += whole;
    if (total > kLimit) return std::nullopt;
  }
  if (negative) return static_cast<std::int64_t>(~total + 1);
  if (total > kLimit - 1) return std::nullopt;
  return static_cast<std::int64_t>(total);
}

std::string format_timestamp(const Value& timestamp) {
  const CivilTime civil =
      civil_from_seconds(timestamp.seconds() + std::int64_t{timestamp.zone_minutes()} * 60);
  std::string out = padded(civil.year, 4) + "-" + padded(civil.month, 2) + "-" + padded(civil.day, 2) + "T" +
                    padded(civil.hour, 2) + ":" + padded(civil.minute, 2) + ":" + padded(civil.second, 2) +
                    fraction(timestamp.nanoseconds());
  int zone = timestamp.zone_minutes();
  if (zone == 0) return out + "Z";
  out += zone < 0 ? '-' : '+';
  if (zone < 0) zone = -zone;
  return out + padded(zone / 60, 2) + ":" + padded(zone % 60, 2);
}

std::string format_duration(std::int64_t nanoseconds) {
  const bool negative = nanoseconds < 0;
  // The least value has no positive counterpart.
  const std::uint64_t magnitude =
      negative ? ~static_cast<std::uint64_t>(nanoseconds) + 1 : static_cast<std::uint64_t>(nanoseconds);
  return (negative ? "-" : "") + std::to_string(magnitude / kNanos) +
         fraction(static_cast<std::int64_t>(magnitude % kNanos)) + "s";
}

Value add_to_timestamp(const Value& timestamp, std::int64_t nanoseconds) {
  std::int64_t seconds = nanoseconds / kNanos;
  std::int64_t rest = nanoseconds % kNanos + timestamp.nanoseconds();
  if (rest < 0) {
    rest += kNanos;
    --seconds;
  } else if (rest >= kNanos) {
    rest -= kNanos;
    ++seconds;
  }
  seconds += timestamp.seconds();
  if (seconds < kMinSeconds || seconds > kMaxSeconds) return Value::error("timestamp overflow");
  return Value::timestamp(seconds, static_cast<std::uint32_t>(rest), timestamp.zone_minutes());
}

Value timestamp_difference(const Value& a, const Value& b) {
  std::int64_t seconds = a.seconds() - b.seconds();
  std::int64_t rest = std::int64_t{a.nanoseconds()} - std::int64_t{b.nanoseconds()};
  std::int64_t total = 0;
  if (__builtin_mul_overflow(seconds, kNanos, &total) || __builtin_add_overflow(total, rest, &total)) {
    return Value::error("integer overflow");
  }
  return Value::duration(total);
}

}  // namespace oidc_audit::cel
