#include "base/go_quote.h"
#include "oidc/platform_reader.h"

namespace oidc_audit::oidc {

namespace {

using document::Value;

/// One provider, as the operator turns it into an authenticator (cluster-authentication-operator
/// pkg/controllers/externaloidc/generation/kubeapiserver/generate.go).
class Provider {
 public:
  Provider(PlatformReader& reader, const PlatformValue& provider)
      : reader_(reader),
        provider_(provider),
        jwt_(reader.add_authenticator(provider.value)),
        path_(reader.path()) {
    reader.name(path_, provider, false);
  }

  void read() {
    issuer();
    const PlatformValue mappings = provider_.find("claimMappings");
    username(mappings.find("username"));
    groups(mappings.find("groups"));
    uid(mappings.find("uid"));
    extra(mappings.find("extra"));
    claim_rules(provider_.find("claimValidationRules"));
    user_rules(provider_.find("userValidationRules"));
  }

 private:
  void issuer() {
    const PlatformValue issuer = provider_.find("issuer");
    jwt_.issuer.url = reader_.text(issuer, "issuerURL", path_ + ".issuer.url");
    jwt_.issuer.discovery_url = reader_.text(issuer, "discoveryURL", path_ + ".issuer.discoveryURL");
    jwt_.issuer.audience_match_policy.value = "MatchAny";
    const PlatformValue audiences = issuer.find("audiences");
    reader_.name(path_ + ".issuer.audiences", audiences, false);
    std::size_t index = 0;
    for (const Value item : audiences.value.items()) {
      if (item.is_string()) {
        jwt_.issuer.audiences.push_back({std::string(item.text()), item.range()});
      } else {
        reader_.unreadable(audiences.item(index, item), "must be a string");
      }
      ++index;
    }
    const PlatformValue authority = issuer.find("issuerCertificateAuthority").find("name");
    if (!authority.value.text().empty()) {
      reader_.note("the ConfigMap openshift-config/" + std::string(authority.value.text()) +
                   " with the issuer's certificate authority was not looked at");
    }
  }

  void username(const PlatformValue& mapping) {
    PrefixedClaimOrExpression& own = jwt_.claim_mappings.username;
    const std::string path = path_ + ".claimMappings.username";
    own.range = mapping.value.exists() ? mapping.value.range() : provider_.value.range();
    own.claim = reader_.text(mapping, "claim", path + ".claim");
    own.expression = reader_.text(mapping, "expression", path + ".expression");
    const PlatformValue policy = mapping.find("prefixPolicy");
    reader_.name(path + ".prefix", policy, true);
    const std::string_view word = policy.value.text();
    if (!own.expression.empty()) {
      if (word == "Prefix") reader_.invalid(policy, "cannot be `Prefix` together with an expression");
      return;
    }
    if (word == "Prefix") {
      const PlatformValue prefix = mapping.find("prefix");
      if (!prefix.value.is_mapping()) reader_.invalid(prefix, "nil username prefix while policy expects one");
      own.prefix = reader_.text(prefix, "prefixString", path + ".prefix");
    } else if (word == "NoPrefix") {
      own.prefix = ConfigText{"", policy.value.range()};
    } else if (word.empty()) {
      own.prefix = ConfigText{own.claim.value == "email" ? "" : jwt_.issuer.url.value + "#", own.range};
    } else {
      reader_.invalid(policy, "invalid username prefix policy: " + std::string(word));
    }
  }

  void groups(const PlatformValue& mapping) {
    if (!mapping.value.is_mapping()) return;
    PrefixedClaimOrExpression& own = jwt_.claim_mappings.groups;
    const std::string path = path_ + ".claimMappings.groups";
    own.range = mapping.value.range();
    own.claim = reader_.text(mapping, "claim", path + ".claim");
    own.expression = reader_.text(mapping, "expression", path + ".expression");
    const ConfigText prefix = reader_.text(mapping, "prefix", path + ".prefix");
    if (own.expression.empty() || !prefix.empty()) own.prefix = prefix;
  }

  // Without a mapping the operator takes `sub`.
  void uid(const PlatformValue& mapping) {
    ClaimOrExpression& own = jwt_.claim_mappings.uid;
    if (!mapping.value.is_mapping()) {
      own.claim.value = "sub";
      return;
    }
    own.range = mapping.value.range();
    own.claim = reader_.text(mapping, "claim", path_ + ".claimMappings.uid.claim");
    own.expression = reader_.text(mapping, "expression", path_ + ".claimMappings.uid.expression");
  }

  // `read` takes an item, its path and what it becomes.
  template <typename T, typename Read>
  void each(const PlatformValue& list, std::string_view field, std::vector<T>& into, Read read) {
    std::size_t index = 0;
    for (const Value item : list.value.items()) {
      const PlatformValue entry = list.item(index, item);
      T& own = into.emplace_back();
      own.range = item.range();
      read(entry, path_ + std::string(field) + "[" + std::to_string(index++) + "]", own);
    }
  }

  void extra(const PlatformValue& list) {
    each(list, ".claimMappings.extra", jwt_.claim_mappings.extra,
         [this](const PlatformValue& entry, const std::string& path, ExtraMapping& own) {
           own.key = reader_.text(entry, "key", path + ".key");
           own.value_expression = reader_.text(entry, "valueExpression", path + ".valueExpression");
         });
  }

  void claim_rules(const PlatformValue& list) {
    each(list, ".claimValidationRules", jwt_.claim_validation_rules,
         [this](const PlatformValue& entry, const std::string& path, ClaimValidationRule& own) {
           const PlatformValue type = entry.find("type");
           if (type.value.text() == "RequiredClaim") {
             const PlatformValue required = entry.find("requiredClaim");
             own.claim = reader_.text(required, "claim", path + ".claim");
             own.required_value = reader_.text(required, "requiredValue", path + ".requiredValue");
           } else if (type.value.text() == "CEL") {
             const PlatformValue cel = entry.find("cel");
             own.expression = reader_.text(cel, "expression", path + ".expression");
             own.message = reader_.text(cel, "message", path + ".message");
           } else {
             reader_.invalid(type, "unknown claimValidationRule type " + go_quote(type.value.text()));
           }
         });
  }

  void user_rules(const PlatformValue& list) {
    each(list, ".userValidationRules", jwt_.user_validation_rules,
         [this](const PlatformValue& entry, const std::string& path, UserValidationRule& own) {
           own.expression = reader_.text(entry, "expression", path + ".expression");
           own.message = reader_.text(entry, "message", path + ".message");
         });
  }

  PlatformReader& reader_;
  const PlatformValue& provider_;
  JwtAuthenticator& jwt_;
  std::string path_;
};

}  // namespace

bool read_openshift_config(Value root, ConfigSource& into) {
  const std::string_view kind = root.find("kind").text();
  if ((kind != "Authentication" && kind != "OAuth") ||
      !root.find("apiVersion").text().starts_with("config.openshift.io/")) {
    return false;
  }
  PlatformReader reader(into, ConfigSourceKind::openshift_authentication);
  const PlatformValue top{root, "", ""};
  const PlatformValue spec = top.find("spec");
  if (kind == "OAuth") {
    into.without_tokens = true;
    reader.unreadable(spec.find("identityProviders"),
                      "no OIDC provider decides here: users and groups are the User and Group objects of the "
                      "OAuth server, which people sign in to");
    return true;
  }
  const PlatformValue providers = spec.find("oidcProviders");
  const std::string_view type = spec.value.find("type").text();
  if (type != "OIDC") {
    into.without_tokens = true;
    reader.unreadable(spec.find("type"),
                      "no OIDC provider decides here: with `" +
                          std::string(type.empty() ? "IntegratedOAuth" : type) +
                          "` users and groups are the User and Group objects of the OAuth server");
    return true;
  }
  reader.name("jwt", providers, false);
  std::size_t index = 0;
  for (const Value item : providers.value.items()) Provider(reader, providers.item(index++, item)).read();
  if (reader.config().jwt.size() > 1) reader.note("OpenShift takes one OIDC provider");
  const std::string issuer(spec.value.find("serviceAccountIssuer").text());
  if (!issuer.empty()) reader.config().service_account_issuers.push_back(issuer);
  return true;
}

}  // namespace oidc_audit::oidc
