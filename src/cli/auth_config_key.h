#pragma once

#include "base/result.h"

namespace oidc_audit::cli {

struct AuthConfigOptions;
struct Context;
struct LoadedConfig;

/// Lets the configuration file say what the options leave open: `auth-config` stands for --auth-config when
/// neither that nor any --oidc-* flag was given, `kubernetes-version` for --kubernetes-version. Fails
/// (configuration) when the file that the key names is not there.
Result<void> settle_auth_config(const LoadedConfig& config, const Context& context,
                                AuthConfigOptions& options);

}  // namespace oidc_audit::cli
