#include <set>

#include "base/go_quote.h"
#include "cel/env.h"
#include "cel/kubernetes.h"
#include "oidc/cel_mentions.h"
#include "oidc/compiled_config.h"
#include "oidc/jwks.h"
#include "oidc/validate_parts.h"

namespace oidc_audit::oidc {

namespace {

class Validator {
 public:
  Validator(const AuthConfig& config, int minor, std::vector<ConfigError>& errors)
      : config_(config),
        minor_(minor),
        errors_(config, minor, errors),
        claims_env_(cel::claims_env(cel::Release{minor})),
        user_env_(cel::user_env(cel::Release{minor})) {}

  std::vector<CompiledAuthenticator> run() {
    std::vector<CompiledAuthenticator> compiled;
    constexpr std::size_t kMost = 64;
    if (config_.jwt.size() > kMost) {
      errors_.add("jwt", {},
                  "Too many: " + std::to_string(config_.jwt.size()) + ": must have at most 64 items");
      return compiled;
    }
    std::set<std::string_view> urls;
    std::set<std::string_view> discovery_urls;
    for (std::size_t i = 0; i < config_.jwt.size(); ++i) {
      const JwtAuthenticator& jwt = config_.jwt[i];
      const std::string path = "jwt[" + std::to_string(i) + "]";
      compiled.push_back(authenticator(jwt, path));
      const ConfigText& url = jwt.issuer.url;
      if (!urls.insert(url.value).second) errors_.duplicate(path + ".issuer.url", url);
      const ConfigText& discovery = jwt.issuer.discovery_url;
      if (!discovery.empty() && !discovery_urls.insert(discovery.value).second) {
        errors_.duplicate(path + ".issuer.discoveryURL", discovery);
      }
    }
    if (config_.anonymous.has_value() && !config_.anonymous->enabled && !config_.anonymous->paths.empty()) {
      anonymous(*config_.anonymous);
    }
    return compiled;
  }

 private:
  // ----- parts

  CompiledAuthenticator authenticator(const JwtAuthenticator& jwt, const std::string& path) {
    CompiledAuthenticator compiled;
    email_verified_ = false;
    validate_issuer(jwt.issuer, path + ".issuer", jwt.range, errors_);
    claim_rules(jwt, path + ".claimValidationRules", compiled);
    mappings(jwt.claim_mappings, path + ".claimMappings", jwt.range, compiled);
    user_rules(jwt, path + ".userValidationRules", compiled);
    return compiled;
  }

  void claim_rules(const JwtAuthenticator& jwt, const std::string& path, CompiledAuthenticator& compiled) {
    std::set<std::string_view> claims;
    std::set<std::string_view> expressions;
    for (std::size_t i = 0; i < jwt.claim_validation_rules.size(); ++i) {
      const ClaimValidationRule& rule = jwt.claim_validation_rules[i];
      const std::string at = path + "[" + std::to_string(i) + "]";
      if (!rule.claim.empty() && !rule.expression.empty()) {
        errors_.invalid(at, {rule.claim.value, rule.range}, "claim and expression can't both be set");
      } else if (rule.claim.empty() && rule.expression.empty()) {
        errors_.required(at, rule.range, "claim or expression is required");
      } else if (!rule.claim.empty()) {
        if (!rule.message.empty()) {
          errors_.invalid(at + ".message", rule.message,
                          errors_.since(34) ? "may not be specified when claim is set"
                                            : "message can't be set when claim is set");
        }
        if (!claims.insert(rule.claim.value).second) errors_.duplicate(at + ".claim", rule.claim);
      } else {
        if (!rule.required_value.empty()) {
          errors_.invalid(at + ".requiredValue", rule.required_value,
                          errors_.since(34) ? "may not be specified when expression is set"
                                            : "requiredValue can't be set when expression is set");
        }
        if (!expressions.insert(rule.expression.value).second) {
          errors_.duplicate(at + ".expression", rule.expression);
          continue;
        }
        if (auto program = compile(claims_env_, rule.expression, at + ".expression", true)) {
          note_email_verified(rule.expression);
          compiled.claim_rules.push_back({i, std::move(*program)});
        }
      }
    }
  }

  void mappings(const ClaimMappings& mappings, const std::string& path, std::optional<SourceRange> around,
                CompiledAuthenticator& compiled) {
    const std::optional<SourceRange> own = mappings.range.has_value() ? mappings.range : around;
    const std::size_t errors_before = errors_.count();
    compiled.username = prefixed(mappings.username, path + ".username", true, own);
    const bool username_good = errors_.count() == errors_before && compiled.username.has_value();
    bool email = false;
    if (username_good) {
      email = mentions_selection(mappings.username.expression.value, "claims", "email", minor_);
      note_email_verified(mappings.username.expression);
    }
    compiled.groups = prefixed(mappings.groups, path + ".groups", false, own);
    if (!mappings.uid.claim.empty() && !mappings.uid.expression.empty()) {
      errors_.invalid(path + ".uid", {"", mappings.uid.range}, "claim and expression can't both be set");
    } else if (!mappings.uid.expression.empty()) {
      compiled.uid = compile(claims_env_, mappings.uid.expression, path + ".uid.expression", false);
    }
    extra(mappings, path + ".extra", compiled);
    if (email && !email_verified_) {
      errors_.invalid(
          path + ".username.expression", mappings.username.expression,
          "claims.email_verified must be used in claimMappings.username.expression or "
          "claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is "
          "used in claimMappings.username.expression");
    }
  }

  std::optional<cel::Program> prefixed(const PrefixedClaimOrExpression& mapping, const std::string& path,
                                       bool needed, std::optional<SourceRange> around) {
    const std::optional<SourceRange> own = mapping.range.has_value() ? mapping.range : around;
    if (!mapping.expression.empty() && !mapping.claim.empty()) {
      errors_.invalid(path, {"", own}, "claim and expression can't both be set");
    } else if (mapping.expression.empty() && mapping.claim.empty() && needed) {
      errors_.required(path, own, "claim or expression is required");
    } else if (!mapping.expression.empty()) {
      if (mapping.prefix.has_value()) {
        errors_.invalid(path + ".prefix", *mapping.prefix,
                        errors_.since(34) ? "may not be specified when expression is set"
                                          : "prefix can't be set when expression is set");
      }
      return compile(claims_env_, mapping.expression, path + ".expression", false);
    } else if (!mapping.claim.empty() && !mapping.prefix.has_value()) {
      errors_.required(
          path + ".prefix", own,
          "prefix is required when claim is set. It can be set to an empty string to disable prefixing");
    }
    return std::nullopt;
  }

  void extra(const ClaimMappings& mappings, const std::string& path, CompiledAuthenticator& compiled) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < mappings.extra.size(); ++i) {
      const ExtraMapping& mapping = mappings.extra[i];
      const std::string at = path + "[" + std::to_string(i) + "]";
      validate_extra_key({mapping.key.value, place_of(mapping.key, mapping.range)}, at + ".key", errors_);
      if (!seen.insert(mapping.key.value).second) {
        errors_.duplicate(at + ".key", mapping.key);
        continue;
      }
      if (mapping.value_expression.empty()) {
        errors_.required(at + ".valueExpression", place_of(mapping.value_expression, mapping.range),
                         errors_.since(34) ? "" : "valueExpression is required");
        continue;
      }
      if (auto program = compile(claims_env_, mapping.value_expression, at + ".valueExpression", false)) {
        note_email_verified(mapping.value_expression);
        compiled.extra.push_back({i, std::move(*program)});
      }
    }
  }

  void user_rules(const JwtAuthenticator& jwt, const std::string& path, CompiledAuthenticator& compiled) {
    std::set<std::string_view> expressions;
    for (std::size_t i = 0; i < jwt.user_validation_rules.size(); ++i) {
      const UserValidationRule& rule = jwt.user_validation_rules[i];
      const std::string at = path + "[" + std::to_string(i) + "].expression";
      if (rule.expression.empty()) {
        errors_.required(at, place_of(rule.expression, rule.range),
                         errors_.since(34) ? "" : "expression is required");
      } else if (!expressions.insert(rule.expression.value).second) {
        errors_.duplicate(at, rule.expression);
      } else if (auto program = compile(user_env_, rule.expression, at, true)) {
        compiled.user_rules.push_back({i, std::move(*program)});
      }
    }
  }

  void anonymous(const AnonymousAuth& anonymous) {
    std::string list;
    for (const ConfigText& path : anonymous.paths) {
      if (!list.empty()) list += errors_.since(34) ? "," : ", ";
      list += errors_.since(34) ? "{\"Path\":" + marshalled(path.value) + "}"
                                : "apiserver.AnonymousAuthCondition{Path:" + go_quote(path.value) + "}";
    }
    list = errors_.since(34) ? "[" + list + "]" : "[]apiserver.AnonymousAuthCondition{" + list + "}";
    errors_.add("anonymous.conditions", anonymous.range,
                "Invalid value: " + list + ": enabled should be set to true when conditions are defined");
  }

  // ----- expressions

  std::optional<cel::Program> compile(const cel::Env& env, const ConfigText& text, const std::string& field,
                                      bool must_be_bool) {
    cel::Compilation compilation = env.compile(text.value);
    if (!compilation.ok()) {
      const bool program =
          !compilation.problems.empty() && compilation.problems.front().phase == cel::Phase::program;
      if (program) {
        errors_.add(field, text.range, "Internal error: " + compilation.problems.front().message);
      } else {
        errors_.invalid(field, text, "compilation failed: " + cel::render(compilation.problems, text.value));
      }
      return std::nullopt;
    }
    if (must_be_bool && !compilation.program->result_type().is(cel::TypeKind::boolean)) {
      errors_.invalid(field, text, "must evaluate to bool");
      return std::nullopt;
    }
    return std::move(compilation.program);
  }

  void note_email_verified(const ConfigText& expression) {
    email_verified_ =
        email_verified_ || mentions_selection(expression.value, "claims", "email_verified", minor_);
  }

  const AuthConfig& config_;
  int minor_;
  ConfigErrors errors_;
  cel::Env claims_env_;
  cel::Env user_env_;
  bool email_verified_ = false;
};

}  // namespace

std::vector<CompiledAuthenticator> validate_and_compile(const AuthConfig& config, int kubernetes_minor,
                                                        std::vector<ConfigError>& errors) {
  std::vector<CompiledAuthenticator> compiled = Validator(config, kubernetes_minor, errors).run();
  if (!errors.empty()) return compiled;
  // The algorithms are looked at when the authenticator is built, behind all validation.
  for (const std::string& alg : config.signing_algs) {
    if (is_allowed_signing_alg(alg)) continue;
    ConfigError error;
    error.text = "oidc: unsupported signing alg: " + go_quote(alg);
    error.flag = "--oidc-signing-algs";
    errors.push_back(std::move(error));
    break;
  }
  return compiled;
}

}  // namespace oidc_audit::oidc
