#include "oidc/go_time.h"

namespace oidc_audit::oidc {

namespace {

// Seconds between the years 1 and 1970: Go's time counts from the year 1 in an int64 that wraps.
constexpr std::uint64_t kUnixToInternal = 62'135'596'800U;

std::int64_t internal_seconds(std::int64_t unix_seconds) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(unix_seconds) + kUnixToInternal);
}

// A date in types that hold what time.Unix of any int64 can be.
struct WideCivil {
  std::int64_t year;
  unsigned month, day, second_of_day;
};

WideCivil wide_civil(std::int64_t unix_seconds) {
  // Go prints from absolute time, unsigned seconds since 292277022400-03-01 BC: far moments wrap there, as
  // `Unix(-1<<63)` shows.
  constexpr std::uint64_t kUnixToAbsolute = 9'223'372'028'741'760'000U;
  const std::uint64_t absolute = static_cast<std::uint64_t>(unix_seconds) + kUnixToAbsolute;
  const std::uint64_t days = absolute / 86'400U;
  const std::uint64_t era = days / 146'097U;  // of 400 years
  const auto day_of_era = static_cast<unsigned>(days % 146'097U);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const unsigned day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  WideCivil civil{};
  civil.day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  civil.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  civil.year =
      static_cast<std::int64_t>(era * 400U + year_of_era) - 292'277'022'400LL + (civil.month <= 2 ? 1 : 0);
  civil.second_of_day = static_cast<unsigned>(absolute % 86'400U);
  return civil;
}

std::string two_digits(unsigned value) {
  std::string text = std::to_string(value);
  return text.size() < 2 ? "0" + text : text;
}

}  // namespace

std::string go_time_text(std::int64_t unix_seconds, std::int32_t nanoseconds) {
  const WideCivil civil = wide_civil(unix_seconds);
  std::string year = std::to_string(civil.year < 0 ? -civil.year : civil.year);
  while (year.size() < 4) year.insert(year.begin(), '0');
  if (civil.year < 0) year.insert(year.begin(), '-');
  std::string text = year + "-" + two_digits(civil.month) + "-" + two_digits(civil.day) + " " +
                     two_digits(civil.second_of_day / 3600) + ":" +
                     two_digits(civil.second_of_day / 60 % 60) + ":" + two_digits(civil.second_of_day % 60);
  if (nanoseconds > 0) {
    std::string fraction = std::to_string(nanoseconds);
    fraction.insert(0, 9 - fraction.size(), '0');
    while (fraction.back() == '0') fraction.pop_back();
    text += "." + fraction;
  }
  return text + " +0000 UTC";
}

bool GoTime::before(std::int64_t seconds, std::int32_t nanoseconds) const {
  const std::int64_t own = zero ? 0 : internal_seconds(unix_seconds);
  const std::int64_t other = internal_seconds(seconds);
  return own < other || (own == other && nanoseconds > 0);
}

bool GoTime::after(std::int64_t seconds, std::int32_t nanoseconds) const {
  const std::int64_t own = zero ? 0 : internal_seconds(unix_seconds);
  const std::int64_t other = internal_seconds(seconds);
  (void)nanoseconds;  // this time has none, so it cannot be later within the same second
  return own > other;
}

std::string GoTime::to_string() const {
  if (zero) return "0001-01-01 00:00:00 +0000 UTC";
  return go_time_text(unix_seconds, 0);
}

}  // namespace oidc_audit::oidc
