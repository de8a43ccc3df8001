#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "document/tree.h"
#include "oidc/authenticator.h"
#include "oidc/config_source.h"
#include "oidc/legacy_flags.h"
#include "source/source_manager.h"

namespace oidc_audit::cli {

class CommandSpec;
struct Context;

/// The server's configuration of authentication, as the command line gives it.
struct AuthConfigOptions {
  std::optional<std::string> file;                 ///< --auth-config
  std::vector<oidc::ServerArgument> server_flags;  ///< every --oidc-* flag, as the server would receive it
  std::optional<std::string> kubernetes_version;

  bool given() const { return file.has_value() || !server_flags.empty(); }
};

/// What is presented to the server, and how it is looked at.
struct TokenOptions {
  AuthConfigOptions config;
  std::optional<std::string> token_file;
  std::optional<std::string> claims_file;
  std::vector<std::string> claim_changes;  ///< --claim, as oidc::parse_claim_change reads them
  std::vector<std::string> jwks;           ///< FILE, or ISSUER=FILE
  bool discover = false;
  std::optional<std::string> now;
  std::vector<std::string> distributed;  ///< ENDPOINT=FILE

  bool given() const { return token_file.has_value() || claims_file.has_value(); }
  /// How many of the files are standard input, which can be read once.
  int stdin_uses() const;
};

/// Declares --auth-config, every --oidc-* flag, --service-account-issuer and --kubernetes-version, in the
/// group `Authentication of the server`. `with_file` false: without --auth-config, for commands that take the
/// file as an argument.
void add_auth_config_options(CommandSpec& spec, AuthConfigOptions& options, bool with_file = true);

/// Declares the above and --token-file, --claims, --claim, --jwks, --discover, --now and --distributed-claim.
void add_token_options(CommandSpec& spec, TokenOptions& options);

/// A configuration as it was read, not validated.
struct ReadAuthConfig {
  oidc::FoundConfig found;
  std::optional<BufferId> buffer;                ///< of the file; nullopt: from flags
  std::vector<document::Comment> comments = {};  ///< of the file
  int kubernetes_minor = oidc::kNewestKubernetesMinor;
};

/// Reads what `options` name; the text of files goes to `sources`. Fails (usage, unreadable) when there is
/// none or it cannot be read.
Result<ReadAuthConfig> read_auth_config(const AuthConfigOptions& options, Context& context,
                                        SourceManager& sources);

/// A configuration that was read, validated and compiled, with the texts it points into. Does not move.
struct LoadedAuthConfig {
  SourceManager sources;
  std::unique_ptr<oidc::Authenticators> authenticators;
  std::vector<std::string> notes;
};

/// Reads what `options` name into `loaded`. A configuration that the server would refuse is no failure here;
/// see Authenticators::status(). Fails (usage, unreadable) when there is none or it cannot be read.
Result<void> load_auth_config(const AuthConfigOptions& options, Context& context, LoadedAuthConfig& loaded);

/// What --now says. Fails (usage) unless it is RFC 3339 or Unix seconds, from 1970 to 9999.
Result<Timestamp> parse_now(const std::string& text);

/// The release that --kubernetes-version names, the newest one by default.
Result<int> kubernetes_minor(const std::optional<std::string>& version);

/// The token in --token-file, trimmed. Fails (unreadable, malformed) when there is none.
Result<std::string> read_token_file(const TokenOptions& options, Context& context);

/// Authenticates what the options name. REQUIRES: options.given().
Result<oidc::AuthenticationResult> authenticate(const TokenOptions& options, Context& context,
                                                const LoadedAuthConfig& loaded);

}  // namespace oidc_audit::cli
