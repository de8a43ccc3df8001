#include "oidc/jwt.h"

#include <array>

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

}  // namespace oidc_audit::oidc
