#include "cli/identity.h"

#include <utility>

#include "cli/auth_config_key.h"
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/policy_inputs.h"
#include "oidc/catalogue.h"
#include "rbac/attributes.h"
#include "report/authn_report.h"
#include "report/json_writer.h"
#include "sim/identity.h"

namespace oidc_audit::cli {

namespace {

constexpr const char* kGroup = "Identity";

// What an authentication came to, as an identity that asks the authorizer.
Identity identity_of(const report::AuthnReport& answer, const IdentityOptions& options) {
  const oidc::AuthenticationResult& result = answer.result;
  Identity identity;
  identity.authenticated = result.authenticated();
  identity.user = options.exact_groups ? result.user : oidc::with_authenticated_group(result.user);
  report::JsonWriter json(report::JsonWriter::Style::one_line);
  report::write_authentication(json, answer);
  identity.authentication_json = json.take();
  identity.authentication_text = report::whoami_text(answer, false) + "\n";
  return identity;
}

Result<Identity> from_token(const IdentityOptions& options, Context& context) {
  LoadedAuthConfig loaded;
  RETURN_IF_ERROR(load_auth_config(options.token.config, context, loaded));
  ASSIGN_OR_RETURN(const oidc::AuthenticationResult result, authenticate(options.token, context, loaded));
  const oidc::AuthConfig& config = loaded.authenticators->config();
  const report::AuthnReport answer{
      loaded.sources, result, config, loaded.authenticators->kubernetes_minor(), {}, loaded.notes};
  Identity identity = identity_of(answer, options);
  if (result.authenticated()) identity.source = sim::identity_source(result, config);
  return identity;
}

Result<Identity> from_iam(const IdentityOptions& options, Context& context, PolicyInputs* loaded) {
  SourceManager own;
  SourceManager& sources = loaded == nullptr ? own : loaded->inputs.sources;
  ASSIGN_OR_RETURN(const oidc::AuthenticationResult result,
                   authenticate_iam(options.iam, context, sources, loaded));
  const oidc::AuthConfig none;
  const report::AuthnReport answer{sources, result, none, oidc::kNewestKubernetesMinor, {}, {}};
  return identity_of(answer, options);
}

}  // namespace

void add_identity_options(CommandSpec& spec, IdentityOptions& options) {
  spec.option("--user", "NAME", options.user, "user name, as the server sees it").group = kGroup;
  spec.option("--group", "NAME", options.groups, "a group of the user").group = kGroup;
  spec.option("--as", "NAME", options.as.user,
              "with a live cluster: make the requests as this user; without: the same as --user")
      .group = kGroup;
  spec.option("--as-group", "NAME", options.as.groups,
              "with a live cluster: make the requests as a member of this group; without: as --group")
      .group = kGroup;
  spec.option(
          "--as-uid", "UID", options.as.uid,
          "with a live cluster: make the requests as the user with this uid; without: the user's uid, which "
          "RBAC does not look at")
      .group = kGroup;
  spec.flag("--exact-groups", options.exact_groups,
            "add no group, such as system:authenticated, that the server would add")
      .group = kGroup;
  add_token_options(spec, options.token);
  add_iam_options(spec, options.iam);
}

Result<void> settle_impersonation(IdentityOptions& options, ClusterOptions& cluster) {
  cluster::Impersonation as = std::move(options.as);
  options.as = {};
  if (cluster.wanted()) {
    as.extra = std::move(cluster.kube.as.extra);
    cluster.kube.as = std::move(as);
    return {};
  }
  if (!as.user.empty()) {
    if (options.user && *options.user != as.user)
      return Error(ErrorKind::usage, "--user and --as name two identities",
                   "without a live cluster they mean the same: give one of them");
    options.user = as.user;
  }
  options.groups.insert(options.groups.end(), as.groups.begin(), as.groups.end());
  if (!as.uid.empty()) options.uid = as.uid;
  return {};
}

Result<void> settle_authentication(const LoadedConfig& config, const Context& context,
                                   IdentityOptions& options) {
  // Without a token a configuration that was given is refused, and one that is only there is nobody's.
  if (!options.token.given()) return {};
  return settle_auth_config(config, context, options.token.config);
}

Result<Identity> resolve_identity(const IdentityOptions& options, Context& context, PolicyInputs* loaded) {
  if (options.iam.given()) {
    if (options.user || !options.groups.empty() || options.uid || options.token.given())
      return Error(ErrorKind::usage, "--aws-identity names the user and the groups itself",
                   "give --aws-identity, or --user and --group, or a token");
    return from_iam(options, context, loaded);
  }
  if (options.iam.any())
    return Error(ErrorKind::usage, "mappings of IAM identities need an identity", "--aws-identity ARN");
  if (options.token.given()) {
    if (options.user || !options.groups.empty() || options.uid)
      return Error(ErrorKind::usage, "a token names its user and groups itself",
                   "give either --user and --group, or --token-file or --claims");
    return from_token(options, context);
  }
  if (options.token.config.given())
    return Error(ErrorKind::usage, "a configuration of authentication needs a token",
                 "--token-file FILE or --claims FILE");
  if (!options.user)
    return Error(ErrorKind::usage, "no identity to ask about",
                 "--user NAME, with --group NAME for its groups, or --claims FILE with --auth-config FILE");
  Identity identity;
  identity.user.name = *options.user;
  identity.user.uid = options.uid.value_or("");
  identity.user.groups = options.groups;
  if (!options.exact_groups) rbac::add_implicit_groups(identity.user, true);
  return identity;
}

}  // namespace oidc_audit::cli
