#pragma once

#include <optional>
#include <string>

#include "cli/inputs.h"
#include "cli/rule_options.h"
#include "cli/token_options.h"

namespace oidc_audit::cli {

class CommandSpec;

/// Options of `scan` as they were given; what was not given comes from the configuration.
struct ScanOptions {
  InputOptions input;
  RuleOptions rules;
  AuthConfigOptions authentication;
  std::string sarif_root;
  std::optional<std::string> sarif_category;  ///< nullopt: by what was scanned
};

void declare_scan_options(CommandSpec& spec, ScanOptions& options);

}  // namespace oidc_audit::cli
