#include "oidc/config_errors.h"

#include "base/go_quote.h"
#include "base/strings.h"
#include "oidc/compiled_config.h"
#include "oidc/config_field.h"
#include "oidc/go_json.h"

namespace oidc_audit::oidc {

void ConfigErrors::add(const std::string& field, std::optional<SourceRange> range, const std::string& body) {
  ConfigError error;
  ConfigField named = field_of(config_, field);
  error.text = named.name + ": " + body;
  error.field = std::move(named.name);
  error.pointer = std::move(named.pointer);
  if (config_.origin == ConfigOrigin::flags) {
    error.text.insert(0, "invalid authentication configuration: ");
    error.flag = flag_of_field(field);
  }
  error.range = range;
  errors_.push_back(std::move(error));
}

void ConfigErrors::required(const std::string& field, std::optional<SourceRange> range,
                            std::string_view detail) {
  add(field, range, detail.empty() ? "Required value" : "Required value: " + std::string(detail));
}

void ConfigErrors::invalid(const std::string& field, const ConfigText& value, std::string_view detail) {
  add(field, value.range, "Invalid value: " + go_quote(value.value) + ": " + std::string(detail));
}

void ConfigErrors::duplicate(const std::string& field, const ConfigText& value) {
  add(field, value.range, "Duplicate value: " + go_quote(value.value));
}

std::optional<SourceRange> place_of(const ConfigText& text, std::optional<SourceRange> around) {
  return text.range.has_value() ? text.range : around;
}

std::string marshalled(std::string_view text) {
  return replace_all(replace_all(replace_all(json_quote(text), "<", "\\u003c"), ">", "\\u003e"), "&",
                     "\\u0026");
}

std::string flag_of_field(std::string_view field) {
  const std::size_t dot = field.find('.');
  const std::string_view own = dot == std::string_view::npos ? std::string_view() : field.substr(dot + 1);
  struct Row {
    std::string_view front;
    std::string_view flag;
  };
  static constexpr Row kRows[] = {{"issuer.url", "--oidc-issuer-url"},
                                  {"issuer.audiences", "--oidc-client-id"},
                                  {"issuer.certificateAuthority", "--oidc-ca-file"},
                                  {"claimMappings.username.prefix", "--oidc-username-prefix"},
                                  {"claimMappings.username", "--oidc-username-claim"},
                                  {"claimMappings.groups.prefix", "--oidc-groups-prefix"},
                                  {"claimMappings.groups", "--oidc-groups-claim"},
                                  {"claimValidationRules", "--oidc-required-claim"}};
  for (const Row& row : kRows) {
    if (own.starts_with(row.front)) return std::string(row.flag);
  }
  return {};
}

}  // namespace oidc_audit::oidc
