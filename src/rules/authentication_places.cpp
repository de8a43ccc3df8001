#include "base/strings.h"
#include "oidc/config_field.h"
#include "rules/authentication.h"

namespace oidc_audit::rules {
namespace {

using oidc::ConfigText;
using Range = std::optional<SourceRange>;

Range range_of(const ConfigText* text) { return text != nullptr ? text->range : std::nullopt; }

// A platform's form has other names for the fields.
std::string own_pointer(const oidc::AuthConfig& config, std::string pointer) {
  if (config.names.empty() || pointer.empty()) return pointer;
  std::string path;
  for (const std::string_view step : split(std::string_view(pointer).substr(1), '/')) {
    const bool number = !step.empty() && step.find_first_not_of("0123456789") == std::string_view::npos;
    path += number ? "[" + std::string(step) + "]" : (path.empty() ? "" : ".") + std::string(step);
  }
  return oidc::field_of(config, path).pointer;
}

Location place(const ServerConfig& server, std::string pointer, Range exact, Range around) {
  Location out;
  out.object = server.object;
  out.pointer = own_pointer(*server.config, std::move(pointer));
  out.range = exact ? exact : around ? around : server.range;
  return out;
}

std::string base(const AuthenticatorEntry& entry) { return "/jwt/" + std::to_string(entry.index); }

// The beginning of a block: a whole authenticator is too much to point at.
Range head_of(const AuthenticatorEntry& entry) {
  if (entry.jwt->issuer.url.range) return entry.jwt->issuer.url.range;
  return entry.jwt->issuer.range ? entry.jwt->issuer.range : entry.jwt->range;
}

Range in_mappings(const AuthenticatorEntry& entry, std::string_view step) {
  const oidc::ClaimMappings& mappings = entry.jwt->claim_mappings;
  const auto of = [](const auto& mapping) {
    return mapping.claim.range        ? mapping.claim.range
           : mapping.expression.range ? mapping.expression.range
                                      : mapping.range;
  };
  if (step == "username") return of(mappings.username);
  if (step == "groups") return of(mappings.groups);
  if (step == "uid") return of(mappings.uid);
  return mappings.username.range ? of(mappings.username) : mappings.range;
}

}  // namespace

Location place_in_server(const ServerConfig& server, std::string_view pointer) {
  Range exact;
  if (pointer.starts_with("/anonymous") && server.config->anonymous) exact = server.config->anonymous->range;
  return place(server, std::string(pointer), exact, server.range);
}

Location place_in_authenticator(const AuthenticatorEntry& entry, std::string_view pointer) {
  const oidc::Issuer& issuer = entry.jwt->issuer;
  const std::vector<std::string_view> steps =
      split(pointer.starts_with('/') ? pointer.substr(1) : pointer, '/');
  Range exact;
  if (steps.size() >= 2 && steps[0] == "issuer") {
    if (steps[1] == "url") exact = issuer.url.range;
    if (steps[1] == "discoveryURL") exact = issuer.discovery_url.range;
    if (steps[1] == "audiences" && !issuer.audiences.empty()) {
      std::size_t index = 0;
      if (steps.size() > 2 && !steps[2].empty() && steps[2].size() < 3 &&
          steps[2].find_first_not_of("0123456789") == std::string_view::npos) {
        index = static_cast<std::size_t>(std::stoi(std::string(steps[2])));
      }
      if (index < issuer.audiences.size()) exact = issuer.audiences[index].range;
    }
  } else if (steps.size() >= 2 && steps[0] == "claimMappings") {
    exact = in_mappings(entry, steps[1]);
  } else if (!steps.empty() && steps[0] == "claimValidationRules" &&
             !entry.jwt->claim_validation_rules.empty()) {
    exact = entry.jwt->claim_validation_rules.front().range;
  }
  return place(*entry.server, base(entry) + std::string(pointer), exact, head_of(entry));
}

Location place_in_mapping(const AuthenticatorEntry& entry, const MappingEntry& mapping,
                          std::string_view pointer) {
  std::string whole = base(entry) + "/claimMappings/" + std::string(to_string(mapping.kind));
  if (mapping.kind == MappingEntry::Kind::extra) whole += "/" + std::to_string(mapping.index);
  // What is not written cannot be pointed at; the claim or the expression can.
  Range own =
      mapping.claim != nullptr && !mapping.claim->empty() ? mapping.claim->range : mapping.expression->range;
  Range exact;
  if (pointer == "/prefix") exact = range_of(mapping.prefix);
  if (pointer == "/claim") exact = range_of(mapping.claim);
  if (pointer == "/expression" || pointer == "/valueExpression") exact = mapping.expression->range;
  return place(*entry.server, whole + std::string(pointer), exact, own ? own : head_of(entry));
}

Location place_in_validation(const AuthenticatorEntry& entry, const ValidationEntry& rule,
                             std::string_view pointer) {
  const std::string whole = base(entry) +
                            (rule.of_user ? "/userValidationRules/" : "/claimValidationRules/") +
                            std::to_string(rule.index);
  const bool by_claim = rule.claim != nullptr && !rule.claim->empty();
  Range exact;
  if (pointer == "/claim") exact = range_of(rule.claim);
  if (pointer == "/requiredValue") exact = range_of(rule.required_value);
  if (pointer == "/expression") exact = rule.expression->range;
  const Range own = by_claim ? rule.claim->range : rule.expression->range;
  return place(*entry.server, whole + std::string(pointer), exact, own ? own : head_of(entry));
}

}  // namespace oidc_audit::rules
