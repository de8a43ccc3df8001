#pragma once

#include <string>

#include "oidc/auth_config.h"

namespace oidc_audit::oidc {

/// The configuration as the YAML of an AuthenticationConfiguration of `api_version`, with every field that
/// is set. What cannot be said in one (the algorithms of --oidc-signing-algs) becomes a comment.
std::string write_auth_config(const AuthConfig& config,
                              const std::string& api_version = "apiserver.config.k8s.io/v1");

}  // namespace oidc_audit::oidc
