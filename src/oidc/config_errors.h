#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oidc/auth_config.h"

namespace oidc_audit::oidc {

/// Collects what a server finds wrong with a configuration, as its field.Error prints it. Borrows everything.
class ConfigErrors {
 public:
  ConfigErrors(const AuthConfig& config, int minor, std::vector<ConfigError>& errors)
      : config_(config), minor_(minor), errors_(errors) {}

  const AuthConfig& config() const noexcept { return config_; }
  int minor() const noexcept { return minor_; }
  /// Whether the server is of release 1.`minor` or a later one.
  bool since(int minor) const noexcept { return minor_ >= minor; }
  std::size_t count() const noexcept { return errors_.size(); }

  void add(const std::string& field, std::optional<SourceRange> range, const std::string& body);
  void required(const std::string& field, std::optional<SourceRange> range, std::string_view detail = {});
  void invalid(const std::string& field, const ConfigText& value, std::string_view detail);
  void duplicate(const std::string& field, const ConfigText& value);

 private:
  const AuthConfig& config_;
  int minor_;
  std::vector<ConfigError>& errors_;
};

/// Where a text stands, else what stands around it.
std::optional<SourceRange> place_of(const ConfigText& text, std::optional<SourceRange> around);

/// A string as Go's json.Marshal writes it, `<`, `>` and `&` escaped.
std::string marshalled(std::string_view text);

}  // namespace oidc_audit::oidc
