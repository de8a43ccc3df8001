#pragma once

#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "oidc/auth_config.h"

namespace oidc_audit::oidc {

/// One argument of a kube-apiserver, exactly as the process receives it, with its place when it was read
/// from a file.
struct ServerArgument {
  std::string text;
  std::optional<SourceRange> range;
};

/// The --oidc-* flags and the few beside them that matter to authentication by token. `nullopt` means that
/// the flag was not given, which for some is not the same as an empty value.
struct LegacyFlags {
  std::optional<ConfigText> issuer_url;
  std::optional<ConfigText> client_id;
  std::optional<ConfigText> ca_file;
  std::optional<ConfigText> username_claim;
  std::optional<ConfigText> username_prefix;
  std::optional<ConfigText> groups_claim;
  std::optional<ConfigText> groups_prefix;
  /// In the order of first use; a repeated claim has its last value (a Go map; the order of the server is
  /// random).
  std::vector<std::pair<std::string, ConfigText>> required_claims;
  std::optional<std::vector<std::string>> signing_algs;

  std::optional<ConfigText> authentication_config;  ///< --authentication-config
  bool anonymous_auth_given = false;                ///< --anonymous-auth
  std::vector<std::string> service_account_issuers;

  /// Errors of parsing values, as the command line parser of the server words them.
  std::vector<ConfigError> errors;

  /// Whether any --oidc-* flag was given.
  bool any_oidc() const;
};

/// Takes the flags out of a server's arguments; others are passed over. `_` in flag names counts as `-`, and
/// a value may stand in the next argument (pflag).
LegacyFlags parse_server_arguments(std::span<const ServerArgument> arguments);

/// The configuration the flags become (AuthenticationOptions.ToAuthenticationConfig), or the start-up
/// errors. Without any flag: an empty configuration. `read_ca` gives the content of --oidc-ca-file; without
/// it, or where it gives nothing, the file is not looked at. Does not validate.
LoadedConfig config_from_flags(
    const LegacyFlags& flags,
    const std::function<std::optional<std::string>(const std::string& path)>& read_ca = {});

/// What stands before the username for a prefix flag, a username claim and an issuer.
std::string username_prefix_of_flags(std::string_view flag, std::string_view claim, std::string_view issuer);

}  // namespace oidc_audit::oidc
