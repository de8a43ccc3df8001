#include "rules/vocabulary.h"

#include <algorithm>
#include <cassert>

#include "rbac/authorizer.h"
#include "rbac/role_facts.h"

namespace oidc_audit::rules {
namespace {

constexpr std::string_view kBool = "bool";

bool is_of_run(Variable variable) { return (kOfRun >> static_cast<unsigned>(variable) & 1U) != 0; }

std::vector<std::string_view> bits_of(Variable variable) {
  std::vector<std::string_view> out;
  const auto append = [&out](std::span<const std::string_view> names) {
    out.insert(out.end(), names.begin(), names.end());
  };
  switch (variable) {
    case Variable::subject:
      append(std::span(kSubjectBitNames).first(kFirstSubjectTextBit));
      break;
    case Variable::binding:
      append(kBindingBitNames);
      break;
    case Variable::role:
      append(kRoleBitNames);
      for (const rbac::RoleFactName& fact : rbac::role_fact_names()) out.push_back(fact.name);
      break;
    case Variable::rule:
      append(kRuleBitNames);
      for (const rbac::RoleFactName& fact : rbac::role_fact_names()) out.push_back(fact.name);
      break;
    case Variable::grant:
    case Variable::object:
    case Variable::config:
    case Variable::inventory:
    case Variable::iam:
    case Variable::authentication:
    case Variable::authenticator:
    case Variable::mapping:
    case Variable::validation:
      break;
  }
  return out;
}

std::array<VariableFacts, kVariableCount> all_facts() {
  return {{
      {"Subject", bits_of(Variable::subject), subject_rows()},
      {"Binding", bits_of(Variable::binding), binding_rows()},
      {"Role", bits_of(Variable::role), role_rows()},
      {"RoleRule", bits_of(Variable::rule), rule_rows()},
      {"Grant", {}, grant_rows()},
      {"Object", {}, object_rows()},
      {"Config", {}, config_rows()},
      {"Inventory", {}, inventory_rows()},
      {"IamMapping", {}, iam_rows()},
      {"Authentication", {}, authentication_rows()},
      {"Authenticator", {}, authenticator_rows()},
      {"ClaimMapping", {}, mapping_rows()},
      {"ValidationRule", {}, validation_rows()},
  }};
}

/// What an expression sees of one variable.
class View final : public cel::Object {
 public:
  View(const Ask& ask, Variable variable) : ask_(ask), variable_(variable), facts_(facts_of(variable)) {}

  std::string_view type_name() const override { return facts_.type_name; }
  cel::Value field(std::uint32_t index) const override {
    if (index < facts_.bits.size()) return cel::Value::boolean(traits_of(ask_, variable_).test(index));
    return facts_.rows[index - facts_.bits.size()].get(ask_);
  }
  bool has_field(std::uint32_t) const override { return true; }
  std::optional<cel::Value> lookup(std::string_view name) const override {
    for (std::uint32_t i = 0; i < facts_.bits.size(); ++i) {
      if (facts_.bits[i] == name) return field(i);
    }
    for (const FactRow& row : facts_.rows) {
      if (row.name == name) return row.get(ask_);
    }
    return std::nullopt;
  }

  std::span<const rbac::PolicyRule> policy_rules() const {
    if (variable_ == Variable::rule)
      return ask_.rule == nullptr ? std::span<const rbac::PolicyRule>() : std::span(ask_.rule, 1);
    if (ask_.role == nullptr || ask_.role->role == nullptr) return {};
    return ask_.role->role->rules;
  }

 private:
  const Ask& ask_;
  Variable variable_;
  const VariableFacts& facts_;
};

std::span<const rbac::PolicyRule> receiver(std::span<const cel::Value> arguments) {
  return static_cast<const View&>(arguments[0].as_object()).policy_rules();
}

rbac::Reach reach(std::span<const rbac::PolicyRule> rules, std::string_view verb, std::string_view group,
                  std::string_view resource) {
  const std::size_t slash = resource.find('/');
  return rbac::reach_of(rules, verb, group, resource.substr(0, slash),
                        slash == std::string_view::npos ? std::string_view() : resource.substr(slash + 1));
}

cel::Value grants(std::span<const cel::Value> a) {
  return cel::Value::boolean(reach(receiver(a), a[1].as_string(), a[2].as_string(), a[3].as_string()) ==
                             rbac::Reach::all);
}

cel::Value grants_some(std::span<const cel::Value> a) {
  return cel::Value::boolean(reach(receiver(a), a[1].as_string(), a[2].as_string(), a[3].as_string()) !=
                             rbac::Reach::none);
}

cel::Value grants_named(std::span<const cel::Value> a) {
  rbac::Attributes request;
  request.verb = std::string(a[1].as_string());
  request.api_group = std::string(a[2].as_string());
  const std::string_view resource = a[3].as_string();
  const std::size_t slash = resource.find('/');
  request.resource = std::string(resource.substr(0, slash));
  if (slash != std::string_view::npos) request.subresource = std::string(resource.substr(slash + 1));
  request.name = std::string(a[4].as_string());
  const auto rules = receiver(a);
  return cel::Value::boolean(std::any_of(rules.begin(), rules.end(), [&](const rbac::PolicyRule& rule) {
    return rbac::rule_allows(rule, request);
  }));
}

cel::Value grants_any(std::span<const cel::Value> a) {
  const auto rules = receiver(a);
  for (std::size_t r = 0; r < a[3].as_list().size(); ++r) {
    for (std::size_t g = 0; g < a[2].as_list().size(); ++g) {
      for (std::size_t v = 0; v < a[1].as_list().size(); ++v) {
        if (reach(rules, a[1].as_list().at(v).as_string(), a[2].as_list().at(g).as_string(),
                  a[3].as_list().at(r).as_string()) == rbac::Reach::all) {
          return cel::Value::boolean(true);
        }
      }
    }
  }
  return cel::Value::boolean(false);
}

cel::Value grants_url(std::span<const cel::Value> a) {
  const auto rules = receiver(a);
  return cel::Value::boolean(std::any_of(rules.begin(), rules.end(), [&](const rbac::PolicyRule& rule) {
    return rbac::verb_matches(rule, a[1].as_string()) &&
           rbac::non_resource_url_matches(rule, a[2].as_string());
  }));
}

void add_methods(cel::Env& env) {
  using cel::Type;
  const Type text = Type::string();
  const Type texts = Type::list(Type::string());
  struct Method {
    std::string_view name;
    std::vector<Type> params;
    cel::Value (*call)(std::span<const cel::Value>);
    std::uint64_t cost;
  };
  const Method methods[] = {{"grants", {text, text, text}, grants, 5},
                            {"grants_some", {text, text, text}, grants_some, 5},
                            {"grants_named", {text, text, text, text}, grants_named, 5},
                            {"grants_any", {texts, texts, texts}, grants_any, 50},
                            {"grants_url", {text, text}, grants_url, 5}};
  for (const Method& method : methods) {
    std::vector<cel::OverloadDecl> overloads;
    for (const std::string_view type : {"Role", "RoleRule"}) {
      cel::OverloadDecl overload;
      overload.id = std::string(type) + "_" + std::string(method.name);
      overload.is_method = true;
      overload.params.push_back(Type::object(std::string(type)));
      overload.params.insert(overload.params.end(), method.params.begin(), method.params.end());
      overload.result = Type::boolean();
      overload.call = method.call;
      overload.cost = method.cost;
      overloads.push_back(std::move(overload));
    }
    env.add_function(std::string(method.name), std::move(overloads));
  }
}

}  // namespace

std::uint32_t variables_of(Each each) {
  const auto bit = [](Variable v) { return 1U << static_cast<unsigned>(v); };
  const std::uint32_t always = bit(Variable::config) | bit(Variable::inventory);
  switch (each) {
    case Each::object:
      return always | bit(Variable::object);
    case Each::binding:
      return always | bit(Variable::binding) | bit(Variable::role);
    case Each::subject:
      return always | bit(Variable::subject) | bit(Variable::binding) | bit(Variable::role) |
             bit(Variable::grant);
    case Each::role:
      return always | bit(Variable::role);
    case Each::role_rule:
      return always | bit(Variable::role) | bit(Variable::rule);
    case Each::iam_mapping:
      return always | bit(Variable::iam);
    case Each::authentication:
      return always | bit(Variable::authentication);
    case Each::authenticator:
      return always | bit(Variable::authentication) | bit(Variable::authenticator);
    case Each::claim_mapping:
      return always | bit(Variable::authentication) | bit(Variable::authenticator) | bit(Variable::mapping);
    case Each::validation_rule:
      return always | bit(Variable::authentication) | bit(Variable::authenticator) |
             bit(Variable::validation);
  }
  return always;
}

const VariableFacts& facts_of(Variable variable) {
  static const std::array<VariableFacts, kVariableCount> facts = all_facts();
  return facts[static_cast<std::size_t>(variable)];
}

std::optional<std::size_t> bit_of(Variable variable, std::string_view field, bool text) {
  if (text) {
    if (variable != Variable::subject) return std::nullopt;
    for (std::size_t i = kFirstSubjectTextBit; i < std::size(kSubjectBitNames); ++i) {
      if (kSubjectBitNames[i] == field) return i;
    }
    return std::nullopt;
  }
  if (is_of_run(variable)) {  // a row that is true or false is a bit of its own number
    const std::span<const FactRow> rows = facts_of(variable).rows;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].name == field && rows[i].type == kBool) return i;
    }
    return std::nullopt;
  }
  const std::vector<std::string_view>& bits = facts_of(variable).bits;
  const auto it = std::find(bits.begin(), bits.end(), field);
  if (it == bits.end()) return std::nullopt;
  return static_cast<std::size_t>(it - bits.begin());
}

Traits run_traits(const Ask& ask, Variable variable) {
  assert(is_of_run(variable));
  Traits out;
  const std::span<const FactRow> rows = facts_of(variable).rows;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].type == kBool) out.set(i, rows[i].get(ask).is_true());
  }
  return out;
}

const Traits& traits_of(const Ask& ask, Variable variable) {
  static const Traits none;
  switch (variable) {
    case Variable::subject:
      return ask.entry != nullptr ? ask.entry->traits : none;
    case Variable::binding:
      return ask.binding != nullptr ? ask.binding->traits : none;
    case Variable::role:
      return ask.role != nullptr ? ask.role->traits : none;
    case Variable::rule:
      return ask.rule_traits;
    case Variable::grant:
    case Variable::object:
    case Variable::config:
    case Variable::inventory:
    case Variable::iam:
    case Variable::authentication:
    case Variable::authenticator:
    case Variable::mapping:
    case Variable::validation:
      return none;
  }
  return none;
}

cel::Env make_env(std::span<const std::pair<std::string, cel::Type>> lets) {
  cel::Env env;
  for (std::size_t v = 0; v < kVariableCount; ++v) {
    const VariableFacts& facts = facts_of(static_cast<Variable>(v));
    std::vector<cel::FieldDecl> fields;
    fields.reserve(facts.bits.size() + facts.rows.size());
    for (const std::string_view bit : facts.bits) fields.push_back({std::string(bit), cel::Type::boolean()});
    for (const FactRow& row : facts.rows)
      fields.push_back({std::string(row.name), cel::Type::parse(row.type)});
    env.add_object_type(std::string(facts.type_name), std::move(fields));
  }
  for (std::size_t v = 0; v < kVariableCount; ++v) {
    env.add_variable(std::string(kVariableNames[v]),
                     cel::Type::object(std::string(facts_of(static_cast<Variable>(v)).type_name)));
  }
  for (const auto& [name, type] : lets) env.add_variable(name, type);
  add_methods(env);
  return env;
}

std::array<cel::Value, kVariableCount> make_variables(const Ask& ask) {
  std::array<cel::Value, kVariableCount> out;
  for (std::size_t v = 0; v < kVariableCount; ++v) {
    out[v] = cel::Value::object(cel::make_ref<const View>(ask, static_cast<Variable>(v)));
  }
  return out;
}

cel::Value text_value(std::string_view text) { return cel::Value::borrowed_string(text); }

cel::Value texts_value(const std::vector<std::string>& texts) {
  std::vector<cel::Value> values;
  for (const std::string& text : texts) values.push_back(cel::Value::string(text));
  return cel::Value::list(std::move(values));
}

cel::Value views_value(const std::vector<std::string_view>& texts) {
  std::vector<cel::Value> values;
  for (const std::string_view text : texts) values.push_back(text_value(text));
  return cel::Value::list(std::move(values));
}

std::string ref_text(const rbac::Meta& meta) { return to_string(meta.ref()); }

}  // namespace oidc_audit::rules
