#pragma once

#include <deque>
#include <string>
#include <vector>

#include "base/result.h"
#include "diag/issue.h"
#include "document/tree.h"
#include "oidc/config_source.h"
#include "oidc/iam_mapping.h"
#include "rules/authentication.h"

namespace oidc_audit::oidc {
class Authenticators;
}

namespace oidc_audit::cli {

struct AuthConfigOptions;
struct Context;
struct Inputs;

/// What is looked at beside the objects of a run, for its RunOptions: configurations of authentication, and
/// access entries of EKS. Does not move.
struct ServerConfigs {
  std::deque<oidc::FoundConfig> found;
  std::vector<rules::ServerConfig> servers;  ///< those that a server can be started with; borrows the above
  bool given = false;                       ///< by options or the configuration file: it is for every cluster
  std::vector<document::Comment> comments;  ///< of the files that the above stand in
  std::vector<Issue> issues;                ///< why others cannot, and which one bindings are compared with
  oidc::IamMappings access_entries;
  std::size_t entry_documents = 0;  ///< that hold some of those
};

/// Looks for configurations and access entries among the inputs and takes the configuration that `options`
/// name, which is then the server that the bindings are for; without one, a single configuration among the
/// inputs is. REQUIRES: the file of
/// `options` is among the inputs. Fails (usage) when options exclude each other.
Result<void> find_server_configs(const AuthConfigOptions& options, Context& context, Inputs& inputs,
                                 ServerConfigs& out);

/// One issue for every reason why a server does not start with a configuration.
std::vector<Issue> config_issues(const oidc::Authenticators& authenticators, const ObjectRef& object);

}  // namespace oidc_audit::cli
