#pragma once

#include <optional>
#include <string>
#include <string_view>

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

}  // namespace oidc_audit::oidc
