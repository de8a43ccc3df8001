// Time zones: offsets written out, and the compiled zone files of the system (RFC 8536).

#include <array>
#include <cstdio>
#include <map>
#include <memory>
#include <vector>

#include "base/time.h"
#include "cel/times.h"

namespace oidc_audit::cel {
namespace {

struct Zone {
  std::vector<std::int64_t> transitions;
  std::vector<std::int64_t> offsets;  // after each transition
  std::int64_t first_offset = 0;      // before all of them
  std::string rule;                   // POSIX TZ text for after the last one
};

std::int64_t big_endian(std::string_view data, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | static_cast<unsigned char>(data[at + i]);
  if (bytes == 4) return static_cast<std::int32_t>(static_cast<std::uint32_t>(value));
  return static_cast<std::int64_t>(value);
}

struct Header {
  std::size_t utc, standard, leap, times, types, chars;
  std::size_t size(std::size_t time_bytes) const {
    return times * time_bytes + times + types * 6 + chars + leap * (time_bytes + 4) + standard + utc;
  }
};

bool read_header(std::string_view data, std::size_t at, Header& out) {
  if (data.size() < at + 44 || data.substr(at, 4) != "TZif") return false;
  const auto count = [&](std::size_t i) {
    return static_cast<std::size_t>(big_endian(data, at + 20 + i * 4, 4));
  };
  out = {count(0), count(1), count(2), count(3), count(4), count(5)};
  return out.times < 100'000 && out.types > 0 && out.types < 300 && out.chars < 100'000 && out.leap < 10'000;
}

bool read_zone(std::string_view data, Zone& out) {
  Header header{};
  if (!read_header(data, 0, header)) return false;
  std::size_t at = 44;
  std::size_t time_bytes = 4;
  if (data[4] >= '2') {
    at += header.size(4);
    if (!read_header(data, at, header)) return false;
    at += 44;
    time_bytes = 8;
  }
  if (data.size() < at + header.size(time_bytes)) return false;
  const std::size_t indexes = at + header.times * time_bytes;
  const std::size_t types = indexes + header.times;
  const auto offset = [&](std::size_t type) { return big_endian(data, types + type * 6, 4); };
  for (std::size_t i = 0; i < header.times; ++i) {
    const auto type = static_cast<unsigned char>(data[indexes + i]);
    if (type >= header.types) return false;
    out.transitions.push_back(big_endian(data, at + i * time_bytes, time_bytes));
    out.offsets.push_back(offset(type));
  }
  out.first_offset = offset(0);
  for (std::size_t type = 0; type < header.types; ++type) {
    if (data[types + type * 6 + 4] != 0) continue;
    out.first_offset = offset(type);
    break;
  }
  const std::size_t footer = at + header.size(time_bytes);
  if (time_bytes == 8 && footer + 1 < data.size() && data[footer] == '\n') {
    const std::size_t end = data.find('\n', footer + 1);
    if (end != std::string_view::npos) out.rule = std::string(data.substr(footer + 1, end - footer - 1));
  }
  return true;
}

/// Reads the rule that continues a zone: `CET-1CEST,M3.5.0,M10.5.0/3`.
class Rule {
 public:
  explicit Rule(std::string_view text) : text_(text) {}

  std::optional<std::int64_t> offset_at(std::int64_t seconds) {
    std::int64_t standard = 0;
    if (!name() || !signed_time(standard)) return std::nullopt;
    standard = -standard;
    if (text_.empty()) return standard;
    if (!name()) return std::nullopt;
    std::int64_t summer = standard + 3600;
    if (!text_.empty() && text_[0] != ',') {
      if (!signed_time(summer)) return std::nullopt;
      summer = -summer;
    }
    const std::int64_t year = civil_from_seconds(seconds + standard).year;
    std::int64_t start = 0;
    std::int64_t end = 0;
    if (!change(year, start) || !change(year, end)) return std::nullopt;
    start -= standard;
    end -= summer;
    const bool is_summer =
        start < end ? seconds >= start && seconds < end : seconds >= start || seconds < end;
    return is_summer ? summer : standard;
  }

 private:
  bool name() {
    if (text_.starts_with('<')) {
      const std::size_t end = text_.find('>');
      if (end == std::string_view::npos) return false;
      text_.remove_prefix(end + 1);
      return true;
    }
    std::size_t length = 0;
    while (length < text_.size() && ((text_[length] | 32) >= 'a' && (text_[length] | 32) <= 'z')) ++length;
    text_.remove_prefix(length);
    return length >= 3;
  }
  bool number(std::int64_t& out) {
    std::size_t length = 0;
    out = 0;
    while (length < text_.size() && text_[length] >= '0' && text_[length] <= '9' && length < 4) {
      out = out * 10 + (text_[length++] - '0');
    }
    text_.remove_prefix(length);
    return length > 0;
  }
  bool signed_time(std::int64_t& out) {
    bool negative = false;
    if (!text_.empty() && (text_[0] == '-' || text_[0] == '+')) {
      negative = text_[0] == '-';
      text_.remove_prefix(1);
    }
    std::int64_t part = 0;
    if (!number(part)) return false;
    out = part * 3600;
    for (const std::int64_t unit : {60, 1}) {
      if (!text_.starts_with(':')) break;
      text_.remove_prefix(1);
      if (!number(part)) return false;
      out += part * unit;
    }
    if (negative) out = -out;
    return true;
  }
  // Local seconds at which one of the two changes happens.
  bool change(std::int64_t year, std::int64_t& out) {
    if (!text_.starts_with(',')) return false;
    text_.remove_prefix(1);
    std::int64_t days = 0;
    if (text_.starts_with('M')) {
      text_.remove_prefix(1);
      std::int64_t month = 0, week = 0, weekday = 0;
      if (!number(month) || !dot() || !number(week) || !dot() || !number(weekday) || month < 1 ||
          month > 12) {
        return false;
      }
      const auto first = days_from_civil(year, static_cast<unsigned>(month), 1);
      // 1970-01-01 was a Thursday.
      const std::int64_t first_weekday = ((first + 4) % 7 + 7) % 7;
      days = first + (weekday - first_weekday + 7) % 7 + (week - 1) * 7;
      const std::int64_t next = month == 12 ? days_from_civil(year + 1, 1, 1)
                                            : days_from_civil(year, static_cast<unsigned>(month) + 1, 1);
      while (days >= next) days -= 7;
    } else {
      const bool skips_leap_day = text_.starts_with('J');
      if (skips_leap_day) text_.remove_prefix(1);
      if (!number(days)) return false;
      const bool leap = days_from_civil(year, 3, 1) - days_from_civil(year, 2, 1) == 29;
      if (skips_leap_day) days = days - 1 + (leap && days >= 60 ? 1 : 0);
      days += days_from_civil(year, 1, 1);
    }
    std::int64_t time = 7200;
    if (text_.starts_with('/')) {
      text_.remove_prefix(1);
      if (!signed_time(time)) return false;
    }
    out = days * 86400 + time;
    return true;
  }
  bool dot() {
    if (!text_.starts_with('.')) return false;
    text_.remove_prefix(1);
    return true;
  }

  std::string_view text_;
};

std::string read_zone_file(const std::string& path) {
  std::string content;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (file == nullptr) return content;
  std::array<char, 4096> chunk{};
  std::size_t got = 0;
  while (content.size() < (1U << 20) && (got = std::fread(chunk.data(), 1, chunk.size(), file)) > 0) {
    content.append(chunk.data(), got);
  }
  std::fclose(file);
  return content;
}

// Names that could leave the directory are unknown zones, as in Go.
bool is_safe_name(std::string_view name) {
  return !name.empty() && name.size() < 100 && name[0] != '/' && name[0] != '\\' &&
         name.find("..") == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

const Zone* find_zone(std::string_view name) {
  thread_local std::map<std::string, std::unique_ptr<Zone>, std::less<>> known;
  if (const auto it = known.find(name); it != known.end()) return it->second.get();
  if (!is_safe_name(name) || known.size() > 1000) return nullptr;
  auto zone = std::make_unique<Zone>();
  const std::string data = read_zone_file("/usr/share/zoneinfo/" + std::string(name));
  if (data.empty() || !read_zone(data, *zone)) zone.reset();
  return known.emplace(std::string(name), std::move(zone)).first->second.get();
}

std::int64_t offset_in(const Zone& zone, std::int64_t seconds) {
  if (zone.transitions.empty() || seconds < zone.transitions.front()) {
    if (zone.transitions.empty() && !zone.rule.empty()) {
      if (const auto offset = Rule(zone.rule).offset_at(seconds)) return *offset;
    }
    return zone.first_offset;
  }
  if (seconds >= zone.transitions.back() && !zone.rule.empty()) {
    if (const auto offset = Rule(zone.rule).offset_at(seconds)) return *offset;
  }
  std::size_t low = 0;
  std::size_t high = zone.transitions.size();
  while (high - low > 1) {
    const std::size_t middle = (low + high) / 2;
    (zone.transitions[middle] <= seconds ? low : high) = middle;
  }
  return zone.offsets[low];
}

// Go's strconv.Atoi of the part before or after the colon.
bool whole_number(std::string_view text, std::int64_t& out) {
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    const bool negative = text[0] == '-';
    if (!whole_number(text.substr(1), out)) return false;
    if (negative) out = -out;
    return text.size() > 1 && text[1] != '+' && text[1] != '-';
  }
  if (text.empty() || text.size() > 6) return false;
  out = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    out = out * 10 + (c - '0');
  }
  return true;
}

}  // namespace

std::optional<std::int64_t> zone_offset(std::string_view zone, std::int64_t seconds, std::string& problem) {
  const std::size_t colon = zone.find(':');
  if (colon != std::string_view::npos) {
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if (!whole_number(zone.substr(0, colon), hours)) {
      problem = "strconv.Atoi: parsing \"" + std::string(zone.substr(0, colon)) + "\": invalid syntax";
      return std::nullopt;
    }
    if (!whole_number(zone.substr(colon + 1), minutes)) {
      problem = "strconv.Atoi: parsing \"" + std::string(zone.substr(colon + 1)) + "\": invalid syntax";
      return std::nullopt;
    }
    // The sign of the text counts, since -00 is no number.
    return (hours < 0 || zone[0] == '-') ? hours * 3600 - minutes * 60 : hours * 3600 + minutes * 60;
  }
  // The API server runs in UTC wherever that matters here, so its local zone is taken for UTC.
  if (zone.empty() || zone == "UTC" || zone == "Local") return 0;
  const Zone* known = find_zone(zone);
  if (known == nullptr) {
    problem = "unknown time zone " + std::string(zone);
    return std::nullopt;
  }
  return offset_in(*known, seconds);
}

}  // namespace oidc_audit::cel
