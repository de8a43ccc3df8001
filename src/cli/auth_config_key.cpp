#include "cli/auth_config_key.h"

#include <fmt/format.h>

#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/token_options.h"
#include "oidc/legacy_flags.h"

namespace oidc_audit::cli {

Result<void> settle_auth_config(const LoadedConfig& config, const Context& context,
                                AuthConfigOptions& options) {
  const rules::Config& written = config.config;
  if (!options.kubernetes_version && !written.kubernetes_version.empty())
    options.kubernetes_version = written.kubernetes_version;
  if (options.file || written.auth_config.empty() ||
      oidc::parse_server_arguments(options.server_flags).any_oidc())
    return {};
  std::string path = path_beside(config, written.auth_config, context.files);
  if (context.files.type(path) == FileType::none) {
    return Error(ErrorKind::configuration, fmt::format("`{}`: no such file or directory", path),
                 fmt::format("`auth-config` of `{}` names it", config.path));
  }
  context.messages.verbose(
      1, fmt::format("configuration of authentication: `{}`, as `{}` says", path, config.path));
  options.file = std::move(path);
  return {};
}

}  // namespace oidc_audit::cli
