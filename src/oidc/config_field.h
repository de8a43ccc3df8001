#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::oidc {

struct AuthConfig;

/// A field of a configuration as whoever wrote it names it.
struct ConfigField {
  std::string name;     ///< `jwt[0].issuer.url`, `identityProviderConfig.oidc.issuerUrl`
  std::string pointer;  ///< RFC 6901 into the document that it was read from
};

/// The pointer of a dotted path: `/jwt/0/issuer/url`.
std::string pointer_of_path(std::string_view path);

/// What `path` (`jwt[0].issuer.url`) is called in the configuration's own form: see AuthConfig::names.
ConfigField field_of(const AuthConfig& config, std::string_view path);

}  // namespace oidc_audit::oidc
