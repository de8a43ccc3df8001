#include "base/time.h"

#include <fmt/format.h>

#include <charconv>

namespace oidc_audit {

std::int64_t days_from_civil(std::int64_t year, unsigned month, unsigned day) noexcept {
  // Years run from March, so that the leap day is the last of its year; an era is 400 years.
  const std::int64_t y = month <= 2 ? year - 1 : year;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto year_of_era = static_cast<unsigned>(y - era * 400);
  const unsigned day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  const unsigned day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + static_cast<std::int64_t>(day_of_era) - 719468;
}

CivilTime civil_from_seconds(std::int64_t seconds) noexcept {
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  days += 719468;
  const std::int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted = (5 * day_of_year + 2) / 153;
  CivilTime out{};
  out.day = day_of_year - (153 * shifted + 2) / 5 + 1;
  out.month = shifted < 10 ? shifted + 3 : shifted - 9;
  out.year = static_cast<std::int64_t>(year_of_era) + era * 400 + (out.month <= 2 ? 1 : 0);
  out.hour = static_cast<unsigned>(rest / 3600);
  out.minute = static_cast<unsigned>(rest % 3600 / 60);
  out.second = static_cast<unsigned>(rest % 60);
  return out;
}

namespace {

/// Takes `count` digits off the front of `text`; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t count) {
  if (text.size() < count) return -1;
  int value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text.front() != c) return false;
  text.remove_prefix(1);
  return true;
}

unsigned days_in_month(int year, int month) {
  constexpr unsigned kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month == 2 && (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))) return 29;
  return kDays[month - 1];
}

}  // namespace

Result<Timestamp> parse_rfc3339(std::string_view text) {
  const std::string whole(text);
  const auto bad = [&whole] {
    return Error(ErrorKind::malformed, fmt::format("`{}` is not an RFC 3339 time", whole),
                 "write it like 2026-01-02T03:04:05Z");
  };
  const int year = take_digits(text, 4);
  if (year < 0 || !take(text, '-')) return bad();
  const int month = take_digits(text, 2);
  if (month < 1 || month > 12 || !take(text, '-')) return bad();
  const int day = take_digits(text, 2);
  if (day < 1 || static_cast<unsigned>(day) > days_in_month(year, month)) return bad();
  if (!take(text, 'T') && !take(text, 't')) return bad();
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':')) return bad();
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':')) return bad();
  const int second = take_digits(text, 2);
  if (second < 0 || second > 59) return bad();
  std::int32_t nanoseconds = 0;
  if (take(text, '.')) {
    std::int32_t scale = 100'000'000;
    if (text.empty() || text.front() < '0' || text.front() > '9') return bad();
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') {
      nanoseconds += (text.front() - '0') * scale;
      scale /= 10;
      text.remove_prefix(1);
    }
  }
  std::int64_t offset = 0;
  if (!take(text, 'Z') && !take(text, 'z')) {
    const bool behind = !text.empty() && text.front() == '-';
    if (!take(text, '+') && !take(text, '-')) return bad();
    const int hours = take_digits(text, 2);
    if (hours < 0 || hours > 23 || !take(text, ':')) return bad();
    const int minutes = take_digits(text, 2);
    if (minutes < 0 || minutes > 59) return bad();
    offset = (hours * 60 + minutes) * 60;
    if (behind) offset = -offset;
  }
  if (!text.empty()) return bad();
  const std::int64_t days = days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  return Timestamp{days * 86400 + hour * 3600 + minute * 60 + second - offset, nanoseconds};
}

Result<Timestamp> parse_time(std::string_view text) {
  std::int64_t seconds = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (code == std::errc() && end == text.data() + text.size()) return Timestamp{seconds, 0};
  return parse_rfc3339(text);
}

std::string format_rfc3339(Timestamp time) {
  const CivilTime civil = civil_from_seconds(time.seconds);
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", civil.year, civil.month, civil.day,
                                civil.hour, civil.minute, civil.second);
  if (time.nanoseconds != 0) {
    std::string fraction = fmt::format(".{:09}", time.nanoseconds);
    fraction.erase(fraction.find_last_not_of('0') + 1);
    out += fraction;
  }
  return out + "Z";
}

}  // namespace oidc_audit
