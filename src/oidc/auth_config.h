#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "source/source_range.h"

namespace oidc_audit {
class SourceManager;
}  // namespace oidc_audit
namespace oidc_audit::document {
struct Stream;
}  // namespace oidc_audit::document

namespace oidc_audit::oidc {

/// Minor releases of Kubernetes 1.x whose texts and behaviour are known.
inline constexpr int kOldestKubernetesMinor = 30;
inline constexpr int kNewestKubernetesMinor = 37;

/// A string of the configuration with its place; `range` is empty when it was not read from text.
struct ConfigText {
  std::string value;
  std::optional<SourceRange> range;

  bool empty() const noexcept { return value.empty(); }
};

/// apiserver.PrefixedClaimOrExpression.
struct PrefixedClaimOrExpression {
  ConfigText claim;
  std::optional<ConfigText> prefix;  ///< absent and empty are different things here
  ConfigText expression;
  std::optional<SourceRange> range;
};

struct ClaimOrExpression {
  ConfigText claim;
  ConfigText expression;
  std::optional<SourceRange> range;
};

struct ExtraMapping {
  ConfigText key;
  ConfigText value_expression;
  std::optional<SourceRange> range;
};

struct ClaimMappings {
  PrefixedClaimOrExpression username;
  PrefixedClaimOrExpression groups;
  ClaimOrExpression uid;
  std::vector<ExtraMapping> extra;
  std::optional<SourceRange> range;
};

struct ClaimValidationRule {
  ConfigText claim;
  ConfigText required_value;
  ConfigText expression;
  ConfigText message;
  std::optional<SourceRange> range;
};

struct UserValidationRule {
  ConfigText expression;
  ConfigText message;
  std::optional<SourceRange> range;
};

struct Issuer {
  ConfigText url;
  ConfigText discovery_url;
  ConfigText certificate_authority;  ///< PEM text
  std::vector<ConfigText> audiences;
  ConfigText audience_match_policy;
  ConfigText egress_selector_type;
  std::optional<SourceRange> range;
};

/// apiserver.JWTAuthenticator: one entry of `jwt`.
struct JwtAuthenticator {
  Issuer issuer;
  std::vector<ClaimValidationRule> claim_validation_rules;
  ClaimMappings claim_mappings;
  std::vector<UserValidationRule> user_validation_rules;
  std::optional<SourceRange> range;
};

struct AnonymousAuth {
  bool enabled = false;
  std::vector<ConfigText> paths;  ///< conditions[].path
  std::optional<SourceRange> range;
};

/// Whether a configuration is a file, was made from --oidc-* flags, or stands in the form of a managed
/// platform; the server treats them alike but for the algorithms, and people have to change different things.
enum class ConfigOrigin { file, flags, platform };

/// What a field of the configuration is called in the form that it was read from.
struct FieldName {
  std::string name;     ///< `spec.authentication[0].oidc.issuerURI`
  std::string pointer;  ///< RFC 6901 of that
  bool whole = false;   ///< what stands inside it has no name of its own
};

/// apiserver.AuthenticationConfiguration, of any version, with what stands beside it.
struct AuthConfig {
  std::string api_version;  ///< as written; empty for flags
  ConfigOrigin origin = ConfigOrigin::file;
  std::vector<JwtAuthenticator> jwt;
  std::optional<AnonymousAuth> anonymous;
  /// Value of --oidc-signing-algs. Empty means what it means to the server: all nine algorithms with a
  /// file, RS256 alone with flags.
  std::vector<std::string> signing_algs;
  /// Issuers of service accounts, which no entry may use.
  std::vector<std::string> service_account_issuers;
  /// Of a platform's form, by `jwt[0].issuer.url`; also for what stands inside that. See field_of().
  std::map<std::string, FieldName, std::less<>> names;
  std::optional<SourceRange> range;
};

/// One error of loading or validating, in the server's words.
struct ConfigError {
  std::string field;    ///< `jwt[0].issuer.url`; empty when the error is about no field
  std::string text;     ///< the whole line as the server prints it, field path included
  std::string pointer;  ///< RFC 6901 into the configuration: `/jwt/0/issuer/url`
  std::string flag;     ///< `--oidc-issuer-url`, when the value came from a flag
  std::optional<SourceRange> range;
};

enum class ConfigStatus {
  valid,
  load_error,  ///< could not be read as a configuration; the server does not start
  invalid,     ///< was read and breaks rules; the server does not start
};

/// What reading a configuration yields. `config` holds whatever could be read, also with errors.
struct LoadedConfig {
  ConfigStatus status = ConfigStatus::valid;
  AuthConfig config;
  std::vector<ConfigError> errors;
};

/// Whether a document is an AuthenticationConfiguration of any version (for telling it from other files).
bool is_auth_config(std::string_view api_version, std::string_view kind);

/// Reads an AuthenticationConfiguration from text as the server loads the file of --authentication-config:
/// strictly, the first document alone, without defaults (kubeapiserver/options authentication.go). Does
/// not validate. `sources` keeps the text; places point into it.
LoadedConfig decode_auth_config(const SourceManager& sources, BufferId buffer,
                                int kubernetes_minor = kNewestKubernetesMinor);

/// The same for one document of a stream that was read from `buffer`, as if it stood alone in its file.
LoadedConfig decode_auth_config(const SourceManager& sources, const document::Stream& stream,
                                std::size_t index, BufferId buffer, int kubernetes_minor);

/// The value of `error` as apimachinery's Aggregate prints several: one as it is, more as `[a, b]`, equal
/// texts once.
std::string aggregate(std::span<const ConfigError> errors);

}  // namespace oidc_audit::oidc
