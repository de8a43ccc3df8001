#include "oidc/authenticator.h"

#include "oidc/authn_run.h"
#include "oidc/claims_view.h"
#include "oidc/compiled_config.h"
#include "oidc/go_json.h"
#include "oidc/jwt.h"

namespace oidc_audit::oidc {

struct Authenticators::Impl {
  AuthConfig config;
  std::vector<CompiledAuthenticator> compiled;
  std::vector<ConfigError> errors;
  ConfigStatus status = ConfigStatus::valid;
  int minor = kNewestKubernetesMinor;
};

Authenticators::Authenticators(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Authenticators::~Authenticators() = default;
Authenticators::Authenticators(Authenticators&&) noexcept = default;
Authenticators& Authenticators::operator=(Authenticators&&) noexcept = default;

Authenticators Authenticators::compile(AuthConfig config, int kubernetes_minor) {
  LoadedConfig loaded;
  loaded.config = std::move(config);
  return from(std::move(loaded), kubernetes_minor);
}

Authenticators Authenticators::from(LoadedConfig loaded, int kubernetes_minor) {
  auto impl = std::make_unique<Impl>();
  impl->config = std::move(loaded.config);
  impl->status = loaded.status;
  impl->errors = std::move(loaded.errors);
  impl->minor = kubernetes_minor;
  if (impl->status == ConfigStatus::valid) {
    impl->compiled = validate_and_compile(impl->config, kubernetes_minor, impl->errors);
    if (!impl->errors.empty()) impl->status = ConfigStatus::invalid;
  }
  return Authenticators(std::move(impl));
}

ConfigStatus Authenticators::status() const { return impl_->status; }
std::span<const ConfigError> Authenticators::errors() const { return impl_->errors; }
const AuthConfig& Authenticators::config() const { return impl_->config; }
int Authenticators::kubernetes_minor() const { return impl_->minor; }

AuthenticationResult Authenticators::authenticate(const Credential& credential,
                                                  const AuthenticateOptions& options) const {
  AuthenticationResult result;
  if (impl_->status != ConfigStatus::valid) {
    explain_configuration(impl_->status, impl_->errors, impl_->config, result);
    return result;
  }
  std::optional<std::string> payload;
  if (credential.kind == Credential::Kind::claims) {
    payload = credential.text;
  } else {
    payload = untrusted_payload(credential.text);
  }
  const std::optional<std::string> issuer = payload.has_value() ? untrusted_issuer(*payload) : std::nullopt;
  if (issuer.has_value()) result.issuer = *issuer;
  if (payload.has_value()) {
    result.claims_json = redact_claims(replace_invalid_utf8(*payload).value_or(*payload));
  }
  for (std::size_t i = 0; i < impl_->config.jwt.size(); ++i) {
    const std::string& configured = impl_->config.jwt[i].issuer.url.value;
    if (!issuer.has_value() || configured != *issuer) {
      result.trail.push_back({i, configured, "not its issuer"});
      continue;
    }
    result.authenticator = i;
    AuthenticateOptions own = options;
    own.kubernetes_minor = impl_->minor;
    AuthnRun(impl_->config, i, impl_->compiled[i], own, result).run(credential, *payload);
    result.trail.push_back({i, configured, result.authenticated() ? "authenticated" : "rejected"});
    return result;
  }
  result.outcome = Outcome::not_mine;
  explain_not_mine(impl_->config, credential, result);
  return result;
}

}  // namespace oidc_audit::oidc
