#include <algorithm>
#include <cctype>

#include "base/go_quote.h"
#include "base/strings.h"
#include "oidc/authn_run.h"
#include "oidc/config_field.h"
#include "oidc/jwks.h"

namespace oidc_audit::oidc {

namespace {

// Seconds in the two largest units that tell something: `3 h 12 min`, `40 s`.
std::string duration_text(std::int64_t seconds) {
  const auto unit = [](std::int64_t count, std::string_view name) {
    return std::to_string(count) + " " + std::string(name);
  };
  if (seconds < 120) return unit(seconds, "s");
  if (seconds < 7200) return unit(seconds / 60, "min");
  if (seconds < 172'800) {
    const std::string hours = unit(seconds / 3600, "h");
    return seconds % 3600 >= 60 ? hours + " " + unit(seconds % 3600 / 60, "min") : hours;
  }
  return unit(seconds / 86'400, "d");
}

// The range of the part of an authenticator that a field names; the nearest around it that has one.
std::optional<SourceRange> range_of(const JwtAuthenticator& jwt, std::string_view field) {
  std::optional<SourceRange> range = jwt.range;
  const auto narrow = [&](const std::optional<SourceRange>& own) {
    if (own.has_value()) range = own;
  };
  const auto index = [&](std::string_view front) {
    std::size_t value = 0;
    for (const char c : field.substr(front.size())) {
      if (std::isdigit(static_cast<unsigned char>(c)) == 0) break;
      value = value * 10 + static_cast<std::size_t>(c - '0');
    }
    return value;
  };
  if (field.starts_with("issuer")) {
    narrow(jwt.issuer.range);
    if (field == "issuer.url") narrow(jwt.issuer.url.range);
    if (field == "issuer.audiences" && !jwt.issuer.audiences.empty())
      narrow(jwt.issuer.audiences.front().range);
  } else if (field.starts_with("claimMappings.username")) {
    const PrefixedClaimOrExpression& own = jwt.claim_mappings.username;
    narrow(own.range);
    if (field.ends_with(".claim")) narrow(own.claim.range);
    if (field.ends_with(".expression")) narrow(own.expression.range);
  } else if (field.starts_with("claimMappings.groups")) {
    const PrefixedClaimOrExpression& own = jwt.claim_mappings.groups;
    narrow(own.range);
    if (field.ends_with(".claim")) narrow(own.claim.range);
    if (field.ends_with(".expression")) narrow(own.expression.range);
  } else if (field.starts_with("claimMappings.uid")) {
    narrow(jwt.claim_mappings.uid.range);
    narrow(field.ends_with(".claim") ? jwt.claim_mappings.uid.claim.range
                                     : jwt.claim_mappings.uid.expression.range);
  } else if (field.starts_with("claimMappings.extra[")) {
    const std::size_t at = index("claimMappings.extra[");
    if (at < jwt.claim_mappings.extra.size()) narrow(jwt.claim_mappings.extra[at].value_expression.range);
  } else if (field.starts_with("claimValidationRules[")) {
    const std::size_t at = index("claimValidationRules[");
    if (at < jwt.claim_validation_rules.size()) {
      narrow(jwt.claim_validation_rules[at].range);
      if (field.ends_with(".expression")) narrow(jwt.claim_validation_rules[at].expression.range);
    }
  } else if (field.starts_with("userValidationRules[")) {
    const std::size_t at = index("userValidationRules[");
    if (at < jwt.user_validation_rules.size()) narrow(jwt.user_validation_rules[at].expression.range);
  }
  return range;
}

}  // namespace

std::string list_text(const std::vector<std::string>& values) {
  return values.empty() ? "(none)" : join(values, ", ");
}

std::optional<std::string> without_quotes(std::string_view value) {
  std::string_view bare = trim_ascii(value);
  while (bare.size() >= 2 && (bare.front() == '"' || bare.front() == '\'') && bare.back() == bare.front()) {
    bare = bare.substr(1, bare.size() - 2);
  }
  if (bare.size() == value.size()) return std::nullopt;
  return std::string(bare);
}

std::string AuthnRun::name_of(const std::string& field) const {
  const std::string path = "jwt[" + std::to_string(index_) + "]." + field;
  if (!from_flags()) return field_of(config_, path).name;
  std::string flag = flag_of_field(path);
  return flag.empty() ? path : flag;
}

std::string AuthnRun::set_to(const std::string& field, const std::string& value) const {
  if (from_flags()) return "set `" + name_of(field) + "=" + value + "`";
  return "set `" + name_of(field) + "` to `" + value + "`";
}

bool AuthnRun::refuse(Refusal refusal) {
  result_.outcome = Outcome::rejected;
  result_.stage = refusal.stage;
  result_.cause = refusal.cause;
  result_.error = std::move(refusal.error);
  result_.message = std::move(refusal.message);
  result_.fix = std::move(refusal.fix);
  result_.user = UserInfo();
  if (!refusal.field.empty()) {
    result_.at = name_of(refusal.field);
    result_.range = range_of(jwt_, refusal.field);
    if (!from_flags())
      result_.pointer = field_of(config_, "jwt[" + std::to_string(index_) + "]." + refusal.field).pointer;
  }
  return false;
}

bool AuthnRun::refuse_payload(std::string error) {
  return refuse({Stage::claims, AuthnCause::claim_type, std::move(error), "",
                 "a registered claim has a type that the server cannot read, and it reads iss, sub, aud, "
                 "exp, iat, nbf, "
                 "nonce and at_hash of every token, used or not",
                 "have the issuer send strings for iss, sub, nonce and at_hash, numbers for exp, iat and "
                 "nbf, and a string "
                 "or a list of strings for aud"});
}

bool AuthnRun::refuse_audience(std::string error) {
  std::vector<std::string> wanted;
  for (const ConfigText& text : jwt_.issuer.audiences) wanted.push_back(text.value);
  result_.comparisons.push_back({"audience", list_text(wanted), list_text(id_token_.audience)});
  Refusal refusal{Stage::audience, AuthnCause::audience, std::move(error), "issuer.audiences", {}, {}};
  refusal.message = "the token is for audience " + list_text(id_token_.audience) +
                    ", and this server accepts " + list_text(wanted);
  const std::string request = "request a token whose `aud` is `" + wanted.front() + "`";
  if (id_token_.audience.empty() || id_token_.audience.front().empty()) {
    refusal.message = "the token has no audience, and this server accepts " + list_text(wanted);
    refusal.fix = request;
    return refuse(std::move(refusal));
  }
  for (const std::string& audience : wanted) {
    const std::optional<std::string> bare = without_quotes(audience);
    if (bare.has_value() &&
        std::find(id_token_.audience.begin(), id_token_.audience.end(), *bare) != id_token_.audience.end()) {
      refusal.message = "the configured audience carries quotes or white space that are part of the value";
      refusal.fix = set_to("issuer.audiences", *bare) + " (without the quotes)";
      return refuse(std::move(refusal));
    }
  }
  const std::string& offered = id_token_.audience.front();
  if (from_flags()) {
    refusal.fix = request + ", or " + set_to("issuer.audiences", offered) +
                  " if every token of that audience may sign in here (a flag takes one audience; an "
                  "AuthenticationConfiguration takes several)";
  } else if (config_.origin == ConfigOrigin::platform &&
             !name_of("issuer.audiences").ends_with("audiences")) {
    refusal.fix = request + ", or " + set_to("issuer.audiences", offered) +
                  " if every token of that audience may sign in here";
  } else if (config_.origin == ConfigOrigin::platform) {
    refusal.fix = request + ", or add `" + offered + "` to `" + name_of("issuer.audiences") +
                  "` if every token of that audience may sign in here";
  } else {
    refusal.fix = request + ", or add `" + offered + "` to `" + name_of("issuer.audiences") +
                  "` (with `audienceMatchPolicy: MatchAny`) if every token of that audience may sign in here";
  }
  return refuse(std::move(refusal));
}

bool AuthnRun::refuse_expired(std::string error) {
  Refusal refusal{Stage::expiry, AuthnCause::expired, std::move(error), {}, {}, {}};
  const std::string now = go_time_text(options_.now.seconds, options_.now.nanoseconds);
  if (id_token_.expiry.zero) {
    refusal.message = "the token has no `exp`, which the server takes for the year 1";
    refusal.fix = "have the issuer send `exp`";
    result_.comparisons.push_back({"claim `exp`", "a time after " + now, "(absent)"});
  } else {
    result_.comparisons.push_back({"claim `exp`", "not before " + now, id_token_.expiry.to_string()});
    const std::int64_t expiry = id_token_.expiry.unix_seconds;
    constexpr std::int64_t kYear1 = -62'135'596'800;
    if (expiry > options_.now.seconds || expiry < kYear1) {
      refusal.message =
          "`exp` is no time that the server can count with: it overflows and counts as long past";
      refusal.fix = "have the issuer send `exp` in seconds since 1970";
      return refuse(std::move(refusal));
    }
    const std::int64_t ago = options_.now.seconds - expiry;
    refusal.message = "the token expired " + duration_text(std::max<std::int64_t>(ago, 0)) + " ago, at " +
                      id_token_.expiry.to_string() + " (the clock says " + now + "; there is no leeway)";
    refusal.fix = "request a new token; if it is new, compare the clocks of the issuer and of the API server";
  }
  return refuse(std::move(refusal));
}

bool AuthnRun::refuse_not_yet_valid(std::string error) {
  const std::string now = go_time_text(options_.now.seconds, options_.now.nanoseconds);
  const std::string from = id_token_.not_before->to_string();
  result_.comparisons.push_back({"claim `nbf`", "at most 60 s after " + now, from});
  return refuse({Stage::not_before, AuthnCause::not_yet_valid, std::move(error), "",
                 "the token is valid from " + from + " on, " +
                     duration_text(id_token_.not_before->unix_seconds - options_.now.seconds) +
                     " from now (" + now + "; 60 s are allowed)",
                 "wait, or compare the clocks of the issuer and of the API server"});
}

bool AuthnRun::refuse_algorithm(std::string_view algorithm, std::string error) {
  const std::vector<std::string> accepted = accepted_algorithms();
  const std::string shown = algorithm.empty() ? "(none)" : std::string(algorithm);
  result_.comparisons.push_back({"algorithm", list_text(accepted), shown});
  Refusal refusal{Stage::algorithm, AuthnCause::algorithm, std::move(error), {}, {}, {}};
  refusal.message =
      algorithm == "none" || algorithm.empty()
          ? "the token is not signed (`alg` is `" + shown + "`)"
          : "the token is signed with " + shown + ", and this server accepts " + list_text(accepted);
  if (is_allowed_signing_alg(algorithm) && config_.origin == ConfigOrigin::platform) {
    refusal.fix = "have the issuer sign with " + accepted.front();
  } else if (is_allowed_signing_alg(algorithm)) {
    refusal.fix = "set `--oidc-signing-algs=" + join(accepted, ",") + "," + shown +
                  "`, or have the issuer sign with " + accepted.front();
  } else {
    refusal.fix =
        "have the issuer sign with one of " + list_text(accepted) + "; no API server accepts " + shown;
  }
  refuse(std::move(refusal));
  if (from_flags() || (config_.origin == ConfigOrigin::file && !config_.signing_algs.empty()))
    result_.at = "--oidc-signing-algs";
  return false;
}

bool AuthnRun::refuse_signature(const Jwt& token, std::string error, bool no_such_key) {
  Refusal refusal{Stage::signature, AuthnCause::signature, std::move(error), {}, {}, {}};
  result_.signature = SignatureCheck::failed;
  if (no_such_key) {
    refusal.message = "no key of the issuer has the id `" + token.key_id + "` that the token names";
    refusal.fix = "give the issuer's current keys (keys rotate), or a token of this issuer";
  } else {
    refusal.message = "the signature is not one of the issuer's keys over this header and payload";
    refusal.fix =
        "present the token unchanged, and check that the keys are those of " + jwt_.issuer.url.value;
  }
  return refuse(std::move(refusal));
}

bool AuthnRun::refuse_missing_username(const std::string& claim, std::string error) {
  const std::string field = "claimMappings.username.claim";
  std::vector<std::string> strings;
  std::string other_case;
  for (const auto& [name, value] : claims_.claims()) {
    if (value.starts_with('"')) strings.push_back(name);
    if (to_lower_ascii(name) == to_lower_ascii(claim)) other_case = name;
  }
  result_.comparisons.push_back({"username claim", claim, list_text(strings)});
  Refusal refusal{Stage::username, AuthnCause::claim_missing, std::move(error), field, {}, {}};
  refusal.message = "the username is taken from the claim `" + claim + "`, which the token does not have";
  if (const auto bare = without_quotes(claim); bare.has_value() && claims_.has(*bare)) {
    refusal.fix = set_to(field, *bare) + " (without the quotes)";
  } else if (!other_case.empty()) {
    refusal.fix = set_to(field, other_case) + " (claim names are case-sensitive)";
  } else {
    const bool dots = claim.find('.') != std::string::npos && config_.origin == ConfigOrigin::file;
    refusal.fix = "have the issuer send `" + claim + "` (a scope may be missing), or " +
                  (claims_.has("sub") ? set_to(field, "sub") : "map a claim that the token has") +
                  (dots ? "; a claim name is one top-level key, a nested one needs an expression" : "");
  }
  return refuse(std::move(refusal));
}

bool AuthnRun::refuse_claim_type(Stage stage, const std::string& claim, const std::string& field,
                                 std::string_view wanted, std::string error) {
  const std::string raw(claims_.raw(claim).value_or("(absent)"));
  result_.comparisons.push_back({"claim `" + claim + "`", std::string(wanted), raw});
  std::string fix = "have the issuer send `" + claim + "` as " + std::string(wanted);
  if (config_.origin == ConfigOrigin::file) fix += ", or map it with an expression";
  return refuse({stage, AuthnCause::claim_type, std::move(error), field,
                 "the claim `" + claim + "` must be " + std::string(wanted) + ", and the token has " + raw,
                 std::move(fix)});
}

bool AuthnRun::refuse_expression(Stage stage, const std::string& expression, const std::string& field,
                                 std::string error, std::string_view problem) {
  constexpr std::string_view kNoKey = "no such key: ";
  Refusal refusal{stage, AuthnCause::claim_type, std::move(error), field, {}, {}};
  if (problem.starts_with(kNoKey)) {
    const std::string key(problem.substr(kNoKey.size()));
    refusal.cause = AuthnCause::claim_missing;
    refusal.message = "`" + expression + "` reads `" + key + "`, which the token does not have";
    refusal.fix =
        "have the issuer send `" + key + "`, or guard the access: `has(...)`, `.?" + key + ".orValue(...)`";
    if (stage == Stage::user_rules) {
      refusal.cause = AuthnCause::user_rule;
      refusal.message = "`" + expression + "` reads `" + key + "`, which the mapped user does not have";
    }
  } else {
    if (stage == Stage::claim_rules) refusal.cause = AuthnCause::claim_rule;
    if (stage == Stage::user_rules) refusal.cause = AuthnCause::user_rule;
    refusal.message = "`" + expression + "` cannot be evaluated for this token: " + std::string(problem);
    refusal.fix = "make the expression fit the types of the token's claims (numbers are doubles)";
  }
  return refuse(std::move(refusal));
}

bool AuthnRun::refuse_conversion(Stage stage, const std::string& expression, const std::string& field,
                                 std::string error, const cel::Value& value) {
  const bool slice = value.is(cel::Kind::list) && value.as_list().is_string_slice();
  const bool one_string = stage == Stage::username || stage == Stage::uid;
  const std::string wanted = one_string ? "a string" : "a string or a list of strings";
  result_.comparisons.push_back({"value of `" + expression + "`", wanted, value.to_string()});
  Refusal refusal{stage, AuthnCause::claim_type, std::move(error), field, {}, {}};
  refusal.message = "`" + expression + "` gives " + value.to_string() + ", and " + wanted + " is wanted";
  refusal.fix = "change the expression so that it gives " + wanted;
  if (slice) {
    refusal.message =
        "the server cannot use a list that comes straight from split(), findAll() and the like: this "
        "expression rejects every token";
    refusal.fix = "pass the list through a macro: `" + expression + ".map(x, x)`";
  } else if (one_string && value.is(cel::Kind::string)) {
    refusal.message = "`" + expression + "` gives an empty username";
    refusal.fix = "have the issuer send the claims that the expression reads";
  }
  return refuse(std::move(refusal));
}

bool AuthnRun::refuse_rule(Stage stage, AuthnCause cause, const std::string& expression,
                           const std::string& rule_message, const std::string& field, std::string error) {
  Refusal refusal{stage, cause, std::move(error), field, {}, {}};
  const bool user = cause == AuthnCause::user_rule;
  refusal.message = std::string(user ? "the user does" : "the token does") + " not satisfy `" + expression +
                    "`" + (rule_message.empty() ? "" : ": " + rule_message);
  if (user) {
    std::string groups = list_text(result_.user.groups);
    result_.comparisons.push_back({"user", expression, result_.user.name + ", groups " + groups});
    refusal.fix = "the mapped user is `" + result_.user.name + "` with groups " + groups +
                  "; use an identity that the rule allows, or change `" + name_of(field) + "`";
  } else {
    refusal.fix = "present a token that satisfies the rule, or change `" + name_of(field) + "`";
  }
  return refuse(std::move(refusal));
}

bool AuthnRun::refuse_required_claim(const ClaimValidationRule& rule, std::size_t at, std::string error) {
  const std::string& claim = rule.claim.value;
  const std::string& wanted = rule.required_value.value;
  const std::optional<std::string_view> raw = claims_.raw(claim);
  const std::string field = "claimValidationRules[" + std::to_string(at) + "]";
  Refusal refusal{Stage::claim_rules, AuthnCause::claim_rule, std::move(error), field, {}, {}};
  const std::string shown = claims_.display(claim).value_or("(absent)");
  result_.comparisons.push_back({"claim `" + claim + "`", wanted, shown});
  const std::string rule_text =
      from_flags() ? "`--oidc-required-claim=" + claim + "=" + wanted + "`" : "`" + name_of(field) + "`";
  if (!raw.has_value()) {
    refusal.cause = AuthnCause::claim_missing;
    refusal.message =
        "the claim `" + claim + "` is required to be `" + wanted + "`, and the token does not have it";
    refusal.fix = "have the issuer send `" + claim + "` as `" + wanted + "`, or remove " + rule_text;
  } else if (!raw->starts_with('"') && *raw != "null") {
    refusal.cause = AuthnCause::claim_type;
    refusal.message = "the claim `" + claim + "` is required to be the string `" + wanted +
                      "`, and the token has " + std::string(*raw) +
                      "; a required claim never matches lists, numbers or booleans";
    refusal.fix =
        "have the issuer send a string, or " +
        (config_.origin == ConfigOrigin::platform ? "remove " + rule_text
                                                  : "use a rule with an expression instead of " + rule_text);
  } else {
    refusal.message =
        "the claim `" + claim + "` is required to be `" + wanted + "`, and the token has `" + shown + "`";
    const std::optional<std::string> bare = without_quotes(wanted);
    if (bare.has_value() && *bare == shown) {
      refusal.fix = from_flags()
                        ? "set `--oidc-required-claim=" + claim + "=" + *bare + "` (without the quotes)"
                        : "take the quotes out of `" + name_of(field) + ".requiredValue`";
    } else {
      refusal.fix = "present a token with `" + claim + "` = `" + wanted + "`, or change " + rule_text +
                    " to `" + claim + "=" + shown + "`";
    }
  }
  return refuse(std::move(refusal));
}

std::vector<std::string> odd_prefix_notes(const AuthConfig& config, std::size_t authenticator) {
  std::vector<std::string> notes;
  const auto look = [&](const PrefixedClaimOrExpression& mapping, const std::string& field,
                        std::string_view names) {
    if (!mapping.prefix.has_value()) return;
    const std::optional<std::string> bare = without_quotes(mapping.prefix->value);
    if (!bare.has_value()) return;
    const std::string path = "jwt[" + std::to_string(authenticator) + "].claimMappings." + field + ".prefix";
    const bool flags = config.origin == ConfigOrigin::flags;
    const std::string name = flags ? flag_of_field(path) : field_of(config, path).name;
    notes.push_back("`" + name + "` carries quotes or white space that become part of " + std::string(names) +
                    "; set `" + name + (flags ? "=" + *bare + "`" : "` to `" + *bare + "`"));
  };
  look(config.jwt[authenticator].claim_mappings.username, "username", "the username");
  look(config.jwt[authenticator].claim_mappings.groups, "groups", "every group");
  return notes;
}

}  // namespace oidc_audit::oidc
