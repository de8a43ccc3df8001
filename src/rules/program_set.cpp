#include "rules/program_set.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace oidc_audit::rules {
namespace {

Issue problem_issue(const Expression& expression, std::uint32_t offset, std::string message,
                    std::string hint = {}) {
  Issue issue;
  issue.code = "invalid-expression";
  issue.level = IssueLevel::error;
  issue.message = std::move(message);
  issue.hint = std::move(hint);
  issue.location.range = place_in(expression, offset);
  return issue;
}

std::string variable_list(std::uint32_t bits) {
  std::string out;
  for (std::size_t v = 0; v < kVariableCount; ++v) {
    if ((bits >> v & 1U) != 0) out += fmt::format("{}`{}`", out.empty() ? "" : ", ", kVariableNames[v]);
  }
  return out;
}

bool fits(const cel::Type& type, const cel::Type& wanted) {
  return type == wanted || type.is_dyn() ||
         (type.is(cel::TypeKind::list) && wanted.is(cel::TypeKind::list) && type.param(0).is_dyn());
}

// A value that can stand in a text.
bool printable(const cel::Type& type) {
  using cel::TypeKind;
  return type.is(TypeKind::string) || type.is(TypeKind::int64) || type.is(TypeKind::uint64) ||
         type.is(TypeKind::float64) || type.is(TypeKind::boolean) || type.is_dyn() ||
         (type.is(TypeKind::list) && (type.param(0).is(TypeKind::string) || type.param(0).is_dyn()));
}

class OneRule {
 public:
  OneRule(const cel::Env& env, const Rule& rule, RuleCode& code, std::vector<Issue>& issues)
      : env_(env), rule_(rule), code_(code), issues_(issues) {}

  std::uint32_t uses_of(const cel::Program& program) const {
    std::uint32_t bits = 0;
    for (const std::uint32_t v : program.variables()) {
      bits |= v < kVariableCount ? 1U << v : code_.let_uses[v - kVariableCount];
    }
    return bits;
  }

  std::optional<cel::Program> compile(const Expression& expression) {
    cel::Compilation result = env_.compile(expression.text);
    for (const cel::Problem& problem : result.problems) {
      issues_.push_back(problem_issue(expression, problem.offset, problem.message));
    }
    if (!result.ok()) return std::nullopt;
    const std::uint32_t foreign = uses_of(*result.program) & ~variables_of(rule_.each);
    if (foreign != 0) {
      issues_.push_back(problem_issue(expression, 0,
                                      fmt::format("{} cannot be used in a rule asked of each {}",
                                                  variable_list(foreign), to_string(rule_.each)),
                                      fmt::format("it has {}", variable_list(variables_of(rule_.each)))));
      return std::nullopt;
    }
    return std::move(result.program);
  }

  std::optional<cel::Program> compile(const Expression& expression, const cel::Type& type) {
    std::optional<cel::Program> program = compile(expression);
    if (program && !fits(program->result_type(), type)) {
      issues_.push_back(problem_issue(expression, 0,
                                      fmt::format("the expression is of type {}, and {} is needed",
                                                  program->result_type().to_string(), type.to_string())));
      return std::nullopt;
    }
    return program;
  }

  TemplateCode compile(const Template& source) {
    TemplateCode out;
    for (const Template::Part& part : source.parts) {
      std::optional<cel::Program> program;
      if (!part.expression.empty()) program = compile(part.expression);
      if (program && !printable(program->result_type())) {
        issues_.push_back(problem_issue(
            part.expression, 0,
            fmt::format("a value of type {} cannot stand in a text", program->result_type().to_string())));
      }
      if (program) out.uses |= uses_of(*program);
      out.parts.push_back(std::move(program));
    }
    return out;
  }

 private:
  const cel::Env& env_;
  const Rule& rule_;
  RuleCode& code_;
  std::vector<Issue>& issues_;
};

}  // namespace

RuleCompiler::RuleCompiler() = default;
RuleCompiler::~RuleCompiler() = default;
RuleCompiler::RuleCompiler(RuleCompiler&&) noexcept = default;
RuleCompiler& RuleCompiler::operator=(RuleCompiler&&) noexcept = default;

const cel::Env& RuleCompiler::env_for(const Rule& rule, const RuleCode& code) {
  if (code.lets.empty()) {
    if (!shared_) shared_ = std::make_unique<cel::Env>(make_env());
    return *shared_;
  }
  if (own_rule_ != rule.info.id.str() || own_lets_ != code.lets.size()) {
    std::vector<std::pair<std::string, cel::Type>> lets;
    for (std::size_t i = 0; i < code.lets.size(); ++i) {
      lets.emplace_back(rule.lets[i].first, code.lets[i].result_type());
    }
    own_ = std::make_unique<cel::Env>(make_env(lets));
    own_rule_ = rule.info.id.str();
    own_lets_ = lets.size();
  }
  return *own_;
}

void RuleCompiler::compile_condition(const Rule& rule, RuleCode& code, std::vector<Issue>& issues) {
  for (const auto& [name, expression] : rule.lets) {
    if (std::find(std::begin(kVariableNames), std::end(kVariableNames), name) != std::end(kVariableNames)) {
      issues.push_back(problem_issue(expression, 0, fmt::format("`{}` is a variable already", name)));
      return;
    }
    OneRule one(env_for(rule, code), rule, code, issues);
    std::optional<cel::Program> program = one.compile(expression);
    if (!program) return;
    code.let_uses.push_back(one.uses_of(*program));
    code.lets.push_back(std::move(*program));
  }
  OneRule one(env_for(rule, code), rule, code, issues);
  code.when = one.compile(rule.when, cel::Type::boolean());
  if (code.when) code.when_uses = one.uses_of(*code.when);
}

void RuleCompiler::compile_rest(const Rule& rule, RuleCode& code, std::vector<Issue>& issues) {
  OneRule one(env_for(rule, code), rule, code, issues);
  if (!rule.effects_expression.empty()) {
    code.effects = one.compile(rule.effects_expression, cel::Type::list(cel::Type::string()));
    if (code.effects) code.effects_use = one.uses_of(*code.effects);
  }
  for (const SeverityCase& c : rule.severity_cases) {
    auto program = one.compile(c.condition, cel::Type::boolean());
    if (!program) return;
    code.severity_cases_use.push_back(one.uses_of(*program));
    code.severity_cases.push_back(std::move(*program));
  }
  for (const ConfidenceCase& c : rule.confidence_cases) {
    auto program = one.compile(c.condition, cel::Type::boolean());
    if (!program) return;
    code.confidence_cases.push_back(std::move(*program));
  }
  code.at = one.compile(rule.at);
  code.message = one.compile(rule.message);
  code.remediation = one.compile(rule.remediation);
  for (const RelatedSpec& related : rule.related) {
    code.related.push_back(one.compile(related.message));
    const auto facts = place_facts();
    const bool known =
        related.of == "role" || related.of == "binding" ||
        std::any_of(facts.begin(), facts.end(), [&](const PlaceFact& f) { return f.name == related.of; });
    if (!known) {
      std::vector<std::string_view> names = {"role", "binding"};
      for (const PlaceFact& f : facts) names.push_back(f.name);
      Issue issue;
      issue.code = "invalid-rule";
      issue.level = IssueLevel::error;
      issue.message = fmt::format("`{}` names no place", related.of);
      if (const auto near = nearest(related.of, names)) issue.hint = fmt::format("did you mean `{}`?", *near);
      issue.location.range = related.range;
      issues.push_back(std::move(issue));
    }
  }
  code.complete = true;
}

Evaluator::Evaluator(const Ask& ask) {
  for (cel::Value& value : make_variables(ask)) values_.push_back(std::move(value));
}

void Evaluator::begin(const RuleCode& code) {
  code_ = &code;
  error_.clear();
  values_.resize(kVariableCount + code.lets.size());
  let_ready_.assign(code.lets.size(), false);
}

void Evaluator::need_lets(const cel::Program& program, std::size_t count) {
  for (const std::uint32_t v : program.variables()) {
    if (v < kVariableCount) continue;
    const std::size_t let = v - kVariableCount;
    if (let >= count || let_ready_[let]) continue;  // a let uses only those before it: this ends
    need_lets(code_->lets[let], let);
    let_ready_[let] = true;
    values_[v] = code_->lets[let].eval(std::span<const cel::Value>(values_).first(kVariableCount + let));
  }
}

cel::Value Evaluator::eval(const cel::Program& program) {
  need_lets(program, code_->lets.size());
  cel::Value value = program.eval(values_);
  if (value.is_error() && error_.empty()) error_ = value.as_error().message;
  return value;
}

bool Evaluator::is_true(const cel::Program& program) { return eval(program).is_true(); }

std::string Evaluator::render(const Template& source, const TemplateCode& code) {
  std::string out;
  for (std::size_t i = 0; i < source.parts.size(); ++i) {
    out += source.parts[i].literal;
    if (i >= code.parts.size() || !code.parts[i]) continue;
    const cel::Value value = eval(*code.parts[i]);
    if (value.is(cel::Kind::string)) {
      out += value.as_string();
    } else if (value.is(cel::Kind::list)) {
      const cel::List& list = value.as_list();
      for (std::size_t n = 0; n < list.size(); ++n) {
        if (n != 0) out += ", ";
        const cel::Value item = list.at(n);
        out += item.is(cel::Kind::string) ? std::string(item.as_string()) : item.to_string();
      }
    } else if (!value.is_error()) {
      out += value.to_string();
    }
  }
  return out;
}

}  // namespace oidc_audit::rules
