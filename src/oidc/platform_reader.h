#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "document/tree.h"
#include "oidc/config_source.h"

namespace oidc_audit::oidc {

/// A value of a platform's document, and what it is called there.
struct PlatformValue {
  document::Value value;
  std::string name;     ///< `spec.authentication[0].oidc`
  std::string pointer;  ///< `/spec/authentication/0/oidc`

  PlatformValue find(std::string_view key) const;
  PlatformValue item(std::size_t index, document::Value item) const;
};

/// What the readers of the platforms' forms have in common: they fill a source field by field, keep what
/// each field is called, and collect what is wrong.
class PlatformReader {
 public:
  PlatformReader(ConfigSource& source, ConfigSourceKind kind);

  /// The string `key` of an object, noted as the field `path`; empty when absent. A value of another type is
  /// an error.
  ConfigText text(const PlatformValue& owner, std::string_view key, const std::string& path);
  /// Notes that the field `path` is called `value.name`. `whole`: with everything inside it.
  void name(const std::string& path, const PlatformValue& value, bool whole);
  void note(std::string text) { source_.notes.push_back(std::move(text)); }
  /// The platform refuses the configuration.
  void invalid(const PlatformValue& at, std::string_view why);
  /// It cannot be read as what it seems to be.
  void unreadable(const PlatformValue& at, std::string_view why);

  JwtAuthenticator& add_authenticator(document::Value value);
  /// `jwt[0]` of the authenticator added last.
  std::string path() const;
  AuthConfig& config() { return source_.loaded.config; }

 private:
  void fail(ConfigStatus status, const PlatformValue& at, std::string_view why);
  ConfigSource& source_;
};

// One for each platform; `root` is the whole document. False: it is not the platform's.
bool read_eks_config(document::Value root, ConfigSource& into);
bool read_gke_config(document::Value root, ConfigSource& into);
bool read_openshift_config(document::Value root, ConfigSource& into);
bool read_aks_config(document::Value root, ConfigSource& into);

}  // namespace oidc_audit::oidc
