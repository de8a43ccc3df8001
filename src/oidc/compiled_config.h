#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cel/program.h"
#include "oidc/auth_config.h"

namespace oidc_audit::oidc {

/// An expression of the configuration, ready to run, with where it stands.
struct CompiledExpression {
  std::size_t index = 0;  ///< into its list in the configuration
  cel::Program program;
};

/// The expressions of one authenticator (validation.go CELMapper).
struct CompiledAuthenticator {
  std::optional<cel::Program> username;
  std::optional<cel::Program> groups;
  std::optional<cel::Program> uid;
  std::vector<CompiledExpression> extra;
  std::vector<CompiledExpression> claim_rules;
  std::vector<CompiledExpression> user_rules;
};

/// Validates a configuration and compiles its expressions, in the order and the words of
/// ValidateAuthenticationConfiguration; errors are appended. The result has one entry for each of `jwt`.
std::vector<CompiledAuthenticator> validate_and_compile(const AuthConfig& config, int kubernetes_minor,
                                                        std::vector<ConfigError>& errors);

/// The flag that a field of a configuration made from flags came from; empty when there is none.
std::string flag_of_field(std::string_view field);

}  // namespace oidc_audit::oidc
