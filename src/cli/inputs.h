#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/exit_code.h"
#include "diag/issue.h"
#include "source/source_manager.h"

namespace oidc_audit::rbac {
class Inventory;
}

namespace oidc_audit::cli {

class CommandSpec;
struct Context;

/// Which files a command reads.
struct InputOptions {
  std::vector<std::string> paths;             ///< files, directories, `-` for standard input
  std::vector<std::string> exclude;           ///< globs as in .gitignore
  bool no_ignore = false;                     ///< look also at what .gitignore and .ignore files exclude
  bool hidden = false;                        ///< look also into hidden files and directories
  bool allow_partial = false;                 ///< what could not be read does not decide the exit status
  std::optional<std::string> namespace_name;  ///< of namespaced objects that name none
};

/// Declares -f/--filename, --exclude, --no-ignore, --hidden and --allow-partial. Commands that take files
/// as arguments declare those themselves, into the same `paths`.
void add_input_options(CommandSpec& spec, InputOptions& options);

struct InputFile {
  std::string name;  ///< as reports call it: the path as given or found, `-` for standard input
  BufferId buffer{};
};

struct InputCounts {
  std::size_t files = 0;            ///< read
  std::size_t unreadable = 0;       ///< files and directories that could not be read
  std::size_t templates = 0;        ///< files or documents passed over as templates
  std::size_t documents = 0;        ///< YAML or JSON documents seen
  std::size_t other_documents = 0;  ///< of those, with nothing about RBAC in them
};

/// What was read. Not movable: the inventory points into the sources.
struct Inputs {
  Inputs();
  ~Inputs();
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;

  SourceManager sources;
  std::vector<InputFile> files;
  std::unique_ptr<rbac::Inventory> inventory;
  std::vector<Issue> issues;  ///< of reading, in report order
  InputCounts counts;
  /// Something could not be read or looked at, or there was nothing to look at: exit status 3.
  bool incomplete = false;
};

/// Reads everything that `options` names into `inputs`: finds the files, reads them, fills the inventory.
/// What cannot be read becomes an issue and sets `incomplete`; the rest is read all the same. Fails
/// (usage) when no input was named.
Result<void> load_inputs(const InputOptions& options, Context& context, Inputs& inputs);

/// Prints the issues of `inputs` to standard error (notes only with -v unless they concern the run as a
/// whole) and says why the run is incomplete, if it is.
void print_issues(const Inputs& inputs, const Context& context);

/// `status` with what could not be read taken into account: `unreadable` if the inputs are incomplete and
/// --allow-partial was not given.
ExitCode with_inputs(ExitCode status, const Inputs& inputs, const InputOptions& options);

}  // namespace oidc_audit::cli
