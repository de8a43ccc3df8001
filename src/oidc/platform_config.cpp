#include "oidc/platform_config.h"

#include "base/json_pointer.h"
#include "oidc/platform_reader.h"

namespace oidc_audit::oidc {

using document::Value;

PlatformValue PlatformValue::find(std::string_view key) const {
  std::string joined = name.empty() ? std::string(key) : name + "." + std::string(key);
  return {value.find(key), std::move(joined), pointer + "/" + pointer_token(key)};
}

PlatformValue PlatformValue::item(std::size_t index, Value item) const {
  const std::string number = std::to_string(index);
  return {item, name + "[" + number + "]", pointer + "/" + number};
}

PlatformReader::PlatformReader(ConfigSource& source, ConfigSourceKind kind) : source_(source) {
  source.kind = kind;
  source.loaded.config.origin = ConfigOrigin::platform;
}

std::string PlatformReader::path() const {
  return "jwt[" + std::to_string(source_.loaded.config.jwt.size() - 1) + "]";
}

JwtAuthenticator& PlatformReader::add_authenticator(Value value) {
  JwtAuthenticator& jwt = config().jwt.emplace_back();
  jwt.range = value.range();
  jwt.issuer.range = value.range();
  return jwt;
}

void PlatformReader::name(const std::string& path, const PlatformValue& value, bool whole) {
  config().names.insert_or_assign(path, FieldName{value.name, value.pointer, whole});
}

ConfigText PlatformReader::text(const PlatformValue& owner, std::string_view key, const std::string& path) {
  const PlatformValue found = owner.find(key);
  name(path, found, true);
  if (!found.value.exists() || found.value.is_null()) return {"", owner.value.range()};
  if (!found.value.is_string()) {
    unreadable(found, "must be a string");
    return {};
  }
  return {std::string(found.value.text()), found.value.range()};
}

void PlatformReader::fail(ConfigStatus status, const PlatformValue& at, std::string_view why) {
  LoadedConfig& loaded = source_.loaded;
  if (loaded.status != ConfigStatus::load_error) loaded.status = status;
  ConfigError error;
  error.field = at.name;
  error.pointer = at.pointer;
  error.text = at.name.empty() ? std::string(why) : at.name + ": " + std::string(why);
  if (at.value.exists()) error.range = at.value.range();
  loaded.errors.push_back(std::move(error));
}

void PlatformReader::invalid(const PlatformValue& at, std::string_view why) {
  fail(ConfigStatus::invalid, at, why);
}

void PlatformReader::unreadable(const PlatformValue& at, std::string_view why) {
  fail(ConfigStatus::load_error, at, why);
}

bool is_platform_config(Value root) {
  const auto is_text = [](Value value) { return value.is_string() && !value.text().empty(); };
  if (root.is_sequence()) {  // of AKS
    return root.size() != 0 && is_platform_config(*root.items().begin());
  }
  if (!root.is_mapping()) return false;
  if (root.find("kind").exists() || root.find("apiVersion").exists()) return true;
  if (root.find("value").is_sequence()) return is_platform_config(root.find("value"));
  const Value described = root.at_pointer("/identityProviderConfig/oidc");
  if (is_text(described.find("issuerUrl")) && is_text(described.find("clientId"))) return true;
  // Applications keep an `oidc` with an issuer and a client too, but no name of such a configuration.
  const Value associated = root.find("oidc");
  if (is_text(associated.find("issuerUrl")) && (is_text(associated.find("identityProviderConfigName")) ||
                                                is_text(associated.find("identityProviderConfigArn")))) {
    return true;
  }
  const Value own = root.find("properties").is_mapping() ? root.find("properties") : root;
  return is_text(own.at_pointer("/issuer/url")) && own.at_pointer("/claimMappings/username").is_mapping();
}

std::optional<ConfigSource> read_platform_config(Value root) {
  if (!root.is_mapping() && !root.is_sequence()) return std::nullopt;
  for (const auto read : {read_eks_config, read_gke_config, read_openshift_config, read_aks_config}) {
    ConfigSource source;
    if (!read(root, source)) continue;
    source.loaded.config.range = root.range();
    source.notes.insert(source.notes.begin(), "read " + std::string(to_string(source.kind)));
    return source;
  }
  return std::nullopt;
}

}  // namespace oidc_audit::oidc
