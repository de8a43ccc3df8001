#include "base/go_quote.h"
#include "base/strings.h"
#include "base/unicode.h"
#include "oidc/legacy_flags.h"
#include "oidc/platform_reader.h"

namespace oidc_audit::oidc {

namespace {

using document::Value;

constexpr std::size_t kMaxClaimName = 63;
constexpr std::size_t kMaxClaimValue = 253;

// The object with `issuerUrl` and `clientId`, wherever the tools put it.
PlatformValue find_oidc(Value root, bool& several) {
  const PlatformValue top{root, "", ""};
  PlatformValue described = top.find("identityProviderConfig").find("oidc");
  if (described.value.is_mapping()) return described;
  PlatformValue associated = top.find("oidc");
  if (associated.value.find("issuerUrl").exists()) return associated;
  if (root.find("kind").text() != "ClusterConfig" ||
      !root.find("apiVersion").text().starts_with("eksctl.io/"))
    return {};
  const PlatformValue providers = top.find("identityProviders");
  std::size_t index = 0;
  PlatformValue first;
  for (const Value item : providers.value.items()) {
    const PlatformValue named = providers.item(index++, item);
    if (item.find("type").exists() && item.find("type").text() != "oidc") continue;
    if (first.value.exists()) {
      several = true;
    } else {
      first = named;
    }
  }
  return first;
}

void check_prefix(PlatformReader& reader, const PlatformValue& oidc, std::string_view key,
                  const ConfigText& prefix) {
  if (prefix.value.find("system:") == std::string::npos) return;
  reader.invalid(oidc.find(key), "Invalid value: " + go_quote(prefix.value) +
                                     ": EKS takes no prefix that contains `system:`");
}

void required_claims(PlatformReader& reader, const PlatformValue& oidc, const std::string& path,
                     JwtAuthenticator& jwt) {
  const PlatformValue claims = oidc.find("requiredClaims");
  if (!claims.value.exists() || claims.value.is_null()) return;
  if (!claims.value.is_mapping()) {
    reader.unreadable(claims, "must be an object of strings");
    return;
  }
  for (const auto& [key, value] : claims.value.members()) {
    const PlatformValue claim = claims.find(key.text());
    if (!value.is_string()) {
      reader.unreadable(claim, "must be a string");
      continue;
    }
    if (count_code_points(key.text()) > kMaxClaimName || count_code_points(value.text()) > kMaxClaimValue)
      reader.invalid(claim, "EKS takes claim names of 63 and values of 253 characters at most");
    reader.name(path + ".claimValidationRules[" + std::to_string(jwt.claim_validation_rules.size()) + "]",
                claim, true);
    ClaimValidationRule& rule = jwt.claim_validation_rules.emplace_back();
    rule.claim = {std::string(key.text()), key.range()};
    rule.required_value = {std::string(value.text()), value.range()};
    rule.range = value.range();
  }
}

}  // namespace

// EKS passes the fields to kube-apiserver as the flags of the same names (EKS API reference,
// OidcIdentityProviderConfigRequest), with the same defaults.
bool read_eks_config(Value root, ConfigSource& into) {
  bool several = false;
  const PlatformValue oidc = find_oidc(root, several);
  if (!oidc.value.is_mapping()) return false;
  PlatformReader reader(into, ConfigSourceKind::eks_identity_provider);
  JwtAuthenticator& jwt = reader.add_authenticator(oidc.value);
  const std::string path = reader.path();
  jwt.issuer.url = reader.text(oidc, "issuerUrl", path + ".issuer.url");
  const ConfigText client = reader.text(oidc, "clientId", path + ".issuer.audiences");
  if (client.empty()) {
    reader.invalid(oidc.find("clientId"), "Required value: EKS needs the audience");
  } else {
    jwt.issuer.audiences = {client};
  }
  PrefixedClaimOrExpression& username = jwt.claim_mappings.username;
  username.range = oidc.value.range();
  username.claim = reader.text(oidc, "usernameClaim", path + ".claimMappings.username");
  if (username.claim.empty()) username.claim.value = "sub";
  const ConfigText prefix = reader.text(oidc, "usernamePrefix", path + ".claimMappings.username.prefix");
  check_prefix(reader, oidc, "usernamePrefix", prefix);
  username.prefix = ConfigText{
      username_prefix_of_flags(prefix.value, username.claim.value, jwt.issuer.url.value), prefix.range};

  const ConfigText groups = reader.text(oidc, "groupsClaim", path + ".claimMappings.groups");
  const ConfigText groups_prefix = reader.text(oidc, "groupsPrefix", path + ".claimMappings.groups.prefix");
  check_prefix(reader, oidc, "groupsPrefix", groups_prefix);
  if (!groups.empty()) {
    jwt.claim_mappings.groups.claim = groups;
    jwt.claim_mappings.groups.prefix = groups_prefix;
    jwt.claim_mappings.groups.range = groups.range;
  }
  required_claims(reader, oidc, path, jwt);
  reader.config().signing_algs = {"RS256"};

  const std::string status(oidc.value.find("status").text());
  if (!status.empty() && status != "ACTIVE")
    reader.note("the provider is " + status + " and takes no tokens while it is");
  if (several) reader.note("EKS takes one OIDC provider for a cluster; the first one was read");
  reader.note("EKS does not document its algorithms; RS256 alone is counted on");
  reader.note("IAM identities are no matter of this configuration: see --aws-identity");
  return true;
}

}  // namespace oidc_audit::oidc
