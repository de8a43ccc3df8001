#pragma once

#include <optional>
#include <string>
#include <vector>

#include "oidc/authenticator.h"
#include "oidc/claims_view.h"
#include "report/verification.h"
#include "source/source_manager.h"

namespace oidc_audit::report {

class JsonWriter;

/// Everything an answer of authentication is shown from. Borrowed; nothing is decided here.
struct AuthnReport {
  const SourceManager& sources;
  const oidc::AuthenticationResult& result;
  const oidc::AuthConfig& config;
  int kubernetes_minor;
  std::vector<oidc::ShownClaim> claims;                   ///< of the token, redacted
  std::vector<std::string> notes;                         ///< beside those of the result
  std::optional<IdentityVerification> verification = {};  ///< when the server was asked, too
};

/// The object of the contract: outcome, username, uid, groups, extra, stage, cause, at, error, fix; `groups`
/// are those of the token. With it message, location, expected and actual values.
void write_authentication(JsonWriter& json, const AuthnReport& report);

/// `oidc-audit/whoami/1`
std::string whoami_json(const AuthnReport& report);

/// For people: who the token is, or why it is nobody, what to change and where; the claims below.
/// `with_claims` false: the identity or the refusal alone.
std::string whoami_text(const AuthnReport& report, bool with_claims = true);

}  // namespace oidc_audit::report
