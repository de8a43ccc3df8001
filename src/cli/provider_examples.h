#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cli/run.h"

namespace oidc_audit {
class Files;
}
namespace oidc_audit::oidc {
class Catalogue;
}

namespace oidc_audit::cli {

/// One question of a worked example, as words of the command line.
struct ExampleQuestion {
  std::string lead;                         ///< who asks; Markdown
  std::vector<std::string> args;            ///< behind the program's name: {"simulate", "update", ...}
  std::vector<std::string> changed_claims;  ///< names of the claims that differ from the sample token's
};

/// A worked example of a provider: FOLDER/example.yaml with, beside it, auth-config.yaml, rbac.yaml and
/// claims.json, as far as they apply.
struct WorkedExample {
  std::string folder;
  std::string title;  ///< empty: that of the provider
  std::string about;
  std::optional<std::string> auth_config;  ///< paths of the files that are there
  std::optional<std::string> rbac;
  std::optional<std::string> claims;
  std::vector<ExampleQuestion> allowed;  ///< at least one
  std::vector<ExampleQuestion> refused;
};

/// Reads one example. Fails (unreadable, configuration) with what is wrong and where.
Result<WorkedExample> read_worked_example(const Files& files, const std::string& folder);

/// `words` as a line that a POSIX shell splits into them again.
std::string shell_line(const std::vector<std::string>& words);

/// File names and contents of all pages of the catalogue: README.md, the index, and ID.md for each provider.
/// Below `examples` (empty: none) each provider's folder has its example; every command of an example is run
/// in `host`, whose streams are not used, and shown with what it prints. Fails at the first example that is
/// wrong; a provider without a folder has a page without one.
Result<std::vector<std::pair<std::string, std::string>>> provider_pages(const oidc::Catalogue& catalogue,
                                                                        const std::string& examples,
                                                                        const Host& host);

}  // namespace oidc_audit::cli
