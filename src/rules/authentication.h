#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diag/location.h"
#include "oidc/auth_config.h"
#include "oidc/authn_outlook.h"
#include "oidc/catalogue.h"
#include "oidc/config_source.h"
#include "rules/config.h"

namespace oidc_audit::rules {

/// A configuration of authentication by tokens that rules are asked about; borrowed.
struct ServerConfig {
  const oidc::AuthConfig* config = nullptr;
  ObjectRef object;                  ///< what findings call it
  std::optional<SourceRange> range;  ///< where it stands, when it was read from text
  oidc::ConfigSourceKind source = oidc::ConfigSourceKind::authentication_configuration;
  int kubernetes_minor = oidc::kNewestKubernetesMinor;
  /// The configuration of the server that the bindings of this run are for. At most one of a run.
  bool joined = false;
};

/// A configuration that was found among documents or made from flags, not joined. Borrows it.
ServerConfig server_config(const oidc::FoundConfig& found, int kubernetes_minor);

/// One claim mapping of an authenticator.
struct MappingEntry {
  enum class Kind : std::uint8_t { username, groups, uid, extra };
  Kind kind = Kind::username;
  std::uint32_t index = 0;                       ///< of `extra`
  const oidc::ConfigText* claim = nullptr;       ///< null: extra has none
  const oidc::ConfigText* prefix = nullptr;      ///< null: absent
  const oidc::ConfigText* expression = nullptr;  ///< never null
  const oidc::MappingOutlook* outlook = nullptr;
  std::vector<std::string> claims;  ///< that it reads, sorted
  /// What names look like whatever the rules demand of claims; nothing for uid and extra.
  std::optional<oidc::TextShape> plain_shape;
  /// A name that no rule refuses and Kubernetes itself gives out; empty: none was found.
  std::string system_name;

  /// The form that every name of it has; nothing when it yields no text for certain.
  std::optional<oidc::TextShape> shape() const;
  /// What every name of it begins with; empty: nothing for certain.
  std::string_view head() const;
};
/// The field of claimMappings.
std::string_view to_string(MappingEntry::Kind kind);

/// One rule of `claimValidationRules` or `userValidationRules`.
struct ValidationEntry {
  bool of_user = false;
  std::uint32_t index = 0;
  const oidc::ConfigText* claim = nullptr;  ///< null: of the user
  const oidc::ConfigText* required_value = nullptr;
  const oidc::ConfigText* expression = nullptr;  ///< never null
  const oidc::RuleOutlook* outlook = nullptr;
};

/// One entry of `jwt` as rules see it.
struct AuthenticatorEntry {
  const ServerConfig* server = nullptr;
  std::uint32_t index = 0;  ///< into `jwt`
  const oidc::JwtAuthenticator* jwt = nullptr;
  oidc::AuthenticatorOutlook outlook;
  const oidc::Provider* provider = nullptr;
  const oidc::IssuerInfo* issuer = nullptr;
  oidc::ProviderDocs docs;  ///< of the provider; empty: none
  std::vector<MappingEntry> mappings;
  std::vector<ValidationEntry> validations;
  std::vector<std::string> checked_claims;  ///< that claim validation rules look at, sorted

  // What is wrong with the URL as that of a known issuer.
  std::string issuer_problem;
  std::string issuer_fix;
  std::string lookalike_of;

  bool shared_issuer = false;
  bool tenant_pinned = false;             ///< no token of a stranger's tenant gets past the rules
  std::string loose_tenant;               ///< ... but for one with this tenant, which a stranger can take
  bool accepts_unverified_email = false;  ///< the username holds the address of a token that says false
  bool accepts_unstated_email = false;    ///< ... of a token that does not say
  std::optional<std::uint32_t> same_username_prefix;  ///< another entry of the configuration
  std::optional<std::uint32_t> same_groups_prefix;

  const MappingEntry* mapping(MappingEntry::Kind kind) const;
  bool claim_is(std::string_view claim, std::string_view word) const;
  /// Whether some claim of the provider is known to be its tenant.
  bool knows_tenant_claims() const;
  /// Whether names of the mapping say whose they are: the provider's tenant is part of them.
  bool names_tenant(const MappingEntry& mapping) const;
};

/// What the usernames or groups of one authenticator look like.
struct NameForm {
  const AuthenticatorEntry* entry;
  const MappingEntry* mapping;
  std::optional<oidc::TextShape> shape;  ///< nullopt: nothing is known of it
};

/// All configurations of one run, looked through.
class Authentication {
 public:
  Authentication(std::span<const ServerConfig> servers, const oidc::Catalogue& catalogue);

  std::span<const ServerConfig> servers() const noexcept { return servers_; }
  std::span<const AuthenticatorEntry> entries() const noexcept { return entries_; }
  /// The configuration that bindings are for; null: not given.
  const ServerConfig* joined() const noexcept { return joined_; }
  /// The authenticators of the joined configuration.
  std::span<const AuthenticatorEntry> joined_entries() const noexcept;
  /// Of those that let some token in, what they make usernames or groups of.
  std::span<const NameForm> joined_forms(bool group) const noexcept {
    return group ? group_forms_ : user_forms_;
  }
  /// An authenticator of another configuration with the same issuer and one of the same audiences.
  const AuthenticatorEntry* same_audience_elsewhere(const AuthenticatorEntry& entry) const;

 private:
  void compare_prefixes(std::uint32_t begin);
  void add_forms(MappingEntry::Kind kind, std::vector<NameForm>& forms) const;

  std::span<const ServerConfig> servers_;
  std::vector<AuthenticatorEntry> entries_;  // those of one configuration stand together
  const ServerConfig* joined_ = nullptr;
  std::vector<NameForm> user_forms_;
  std::vector<NameForm> group_forms_;
};

/// `config` with the issuers and prefixes of the joined configuration.
Config with_server(const Config& config, const Authentication& authentication);

/// Why no token of the joined configuration has a name, and which name it would be.
struct Unproducible {
  bool certain = false;  ///< false: some token may have it, and the rest is empty
  std::string reason;
  std::string fix;  ///< the name that it should probably be; empty: not certain
};
Unproducible unproducible(const Authentication& authentication, bool group, std::string_view name);

/// Whether the joined configuration makes groups of what is otherwise the user name, so that `name`, which
/// has the form of a subject, may be one of them: its groups come of `sub`, or are put together of several
/// claims. A claim of groups, which may hold any text, does not count.
bool maps_subject_to_group(const Authentication& authentication, std::string_view name);

/// The place of a pointer below the configuration, an authenticator, one of its mappings or its rules.
Location place_in_server(const ServerConfig& server, std::string_view pointer);
Location place_in_authenticator(const AuthenticatorEntry& entry, std::string_view pointer);
Location place_in_mapping(const AuthenticatorEntry& entry, const MappingEntry& mapping,
                          std::string_view pointer);
Location place_in_validation(const AuthenticatorEntry& entry, const ValidationEntry& rule,
                             std::string_view pointer);

}  // namespace oidc_audit::rules
