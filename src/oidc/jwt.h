#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace oidc_audit::oidc {

/// Unpadded URL-safe base64 as Go's RawURLEncoding decodes it: CR and LF are skipped, trailing bits may be
/// anything. Fails (malformed) with Go's text: `illegal base64 data at input byte 4`.
Result<std::string> decode_base64url(std::string_view text);
std::string encode_base64url(std::string_view bytes);

/// A compact JWS taken apart. Nothing here is verified. Holds what must never be printed: use only the
/// parts meant for people (header fields, payload).
struct Jwt {
  std::string header_json;
  std::string payload;            ///< bytes of part two
  std::string signature;          ///< bytes of part three
  std::string signing_input;      ///< what was signed
  std::string algorithm;          ///< `alg`; empty when absent
  std::string key_id;             ///< `kid`
  bool unknown_critical = false;  ///< `crit` names something that verifiers must refuse
};

/// The payload of a token as the issuer is looked for in it: nullopt unless the token has three parts, does
/// not begin with `{` and part two is base64 (oidc.go untrustedIssuer).
std::optional<std::string> untrusted_payload(std::string_view token);

/// The `iss` of a payload the way oidc.go untrustedIssuer sees it, `accounts.google.com` completed; nullopt
/// when the payload cannot be read that far.
std::optional<std::string> untrusted_issuer(std::string_view payload);

/// Why untrustedIssuer of oidc.go finds no issuer in a token, in its words; "" when it does.
std::string untrusted_issuer_error(std::string_view token);

/// Parses a token as jose.ParseSigned does. Fails (malformed) with its text.
Result<Jwt> parse_jwt(std::string_view token);

/// Seconds as go-oidc's jsonTime keeps them: time.Unix of an int64, which wraps for absurd values.
struct GoTime {
  std::int64_t unix_seconds = 0;
  bool zero = true;  ///< never set: 0001-01-01

  /// Whether this moment is before `seconds` (of 1970) and `nanoseconds`, wrapping as Go's time does.
  bool before(std::int64_t seconds, std::int32_t nanoseconds) const;
  bool after(std::int64_t seconds, std::int32_t nanoseconds) const;
  /// As Go prints a time in UTC: `2024-01-01 00:00:00 +0000 UTC`.
  std::string to_string() const;
};

/// A moment as Go prints it in UTC, with the fraction it needs.
std::string go_time_text(std::int64_t unix_seconds, std::int32_t nanoseconds);

/// The claims go-oidc decodes into its fixed structure before anything else (verify.go idToken).
struct IdToken {
  std::string issuer;
  std::string subject;
  std::vector<std::string> audience;
  GoTime expiry;
  GoTime issued_at;
  std::optional<GoTime> not_before;
  /// `_claim_names`, sorted by name.
  std::vector<std::pair<std::string, std::string>> claim_names;
  struct Source {
    std::string name;
    std::string endpoint;
    bool has_access_token = false;
  };
  std::vector<Source> claim_sources;  ///< sorted by name

  const Source* find_source(std::string_view name) const;
};

/// Decodes a payload into the structure, with Go's matching of names and coercions. Fails (malformed) with
/// Go's text.
Result<IdToken> decode_id_token(std::string_view payload);

}  // namespace oidc_audit::oidc
