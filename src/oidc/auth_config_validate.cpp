#include <algorithm>
#include <set>

#include "base/go_quote.h"
#include "base/strings.h"
#include "cel/env.h"
#include "cel/kubernetes.h"
#include "oidc/cel_mentions.h"
#include "oidc/compiled_config.h"
#include "oidc/config_field.h"
#include "oidc/go_json.h"
#include "oidc/go_url.h"
#include "oidc/jwks.h"
#include "oidc/pem_certificates.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kPath =
    "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_subdomain(std::string_view text) {
  for (const std::string_view label : split(text, '.')) {
    if (label.empty() || !is_lower_alnum(label.front()) || !is_lower_alnum(label.back())) return false;
    for (const char c : label) {
      if (!is_lower_alnum(c) && c != '-') return false;
    }
  }
  return true;
}

bool is_http_path(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') ||
           std::string_view("/-._~%!$&'()*+,;=:").find(c) != std::string_view::npos;
  });
}

// A string as Go's json.Marshal writes it, `<`, `>` and `&` escaped.
std::string marshalled(std::string_view text) {
  return replace_all(replace_all(replace_all(json_quote(text), "<", "\\u003c"), ">", "\\u003e"), "&",
                     "\\u0026");
}

class Validator {
 public:
  Validator(const AuthConfig& config, int minor, std::vector<ConfigError>& errors)
      : config_(config),
        minor_(minor),
        errors_(errors),
        claims_env_(cel::claims_env(cel::Release{minor})),
        user_env_(cel::user_env(cel::Release{minor})) {}

  std::vector<CompiledAuthenticator> run() {
    std::vector<CompiledAuthenticator> compiled;
    constexpr std::size_t kMost = 64;
    if (config_.jwt.size() > kMost) {
      add("jwt", {}, "Too many: " + std::to_string(config_.jwt.size()) + ": must have at most 64 items");
      return compiled;
    }
    std::set<std::string_view> urls;
    std::set<std::string_view> discovery_urls;
    for (std::size_t i = 0; i < config_.jwt.size(); ++i) {
      const JwtAuthenticator& jwt = config_.jwt[i];
      const std::string path = "jwt[" + std::to_string(i) + "]";
      compiled.push_back(authenticator(jwt, path));
      const ConfigText& url = jwt.issuer.url;
      if (!urls.insert(url.value).second) duplicate(path + ".issuer.url", url);
      const ConfigText& discovery = jwt.issuer.discovery_url;
      if (!discovery.empty() && !discovery_urls.insert(discovery.value).second) {
        duplicate(path + ".issuer.discoveryURL", discovery);
      }
    }
    if (config_.anonymous.has_value() && !config_.anonymous->enabled && !config_.anonymous->paths.empty()) {
      anonymous(*config_.anonymous);
    }
    return compiled;
  }

 private:
  bool since(int minor) const { return minor_ >= minor; }

  // ----- errors as field.Error prints them

  void add(const std::string& field, std::optional<SourceRange> range, const std::string& body) {
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
  void required(const std::string& field, std::optional<SourceRange> range, std::string_view detail = {}) {
    add(field, range, detail.empty() ? "Required value" : "Required value: " + std::string(detail));
  }
  void invalid(const std::string& field, const ConfigText& value, std::string_view detail) {
    add(field, value.range, "Invalid value: " + go_quote(value.value) + ": " + std::string(detail));
  }
  void duplicate(const std::string& field, const ConfigText& value) {
    add(field, value.range, "Duplicate value: " + go_quote(value.value));
  }

  // ----- parts

  CompiledAuthenticator authenticator(const JwtAuthenticator& jwt, const std::string& path) {
    CompiledAuthenticator compiled;
    email_verified_ = false;
    issuer(jwt.issuer, path + ".issuer", jwt.range);
    claim_rules(jwt, path + ".claimValidationRules", compiled);
    mappings(jwt.claim_mappings, path + ".claimMappings", jwt.range, compiled);
    user_rules(jwt, path + ".userValidationRules", compiled);
    return compiled;
  }

  static std::optional<SourceRange> place(const ConfigText& text, std::optional<SourceRange> around) {
    return text.range.has_value() ? text.range : around;
  }

  void issuer(const Issuer& issuer, const std::string& path, std::optional<SourceRange> around) {
    const std::optional<SourceRange> own = issuer.range.has_value() ? issuer.range : around;
    if (issuer.url.empty()) {
      required(path + ".url", place(issuer.url, own), since(34) ? "" : "URL is required");
    } else {
      url(issuer.url, path + ".url", true);
    }
    discovery(issuer, path + ".discoveryURL");
    audiences(issuer, path, own);
    if (!issuer.certificate_authority.empty()) {
      const std::string problem = certificate_bundle_problem(issuer.certificate_authority.value);
      if (!problem.empty()) {
        invalid(path + ".certificateAuthority", {"<omitted>", issuer.certificate_authority.range}, problem);
      }
    }
    const ConfigText& egress = issuer.egress_selector_type;
    if (!egress.empty() && egress.value != "controlplane" && egress.value != "cluster") {
      invalid(path + ".egressSelectorType", egress, "egress selector must be either controlplane or cluster");
    }
  }

  void url(const ConfigText& value, const std::string& path, bool is_issuer) {
    if (is_issuer) {
      std::set<std::string> disallowed(config_.service_account_issuers.begin(),
                                       config_.service_account_issuers.end());
      if (disallowed.contains(value.value)) {
        std::string list;
        for (const std::string& one : disallowed) list += (list.empty() ? "" : " ") + one;
        invalid(path, value, "URL must not overlap with disallowed issuers: [" + list + "]");
      }
    }
    const GoUrl parsed = parse_go_url(value.value);
    if (!parsed.error.empty()) {
      invalid(path, value, parsed.error);
      return;
    }
    if (parsed.scheme != "https") invalid(path, value, "URL scheme must be https");
    if (parsed.has_user) invalid(path, value, "URL must not contain a username or password");
    if (!parsed.query.empty()) invalid(path, value, "URL must not contain a query");
    if (!parsed.fragment.empty()) invalid(path, value, "URL must not contain a fragment");
  }

  void discovery(const Issuer& issuer, const std::string& path) {
    if (issuer.discovery_url.empty()) return;
    const auto trimmed = [](std::string_view text) {
      while (!text.empty() && text.back() == '/') text.remove_suffix(1);
      return text;
    };
    if (!issuer.url.empty() && trimmed(issuer.url.value) == trimmed(issuer.discovery_url.value)) {
      invalid(path, issuer.discovery_url, "discoveryURL must be different from URL");
    }
    url(issuer.discovery_url, path, false);
  }

  void audiences(const Issuer& issuer, const std::string& path, std::optional<SourceRange> around) {
    const std::string field = path + ".audiences";
    if (issuer.audiences.empty()) {
      required(field, around, "at least one " + field + " is required");
      return;
    }
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < issuer.audiences.size(); ++i) {
      const ConfigText& audience = issuer.audiences[i];
      const std::string at = field + "[" + std::to_string(i) + "]";
      if (audience.empty()) required(at, audience.range, since(34) ? "" : "audience can't be empty");
      if (!seen.insert(audience.value).second) duplicate(at, audience);
    }
    const ConfigText& policy = issuer.audience_match_policy;
    const bool match_any = policy.value == "MatchAny";
    const auto bad_policy = [&](std::string_view detail) {
      add(path + ".audienceMatchPolicy", place(policy, around),
          "Invalid value: " + marshalled(policy.value) + ": " + std::string(detail));
    };
    if (issuer.audiences.size() > 1 && !match_any) {
      bad_policy("audienceMatchPolicy must be MatchAny for multiple audiences");
    }
    if (issuer.audiences.size() == 1 && !policy.empty() && !match_any) {
      bad_policy("audienceMatchPolicy must be empty or MatchAny for single audience");
    }
  }

  void claim_rules(const JwtAuthenticator& jwt, const std::string& path, CompiledAuthenticator& compiled) {
    std::set<std::string_view> claims;
    std::set<std::string_view> expressions;
    for (std::size_t i = 0; i < jwt.claim_validation_rules.size(); ++i) {
      const ClaimValidationRule& rule = jwt.claim_validation_rules[i];
      const std::string at = path + "[" + std::to_string(i) + "]";
      if (!rule.claim.empty() && !rule.expression.empty()) {
        invalid(at, {rule.claim.value, rule.range}, "claim and expression can't both be set");
      } else if (rule.claim.empty() && rule.expression.empty()) {
        required(at, rule.range, "claim or expression is required");
      } else if (!rule.claim.empty()) {
        if (!rule.message.empty()) {
          invalid(at + ".message", rule.message,
                  since(34) ? "may not be specified when claim is set"
                            : "message can't be set when claim is set");
        }
        if (!claims.insert(rule.claim.value).second) duplicate(at + ".claim", rule.claim);
      } else {
        if (!rule.required_value.empty()) {
          invalid(at + ".requiredValue", rule.required_value,
                  since(34) ? "may not be specified when expression is set"
                            : "requiredValue can't be set when expression is set");
        }
        if (!expressions.insert(rule.expression.value).second) {
          duplicate(at + ".expression", rule.expression);
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
    const std::size_t errors_before = errors_.size();
    compiled.username = prefixed(mappings.username, path + ".username", true, own);
    const bool username_good = errors_.size() == errors_before && compiled.username.has_value();
    bool email = false;
    if (username_good) {
      email = mentions_selection(mappings.username.expression.value, "claims", "email", minor_);
      note_email_verified(mappings.username.expression);
    }
    compiled.groups = prefixed(mappings.groups, path + ".groups", false, own);
    if (!mappings.uid.claim.empty() && !mappings.uid.expression.empty()) {
      invalid(path + ".uid", {"", mappings.uid.range}, "claim and expression can't both be set");
    } else if (!mappings.uid.expression.empty()) {
      compiled.uid = compile(claims_env_, mappings.uid.expression, path + ".uid.expression", false);
    }
    extra(mappings, path + ".extra", compiled);
    if (email && !email_verified_) {
      invalid(
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
      invalid(path, {"", own}, "claim and expression can't both be set");
    } else if (mapping.expression.empty() && mapping.claim.empty() && needed) {
      required(path, own, "claim or expression is required");
    } else if (!mapping.expression.empty()) {
      if (mapping.prefix.has_value()) {
        invalid(path + ".prefix", *mapping.prefix,
                since(34) ? "may not be specified when expression is set"
                          : "prefix can't be set when expression is set");
      }
      return compile(claims_env_, mapping.expression, path + ".expression", false);
    } else if (!mapping.claim.empty() && !mapping.prefix.has_value()) {
      required(path + ".prefix", own,
               "prefix is required when claim is set. It can be set to an empty string to disable prefixing");
    }
    return std::nullopt;
  }

  void extra(const ClaimMappings& mappings, const std::string& path, CompiledAuthenticator& compiled) {
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < mappings.extra.size(); ++i) {
      const ExtraMapping& mapping = mappings.extra[i];
      const std::string at = path + "[" + std::to_string(i) + "]";
      extra_key({mapping.key.value, place(mapping.key, mapping.range)}, at + ".key");
      if (!seen.insert(mapping.key.value).second) {
        duplicate(at + ".key", mapping.key);
        continue;
      }
      if (mapping.value_expression.empty()) {
        required(at + ".valueExpression", place(mapping.value_expression, mapping.range),
                 since(34) ? "" : "valueExpression is required");
        continue;
      }
      if (auto program = compile(claims_env_, mapping.value_expression, at + ".valueExpression", false)) {
        note_email_verified(mapping.value_expression);
        compiled.extra.push_back({i, std::move(*program)});
      }
    }
  }

  void extra_key(const ConfigText& key, const std::string& field) {
    domain_prefixed_path(key, field);
    if (to_lower_ascii(key.value) != key.value) {
      invalid(field, key, since(34) ? "must be lowercase" : "key must be lowercase");
    }
    const std::size_t slash = key.value.find('/');
    const std::string_view domain =
        slash == std::string::npos ? std::string_view() : std::string_view(key.value).substr(0, slash);
    if (since(32) && (domain == "kubernetes.io" || domain.ends_with(".kubernetes.io") || domain == "k8s.io" ||
                      domain.ends_with(".k8s.io"))) {
      invalid(field, key, "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use");
    }
  }

  // apimachinery IsDomainPrefixedPath
  void domain_prefixed_path(const ConfigText& key, const std::string& field) {
    if (key.empty()) {
      required(field, key.range);
      return;
    }
    const std::size_t slash = key.value.find('/');
    const std::string domain = key.value.substr(0, slash);
    const std::string path = slash == std::string::npos ? std::string() : key.value.substr(slash + 1);
    if (domain.empty() || path.empty()) {
      invalid(field, key, "must be a domain-prefixed path (such as \"acme.io/foo\")");
      return;
    }
    constexpr std::size_t kLongest = 253;
    if (domain.size() > kLongest) {
      invalid(field, {domain, key.range},
              since(34) ? "must be no more than 253 bytes" : "must be no more than 253 characters");
    }
    if (!is_subdomain(domain)) invalid(field, {domain, key.range}, kSubdomain);
    if (!is_http_path(path)) invalid(field, {path, key.range}, kPath);
  }

  void user_rules(const JwtAuthenticator& jwt, const std::string& path, CompiledAuthenticator& compiled) {
    std::set<std::string_view> expressions;
    for (std::size_t i = 0; i < jwt.user_validation_rules.size(); ++i) {
      const UserValidationRule& rule = jwt.user_validation_rules[i];
      const std::string at = path + "[" + std::to_string(i) + "].expression";
      if (rule.expression.empty()) {
        required(at, place(rule.expression, rule.range), since(34) ? "" : "expression is required");
      } else if (!expressions.insert(rule.expression.value).second) {
        duplicate(at, rule.expression);
      } else if (auto program = compile(user_env_, rule.expression, at, true)) {
        compiled.user_rules.push_back({i, std::move(*program)});
      }
    }
  }

  void anonymous(const AnonymousAuth& anonymous) {
    std::string list;
    for (const ConfigText& path : anonymous.paths) {
      if (!list.empty()) list += since(34) ? "," : ", ";
      list += since(34) ? "{\"Path\":" + marshalled(path.value) + "}"
                        : "apiserver.AnonymousAuthCondition{Path:" + go_quote(path.value) + "}";
    }
    list = since(34) ? "[" + list + "]" : "[]apiserver.AnonymousAuthCondition{" + list + "}";
    add("anonymous.conditions", anonymous.range,
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
        add(field, text.range, "Internal error: " + compilation.problems.front().message);
      } else {
        invalid(field, text, "compilation failed: " + cel::render(compilation.problems, text.value));
      }
      return std::nullopt;
    }
    if (must_be_bool && !compilation.program->result_type().is(cel::TypeKind::boolean)) {
      invalid(field, text, "must evaluate to bool");
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
  std::vector<ConfigError>& errors_;
  cel::Env claims_env_;
  cel::Env user_env_;
  bool email_verified_ = false;
};

}  // namespace

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
