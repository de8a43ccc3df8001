#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/inputs.h"
#include "report/access_report.h"
#include "sim/near_miss.h"

namespace oidc_audit::rbac {
class Authorizer;
class Policy;
class ResourceCatalog;
struct Attributes;
}  // namespace oidc_audit::rbac

namespace oidc_audit::cli {

class CommandSpec;
struct Context;

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

/// Declares the options above, in the groups `Input options` and `Authorizer options`.
void add_policy_options(CommandSpec& spec, PolicyFlags& flags);

/// RBAC objects that were read, ready to be asked. Not movable: parts point into one another.
struct PolicyInputs {
  PolicyInputs();
  ~PolicyInputs();
  PolicyInputs(const PolicyInputs&) = delete;
  PolicyInputs& operator=(const PolicyInputs&) = delete;

  Inputs inputs;
  int kubernetes_minor = 0;           ///< release of the server, 1.NN: given, configured or the newest known
  std::vector<std::string> prefixes;  ///< of names, as the configuration file tells
  std::unique_ptr<rbac::Policy> policy;
  std::unique_ptr<rbac::Authorizer> authorizer;
  std::unique_ptr<rbac::ResourceCatalog> catalog;
};

/// Reads the configuration file, the inputs and discovery dumps, and resolves roles and bindings. What is
/// wrong with inputs is printed; fails (usage, configuration, unreadable) when nothing can be asked.
Result<void> load_policy(const PolicyFlags& flags, Context& context, PolicyInputs& loaded);

/// What was done to the input, for the notes of an answer; of very many the first ones.
std::vector<std::string> policy_notes(const PolicyInputs& loaded);

/// What else stands between this answer and that of a server: its other authorizers, a default binding that
/// the input lacks, identities of nodes.
std::vector<std::string> assumption_notes(const PolicyInputs& loaded, const rbac::Attributes& request,
                                          bool allowed);

/// Takes subject names apart for reports, by the provider catalogue.
report::SubjectParser subject_parser(const PolicyInputs& loaded);

}  // namespace oidc_audit::cli
