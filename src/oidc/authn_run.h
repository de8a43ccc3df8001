#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cel/value.h"
#include "oidc/authenticator.h"
#include "oidc/claim_set.h"
#include "oidc/compiled_config.h"
#include "oidc/id_token.h"
#include "oidc/jwt.h"

namespace oidc_audit::oidc {

/// One token on its way through one authenticator (oidc.go AuthenticateToken): each step either goes on or
/// writes the refusal into the result. Lives for one call.
class AuthnRun {
 public:
  AuthnRun(const AuthConfig& config, std::size_t index, const CompiledAuthenticator& compiled,
           const AuthenticateOptions& options, AuthenticationResult& result)
      : config_(config),
        jwt_(config.jwt[index]),
        index_(index),
        compiled_(compiled),
        options_(options),
        result_(result) {}

  /// `token` is null when claims alone were given. The issuer has been found to match.
  void run(const Credential& credential, const std::string& payload);

 private:
  // Steps; false when the token was refused. authn_verify.cpp:
  bool verify(const Credential& credential, const std::string& payload);
  bool check_algorithm(std::string_view algorithm);
  bool check_signature(const Jwt& token);
  bool check_claims(const std::string& payload);
  bool check_audience_of_one();
  bool check_times();
  bool check_audiences();
  bool check_claim_sources();
  bool expand_distributed_claims();
  bool resolve_distributed(const std::string& claim, const std::string& endpoint);
  bool verify_distributed(const std::string& endpoint, const std::string& response, std::string& payload);

  // authn_map.cpp:
  bool username();
  bool groups();
  bool uid();
  bool extra();
  bool required_claims();
  bool claim_rules();
  bool user_rules();
  bool username_by_claim();
  bool check_email_verified();
  bool evaluate_claims(const cel::Program& program, std::string_view before, Stage stage,
                       const std::string& field, cel::Value& value);
  const cel::Value& claims_value();

  // authn_explain.cpp: the refusals, with what to change.
  struct Refusal {
    Stage stage;
    AuthnCause cause;
    std::string error;
    std::string
        field;  ///< below the authenticator: `issuer.audiences`; empty: nothing configured is at fault
    std::string message;
    std::string fix;
  };
  bool refuse(Refusal refusal);
  bool refuse_audience(std::string error);
  bool refuse_expired(std::string error);
  bool refuse_not_yet_valid(std::string error);
  bool refuse_algorithm(std::string_view algorithm, std::string error);
  bool refuse_signature(const Jwt& token, std::string error, bool no_such_key);
  bool refuse_payload(std::string error);
  bool refuse_missing_username(const std::string& claim, std::string error);
  bool refuse_claim_type(Stage stage, const std::string& claim, const std::string& field,
                         std::string_view wanted, std::string error);
  bool refuse_expression(Stage stage, const std::string& expression, const std::string& field,
                         std::string error, std::string_view problem);
  bool refuse_conversion(Stage stage, const std::string& expression, const std::string& field,
                         std::string error, const cel::Value& value);
  bool refuse_rule(Stage stage, AuthnCause cause, const std::string& expression,
                   const std::string& rule_message, const std::string& field, std::string error);
  bool refuse_required_claim(const ClaimValidationRule& rule, std::size_t at, std::string error);

  bool from_flags() const { return config_.origin == ConfigOrigin::flags; }
  /// The flag or the field path of a field below the authenticator.
  std::string name_of(const std::string& field) const;
  /// "set `--flag=value`" or "set `jwt[0].field` to `value`".
  std::string set_to(const std::string& field, const std::string& value) const;
  std::vector<std::string> accepted_algorithms() const;
  bool since(int minor) const { return options_.kubernetes_minor >= minor; }

  const AuthConfig& config_;
  const JwtAuthenticator& jwt_;
  std::size_t index_;
  const CompiledAuthenticator& compiled_;
  const AuthenticateOptions& options_;
  AuthenticationResult& result_;

  IdToken id_token_;
  ClaimSet claims_;
  std::string payload_;  ///< as CEL is to see it
  std::optional<cel::Value> claims_value_;
  bool distributed_ = false;  ///< payload_ no longer is the token's own
};

/// Fills a result whose token nobody took: why no authenticator has its issuer, and what comes nearest.
void explain_not_mine(const AuthConfig& config, const Credential& credential, AuthenticationResult& result);

/// Fills a result for a configuration that the server does not start with.
void explain_configuration(ConfigStatus status, std::span<const ConfigError> errors, const AuthConfig& config,
                           AuthenticationResult& result);

/// Values for people: `a, b`; `(none)` when there are none.
std::string list_text(const std::vector<std::string>& values);

/// `value` without quotes or white space around it, when it has any: what a shell or a manifest left in.
std::optional<std::string> without_quotes(std::string_view value);

}  // namespace oidc_audit::oidc
