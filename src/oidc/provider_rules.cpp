#include "oidc/provider_rules.h"

#include "oidc/provider_yaml.h"

namespace oidc_audit::oidc {

using document::Member;
using document::Value;
using namespace provider_yaml;

Result<std::optional<ValueRule>> read_value(Value spec, const std::string& place) {
  if (!spec.exists()) return std::optional<ValueRule>();
  ValueRule rule;
  const auto add = [&](Value choice) -> Result<void> {
    ValueRule::Choice made;
    std::string text;
    if (choice.is_mapping()) {
      RETURN_IF_ERROR(check_keys(choice, place, {"of", "map"}));
      ASSIGN_OR_RETURN(text, text_of(choice, "of", place, true));
      for (const Member member : choice.find("map").members())
        made.map.emplace_back(std::string(member.key.text()), std::string(member.value.text()));
    } else if (choice.is_null()) {
      return {};
    } else {
      text = std::string(choice.text());
    }
    auto parsed = ValueTemplate::parse(text);
    if (!parsed.ok()) return std::move(parsed).error().with_context(place);
    made.value = std::move(parsed).value();
    rule.choices.push_back(std::move(made));
    return {};
  };
  if (spec.is_sequence()) {
    for (const Value item : spec.items()) RETURN_IF_ERROR(add(item));
  } else {
    RETURN_IF_ERROR(add(spec));
  }
  return std::optional<ValueRule>(std::move(rule));
}

Result<void> read_values(Value spec, const std::string& place, std::optional<ValueRule>& context,
                         std::optional<ValueRule>& phase, std::optional<ValueRule>& ref,
                         std::optional<ValueRule>& ref_type, std::optional<ValueRule>& environment) {
  ASSIGN_OR_RETURN(context, read_value(spec.find("context"), place + "/context"));
  ASSIGN_OR_RETURN(phase, read_value(spec.find("phase"), place + "/phase"));
  ASSIGN_OR_RETURN(ref, read_value(spec.find("ref"), place + "/ref"));
  ASSIGN_OR_RETURN(ref_type, read_value(spec.find("ref-type"), place + "/ref-type"));
  ASSIGN_OR_RETURN(environment, read_value(spec.find("environment"), place + "/environment"));
  return {};
}

Result<std::vector<TenantRule>> read_tenants(Value spec, const std::string& place) {
  std::vector<TenantRule> rules;
  const auto add = [&](Value one) -> Result<void> {
    RETURN_IF_ERROR(check_keys(one, place, {"name", "value", "where", "immutable-claim", "note"}));
    TenantRule rule;
    ASSIGN_OR_RETURN(rule.name, text_of(one, "name", place, true));
    ASSIGN_OR_RETURN(rule.where, text_of(one, "where", place, true));
    ASSIGN_OR_RETURN(rule.immutable_claim, text_of(one, "immutable-claim", place, false));
    if (const Value value = one.find("value"); value.exists() && !value.is_null()) {
      auto parsed = ValueTemplate::parse(value.text());
      if (!parsed.ok()) return std::move(parsed).error().with_context(place);
      rule.value = std::move(parsed).value();
    }
    rules.push_back(std::move(rule));
    return {};
  };
  if (spec.is_sequence()) {
    for (const Value item : spec.items()) RETURN_IF_ERROR(add(item));
  } else if (spec.exists()) {
    RETURN_IF_ERROR(add(spec));
  }
  return rules;
}

Result<Condition> read_condition(Value spec, const std::string& place) {
  Condition condition;
  if (!spec.exists()) return condition;
  if (!spec.is_mapping()) return wrong(place, "conditions are a mapping of names to globs");
  for (const Member member : spec.members())
    condition.tests.push_back({std::string(member.key.text()), texts_of(member.value)});
  return condition;
}

Result<KindRule> read_kind(std::string_view kind, Value spec, const std::string& place) {
  KindRule rule;
  auto parsed = ValueTemplate::parse(kind);
  if (!parsed.ok()) return std::move(parsed).error().with_context(place);
  rule.kind = std::move(parsed).value();
  ASSIGN_OR_RETURN(rule.when, read_condition(spec.find("when"), place + "/when"));
  rule.also = flag_of(spec, "also");
  return rule;
}

}  // namespace oidc_audit::oidc
