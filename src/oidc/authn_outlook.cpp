#include "oidc/authn_outlook.h"

#include <algorithm>

#include "oidc/known_values.h"

namespace oidc_audit::oidc {

namespace {

using cel::Value;

bool is_text_or_unknown(const Known& value) {
  const std::optional<cel::Kind> type = value.certain_type();
  return !type || *type == cel::Kind::string;
}

std::string why_it_fails(const Known& value) {
  return value.why.empty() ? "it is an error for every token" : value.why;
}

// What the conversion to a list of strings takes (convertCELValueToStringList); why not, otherwise.
std::string refused_as_list(const Known& value) {
  if (value.kind == Known::Kind::fails) return why_it_fails(value);
  const std::optional<cel::Kind> type = value.certain_type();
  if (!type || *type == cel::Kind::string || *type == cel::Kind::null) return {};
  if (*type != cel::Kind::list) return "it yields neither a string nor a list of strings";
  if (is_slice(value)) {
    return "the API server refuses the list that `split`, `findAll` and their like return as it is; "
           "`.map(x, x)` behind it makes one that it takes";
  }
  if (value.is_constant()) {
    for (std::size_t i = 0; i < value.constant.as_list().size(); ++i) {
      if (!value.constant.as_list().at(i).is(cel::Kind::string))
        return "the list holds something that is no string";
    }
  }
  return {};
}

class Outlook {
 public:
  Outlook(const JwtAuthenticator& jwt, int minor, const Facts& assumed) : jwt_(jwt), facts_(assumed) {
    facts_.kubernetes_minor = minor;
    learn();
  }

  AuthenticatorOutlook run() {
    AuthenticatorOutlook out;
    const ClaimMappings& mappings = jwt_.claim_mappings;
    out.username = mapping(mappings.username, false);
    out.groups = mapping(mappings.groups, true);
    out.uid = uid();
    for (const ExtraMapping& extra : mappings.extra) {
      MappingOutlook one;
      one.mapped = true;
      one.value = outlook(extra.value_expression.value, facts_);
      one.why = refused_as_list(one.value);
      one.always_fails = !one.why.empty();
      out.extra.push_back(std::move(one));
    }
    for (const ClaimValidationRule& rule : jwt_.claim_validation_rules)
      out.claim_rules.push_back(claim_rule(rule));
    user_facts(out);
    for (const UserValidationRule& rule : jwt_.user_validation_rules) {
      out.user_rules.push_back(verdict(rule.expression.value));
    }
    return out;
  }

 private:
  // What holds of every token that gets past the claims: of two demands that exclude each other the first.
  void learn() {
    const auto is = [this](std::string_view claim, Known value) {
      // `aud` may be a list, and what a claim cannot be is a rule that never holds.
      const auto type = facts_.types.find(claim);
      const bool possible = type == facts_.types.end() || type->second == value.certain_type();
      if (claim != "aud" && possible && facts_.absent.find(claim) == facts_.absent.end()) {
        facts_.claims.emplace(std::string(claim), std::move(value));
      }
    };
    is("iss", Known::of(Value::string(jwt_.issuer.url.value)));
    // go-oidc; OpenID Connect Core 1.0, sections 2 and 5.1.
    for (const std::string_view time : {"exp", "iat", "nbf"}) facts_.types.emplace(time, cel::Kind::float64);
    facts_.types.emplace("email_verified", cel::Kind::boolean);
    for (const ConfigText& audience : jwt_.issuer.audiences) facts_.audiences.push_back(audience.value);
    for (const ClaimValidationRule& rule : jwt_.claim_validation_rules) {
      if (!rule.claim.empty()) is(rule.claim.value, Known::of(Value::string(rule.required_value.value)));
    }
    for (const ClaimValidationRule& rule : jwt_.claim_validation_rules) {
      if (rule.expression.empty()) continue;
      for (auto& [claim, value] : demanded_claims(rule.expression.value, facts_.kubernetes_minor)) {
        is(claim, value);
      }
    }
  }

  static std::string shown(const Known& value) {
    if (value.is_constant()) return value.constant.to_string();
    return value.as_text() ? value.as_text()->to_string() : "something else";
  }

  RuleOutlook claim_rule(const ClaimValidationRule& rule) const {
    if (rule.claim.empty()) return verdict(rule.expression.value);
    RuleOutlook out;
    if (facts_.absent.find(rule.claim.value) != facts_.absent.end()) {
      return {true, "no token has the claim `" + rule.claim.value + "`"};
    }
    const auto it = facts_.claims.find(rule.claim.value);
    if (it == facts_.claims.end()) {
      const auto type = facts_.types.find(rule.claim.value);
      out.never_holds = type != facts_.types.end() && type->second != cel::Kind::string;
      if (out.never_holds)
        out.why = "`" + rule.claim.value + "` is no string, and only a string can equal `requiredValue`";
      return out;
    }
    const std::optional<TextShape> text = it->second.as_text();
    if (text ? !text->matches(rule.required_value.value) : it->second.certain_type().has_value()) {
      out.never_holds = true;
      out.why =
          "`" + rule.claim.value + "` is " +
          (text ? "`" + text->to_string() + "`" : "no string, and only a string can equal `requiredValue`");
    }
    return out;
  }

  RuleOutlook verdict(const std::string& expression) const {
    if (expression.empty()) return {};
    const Known value = outlook(expression, facts_);
    if (!value.never_true()) return {};
    return {true, value.why};
  }

  MappingOutlook mapping(const PrefixedClaimOrExpression& from, bool list) const {
    MappingOutlook out;
    out.mapped = !from.claim.empty() || !from.expression.empty();
    if (!out.mapped) return out;
    if (!from.claim.empty()) {
      by_claim(from, list, out);
    } else {
      out.value = outlook(from.expression.value, facts_);
      if (list) {
        out.why = refused_as_list(out.value);
      } else if (out.value.kind == Known::Kind::fails) {
        out.why = why_it_fails(out.value);
      } else if (!is_text_or_unknown(out.value)) {
        out.why = "it yields no string";
      } else if (out.value.as_text() && out.value.as_text()->is_exact() &&
                 out.value.as_text()->text().empty()) {
        out.why = "it yields the empty string, which is no username";
      }
    }
    out.always_fails = !out.why.empty();
    if (!list && out.value.kind == Known::Kind::anything) {
      // Whatever it is, only a text is taken.
      out.value = Known::of_text(TextShape::hole(out.value.claim));
    }
    if (list && out.value.kind == Known::Kind::anything) {
      out.value = Known::of_strings(TextShape::hole(out.value.claim));
    }
    return out;
  }

  void by_claim(const PrefixedClaimOrExpression& from, bool list, MappingOutlook& out) const {
    const std::string& claim = from.claim.value;
    const TextShape prefix = TextShape::exact(from.prefix ? from.prefix->value : std::string());
    const bool absent = facts_.absent.find(claim) != facts_.absent.end();
    const auto known = facts_.claims.find(claim);
    TextShape local = TextShape::hole(claim);
    if (absent) {
      if (list) {
        out.value = Known::of(Value::list(std::vector<Value>()));
      } else {
        out.value = Known::fails();
        out.why = "no token has the claim `" + claim + "`";
      }
      return;
    }
    bool single = false;
    if (known != facts_.claims.end()) {
      if (const std::optional<TextShape> text = known->second.as_text()) {
        local = *text;
        single = true;
      } else if (list && known->second.is_constant() && known->second.constant.is(cel::Kind::list)) {
        out.value = prefixed_list(prefix, known->second.constant.as_list());
        return;
      } else if (list && known->second.kind == Known::Kind::strings) {
        out.value = Known::of_strings(TextShape::joined(prefix, known->second.text));
        for (const std::string& member : known->second.members) {
          out.value.members.push_back(std::string(prefix.text()) + member);
        }
        return;
      } else if (!list && known->second.certain_type()) {
        out.value = Known::fails();
        out.why = "the claim `" + claim + "` is no string";
        return;
      }
    }
    const TextShape whole = TextShape::joined(prefix, local);
    if (!list) {
      out.value = Known::of_text(whole);
      const auto verified = facts_.claims.find("email_verified");
      if (claim == "email" && verified != facts_.claims.end() && verified->second.is_constant() &&
          !verified->second.constant.is_true()) {
        out.why = "the address is not verified";
      }
    } else if (single && whole.is_exact()) {
      std::vector<Value> one{Value::string(std::string(whole.text()))};
      out.value = Known::of(Value::list(std::move(one)));
    } else {
      out.value = Known::of_strings(whole);
    }
  }

  static Known prefixed_list(const TextShape& prefix, const cel::List& list) {
    std::vector<Value> items;
    for (std::size_t i = 0; i < list.size(); ++i) {
      const Value item = list.at(i);
      if (item.is(cel::Kind::string)) {
        items.push_back(Value::string(std::string(prefix.text()) + std::string(item.as_string())));
      }
    }
    return Known::of(Value::list(std::move(items)));
  }

  MappingOutlook uid() const {
    MappingOutlook out;
    const ClaimOrExpression& from = jwt_.claim_mappings.uid;
    out.mapped = !from.claim.empty() || !from.expression.empty();
    if (!from.claim.empty()) {
      out.value = Known::of_text(TextShape::hole(from.claim.value));
    } else if (!from.expression.empty()) {
      out.value = outlook(from.expression.value, facts_);
      if (out.value.kind == Known::Kind::fails) {
        out.why = why_it_fails(out.value);
      } else if (!is_text_or_unknown(out.value)) {
        out.why = "it yields no string";
      }
      out.always_fails = !out.why.empty();
    } else {
      out.value = Known::of(Value::string(std::string()));
    }
    return out;
  }

  void user_facts(const AuthenticatorOutlook& out) {
    const auto put = [this](std::string_view field, const Known& value) {
      facts_.user.emplace(std::string(field), value);  // what was assumed stays
    };
    put("username", out.username.value);
    put("uid", out.uid.value);
    if (!out.groups.mapped) {
      put("groups", Known::of(Value::list(std::vector<Value>())));
    } else if (const std::optional<TextShape> text = out.groups.value.as_text()) {
      put("groups", Known::of_strings(*text));
    } else if (!out.groups.always_fails) {
      Known groups = out.groups.value;
      groups.string_slice = false;
      put("groups", groups);
    }
  }

  const JwtAuthenticator& jwt_;
  Facts facts_;
};

}  // namespace

bool AuthenticatorOutlook::refuses() const {
  const auto never = [](const RuleOutlook& rule) { return rule.never_holds; };
  return username.always_fails || groups.always_fails || uid.always_fails ||
         std::any_of(extra.begin(), extra.end(), [](const MappingOutlook& m) { return m.always_fails; }) ||
         std::any_of(claim_rules.begin(), claim_rules.end(), never) ||
         std::any_of(user_rules.begin(), user_rules.end(), never);
}

AuthenticatorOutlook authenticator_outlook(const JwtAuthenticator& jwt, int kubernetes_minor,
                                           const Facts& assumed) {
  return Outlook(jwt, kubernetes_minor, assumed).run();
}

std::vector<std::string> mapped_claims(const PrefixedClaimOrExpression& mapping, int kubernetes_minor) {
  if (!mapping.claim.empty()) return {mapping.claim.value};
  if (mapping.expression.empty()) return {};
  return claims_read(mapping.expression.value, kubernetes_minor);
}

std::optional<TextShape> mapping_shape(const PrefixedClaimOrExpression& mapping, int kubernetes_minor) {
  if (!mapping.claim.empty()) {
    const TextShape prefix = TextShape::exact(mapping.prefix ? mapping.prefix->value : std::string());
    return TextShape::joined(prefix, TextShape::hole(mapping.claim.value));
  }
  if (mapping.expression.empty()) return std::nullopt;
  Facts facts;
  facts.kubernetes_minor = kubernetes_minor;
  const Known value = outlook(mapping.expression.value, facts);
  if (std::optional<TextShape> text = value.as_text()) return text;
  if (value.kind == Known::Kind::anything) return TextShape::hole(value.claim);
  return element_shape(value);
}

namespace {

// What a claim holds when the mapping makes `name` of it; nothing when that cannot be told.
std::optional<std::pair<std::string, std::string>> claim_behind(const Known& value, std::string_view name) {
  const std::optional<TextShape> shape = value.kind == Known::Kind::strings ? value.text : value.as_text();
  if (!shape || !shape->matches(name)) return std::nullopt;
  std::string claim;
  for (const TextShape::Part& part : shape->parts()) {
    if (!part.hole) continue;
    if (!claim.empty() || part.text.empty() || part.changed) return std::nullopt;
    claim = part.text;
  }
  if (claim.empty()) return std::nullopt;
  name.remove_prefix(shape->head().size());
  name.remove_suffix(shape->tail().size());
  return std::pair(claim, std::string(name));
}

// A list of strings of this shape that holds `member` and perhaps others.
Known containing(TextShape shape, std::string member) {
  Known out = Known::of_strings(std::move(shape));
  out.members.push_back(std::move(member));
  return out;
}

bool refuses(const JwtAuthenticator& jwt, std::string_view name, int minor, bool group) {
  Facts facts;
  const AuthenticatorOutlook plain = authenticator_outlook(jwt, minor);
  const auto claim = claim_behind(group ? plain.groups.value : plain.username.value, name);
  if (claim) {
    // One group may be a text or stand in a list. That of a subject is a text, and so is a username.
    const bool text =
        !group || claim->first == "sub" || claim->first == jwt.claim_mappings.username.claim.value;
    Known held = text ? Known::of(Value::string(claim->second)) : Known::anything();
    if (!text) held.members.push_back(claim->second);
    facts.claims.emplace(claim->first, std::move(held));
  }
  if (group) {
    const Known& groups = plain.groups.value;
    const TextShape each = groups.kind == Known::Kind::strings ? groups.text : TextShape::hole();
    facts.user.emplace("groups", containing(each, std::string(name)));
  } else {
    facts.user.emplace("username", Known::of(Value::string(std::string(name))));
  }
  return authenticator_outlook(jwt, minor, facts).refuses();
}

}  // namespace

bool refuses_username(const JwtAuthenticator& jwt, std::string_view name, int kubernetes_minor) {
  return refuses(jwt, name, kubernetes_minor, false);
}

bool refuses_group(const JwtAuthenticator& jwt, std::string_view name, int kubernetes_minor) {
  return refuses(jwt, name, kubernetes_minor, true);
}

}  // namespace oidc_audit::oidc
