#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "oidc/go_time.h"

namespace oidc_audit::oidc {

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
