#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oidc/auth_config.h"
#include "oidc/cel_outlook.h"

namespace oidc_audit::oidc {

/// What one validation rule lets through.
struct RuleOutlook {
  bool never_holds = false;  ///< refuses every token
  std::string why;           ///< for people, when it never holds; may be empty
};

/// What comes of a mapping.
struct MappingOutlook {
  bool mapped = false;        ///< there is a claim or an expression
  Known value;                ///< username, uid: a text; groups and extra: a text or a list of texts
  bool always_fails = false;  ///< every token is refused because of it
  std::string why;            ///< for people, when it always fails
};

/// What an authenticator makes of tokens before any has come: an over-approximation, see Known. Tokens are
/// those of its issuer and audiences, of which nothing else is taken for granted than the facts given.
struct AuthenticatorOutlook {
  MappingOutlook username, groups, uid;
  std::vector<MappingOutlook> extra;
  std::vector<RuleOutlook> claim_rules;  ///< as the configuration lists them
  std::vector<RuleOutlook> user_rules;

  /// Whether every token is refused.
  bool refuses() const;
};

/// `assumed` adds to what the configuration itself says of claims (its required claims and what rules demand
/// with `==`); a rule that contradicts them then never holds. `assumed.user` replaces what the mappings say.
AuthenticatorOutlook authenticator_outlook(const JwtAuthenticator& jwt, int kubernetes_minor,
                                           const Facts& assumed = {});

/// The claims that a mapping of this kind reads: the claim itself, or those of the expression.
std::vector<std::string> mapped_claims(const PrefixedClaimOrExpression& mapping, int kubernetes_minor);

/// What names of a mapping look like whatever the rules say of the claims: `gha:<sub>`. Nothing when that
/// cannot be told.
std::optional<TextShape> mapping_shape(const PrefixedClaimOrExpression& mapping, int kubernetes_minor);

/// Whether a token whose username (or whose only group) is `name` would be refused for certain.
bool refuses_username(const JwtAuthenticator& jwt, std::string_view name, int kubernetes_minor);
bool refuses_group(const JwtAuthenticator& jwt, std::string_view name, int kubernetes_minor);

}  // namespace oidc_audit::oidc
