#include "rules/rule_forms.h"

#include <fmt/format.h>

#include "oidc/config_source.h"
#include "rules/authentication.h"

namespace oidc_audit::rules {
namespace {

using Source = oidc::ConfigSourceKind;

// Who reads the rules: a file that arguments name is an AuthenticationConfiguration all the same.
enum class Form { structured, flags, eks, gke, openshift, aks };

Form form_of(const ServerConfig& server) {
  switch (server.config->origin) {
    case oidc::ConfigOrigin::flags:
      return Form::flags;
    case oidc::ConfigOrigin::file:
      return Form::structured;
    case oidc::ConfigOrigin::platform:
      break;
  }
  switch (server.source) {
    case Source::eks_identity_provider:
      return Form::eks;
    case Source::gke_client_config:
      return Form::gke;
    case Source::openshift_authentication:
      return Form::openshift;
    case Source::aks_jwt_authenticator:
      return Form::aks;
    case Source::authentication_configuration:
    case Source::static_pod:
    case Source::kubeadm:
    case Source::distribution:
      break;
  }
  return Form::structured;
}

// In double quotes, as YAML and JSON both read it.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// Expressions are for YAML and hold quotes of both kinds.
std::string rule_lines(std::string_view list, std::string_view expression, std::string_view message) {
  return fmt::format("set\n  {}:\n  - expression: {}\n    message: {}", list, quoted(expression),
                     quoted(message));
}

}  // namespace

std::string require_claim(const ServerConfig& server, std::string_view claim, std::string_view value) {
  switch (form_of(server)) {
    case Form::structured:
      return fmt::format("set\n  claimValidationRules:\n  - claim: {}\n    requiredValue: {}", claim,
                         quoted(value));
    case Form::flags:
      return fmt::format("start the API server with `--oidc-required-claim={}={}`", claim, value);
    case Form::eks:
      return fmt::format(
          "set `requiredClaims` of the identity provider, which means to associate it anew: {{{}: {}}}",
          quoted(claim), quoted(value));
    case Form::gke:
      return "a ClientConfig has no such rules, so use an issuer or a client ID of your own";
    case Form::openshift:
      return fmt::format(
          "set\n  claimValidationRules:\n  - type: RequiredClaim\n    requiredClaim: {{claim: {}, "
          "requiredValue: {}}}",
          claim, quoted(value));
    case Form::aks:
      return rule_lines("claimValidationRules", fmt::format("claims[{}] == {}", quoted(claim), quoted(value)),
                        "...");
  }
  return {};
}

std::string require_expression(const ServerConfig& server, std::string_view expression,
                               std::string_view message) {
  switch (form_of(server)) {
    case Form::structured:
    case Form::aks:
      return rule_lines("claimValidationRules", expression, message);
    case Form::flags:
      return "flags take no expressions: write the file that `oidc-audit auth-config convert` prints, name "
             "it by "
             "--authentication-config, and " +
             rule_lines("claimValidationRules", expression, message);
    case Form::eks:
      return "EKS takes no expressions: let people and pipelines in through IAM, or use an issuer that gives "
             "such tokens to nobody";
    case Form::gke:
      return "a ClientConfig has no such rules, so map names from another claim, or use an issuer that gives "
             "such "
             "tokens to nobody";
    case Form::openshift:
      return fmt::format(
          "set\n  claimValidationRules:\n  - type: CEL\n    cel:\n      expression: {}\n      message: {}",
          quoted(expression), quoted(message));
  }
  return {};
}

std::string refuse_system_names(const ServerConfig& server) {
  const Form form = form_of(server);
  std::string prefix = "set a prefix that names the issuer";
  switch (form) {
    case Form::structured:
    case Form::openshift:
      return prefix +
             ", or refuse such names:\n"
             "  userValidationRules:\n"
             "  - expression: \"!user.username.startsWith('system:')\"\n"
             "    message: \"username must not begin with system:\"\n"
             "  - expression: \"user.groups.all(group, !group.startsWith('system:'))\"\n"
             "    message: \"groups must not begin with system:\"";
    case Form::aks:
      return "begin the expression with the prefix that AKS demands: `'aks:jwt:' + ...`";
    case Form::flags:
    case Form::eks:
    case Form::gke:
      return prefix;
  }
  return prefix;
}

}  // namespace oidc_audit::rules
