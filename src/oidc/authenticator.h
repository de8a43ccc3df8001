#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "base/user_info.h"
#include "oidc/auth_config.h"

namespace oidc_audit::oidc {

class KeySet;

enum class Outcome {
  user,            ///< authenticated
  rejected,        ///< an authenticator took the token and refused it: 401
  not_mine,        ///< no authenticator takes the token: 401 unless another kind of authenticator does
  invalid_config,  ///< the server would not start with this configuration
  load_error,      ///< the configuration cannot be read
};
/// `user`, `not_mine` and so on.
std::string_view to_string(Outcome outcome);

/// Why a request is answered 401, as a closed list.
enum class AuthnCause {
  issuer_not_configured,
  audience,
  expired,
  not_yet_valid,
  signature,
  algorithm,
  claim_missing,
  claim_type,
  email_unverified,
  claim_rule,
  user_rule,
  iam_not_mapped,  ///< of an EKS cluster: no access entry and nothing in aws-auth names the IAM identity
  configuration,   ///< the server would not start with it
};
inline constexpr int kAuthnCauseCount = static_cast<int>(AuthnCause::configuration) + 1;
/// `issuer-not-configured` and so on.
std::string_view to_string(AuthnCause cause);

/// How far the token came, in the server's order.
enum class Stage {
  configuration,
  token_form,  ///< three parts, base64, JSON
  issuer,
  claims,  ///< the fixed structure: types of iss, sub, aud, exp ...
  audience,
  expiry,
  not_before,
  algorithm,
  signature,
  distributed_claims,
  username,
  groups,
  uid,
  extra,
  claim_rules,
  user_rules,
  iam_mapping,  ///< of EKS: access entries and the ConfigMap aws-auth, instead of all of the above
  done,
};
std::string_view to_string(Stage stage);

/// What is known of the signature.
enum class SignatureCheck {
  not_checked,  ///< claims alone, or no keys were given
  verified,
  assumed,  ///< the caller said so
  failed,
};

/// One authenticator that was asked, in order, and what it said.
struct TrailStep {
  std::size_t authenticator = 0;  ///< index into AuthConfig::jwt
  std::string issuer;
  std::string verdict;  ///< for people: "not its issuer", "rejected", "authenticated"
};

/// A value that was found beside one that was wanted.
struct Comparison {
  std::string what;  ///< "issuer", "audience", "expiry", "claim `hd`"
  std::string expected;
  std::string actual;
};

/// The answer of authentication, and why.
struct AuthenticationResult {
  Outcome outcome = Outcome::not_mine;
  UserInfo user;  ///< when outcome is user; without `system:authenticated`, which the server adds later
  Stage stage = Stage::done;
  std::optional<AuthnCause> cause;
  /// The flag (`--oidc-client-id`) or the field path (`jwt[0].issuer.audiences`) at fault.
  std::string at;
  std::string pointer;               ///< RFC 6901 into the configuration, when `at` is a field
  std::optional<SourceRange> range;  ///< of that field, when it was read from text
  std::string error;                 ///< as it stands in the log of the server
  std::vector<std::string> errors;   ///< all errors of an invalid configuration
  std::string message;               ///< the cause for people, one sentence
  std::string fix;                   ///< what to change, and where
  std::vector<Comparison> comparisons;
  std::vector<std::string> notes;  ///< what was assumed or could not be looked at
  SignatureCheck signature = SignatureCheck::not_checked;
  std::optional<std::size_t> authenticator;  ///< index of the one that decided
  std::vector<TrailStep> trail;
  /// What gave the identity when it was no JWT authenticator: `mapRoles[0]` of a ConfigMap; `range` is its
  /// place.
  std::string mapped_by;
  std::string issuer;  ///< `iss` of the token, when it could be read
  std::string
      claims_json;  ///< payload with distributed claims put in and secrets hidden; empty when unreadable

  bool authenticated() const { return outcome == Outcome::user; }
};

/// The same identity as the authorizer sees it: `system:authenticated` appended unless it or
/// `system:unauthenticated` is there (authenticated_group_adder.go).
UserInfo with_authenticated_group(UserInfo user);

/// Prefixes that carry quotes or white space, which become part of every name: one remark each, with the flag
/// or field and what to set it to. Of one authenticator.
std::vector<std::string> odd_prefix_notes(const AuthConfig& config, std::size_t authenticator);

/// What is presented: a token as it is sent, or claims alone (then nothing before the claims is looked at).
struct Credential {
  enum class Kind { token, claims };
  Kind kind = Kind::claims;
  std::string text;
  /// With claims: the algorithm a header would have named; empty: not looked at.
  std::string algorithm;
};

/// The JWT payloads (or whole JWTs) that distributed claim endpoints would answer, by endpoint URL.
using DistributedResponses = std::map<std::string, std::string>;

struct AuthenticateOptions {
  int kubernetes_minor = kNewestKubernetesMinor;
  Timestamp now;
  /// Keys of an issuer; nullptr when there are none for it.
  std::function<const KeySet*(const std::string& issuer)> keys;
  /// Count the signature as good without looking (cases say so).
  bool assume_signature = false;
  /// Answers of distributed claim endpoints; the last path element alone is accepted as a key too.
  DistributedResponses responses;
  /// Since 1.36 the server verifies the signature before it looks at audience and times. True: the order
  /// of earlier releases, whatever the release.
  bool claims_before_signature = false;
};

/// A configuration that was validated and whose expressions are compiled: what a running server holds.
class Authenticators {
 public:
  /// Validates and compiles. The result tells by errors() whether the server would start.
  static Authenticators compile(AuthConfig config, int kubernetes_minor = kNewestKubernetesMinor);
  /// The same for what could not be loaded: every token is answered with the load error.
  static Authenticators from(LoadedConfig loaded, int kubernetes_minor = kNewestKubernetesMinor);

  ~Authenticators();
  Authenticators(Authenticators&&) noexcept;
  Authenticators& operator=(Authenticators&&) noexcept;

  ConfigStatus status() const;
  std::span<const ConfigError> errors() const;
  const AuthConfig& config() const;
  int kubernetes_minor() const;

  /// Who the server says a token is. Never fails: whatever is wrong is the answer.
  AuthenticationResult authenticate(const Credential& credential, const AuthenticateOptions& options) const;

  struct Impl;

 private:
  explicit Authenticators(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace oidc_audit::oidc
