#include "cel/env.h"

#include <algorithm>
#include <cassert>

#include "base/unicode.h"
#include "cel/checker.h"
#include "cel/declarations.h"
#include "cel/parser.h"
#include "cel/planner.h"

namespace oidc_audit::cel {

const Env::Declarations::Variable* Env::Declarations::find_variable(std::string_view name,
                                                                    std::uint32_t& slot) const {
  for (std::size_t i = 0; i < variables.size(); ++i) {
    if (variables[i].name != name) continue;
    slot = static_cast<std::uint32_t>(i);
    return &variables[i];
  }
  return nullptr;
}

int Env::Declarations::find_field(std::string_view object_type, std::string_view field) const {
  const auto it = object_types.find(object_type);
  if (it == object_types.end()) return -1;
  for (std::size_t i = 0; i < it->second.size(); ++i) {
    if (it->second[i].name == field) return static_cast<int>(i);
  }
  return -1;
}

std::vector<std::string> Env::Declarations::candidates(std::string_view name) const {
  if (name.starts_with('.')) return {std::string(name.substr(1))};
  std::vector<std::string> names;
  std::string prefix = options.container;
  while (!prefix.empty()) {
    names.push_back(prefix + "." + std::string(name));
    const std::size_t dot = prefix.rfind('.');
    prefix.resize(dot == std::string::npos ? 0 : dot);
  }
  names.emplace_back(name);
  return names;
}

Env::Env(EnvOptions options) : declarations_(std::make_shared<Declarations>()) {
  declarations_->options = std::move(options);
}
Env::~Env() = default;
Env::Env(Env&&) noexcept = default;
Env& Env::operator=(Env&&) noexcept = default;

std::uint32_t Env::add_variable(std::string name, Type type) {
  declarations_->variables.push_back({std::move(name), std::move(type)});
  return static_cast<std::uint32_t>(declarations_->variables.size() - 1);
}

void Env::add_object_type(std::string name, std::vector<FieldDecl> fields) {
  declarations_->object_types[std::move(name)] = std::move(fields);
}

void Env::add_function(std::string name, std::vector<OverloadDecl> overloads) {
  auto& known = declarations_->host_functions[name];
  for (OverloadDecl& overload : overloads) known.push_back(std::move(overload));
  declarations_->functions.erase(name);
}

const EnvOptions& Env::options() const { return declarations_->options; }
std::size_t Env::variable_count() const { return declarations_->variables.size(); }

std::vector<Problem> Env::parse(std::string_view text) const {
  std::vector<Problem> problems;
  Ast ast;
  Parser(text, {options().macros, options().release.minor}, ast, problems).parse();
  return problems;
}

Compilation Env::compile(std::string_view text) const {
  Compilation out;
  Ast ast;
  Parser(text, {options().macros, options().release.minor}, ast, out.problems).parse();
  if (!out.problems.empty()) return out;
  Checker(text, *declarations_, ast, out.problems).check();
  if (!out.problems.empty()) return out;
  if (options().check) validate_literals(text, *declarations_, ast, out.problems);
  if (!out.problems.empty()) return out;
  auto code = std::make_shared<ProgramCode>();
  code->text = std::string(text);
  code->result_type = ast.root->type;
  code->env = declarations_;
  code->root = Planner(text, *declarations_, *code, out.problems).plan(*ast.root);
  if (!out.problems.empty()) return out;
  std::sort(code->variables.begin(), code->variables.end());
  out.program.emplace(std::move(code));
  return out;
}

const Type& Program::result_type() const { return code_->result_type; }
const std::string& Program::text() const { return code_->text; }
std::span<const std::uint32_t> Program::variables() const { return code_->variables; }

Evaluation Program::eval(std::span<const Value> variables, const Limits& limits) const {
  assert(variables.size() >= code_->env->variables.size());
  Frame frame(variables, code_->locals, limits, *code_->env);
  Evaluation out;
  out.value = code_->root->eval(frame);
  if (frame.stopped()) out.value = frame.stop();
  out.cost = frame.cost();
  return out;
}

Value Program::eval(std::span<const Value> variables) const {
  static const Limits kDefault{};
  return eval(variables, kDefault).value;
}

}  // namespace oidc_audit::cel
