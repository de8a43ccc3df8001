#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/cluster_input.h"
#include "cli/cluster_options.h"
#include "cli/exit_code.h"
#include "diag/issue.h"
#include "source/source_manager.h"

namespace oidc_audit {
class Collector;
}
namespace oidc_audit::rbac {
class Inventory;
}

namespace oidc_audit::cli {

class CommandSpec;
struct Context;

/// Which files a command reads.
struct InputOptions {
  std::vector<std::string> paths;  ///< files, directories, `-` for standard input
  /// Files that an option or the configuration names for a purpose of its own: looked at whatever is
  /// excluded.
  std::vector<std::string> required;
  std::vector<std::string> exclude;  ///< globs as in .gitignore, relative to the working directory
  /// Globs of the configuration, relative to its directory (absolute path).
  std::vector<std::string> config_exclude;
  std::string config_directory;
  bool force_exclude = false;                 ///< excludes count for files that are named, too
  bool no_ignore = false;                     ///< look also at what .gitignore and .ignore files exclude
  bool hidden = false;                        ///< look also into hidden files and directories
  bool follow = false;                        ///< follow symbolic links below directories
  bool only_manifests = false;                ///< pass over unparsed what cannot be a Kubernetes object
  bool allow_partial = false;                 ///< what could not be read does not decide the exit status
  std::optional<std::string> stdin_filename;  ///< what reports call standard input
  std::optional<std::string> namespace_name;  ///< of namespaced objects that name none
  ClusterOptions cluster;                     ///< live clusters
  bool all_kinds = true;                      ///< of a cluster, also kinds that only rules look at
  bool discovery = false;                     ///< of a cluster, also which resources its server has
  bool needs_aws_auth = false;                ///< of a cluster, also what maps IAM identities in EKS
  /// -n, where it names what a cluster is asked about: read alone when not all namespaces may be listed.
  std::string cluster_namespace;
  bool stdin_used = false;  ///< the command reads standard input for something else
};

/// Declares -f/--filename, --exclude and its relatives, --stdin-filename and --allow-partial, in the group
/// `Input options`. Commands that take files as arguments declare those themselves, into the same `paths`;
/// what -n means differs between commands, so they declare it too.
void add_input_options(CommandSpec& spec, InputOptions& options);

struct InputFile {
  std::string name;       ///< as reports call it: the path as given or found, `-` for standard input
  std::string canonical;  ///< absolute, links resolved; empty for standard input
  BufferId buffer{};
};

struct InputCounts {
  std::size_t files = 0;            ///< read
  std::size_t clusters_failed = 0;  ///< that did not answer at all
  std::size_t unreadable = 0;       ///< files and directories that could not be read
};

/// What was read. Not movable: the inventory points into the sources.
struct Inputs {
  Inputs();
  ~Inputs();
  Inputs(const Inputs&) = delete;
  Inputs& operator=(const Inputs&) = delete;

  SourceManager sources;
  std::vector<InputFile> files;
  std::unique_ptr<rbac::Inventory> inventory;  ///< of the files
  std::vector<ClusterInput> clusters;
  std::vector<Issue> issues;  ///< of finding and reading files, in report order
  InputCounts counts;
  /// Something could not be read or looked at, or there was nothing to look at: exit status 3.
  bool incomplete = false;
};

/// Reads everything that `options` names into `inputs`: finds the files, reads them, fills the inventory;
/// reads the live clusters, each into an inventory of its own. What cannot be read becomes an issue and sets
/// `incomplete`; the rest is read all the same. Fails (usage) when no input was named, (configuration) when a
/// cluster that was named is not configured, and (network) when the only one does not answer.
Result<void> load_inputs(const InputOptions& options, Context& context, Inputs& inputs);

/// Reads standard input to its end; fails (limit) when it is larger than a file may be.
Result<std::string> read_stdin(Context& context);

/// Prints the issues to standard error: errors always, warnings unless --quiet, notes with -v. Of very many
/// the first ones, unless -v.
void print_issues(const SourceManager& sources, const std::vector<Issue>& issues, const Context& context);

/// print_issues() for `inputs`, and why nothing was looked at, if so.
void print_issues(const Inputs& inputs, const Context& context);

/// `status` with what could not be read taken into account: `unreadable` if the inputs are incomplete and
/// --allow-partial was not given.
ExitCode with_inputs(ExitCode status, const Inputs& inputs, const InputOptions& options);

}  // namespace oidc_audit::cli
