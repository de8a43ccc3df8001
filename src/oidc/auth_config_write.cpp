#include "oidc/auth_config_write.h"

#include "base/strings.h"
#include "oidc/go_json.h"

namespace oidc_audit::oidc {

namespace {

// JSON strings are YAML double-quoted scalars, whatever they hold.
std::string quoted(const std::string& text) { return json_quote(text); }

class Writer {
 public:
  std::string take() { return std::move(out_); }

  void line(int indent, const std::string& text) {
    out_.append(static_cast<std::size_t>(indent), ' ').append(text).append("\n");
  }
  void field(int indent, const std::string& name, const ConfigText& value) {
    if (!value.empty()) line(indent, name + ": " + quoted(value.value));
  }
  void block(int indent, const std::string& name, const ConfigText& value) {
    if (value.empty()) return;
    line(indent, name + ": |");
    std::string_view rest = value.value;
    while (!rest.empty()) {
      const std::size_t end = rest.find('\n');
      line(indent + 2, std::string(rest.substr(0, end)));
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    }
  }

  void authenticator(const JwtAuthenticator& jwt) {
    line(0, "- issuer:");
    field(4, "url", jwt.issuer.url);
    field(4, "discoveryURL", jwt.issuer.discovery_url);
    block(4, "certificateAuthority", jwt.issuer.certificate_authority);
    line(4, jwt.issuer.audiences.empty() ? "audiences: []" : "audiences:");
    for (const ConfigText& audience : jwt.issuer.audiences) line(4, "- " + quoted(audience.value));
    field(4, "audienceMatchPolicy", jwt.issuer.audience_match_policy);
    field(4, "egressSelectorType", jwt.issuer.egress_selector_type);
    if (!jwt.claim_validation_rules.empty()) line(2, "claimValidationRules:");
    for (const ClaimValidationRule& rule : jwt.claim_validation_rules) claim_rule(rule);
    mappings(jwt.claim_mappings);
    if (!jwt.user_validation_rules.empty()) line(2, "userValidationRules:");
    for (const UserValidationRule& rule : jwt.user_validation_rules) {
      line(2, "- expression: " + quoted(rule.expression.value));
      field(4, "message", rule.message);
    }
  }

 private:
  void claim_rule(const ClaimValidationRule& rule) {
    if (!rule.expression.empty()) {
      line(2, "- expression: " + quoted(rule.expression.value));
      field(4, "message", rule.message);
      return;
    }
    line(2, "- claim: " + quoted(rule.claim.value));
    line(4, "requiredValue: " + quoted(rule.required_value.value));
  }

  void prefixed(const std::string& name, const PrefixedClaimOrExpression& mapping) {
    if (mapping.claim.empty() && mapping.expression.empty()) return;
    line(4, name + ":");
    field(6, "claim", mapping.claim);
    if (mapping.prefix.has_value()) line(6, "prefix: " + quoted(mapping.prefix->value));
    field(6, "expression", mapping.expression);
  }

  void mappings(const ClaimMappings& mappings) {
    line(2, "claimMappings:");
    prefixed("username", mappings.username);
    prefixed("groups", mappings.groups);
    if (!mappings.uid.claim.empty() || !mappings.uid.expression.empty()) {
      line(4, "uid:");
      field(6, "claim", mappings.uid.claim);
      field(6, "expression", mappings.uid.expression);
    }
    if (!mappings.extra.empty()) line(4, "extra:");
    for (const ExtraMapping& mapping : mappings.extra) {
      line(4, "- key: " + quoted(mapping.key.value));
      line(6, "valueExpression: " + quoted(mapping.value_expression.value));
    }
  }

  std::string out_;
};

}  // namespace

std::string write_auth_config(const AuthConfig& config, const std::string& api_version) {
  Writer writer;
  writer.line(0, "apiVersion: " + api_version);
  writer.line(0, "kind: AuthenticationConfiguration");
  if (config.origin == ConfigOrigin::flags && !config.jwt.empty()) {
    const std::string algorithms = config.signing_algs.empty() ? "RS256" : join(config.signing_algs, ", ");
    writer.line(
        0, "# The flags accept " + algorithms + " alone; with a configuration file the server accepts all");
    writer.line(0, "# of RS, ES and PS 256, 384 and 512, and there is no setting for it.");
  }
  writer.line(0, config.jwt.empty() ? "jwt: []" : "jwt:");
  for (const JwtAuthenticator& jwt : config.jwt) writer.authenticator(jwt);
  if (config.anonymous.has_value()) {
    writer.line(0, "anonymous:");
    writer.line(2, std::string("enabled: ") + (config.anonymous->enabled ? "true" : "false"));
    if (!config.anonymous->paths.empty()) writer.line(2, "conditions:");
    for (const ConfigText& path : config.anonymous->paths) writer.line(2, "- path: " + quoted(path.value));
  }
  return writer.take();
}

}  // namespace oidc_audit::oidc
