#include "oidc/platform_config.h"

#include "base/strings.h"
#include "oidc/platform_reader.h"

namespace oidc_audit::oidc {

using document::Value;

PlatformValue PlatformValue::find(std::string_view key) const {
  std::string joined = name.empty() ? std::string(key) : name + "." + std::string(key);
  const std::string token = replace_all(replace_all(key, "~", "~0"), "/", "~1");
  return {value.find(key), std::move(joined), pointer + "/" + token};
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

std::optional<ConfigSource> read_platform_config(Value root) {
  if (!root.is_mapping()) return std::nullopt;
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
