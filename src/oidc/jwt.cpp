#include "oidc/jwt.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>

#include "base/go_quote.h"
#include "base/strings.h"
#include "oidc/go_json.h"

namespace oidc_audit::oidc {

namespace {

constexpr int kBadDigit = -1;

int base64url_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return kBadDigit;
}

Error illegal_base64(std::size_t at) {
  return Error(ErrorKind::malformed, "illegal base64 data at input byte " + std::to_string(at));
}

std::array<std::string_view, 3> three_parts(std::string_view token, bool& ok) {
  std::array<std::string_view, 3> parts;
  const std::size_t first = token.find('.');
  const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  ok = second != std::string_view::npos && token.find('.', second + 1) == std::string_view::npos;
  if (ok)
    parts = {token.substr(0, first), token.substr(first + 1, second - first - 1), token.substr(second + 1)};
  return parts;
}

std::string strip_space(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c != ' ' && (c < '\t' || c > '\r')) out += c;
  }
  return out;
}

}  // namespace

Result<std::string> decode_base64url(std::string_view text) {
  std::string out;
  out.reserve(text.size() / 4 * 3 + 3);
  std::uint32_t bits = 0;
  int count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n' || c == '\r') continue;
    const int digit = base64url_digit(c);
    if (digit == kBadDigit) return illegal_base64(i);
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    if (++count == 4) {
      out += static_cast<char>((bits >> 16U) & 0xFFU);
      out += static_cast<char>((bits >> 8U) & 0xFFU);
      out += static_cast<char>(bits & 0xFFU);
      bits = 0;
      count = 0;
    }
  }
  if (count == 1) return illegal_base64(text.size() - 1);
  if (count == 2) {
    out += static_cast<char>((bits >> 4U) & 0xFFU);
  } else if (count == 3) {
    out += static_cast<char>((bits >> 10U) & 0xFFU);
    out += static_cast<char>((bits >> 2U) & 0xFFU);
  }
  return out;
}

std::string encode_base64url(std::string_view bytes) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  out.reserve(bytes.size() / 3 * 4 + 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t left = bytes.size() - i;
    std::uint32_t bits = static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i])) << 16U;
    if (left > 1) bits |= static_cast<std::uint32_t>(static_cast<unsigned char>(bytes[i + 1])) << 8U;
    if (left > 2) bits |= static_cast<unsigned char>(bytes[i + 2]);
    out += kDigits[(bits >> 18U) & 63U];
    out += kDigits[(bits >> 12U) & 63U];
    if (left > 1) out += kDigits[(bits >> 6U) & 63U];
    if (left > 2) out += kDigits[bits & 63U];
  }
  return out;
}

std::optional<std::string> untrusted_payload(std::string_view token) {
  // strings.TrimSpace also trims Unicode white space; a token that has any before a brace is none anyway.
  std::string_view trimmed = token;
  while (!trimmed.empty() &&
         (trimmed.front() == ' ' || (trimmed.front() >= '\t' && trimmed.front() <= '\r'))) {
    trimmed.remove_prefix(1);
  }
  if (!trimmed.empty() && trimmed.front() == '{') return std::nullopt;
  bool ok = false;
  const auto parts = three_parts(token, ok);
  if (!ok) return std::nullopt;
  Result<std::string> payload = decode_base64url(parts[1]);
  if (!payload.ok()) return std::nullopt;
  return std::move(payload).value();
}

std::optional<std::string> untrusted_issuer(std::string_view payload) {
  const Result<JsonDocument> json = JsonDocument::parse(std::string(payload));
  if (!json.ok()) return std::nullopt;
  const JsonValue root = json.value().root();
  std::string issuer;
  if (root.is(JsonKind::object)) {
    for (const auto& [key, value] : root.members()) {
      if (!go_field_matches(key.string(), "iss") || value.is(JsonKind::null)) continue;
      if (!value.is(JsonKind::string)) return std::nullopt;
      issuer = value.string();
    }
  } else if (!root.is(JsonKind::null)) {
    return std::nullopt;
  }
  if (issuer == "accounts.google.com") return "https://accounts.google.com";
  return issuer;
}

std::string untrusted_issuer_error(std::string_view token) {
  if (trim_ascii(token).starts_with('{')) return "token is not compact JWT";
  bool ok = false;
  const auto parts = three_parts(token, ok);
  if (!ok) return "malformed token";
  Result<std::string> payload = decode_base64url(parts[1]);
  if (!payload.ok()) return "error decoding token: " + payload.error().message();
  const Result<JsonDocument> json = JsonDocument::parse(std::move(payload).value());
  const std::string front = "while unmarshaling token: ";
  if (!json.ok()) return front + json.error().message();
  const JsonValue root = json.value().root();
  if (root.is(JsonKind::null)) return {};
  if (!root.is(JsonKind::object))
    return front + go_unmarshal_error(root.kind(), R"(struct { Issuer string "json:\"iss\"" })");
  for (const auto& [key, value] : root.members()) {
    if (!go_field_matches(key.string(), "iss") || value.is(JsonKind::null) || value.is(JsonKind::string))
      continue;
    return front + std::string("json: cannot unmarshal ")
                       .append(to_string(value.kind()))
                       .append(" into Go struct field .iss of type string");
  }
  return {};
}

Result<Jwt> parse_jwt(std::string_view token) {
  const std::string compact = strip_space(token);
  bool ok = false;
  const auto parts = three_parts(compact, ok);
  if (!ok) {
    return Error(ErrorKind::malformed, "go-jose/go-jose: compact JWS format must have three parts");
  }
  Jwt jwt;
  ASSIGN_OR_RETURN(jwt.header_json, decode_base64url(parts[0]));
  ASSIGN_OR_RETURN(jwt.payload, decode_base64url(parts[1]));
  ASSIGN_OR_RETURN(jwt.signature, decode_base64url(parts[2]));
  jwt.signing_input = std::string(parts[0]).append(".").append(encode_base64url(jwt.payload));
  if (jwt.header_json.empty()) return jwt;

  ASSIGN_OR_RETURN(const JsonDocument header, JsonDocument::parse(jwt.header_json));
  const JsonValue root = header.root();
  if (root.is(JsonKind::null)) return jwt;
  if (!root.is(JsonKind::object)) {
    return Error(ErrorKind::malformed, go_unmarshal_error(root.kind(), "jose.rawHeader"));
  }
  for (const auto& [key, value] : root.members()) {
    const std::string name = key.string();
    if (name == "alg" || name == "kid") {
      if (!value.is(JsonKind::string) && !value.is(JsonKind::null)) {
        // sanitized() of go-jose looks at kid; an alg of another type counts as none.
        if (name == "kid") {
          return Error(ErrorKind::malformed,
                       "failed to unmarshal key ID: " + go_unmarshal_error(value.kind(), "string"));
        }
        continue;
      }
      (name == "alg" ? jwt.algorithm : jwt.key_id) = value.string();
    } else if (name == "crit") {
      for (const JsonValue& item : value.items()) {
        if (item.string() != "b64") jwt.unknown_critical = true;
      }
    } else if (name == "b64" && value.is(JsonKind::boolean) && !value.as_bool()) {
      jwt.signing_input = std::string(parts[0]).append(".").append(jwt.payload);
    }
  }
  return jwt;
}

// ---------------------------------------------------------------------------------------------------------

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

const IdToken::Source* IdToken::find_source(std::string_view name) const {
  const auto at = std::lower_bound(claim_sources.begin(), claim_sources.end(), name,
                                   [](const Source& a, std::string_view b) { return a.name < b; });
  return at != claim_sources.end() && at->name == name ? &*at : nullptr;
}

// ---------------------------------------------------------------------------------------------------------

namespace {

bool is_go_number(std::string_view text) {
  Result<JsonDocument> json = JsonDocument::parse(std::string(text));
  return json.ok() && json.value().root().is(JsonKind::number) &&
         json.value().root().raw().size() == text.size();
}

// json.Number's Int64, else Float64 truncated as amd64 converts.
Result<std::int64_t> number_seconds(std::string_view number) {
  std::int64_t seconds = 0;
  const char* end = number.data() + number.size();
  const auto [stop, failure] = std::from_chars(number.data(), end, seconds);
  if (failure == std::errc() && stop == end) return seconds;
  const std::string text(number);
  const double value = std::strtod(text.c_str(), nullptr);
  if (std::isinf(value)) {
    return Error(ErrorKind::malformed,
                 "strconv.ParseFloat: parsing " + go_quote(text) + ": value out of range");
  }
  constexpr double kTwo63 = 9223372036854775808.0;
  if (value >= kTwo63 || value < -kTwo63) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

Result<GoTime> decode_time(const JsonValue& value, std::string_view field) {
  std::string number;
  switch (value.kind()) {
    case JsonKind::null:
      return Error(ErrorKind::malformed, R"(strconv.ParseFloat: parsing "": invalid syntax)");
    case JsonKind::number:
      number = value.raw();
      break;
    case JsonKind::string:
      number = value.string();
      if (!is_go_number(number)) {
        return Error(ErrorKind::malformed, "json: invalid number literal, trying to unmarshal " +
                                               go_quote(value.raw()) + " into Number");
      }
      break;
    case JsonKind::boolean:
    case JsonKind::array:
    case JsonKind::object:
      return Error(ErrorKind::malformed, std::string("json: cannot unmarshal ")
                                             .append(to_string(value.kind()))
                                             .append(" into Go struct field idToken.")
                                             .append(field)
                                             .append(" of type json.Number"));
  }
  ASSIGN_OR_RETURN(const std::int64_t seconds, number_seconds(number));
  GoTime time;
  time.unix_seconds = seconds;
  time.zero = false;
  return time;
}

/// Fills an IdToken member by member. Of several errors Go's decoder tells the first, but one of a type that
/// decodes itself (audience, jsonTime) ends it at once and is told before any other (encoding/json
/// decode.go).
class IdTokenDecoder {
 public:
  Result<IdToken> decode(const JsonValue& root) {
    if (!root.is(JsonKind::object)) {
      if (root.is(JsonKind::null)) return IdToken{};
      return Error(ErrorKind::malformed, go_unmarshal_error(root.kind(), "oidc.idToken"));
    }
    for (const auto& [key, value] : root.members()) {
      member(key.string(), value);
      if (ended_) break;
    }
    if (error_.has_value()) return Error(ErrorKind::malformed, *error_);
    token_.claim_names.assign(names_.begin(), names_.end());
    std::sort(token_.claim_names.begin(), token_.claim_names.end());
    std::sort(token_.claim_sources.begin(), token_.claim_sources.end(),
              [](const IdToken::Source& a, const IdToken::Source& b) { return a.name < b.name; });
    return std::move(token_);
  }

 private:
  void fail(std::string text) {
    if (!error_.has_value()) error_ = std::move(text);
  }
  void end(std::string text) {
    error_ = std::move(text);
    ended_ = true;
  }
  static std::string type_text(JsonKind kind, std::string_view place, std::string_view type) {
    return std::string("json: cannot unmarshal ")
        .append(to_string(kind))
        .append(" into Go struct field ")
        .append(place)
        .append(" of type ")
        .append(type);
  }
  void fail_type(JsonKind kind, std::string_view place, std::string_view type) {
    fail(type_text(kind, place, type));
  }

  void member(const std::string& key, const JsonValue& value) {
    if (text_field(key, value, "iss", token_.issuer) || text_field(key, value, "sub", token_.subject) ||
        text_field(key, value, "nonce", unused_) || text_field(key, value, "at_hash", unused_)) {
      return;
    }
    if (go_field_matches(key, "aud")) {
      audience(value);
    } else if (go_field_matches(key, "exp")) {
      time(value, "exp", token_.expiry);
    } else if (go_field_matches(key, "iat")) {
      time(value, "iat", token_.issued_at);
    } else if (go_field_matches(key, "nbf")) {
      if (value.is(JsonKind::null)) {
        token_.not_before.reset();
      } else {
        GoTime read;
        if (time(value, "nbf", read)) token_.not_before = read;
      }
    } else if (go_field_matches(key, "_claim_names")) {
      claim_names(value);
    } else if (go_field_matches(key, "_claim_sources")) {
      claim_sources(value);
    }
  }

  bool text_field(const std::string& key, const JsonValue& value, std::string_view field, std::string& into) {
    if (!go_field_matches(key, field)) return false;
    if (value.is(JsonKind::string)) {
      into = value.string();
    } else if (!value.is(JsonKind::null)) {
      fail_type(value.kind(), "idToken." + std::string(field), "string");
    }
    return true;
  }

  void audience(const JsonValue& value) {
    // A string, or null, is a list of one: json.Unmarshal of null into a string succeeds.
    if (value.is(JsonKind::string) || value.is(JsonKind::null)) {
      token_.audience = {value.string()};
      return;
    }
    if (!value.is(JsonKind::array)) {
      end(type_text(value.kind(), "idToken.aud", "[]string"));
      return;
    }
    std::vector<std::string> list;
    for (const JsonValue& item : value.items()) {
      if (!item.is(JsonKind::string) && !item.is(JsonKind::null)) {
        end(type_text(item.kind(), "idToken.aud", "string"));
        return;
      }
      list.push_back(item.string());
    }
    token_.audience = std::move(list);
  }

  bool time(const JsonValue& value, std::string_view field, GoTime& into) {
    Result<GoTime> read = decode_time(value, field);
    if (!read.ok()) {
      end(read.error().message());
      return false;
    }
    into = read.value();
    return true;
  }

  void claim_names(const JsonValue& value) {
    if (value.is(JsonKind::null)) {
      names_.clear();
      return;
    }
    if (!value.is(JsonKind::object)) {
      fail_type(value.kind(), "idToken._claim_names", "map[string]string");
      return;
    }
    for (const auto& [name, source] : value.members()) {
      if (!source.is(JsonKind::string) && !source.is(JsonKind::null)) {
        fail_type(source.kind(), "idToken._claim_names", "string");
        continue;
      }
      names_[name.string()] = source.string();
    }
  }

  void claim_sources(const JsonValue& value) {
    if (value.is(JsonKind::null)) {
      token_.claim_sources.clear();
      return;
    }
    if (!value.is(JsonKind::object)) {
      fail_type(value.kind(), "idToken._claim_sources", "map[string]oidc.claimSource");
      return;
    }
    std::map<std::string, IdToken::Source> sources;
    for (IdToken::Source& known : token_.claim_sources) sources[known.name] = std::move(known);
    for (const auto& [name, source] : value.members()) {
      IdToken::Source read;
      read.name = name.string();
      if (!source.is(JsonKind::object) && !source.is(JsonKind::null)) {
        fail_type(source.kind(), "idToken._claim_sources", "oidc.claimSource");
      }
      for (const auto& [key, field] : source.members()) source_field(key.string(), field, read);
      sources[read.name] = std::move(read);
    }
    token_.claim_sources.clear();
    for (auto& [name, source] : sources) token_.claim_sources.push_back(std::move(source));
  }

  void source_field(const std::string& key, const JsonValue& value, IdToken::Source& into) {
    const bool endpoint = go_field_matches(key, "endpoint");
    if (!endpoint && !go_field_matches(key, "access_token")) return;
    if (value.is(JsonKind::null)) return;
    if (!value.is(JsonKind::string)) {
      fail_type(value.kind(),
                endpoint ? "claimSource._claim_sources.endpoint" : "claimSource._claim_sources.access_token",
                "string");
      return;
    }
    if (endpoint) {
      into.endpoint = value.string();
    } else {
      into.has_access_token = !value.string().empty();
    }
  }

  bool ended_ = false;
  IdToken token_;
  std::map<std::string, std::string> names_;
  std::string unused_;
  std::optional<std::string> error_;
};

}  // namespace

Result<IdToken> decode_id_token(std::string_view payload) {
  ASSIGN_OR_RETURN(const JsonDocument json, JsonDocument::parse(std::string(payload)));
  return IdTokenDecoder().decode(json.root());
}

}  // namespace oidc_audit::oidc
