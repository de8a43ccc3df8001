#include <array>

#include "oidc/authenticator.h"

namespace oidc_audit::oidc {

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::user:
      return "user";
    case Outcome::rejected:
      return "rejected";
    case Outcome::not_mine:
      return "not_mine";
    case Outcome::invalid_config:
      return "invalid_config";
    case Outcome::load_error:
      return "load_error";
  }
  return "";
}

std::string_view to_string(AuthnCause cause) {
  switch (cause) {
    case AuthnCause::issuer_not_configured:
      return "issuer-not-configured";
    case AuthnCause::audience:
      return "audience";
    case AuthnCause::expired:
      return "expired";
    case AuthnCause::not_yet_valid:
      return "not-yet-valid";
    case AuthnCause::signature:
      return "signature";
    case AuthnCause::algorithm:
      return "algorithm";
    case AuthnCause::claim_missing:
      return "claim-missing";
    case AuthnCause::claim_type:
      return "claim-type";
    case AuthnCause::email_unverified:
      return "email-unverified";
    case AuthnCause::claim_rule:
      return "claim-rule";
    case AuthnCause::user_rule:
      return "user-rule";
    case AuthnCause::iam_not_mapped:
      return "iam-not-mapped";
    case AuthnCause::configuration:
      return "configuration";
  }
  return "";
}

std::string_view to_string(Stage stage) {
  static constexpr std::array<std::string_view, 18> kWords = {
      "configuration", "token-form",  "issuer",    "claims",    "audience",
      "expiry",        "not-before",  "algorithm", "signature", "distributed-claims",
      "username",      "groups",      "uid",       "extra",     "claim-rules",
      "user-rules",    "iam-mapping", "done"};
  return kWords[static_cast<std::size_t>(stage)];
}

UserInfo with_authenticated_group(UserInfo user) {
  if (user.name == "system:anonymous") return user;
  for (const std::string& group : user.groups) {
    if (group == "system:authenticated" || group == "system:unauthenticated") return user;
  }
  user.groups.emplace_back("system:authenticated");
  return user;
}

}  // namespace oidc_audit::oidc
