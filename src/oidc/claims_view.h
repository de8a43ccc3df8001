#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oidc_audit::oidc {

class Catalogue;

/// A payload as it may be shown: values of members that hold secrets (access tokens of distributed claims,
/// nonce, passwords) and values that look like tokens are replaced by `(hidden)`. Text that is no JSON gives
/// an empty string.
std::string redact_claims(std::string_view json);

/// One claim for people.
struct ShownClaim {
  std::string name;
  std::string value;  ///< a string as it is, times with their date, anything else as JSON
  std::string
      provider;  ///< the catalogue's reading of a subject: "HCP Terraform (workspace-apply)"; may be empty
  std::vector<std::pair<std::string, std::string>> segments;  ///< of that reading
};

/// The claims of a redacted payload, in order of name, subjects taken apart by the catalogue. `issuer` is the
/// token's.
std::vector<ShownClaim> show_claims(std::string_view redacted_json, std::string_view issuer,
                                    const Catalogue& catalogue);

}  // namespace oidc_audit::oidc
