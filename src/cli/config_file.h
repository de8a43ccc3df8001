#pragma once

#include <string>

#include "base/result.h"
#include "rules/config.h"

namespace oidc_audit {
class Files;
class SourceManager;
}  // namespace oidc_audit

namespace oidc_audit::cli {

struct Context;

struct LoadedConfig {
  rules::Config config;
  std::string path;       ///< empty: there is none, and `config` is the default
  std::string directory;  ///< absolute; what paths in the configuration are relative to
};

/// A path that the configuration names, from the working directory: it is relative to the configuration.
std::string path_beside(const LoadedConfig& loaded, const std::string& path, const Files& files);

/// Reads --config, or `.oidc-audit.yaml` found upward from the working directory, into `sources`. What is
/// wrong with it is printed. Fails (configuration) when it cannot be used.
Result<LoadedConfig> load_config(Context& context, SourceManager& sources);

}  // namespace oidc_audit::cli
