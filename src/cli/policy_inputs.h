#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/inputs.h"
#include "document/reader.h"
#include "report/access_report.h"
#include "sim/near_miss.h"

namespace oidc_audit::rbac {
class Authorizer;
class Inventory;
class Policy;
class ResourceCatalog;
struct Attributes;
}  // namespace oidc_audit::rbac

namespace oidc_audit::cli {

class CommandSpec;
struct Context;
struct LoadedConfig;

/// What the commands that ask the authorizer have in common.
struct PolicyFlags {
  InputOptions input;
  std::vector<std::string> discovery;  ///< files
  bool no_builtin = false;
  bool no_aggregate = false;
  bool default_bindings = false;
  bool no_masters = false;
  std::optional<std::string> kubernetes_version;  ///< `1.NN` as given; absent: the configuration file's
};

/// Declares the options above, in the groups `Input options`, `Cluster options` and `Authorizer options`.
/// `impersonation` false: the command has declared --as and its relatives with its identity.
void add_policy_options(CommandSpec& spec, PolicyFlags& flags, bool impersonation);

/// RBAC objects that were read, ready to be asked: those of the files, or those of one cluster after the
/// other. Not movable: parts point into one another.
struct PolicyInputs {
  PolicyInputs();
  ~PolicyInputs();
  PolicyInputs(const PolicyInputs&) = delete;
  PolicyInputs& operator=(const PolicyInputs&) = delete;

  Inputs inputs;
  const rbac::Inventory* inventory = nullptr;  ///< what is asked
  const ClusterInput* cluster = nullptr;       ///< where that is from; null: files
  bool minor_given = false;                    ///< the release was given or configured
  int kubernetes_minor = 0;           ///< release of the server, 1.NN: given, configured or the newest known
  std::vector<BufferId> discovery;    ///< files of --discovery
  std::vector<std::string> prefixes;  ///< of names, as the configuration file tells
  std::unique_ptr<rbac::Policy> policy;
  std::unique_ptr<rbac::Authorizer> authorizer;
  std::unique_ptr<rbac::ResourceCatalog> catalog;
};

/// Reads the inputs and discovery dumps. What is wrong with inputs is printed; fails (usage, configuration,
/// unreadable, network) when nothing can be asked.
Result<void> load_policy(const PolicyFlags& flags, const LoadedConfig& config, Context& context,
                         PolicyInputs& loaded);
/// Reads the configuration file first.
Result<void> load_policy(const PolicyFlags& flags, Context& context, PolicyInputs& loaded);

/// Resolves roles and bindings, of the files or of each cluster, and calls `body` for each. Of several
/// clusters the answers become one document: `oidc-audit/clusters/1` in JSON, with a line or heading each
/// otherwise. The status is the worst one, with what could not be read taken into account.
ExitCode for_each_world(const PolicyFlags& flags, Context& context, PolicyInputs& loaded,
                        const std::function<ExitCode(Context&)>& body);

/// Takes a discovery document into the catalogue.
Result<void> add_discovery(BufferId buffer, document::Format format, Context& context, PolicyInputs& loaded);

/// What was done to the input, for the notes of an answer; of very many the first ones.
std::vector<std::string> policy_notes(const PolicyInputs& loaded);

/// What else stands between this answer and that of a server: its other authorizers, a default binding that
/// the input lacks, identities of nodes.
std::vector<std::string> assumption_notes(const PolicyInputs& loaded, const rbac::Attributes& request,
                                          bool allowed);

/// Takes subject names apart for reports, by the provider catalogue.
report::SubjectParser subject_parser(const PolicyInputs& loaded);

}  // namespace oidc_audit::cli
