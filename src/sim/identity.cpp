#include "sim/identity.h"

#include <fmt/format.h>

#include <cctype>

#include "oidc/auth_config.h"
#include "oidc/authenticator.h"
#include "oidc/config_field.h"
#include "oidc/go_json.h"

namespace oidc_audit::sim {

namespace {

constexpr std::size_t kMaxClaimValues = 2000;
constexpr std::size_t kMaxClaimBytes = 2048;
constexpr int kMaxClaimDepth = 8;

void flatten(const oidc::JsonValue& value, const std::string& name, bool in_list, int depth,
             std::vector<ClaimValue>& out) {
  if (out.size() >= kMaxClaimValues || depth > kMaxClaimDepth) return;
  switch (value.kind()) {
    case oidc::JsonKind::string:
      if (std::string text = value.string(); !text.empty() && text.size() <= kMaxClaimBytes) {
        out.push_back({name, std::move(text), in_list});
      }
      return;
    case oidc::JsonKind::number:
      out.push_back({name, std::string(value.raw()), in_list});
      return;
    case oidc::JsonKind::array:
      for (const oidc::JsonValue& item : value.items()) flatten(item, name, true, depth + 1, out);
      return;
    case oidc::JsonKind::object:
      for (const auto& [key, member] : value.members()) {
        flatten(member, name.empty() ? key.string() : name + "." + key.string(), in_list, depth + 1, out);
      }
      return;
    case oidc::JsonKind::null:
    case oidc::JsonKind::boolean:
      return;
  }
}

/// The claim that an expression starts from: `claims.sub` of `"gha:" + claims.sub`; empty when it reads
/// several.
std::string only_claim_of(std::string_view expression) {
  constexpr std::string_view kClaims = "claims.";
  const std::size_t at = expression.find(kClaims);
  if (at == std::string_view::npos || expression.find(kClaims, at + 1) != std::string_view::npos) return "";
  std::size_t end = at + kClaims.size();
  while (end < expression.size() &&
         (std::isalnum(static_cast<unsigned char>(expression[end])) != 0 || expression[end] == '_'))
    ++end;
  return std::string(expression.substr(at + kClaims.size(), end - at - kClaims.size()));
}

/// A string literal at the start of a concatenation: `oidc:` of `'oidc:' + claims.sub`.
std::optional<std::string> literal_front(std::string_view expression) {
  while (!expression.empty() && expression.front() == ' ') expression.remove_prefix(1);
  if (expression.empty() || (expression.front() != '"' && expression.front() != '\'')) return std::nullopt;
  const std::size_t end = expression.find(expression.front(), 1);
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view rest = expression.substr(end + 1);
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  const std::string_view text = expression.substr(1, end - 1);
  if (!rest.starts_with('+') || text.find('\\') != std::string_view::npos) return std::nullopt;
  return std::string(text);
}

struct Mapping {
  std::string claim;
  std::optional<std::string> prefix;
};

Mapping mapping_of(const oidc::PrefixedClaimOrExpression& mapping) {
  if (mapping.expression.empty()) {
    return {mapping.claim.value, mapping.prefix ? mapping.prefix->value : std::string()};
  }
  return {only_claim_of(mapping.expression.value), literal_front(mapping.expression.value)};
}

}  // namespace

std::vector<ClaimValue> claim_values(const std::string& claims_json) {
  std::vector<ClaimValue> out;
  const auto document = oidc::JsonDocument::parse(claims_json);
  if (document.ok()) flatten(document.value().root(), "", false, 0, out);
  return out;
}

IdentitySource identity_source(const oidc::AuthenticationResult& result, const oidc::AuthConfig& config) {
  IdentitySource source;
  source.claims = claim_values(result.claims_json);
  if (!result.authenticator || *result.authenticator >= config.jwt.size()) return source;
  const oidc::ClaimMappings& mappings = config.jwt[*result.authenticator].claim_mappings;
  const Mapping username = mapping_of(mappings.username);
  const Mapping groups = mapping_of(mappings.groups);
  source.configuration_known = true;
  source.username_claim = username.claim;
  source.username_prefix = username.prefix;
  source.groups_configured = !mappings.groups.claim.empty() || !mappings.groups.expression.empty();
  source.groups_claim = groups.claim;
  source.groups_prefix = groups.prefix;
  if (config.origin != oidc::ConfigOrigin::flags) {
    const auto at = [&](std::string_view field) {
      return oidc::field_of(config, fmt::format("jwt[{}].claimMappings.{}", *result.authenticator, field))
          .name;
    };
    const bool username_expression = !mappings.username.expression.empty();
    const bool groups_expression = !mappings.groups.expression.empty();
    source.username_claim_at = at(username_expression ? "username.expression" : "username.claim");
    source.username_prefix_at = at(username_expression ? "username.expression" : "username.prefix");
    source.groups_claim_at = at(groups_expression ? "groups.expression" : "groups.claim");
    source.groups_prefix_at = at(groups_expression ? "groups.expression" : "groups.prefix");
  }
  return source;
}

}  // namespace oidc_audit::sim
