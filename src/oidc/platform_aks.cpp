#include "base/strings.h"
#include "oidc/platform_reader.h"

namespace oidc_audit::oidc {

namespace {

using document::Value;

constexpr std::string_view kPrefix = "aks:jwt:";

// AKS takes names with its prefix alone; whether an expression gives one is told when it starts with it.
void check_prefix(PlatformReader& reader, const PlatformValue& mapping, const ConfigText& expression) {
  if (expression.empty()) return;
  const std::string_view text = trim_ascii(expression.value);
  if (text.starts_with("'aks:jwt:") || text.starts_with("\"aks:jwt:") ||
      text.find(kPrefix) != std::string_view::npos) {
    return;
  }
  reader.note("AKS takes only names that start with `aks:jwt:`, and `" + mapping.name +
              ".expression` puts it nowhere");
}

void rules(PlatformReader& reader, const PlatformValue& list, const std::string& path, bool of_user,
           JwtAuthenticator& jwt) {
  std::size_t index = 0;
  for (const Value item : list.value.items()) {
    const PlatformValue entry = list.item(index, item);
    const std::string own = path + "[" + std::to_string(index++) + "]";
    const ConfigText expression = reader.text(entry, "expression", own + ".expression");
    const ConfigText message = reader.text(entry, "message", own + ".message");
    if (of_user) {
      jwt.user_validation_rules.push_back({expression, message, item.range()});
    } else {
      ClaimValidationRule& rule = jwt.claim_validation_rules.emplace_back();
      rule.expression = expression;
      rule.message = message;
      rule.range = item.range();
    }
  }
}

// The object that has the fields: the answer of `show` keeps them in `properties`.
PlatformValue own_part(const PlatformValue& top) {
  const bool shown = top.value.find("properties").find("issuer").is_mapping();
  return shown ? top.find("properties") : top;
}

bool is_authenticator(Value root) {
  if (!root.is_mapping() || root.find("kind").exists() || root.find("apiVersion").exists()) return false;
  const Value own = own_part({root, "", ""}).value;
  return own.find("issuer").is_mapping() && own.find("issuer").find("url").exists() &&
         own.find("claimMappings").is_mapping();
}

void authenticator(PlatformReader& reader, const PlatformValue& top) {
  const PlatformValue own = own_part(top);
  const PlatformValue issuer = own.find("issuer");
  JwtAuthenticator& jwt = reader.add_authenticator(own.value);
  const std::string path = reader.path();
  jwt.issuer.url = reader.text(issuer, "url", path + ".issuer.url");
  const PlatformValue audiences = issuer.find("audiences");
  reader.name(path + ".issuer.audiences", audiences, false);
  for (const Value item : audiences.value.items())
    jwt.issuer.audiences.push_back({std::string(item.text()), item.range()});
  if (jwt.issuer.audiences.size() > 1) jwt.issuer.audience_match_policy.value = "MatchAny";

  const PlatformValue mappings = own.find("claimMappings");
  const std::string mapped = path + ".claimMappings.";
  jwt.claim_mappings.range = mappings.value.range();
  const PlatformValue username = mappings.find("username");
  jwt.claim_mappings.username.expression =
      reader.text(username, "expression", mapped + "username.expression");
  reader.name(mapped + "username", username, false);
  check_prefix(reader, username, jwt.claim_mappings.username.expression);
  const PlatformValue groups = mappings.find("groups");
  if (groups.value.is_mapping()) {
    jwt.claim_mappings.groups.expression = reader.text(groups, "expression", mapped + "groups.expression");
    check_prefix(reader, groups, jwt.claim_mappings.groups.expression);
  }
  const PlatformValue uid = mappings.find("uid");
  if (uid.value.is_mapping())
    jwt.claim_mappings.uid.expression = reader.text(uid, "expression", mapped + "uid.expression");
  const PlatformValue extra = mappings.find("extra");
  std::size_t index = 0;
  for (const Value item : extra.value.items()) {
    const PlatformValue entry = extra.item(index, item);
    const std::string at = mapped + "extra[" + std::to_string(index++) + "]";
    ExtraMapping& one = jwt.claim_mappings.extra.emplace_back();
    one.key = reader.text(entry, "key", at + ".key");
    one.value_expression = reader.text(entry, "valueExpression", at + ".valueExpression");
    one.range = item.range();
  }
  rules(reader, own.find("claimValidationRules"), path + ".claimValidationRules", false, jwt);
  rules(reader, own.find("userValidationRules"), path + ".userValidationRules", true, jwt);
  for (const PlatformValue& mapping : {username, groups}) {
    if (mapping.value.find("claim").exists())
      reader.invalid(mapping.find("claim"), "AKS takes expressions alone: write `expression`");
  }
}

}  // namespace

// The JSON has the field names of an AuthenticationConfiguration's entry, with expressions alone
// (Microsoft.ContainerService/managedClusters/jwtAuthenticators). `az aks jwtauthenticator list` prints an
// array of them, the REST interface `{"value": [...]}`; all of a cluster count together.
bool read_aks_config(Value root, ConfigSource& into) {
  const PlatformValue top{root, "", ""};
  const PlatformValue list = root.is_sequence() ? top : top.find("value");
  const bool several = list.value.is_sequence() && list.value.size() != 0;
  if (!(several ? is_authenticator(*list.value.items().begin()) : is_authenticator(root))) return false;
  PlatformReader reader(into, ConfigSourceKind::aks_jwt_authenticator);
  if (several) {
    std::size_t index = 0;
    for (const Value item : list.value.items()) {
      const PlatformValue one = list.item(index++, item);
      if (is_authenticator(item)) {
        authenticator(reader, one);
      } else {
        reader.unreadable(one, "is no JWT authenticator");
      }
    }
  } else {
    authenticator(reader, top);
  }
  reader.note("Entra ID sign-in of AKS is no matter of this configuration: it is a webhook of its own");
  return true;
}

}  // namespace oidc_audit::oidc
