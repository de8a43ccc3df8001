#include <algorithm>
#include <array>

#include "base/go_quote.h"
#include "cel/kubernetes.h"
#include "oidc/authn_run.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::string_view kNotStrings = "expression must return a string or a list of strings";

// convertCELValueToStringList: nullopt when the value is neither a string, null nor a list of strings.
std::optional<std::vector<std::string>> string_list(const cel::Value& value) {
  std::vector<std::string> out;
  if (value.is(cel::Kind::null)) return out;
  if (value.is(cel::Kind::string)) {
    if (!value.as_string().empty()) out.emplace_back(value.as_string());
    return out;
  }
  if (!value.is(cel::Kind::list)) return std::nullopt;
  const cel::List& list = value.as_list();
  if (list.is_string_slice()) return std::nullopt;  // a []string of Go, which the conversion does not know
  for (std::size_t i = 0; i < list.size(); ++i) {
    const cel::Value item = list.at(i);
    if (!item.is(cel::Kind::string)) return std::nullopt;
    if (!item.as_string().empty()) out.emplace_back(item.as_string());
  }
  return out;
}

std::string evaluation_error(const cel::Program& program, const cel::Value& value) {
  return "expression '" + program.text() + "' resulted in error: " + value.as_error().message;
}

void put_extra(UserInfo& user, std::string key, std::vector<std::string> values) {
  const auto at =
      std::lower_bound(user.extra.begin(), user.extra.end(), key,
                       [](const auto& pair, const std::string& wanted) { return pair.first < wanted; });
  if (at != user.extra.end() && at->first == key) {
    at->second = std::move(values);
  } else {
    user.extra.emplace(at, std::move(key), std::move(values));
  }
}

}  // namespace

const cel::Value& AuthnRun::claims_value() {
  if (!claims_value_.has_value()) {
    Result<cel::Value> made = cel::claims_value(payload_, cel::Release{options_.kubernetes_minor});
    claims_value_ = made.ok() ? std::move(made).value() : cel::Value::error(made.error().message());
  }
  return *claims_value_;
}

bool AuthnRun::evaluate_claims(const cel::Program& program, std::string_view before, Stage stage,
                               const std::string& field, cel::Value& value) {
  const std::array<cel::Value, 1> variables = {claims_value()};
  value = variables[0].is_error() ? variables[0] : program.eval(variables);
  if (!value.is_error()) return true;
  return refuse_expression(stage, program.text(), field,
                           std::string(before) + evaluation_error(program, value), value.as_error().message);
}

bool AuthnRun::username() {
  if (!compiled_.username.has_value()) return username_by_claim();
  const std::string field = "claimMappings.username.expression";
  constexpr std::string_view kBefore = "oidc: error evaluating username claim expression: ";
  cel::Value value;
  if (!evaluate_claims(*compiled_.username, kBefore, Stage::username, field, value)) return false;
  if (!value.is(cel::Kind::string)) {
    return refuse_conversion(Stage::username, compiled_.username->text(), field,
                             std::string(kBefore) + "username claim expression must return a string", value);
  }
  if (value.as_string().empty()) {
    return refuse_conversion(Stage::username, compiled_.username->text(), field,
                             "oidc: empty username via CEL expression is not allowed", value);
  }
  result_.user.name = value.as_string();
  return true;
}

bool AuthnRun::username_by_claim() {
  const PrefixedClaimOrExpression& mapping = jwt_.claim_mappings.username;
  const std::string& claim = mapping.claim.value;
  Result<std::string> value = claims_.string(claim);
  if (!value.ok()) {
    std::string error = "oidc: parse username claims " + go_quote(claim) + ": " + value.error().message();
    if (!claims_.has(claim)) return refuse_missing_username(claim, std::move(error));
    return refuse_claim_type(Stage::username, claim, "claimMappings.username.claim", "a string",
                             std::move(error));
  }
  if (claim == "email" && !check_email_verified()) return false;
  const std::string prefix = mapping.prefix.has_value() ? mapping.prefix->value : std::string();
  result_.user.name = prefix + value.value();
  return true;
}

bool AuthnRun::check_email_verified() {
  if (!claims_.has("email_verified")) return true;
  const Result<bool> verified = claims_.boolean("email_verified");
  if (verified.ok() && verified.value()) return true;
  const std::string shown = claims_.display("email_verified").value_or("");
  const std::string field = "claimMappings.username.claim";
  result_.comparisons.push_back(
      {"claim `email_verified`", "true", std::string(*claims_.raw("email_verified"))});
  if (!verified.ok()) {
    return refuse(
        {Stage::username, AuthnCause::claim_type,
         "oidc: parse 'email_verified' claim: " + verified.error().message(), field,
         "`email_verified` must be the JSON boolean true, and the token has " +
             std::string(*claims_.raw("email_verified")),
         "have the issuer send `email_verified` as a boolean, or map another claim to the username: " +
             set_to(field, "sub")});
  }
  return refuse(
      {Stage::username, AuthnCause::email_unverified, "oidc: email not verified", field,
       "the username is taken from `email`, and the token says `email_verified: " + shown + "`",
       "verify the address at the issuer so that the token says `email_verified: true`, or map another claim "
       "to the username: " +
           set_to(field, "sub")});
}

bool AuthnRun::groups() {
  const PrefixedClaimOrExpression& mapping = jwt_.claim_mappings.groups;
  const std::string& claim = mapping.claim.value;
  if (!claim.empty()) {
    if (!claims_.has(claim)) return true;
    Result<std::vector<std::string>> list = claims_.string_or_array(claim);
    if (!list.ok()) {
      return refuse_claim_type(Stage::groups, claim, "claimMappings.groups.claim",
                               "a string or a list of strings",
                               "oidc: parse groups claim " + go_quote(claim) + ": " + list.error().message());
    }
    result_.user.groups = std::move(list).value();
    if (mapping.prefix.has_value()) {
      for (std::string& group : result_.user.groups) group.insert(0, mapping.prefix->value);
    }
    return true;
  }
  if (!compiled_.groups.has_value()) return true;
  const std::string field = "claimMappings.groups.expression";
  constexpr std::string_view kBefore = "oidc: error evaluating group claim expression: ";
  cel::Value value;
  if (!evaluate_claims(*compiled_.groups, kBefore, Stage::groups, field, value)) return false;
  std::optional<std::vector<std::string>> list = string_list(value);
  if (!list.has_value()) {
    return refuse_conversion(Stage::groups, compiled_.groups->text(), field,
                             std::string(kBefore).append(kNotStrings), value);
  }
  result_.user.groups = std::move(*list);
  return true;
}

bool AuthnRun::uid() {
  const std::string& claim = jwt_.claim_mappings.uid.claim.value;
  if (!claim.empty()) {
    Result<std::string> value = claims_.string(claim);
    if (!value.ok()) {
      std::string error = "oidc: parse uid claim " + go_quote(claim) + ": " + value.error().message();
      const std::string field = "claimMappings.uid.claim";
      if (claims_.has(claim)) {
        return refuse_claim_type(Stage::uid, claim, field, "a string", std::move(error));
      }
      return refuse({Stage::uid, AuthnCause::claim_missing, std::move(error), field,
                     "the uid is taken from the claim `" + claim + "`, which the token does not have",
                     "have the issuer send `" + claim + "`, or map a claim that the token has"});
    }
    result_.user.uid = std::move(value).value();
    return true;
  }
  if (!compiled_.uid.has_value()) return true;
  const std::string field = "claimMappings.uid.expression";
  constexpr std::string_view kBefore = "oidc: error evaluating uid claim expression: ";
  cel::Value value;
  if (!evaluate_claims(*compiled_.uid, kBefore, Stage::uid, field, value)) return false;
  if (!value.is(cel::Kind::string)) {
    return refuse_conversion(Stage::uid, compiled_.uid->text(), field,
                             std::string(kBefore) + "uid claim expression must return a string", value);
  }
  result_.user.uid = value.as_string();
  return true;
}

bool AuthnRun::extra() {
  if (since(32) && claims_.has("jti")) {
    const Result<std::string> jti = claims_.string("jti");
    if (jti.ok() && !jti.value().empty()) {
      put_extra(result_.user, "authentication.kubernetes.io/credential-id", {"JTI=" + jti.value()});
    }
  }
  // All are evaluated before any is converted.
  std::vector<cel::Value> values(compiled_.extra.size());
  const auto field = [&](std::size_t i) {
    return "claimMappings.extra[" + std::to_string(compiled_.extra[i].index) + "].valueExpression";
  };
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!evaluate_claims(compiled_.extra[i].program, "", Stage::extra, field(i), values[i])) return false;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    const cel::Program& program = compiled_.extra[i].program;
    std::optional<std::vector<std::string>> list = string_list(values[i]);
    if (!list.has_value()) {
      return refuse_conversion(Stage::extra, program.text(), field(i),
                               "oidc: error evaluating extra claim expression: " + program.text() + ": " +
                                   std::string(kNotStrings),
                               values[i]);
    }
    if (list->empty()) continue;
    put_extra(result_.user, jwt_.claim_mappings.extra[compiled_.extra[i].index].key.value, std::move(*list));
  }
  return true;
}

bool AuthnRun::required_claims() {
  for (std::size_t i = 0; i < jwt_.claim_validation_rules.size(); ++i) {
    const ClaimValidationRule& rule = jwt_.claim_validation_rules[i];
    const std::string& claim = rule.claim.value;
    if (claim.empty()) continue;
    if (!claims_.has(claim)) {
      return refuse_required_claim(rule, i, "oidc: required claim " + claim + " not present in ID token");
    }
    const Result<std::string> value = claims_.string(claim);
    if (!value.ok()) {
      return refuse_required_claim(rule, i, "oidc: parse claim " + claim + ": " + value.error().message());
    }
    if (value.value() != rule.required_value.value) {
      return refuse_required_claim(rule, i,
                                   "oidc: required claim " + claim + " value does not match. Got = " +
                                       value.value() + ", want = " + rule.required_value.value);
    }
  }
  return true;
}

bool AuthnRun::claim_rules() {
  constexpr std::string_view kBefore = "oidc: error evaluating claim validation expression: ";
  const auto field = [&](const CompiledExpression& rule) {
    return "claimValidationRules[" + std::to_string(rule.index) + "].expression";
  };
  std::vector<cel::Value> values(compiled_.claim_rules.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    const CompiledExpression& rule = compiled_.claim_rules[i];
    if (!evaluate_claims(rule.program, kBefore, Stage::claim_rules, field(rule), values[i])) return false;
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].is_true()) continue;
    const CompiledExpression& rule = compiled_.claim_rules[i];
    const std::string& message = jwt_.claim_validation_rules[rule.index].message.value;
    return refuse_rule(
        Stage::claim_rules, AuthnCause::claim_rule, rule.program.text(), message, field(rule),
        std::string(kBefore) + "validation expression '" + rule.program.text() + "' failed: " + message);
  }
  return true;
}

bool AuthnRun::user_rules() {
  constexpr std::string_view kBefore = "oidc: error evaluating user info validation rule: ";
  const auto field = [&](const CompiledExpression& rule) {
    return "userValidationRules[" + std::to_string(rule.index) + "].expression";
  };
  if (compiled_.user_rules.empty()) return true;
  const std::array<cel::Value, 1> variables = {
      cel::user_value(result_.user, cel::Release{options_.kubernetes_minor})};
  std::vector<cel::Value> values;
  for (const CompiledExpression& rule : compiled_.user_rules) {
    values.push_back(rule.program.eval(variables));
    if (values.back().is_error()) {
      return refuse_expression(Stage::user_rules, rule.program.text(), field(rule),
                               std::string(kBefore) + evaluation_error(rule.program, values.back()),
                               values.back().as_error().message);
    }
  }
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i].is_true()) continue;
    const CompiledExpression& rule = compiled_.user_rules[i];
    const std::string& message = jwt_.user_validation_rules[rule.index].message.value;
    return refuse_rule(
        Stage::user_rules, AuthnCause::user_rule, rule.program.text(), message, field(rule),
        std::string(kBefore) + "validation expression '" + rule.program.text() + "' failed: " + message);
  }
  return true;
}

}  // namespace oidc_audit::oidc
