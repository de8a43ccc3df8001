#include <cstdint>

#include "base/percent_encoding.h"
#include "base/unicode.h"
#include "oidc/catalogue_impl.h"

namespace oidc_audit::oidc {

namespace {

int base64url_digit(char c) noexcept {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '-') return 62;
  if (c == '_') return 63;
  return -1;
}

std::optional<std::string> base64url_decode(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = base64url_digit(c);
    if (digit < 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> static_cast<unsigned>(count)) & 0xFFU);
    }
  }
  if ((bits & ((1U << static_cast<unsigned>(count)) - 1U)) != 0) return std::nullopt;  // not canonical
  return out;
}

}  // namespace

std::string_view decode_segment(Decoding decoding, std::string_view raw, ParsedName& parsed) {
  switch (decoding) {
    case Decoding::none:
      return raw;
    case Decoding::colon:
      if (raw.find("%3A") == std::string_view::npos) return raw;
      return parsed.keep(replace_all(raw, "%3A", ":"));
    case Decoding::percent:
      if (raw.find('%') == std::string_view::npos) return raw;
      return parsed.keep(percent_decode(raw));
    case Decoding::query:
      if (raw.find_first_of("%+") == std::string_view::npos) return raw;
      return parsed.keep(percent_decode(replace_all(raw, "+", " ")));
    case Decoding::jenkins_path: {
      if (raw.find_first_of("%/") == std::string_view::npos) return raw;
      return parsed.keep(percent_decode(replace_all(raw, "/job/", "/")));
    }
  }
  return raw;
}

std::optional<DexSubject> decode_dex_subject(std::string_view subject) {
  const auto bytes = base64url_decode(subject);
  if (!bytes || !is_valid_utf8(*bytes)) return std::nullopt;
  DexSubject made;
  bool user = false;
  bool connector = false;
  for (std::size_t at = 0; at < bytes->size();) {
    // Both fields have wire type 2 (length-delimited); lengths below 128 take one byte.
    const auto tag = static_cast<unsigned char>((*bytes)[at++]);
    if ((tag != 0x0A && tag != 0x12) || at == bytes->size()) return std::nullopt;
    std::size_t length = static_cast<unsigned char>((*bytes)[at++]);
    if (length >= 0x80) {
      if (at == bytes->size()) return std::nullopt;
      length =
          (length & 0x7FU) | (static_cast<std::size_t>(static_cast<unsigned char>((*bytes)[at++])) << 7U);
      if (length >= 1U << 14U) return std::nullopt;
    }
    if (length > bytes->size() - at) return std::nullopt;
    std::string& field = tag == 0x0A ? made.user_id : made.connector_id;
    (tag == 0x0A ? user : connector) = true;
    field = bytes->substr(at, length);
    at += length;
  }
  if (!user || !connector || made.user_id.empty() || made.connector_id.empty()) return std::nullopt;
  return made;
}

}  // namespace oidc_audit::oidc
