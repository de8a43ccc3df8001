#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/user_info.h"
#include "cli/iam_options.h"
#include "cli/token_options.h"
#include "cluster/kubeconfig.h"
#include "sim/near_miss.h"

namespace oidc_audit::cli {

class CommandSpec;
struct ClusterOptions;
struct Context;
struct LoadedConfig;
struct PolicyInputs;

/// Who a command simulates, as the command line tells.
struct IdentityOptions {
  std::optional<std::string> user;
  std::vector<std::string> groups;
  std::optional<std::string> uid;
  /// --as and its relatives: whom requests to a live cluster are made as, else the simulated identity. See
  /// settle_impersonation().
  cluster::Impersonation as;
  bool exact_groups = false;
  TokenOptions token;  ///< instead of a name
  IamOptions iam;      ///< likewise

  /// The identity comes from standard input, which can be read once.
  bool reads_stdin() const { return token.stdin_uses() != 0 || iam.reads_stdin(); }
  bool given() const { return user || !groups.empty() || token.given() || iam.given(); }
};

/// Declares --user, --group, --as, --as-group, --as-uid and --exact-groups, in the group `Identity`, and the
/// options of add_token_options() and add_iam_options().
void add_identity_options(CommandSpec& spec, IdentityOptions& options);

/// Gives --as and its relatives the meaning they have with or without a live cluster. Fails (usage) when they
/// and --user name the identity twice. Comes before everything that looks at either.
Result<void> settle_impersonation(IdentityOptions& options, ClusterOptions& cluster);

/// Lets the configuration file name the configuration of authentication where a token was given without one;
/// see settle_auth_config(). Comes before resolve_identity().
Result<void> settle_authentication(const LoadedConfig& config, const Context& context,
                                   IdentityOptions& options);

/// Who the authorizer is asked about, and how that came about.
struct Identity {
  UserInfo user;
  /// False: the server answers 401, and nothing is authorized.
  bool authenticated = true;
  std::string authentication_json;            ///< as in the contract; empty: given by name
  std::string authentication_text;            ///< for people, above the decision; empty: given by name
  std::optional<sim::IdentitySource> source;  ///< what near misses may know of the token
  std::vector<std::string> notes;
};

/// Makes the identity from its name, or authenticates the token, the claims or the IAM identity as the server
/// would; with the groups that the server's authenticators add unless --exact-groups was given. A refused
/// token is no failure: see `authenticated`. Fails (usage, configuration) when there is no identity, the
/// options contradict each other or the server would not start with the configuration. `loaded`, which may be
/// null, keeps the texts that an IAM identity is mapped by, and may hold `aws-auth`.
Result<Identity> resolve_identity(const IdentityOptions& options, Context& context,
                                  PolicyInputs* loaded = nullptr);

}  // namespace oidc_audit::cli
