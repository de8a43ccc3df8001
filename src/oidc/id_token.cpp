#include "oidc/id_token.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <map>

#include "base/go_quote.h"
#include "oidc/go_json.h"

namespace oidc_audit::oidc {

const IdToken::Source* IdToken::find_source(std::string_view name) const {
  const auto at = std::lower_bound(claim_sources.begin(), claim_sources.end(), name,
                                   [](const Source& a, std::string_view b) { return a.name < b; });
  return at != claim_sources.end() && at->name == name ? &*at : nullptr;
}

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
