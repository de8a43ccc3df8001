#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace oidc_audit::oidc {

/// What one claim of a token should be instead, to see what another token would give.
struct ClaimChange {
  std::string name;
  std::optional<std::string> json;  ///< nullopt: the claim is taken out
};

/// Reads `NAME=TEXT` (a string), `NAME:=JSON` (any value) or `NAME:=` (the claim is taken out). Split at the
/// first `=`; a name may hold colons. Fails (usage) otherwise, and when the JSON is none.
Result<ClaimChange> parse_claim_change(std::string_view text);

/// The payload with these claims; all others stay byte for byte, changed ones go to the end. Fails
/// (malformed) when the payload is not one JSON object.
Result<std::string> change_claims(std::string payload, std::span<const ClaimChange> changes);

}  // namespace oidc_audit::oidc
