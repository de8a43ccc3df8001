#include "cel/checker.h"

#include <algorithm>
#include <optional>

namespace oidc_audit::cel {
namespace {

Type literal_type(const Value& value) {
  switch (value.kind()) {
    case Kind::null:
      return Type::null();
    case Kind::boolean:
      return Type::boolean();
    case Kind::int64:
      return Type::int64();
    case Kind::uint64:
      return Type::uint64();
    case Kind::float64:
      return Type::float64();
    case Kind::string:
      return Type::string();
    case Kind::bytes:
      return Type::bytes();
    default:
      return Type::dyn();
  }
}

bool is_dyn(const Type& type) { return type.is(TypeKind::dyn) || type.is(TypeKind::any); }

}  // namespace

std::string qualified_name(const Expr& expr) {
  if (expr.kind == ExprKind::ident) return expr.name;
  if (expr.kind != ExprKind::select || expr.test_only) return {};
  std::string prefix = qualified_name(*expr.args[0]);
  if (prefix.empty()) return {};
  return prefix + "." + expr.name;
}

Checker::Checker(std::string_view text, const Env::Declarations& env, Ast& ast,
                 std::vector<Problem>& problems)
    : text_(text), env_(env), ast_(ast), problems_(problems) {}

void Checker::check() {
  visit(*ast_.root);
  finish(*ast_.root);
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  });
}

// Variables of the checker do not leave it: what stayed unbound is dyn.
void Checker::finish(Expr& expr) {
  expr.type = types_.substitute(expr.type, true);
  for (Expr* arg : expr.args) finish(*arg);
}

void Checker::report(std::uint32_t offset, std::string message) {
  if (!env_.options.check) return;
  Problem problem{Phase::check, std::move(message), offset, 1, 1};
  locate(text_, offset, problem.line, problem.column);
  problems_.push_back(std::move(problem));
}

void Checker::undeclared(std::uint32_t offset, const std::string& name) {
  report(offset, "undeclared reference to '" + name + "' (in container '" + env_.options.container + "')");
}

void Checker::mismatch(std::uint32_t offset, const Type& expected, const Type& found) {
  report(offset, "expected type '" + expected.to_message() + "' but found '" + found.to_message() + "'");
}

Type Checker::fresh() { return Type::parameter("_var" + std::to_string(fresh_count_++)); }

void Checker::visit(Expr& expr) {
  switch (expr.kind) {
    case ExprKind::literal:
      expr.type = literal_type(expr.literal);
      return;
    case ExprKind::ident:
      return visit_ident(expr);
    case ExprKind::select:
      return visit_select(expr);
    case ExprKind::call:
      return visit_call(expr);
    case ExprKind::list:
      return visit_list(expr);
    case ExprKind::map:
      return visit_map(expr);
    case ExprKind::message:
      return visit_message(expr);
    case ExprKind::comprehension:
      return visit_comprehension(expr);
  }
}

Checker::Ident Checker::lookup_local(std::string_view name) const {
  for (std::size_t i = locals_.size(); i-- > 0;) {
    if (locals_[i].name == name)
      return {true, RefKind::local, static_cast<std::uint32_t>(i), locals_[i].type, {}, std::string(name)};
  }
  return {};
}

// Up to the cel-go of 1.36 candidates of the container come first, whatever scope declares them: a loop's
// variable does not hide a name of the container. Since 1.37 it does, `.name` means no loop's variable, and
// `name.field` is a selection where `name` is one.
Checker::Ident Checker::lookup(const std::string& name) const {
  Ident ident;
  const bool locals_first = env_.options.release.minor >= 37;
  if (locals_first && !name.starts_with('.')) {
    const std::size_t dot = name.find('.');
    Ident local = lookup_local(std::string_view(name).substr(0, dot));
    if (local.found) return dot == std::string::npos ? local : Ident();
  }
  for (std::string& candidate : env_.candidates(name)) {
    if (!locals_first) {
      if (Ident local = lookup_local(candidate); local.found) return local;
    }
    std::uint32_t slot = 0;
    if (const auto* variable = env_.find_variable(candidate, slot)) {
      return {true, RefKind::variable, slot, variable->type, {}, candidate};
    }
    Type type = well_known_message(candidate);
    if (type.is_error()) type = named_type(candidate, env_.options.release.minor);
    if (type.is_error() && env_.object_types.contains(candidate)) type = Type::object(candidate);
    if (!type.is_error()) {
      return {true, RefKind::constant, 0, Type::type_of(type), Value::type(type), std::move(candidate)};
    }
  }
  return ident;
}

const Function* Checker::find_function(const std::string& name) const {
  for (const std::string& candidate : env_.candidates(name)) {
    if (const Function* function = env_.find_function(candidate)) return function;
  }
  return nullptr;
}

void Checker::apply(Expr& expr, Ident ident) {
  expr.kind = ident.ref == RefKind::constant ? ExprKind::literal : ExprKind::ident;
  expr.args.clear();
  expr.name = std::move(ident.name);
  expr.ref = ident.ref;
  expr.slot = ident.slot;
  expr.literal = std::move(ident.constant);
  expr.type = std::move(ident.type);
}

void Checker::visit_ident(Expr& expr) {
  Ident ident = lookup(expr.name);
  if (ident.found) return apply(expr, std::move(ident));
  expr.type = Type::of(TypeKind::error);
  undeclared(expr.offset, expr.name);
}

void Checker::visit_select(Expr& expr) {
  if (const std::string name = qualified_name(expr); !name.empty()) {
    Ident ident = lookup(name);
    if (ident.found) return apply(expr, std::move(ident));
  }
  const Type result = select_field(expr, *expr.args[0], expr.name, false);
  expr.type = expr.test_only ? Type::boolean() : types_.substitute(result, false);
}

Type Checker::select_field(Expr& expr, Expr& operand, const std::string& field, bool optional) {
  visit(operand);
  Type target = types_.substitute(operand.type, false);
  const bool was_optional = target.is(TypeKind::optional);
  if (was_optional) target = Type(target.param(0));
  Type result = Type::of(TypeKind::error);
  switch (target.kind()) {
    case TypeKind::map:
      result = target.param(1);
      break;
    case TypeKind::object:
      result = field_type(target.name(), field);
      if (result.is_error()) report(expr.offset, "undefined field '" + field + "'");
      break;
    case TypeKind::parameter:
      types_.assignable(Type::dyn(), target);
      result = Type::dyn();
      break;
    default:
      if (!is_dyn(target) && !target.is_error()) {
        report(expr.offset, "type '" + target.to_message() + "' does not support field selection");
      }
      result = Type::dyn();
  }
  return was_optional || optional ? Type::optional(result) : result;
}

Type Checker::field_type(const std::string& object, const std::string& field) const {
  Type known = well_known_field(object, field);
  if (!known.is_error()) return known;
  const int index = env_.find_field(object, field);
  if (index < 0) return Type::of(TypeKind::error);
  return env_.object_types.find(object)->second[static_cast<std::size_t>(index)].type;
}

void Checker::visit_optional_select(Expr& expr) {
  const std::string field(expr.args[1]->literal.as_string());
  expr.args[1]->type = Type::string();
  const Type result = select_field(expr, *expr.args[0], field, true);
  expr.type = types_.substitute(result, false);
}

void Checker::visit_call(Expr& expr) {
  if (expr.name == "_?._") return visit_optional_select(expr);
  const std::size_t first = expr.is_method ? 1 : 0;
  for (std::size_t i = first; i < expr.args.size(); ++i) visit(*expr.args[i]);
  if (expr.is_method) {
    // `a.b.c()` may be the function `a.b.c`.
    if (const std::string prefix = qualified_name(*expr.args[0]); !prefix.empty()) {
      if (const Function* function = find_function(prefix + "." + expr.name)) {
        expr.args.erase(expr.args.begin());
        expr.is_method = false;
        expr.name = function->name;
        return resolve(expr, *function);
      }
    }
    visit(*expr.args[0]);
  }
  const Function* function = find_function(expr.name);
  if (function == nullptr) {
    undeclared(expr.offset, expr.name);
    expr.type = Type::of(TypeKind::error);
    return;
  }
  expr.name = function->name;
  resolve(expr, *function);
}

void Checker::resolve_logical(Expr& expr, const Function& function) {
  expr.type = Type::boolean();
  expr.overloads.push_back(&function.overloads.front());
  for (const Expr* arg : expr.args) {
    if (types_.assignable(arg->type, Type::boolean())) continue;
    mismatch(arg->offset, Type::boolean(), types_.substitute(arg->type, false));
    expr.type = Type::of(TypeKind::error);
  }
}

void Checker::resolve(Expr& expr, const Function& function) {
  if (!env_.options.check) return;
  if (function.name == "_&&_" || function.name == "_||_") return resolve_logical(expr, function);
  std::vector<Type> args;
  for (const Expr* arg : expr.args) args.push_back(arg->type);
  bool found = false;
  Type result;
  for (const Overload& overload : function.overloads) {
    if (overload.is_method != expr.is_method || overload.params.size() != args.size()) continue;
    std::vector<std::pair<std::string, Type>> variables;
    for (const std::string& name : overload.type_params) variables.emplace_back(name, fresh());
    std::vector<Type> params;
    for (const Type& param : overload.params) params.push_back(instantiate(param, variables));
    if (!types_.assignable(args, params)) continue;
    expr.overloads.push_back(&overload);
    const Type candidate = types_.substitute(instantiate(overload.result, variables), false);
    if (!found) {
      result = candidate;
    } else if (!is_dyn(result) && !(candidate == result)) {
      result = Type::dyn();
    }
    found = true;
  }
  if (found) {
    expr.type = std::move(result);
    return;
  }
  expr.type = Type::of(TypeKind::error);
  std::string shown;
  for (std::size_t i = expr.is_method ? 1 : 0; i < args.size(); ++i) {
    if (i > (expr.is_method ? 1U : 0U)) shown += ", ";
    shown += types_.substitute(args[i], true).to_message();
  }
  const std::string receiver = expr.is_method ? types_.substitute(args[0], true).to_message() + "." : "";
  report(expr.offset, "found no matching overload for '" + function.name + "' applied to '" + receiver + "(" +
                          shown + ")'");
}

Type Checker::join(const Expr&, const Type* previous, const Type& current) {
  if (previous == nullptr) return current;
  if (types_.assignable(*previous, current)) return most_general(*previous, current);
  // Mixed literals are dyn here; Kubernetes refuses them when the literals are validated.
  return Type::dyn();
}

// An entry written with `?` must be optional; its type is what the optional holds.
void Checker::check_entry(const Expr& value, Type& type) {
  const Type resolved = types_.substitute(type, false);
  if (resolved.is(TypeKind::optional)) {
    type = resolved.param(0);
  } else if (!is_dyn(resolved)) {
    mismatch(value.offset, Type::optional(resolved), resolved);
  }
}

void Checker::visit_list(Expr& expr) {
  std::optional<Type> element;
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    visit(*expr.args[i]);
    Type type = expr.args[i]->type;
    if (expr.optional[i]) check_entry(*expr.args[i], type);
    element = join(*expr.args[i], element ? &*element : nullptr, type);
  }
  expr.type = Type::list(element ? *element : fresh());
}

void Checker::visit_map(Expr& expr) {
  std::optional<Type> key;
  std::optional<Type> value;
  for (std::size_t i = 0; i + 1 < expr.args.size(); i += 2) {
    visit(*expr.args[i]);
    key = join(*expr.args[i], key ? &*key : nullptr, expr.args[i]->type);
    visit(*expr.args[i + 1]);
    Type type = expr.args[i + 1]->type;
    if (expr.optional[i / 2]) check_entry(*expr.args[i + 1], type);
    value = join(*expr.args[i + 1], value ? &*value : nullptr, type);
  }
  if (!key) {
    key = fresh();
    value = fresh();
  }
  expr.type = Type::map(*key, *value);
}

void Checker::visit_message(Expr& expr) {
  Type result = Type::of(TypeKind::error);
  const Ident ident = lookup(expr.name);
  std::string name = expr.name;
  if (!ident.found) {
    undeclared(expr.offset, expr.name);
    expr.type = result;
    // As the checker of cel-go, which looks no further.
    if (env_.options.check) return;
  } else {
    name = ident.name;
    if (ident.ref != RefKind::constant) {
      report(expr.offset, "'" + ident.type.to_message() + "' is not a type");
    } else if (!well_known_message(name).is_error() || env_.object_types.contains(name)) {
      // Objects of the host pass the checker and fail when they are made, as in Kubernetes.
      result = ident.type.param(0);
    } else {
      report(expr.offset, "'" + ident.type.param(0).to_message() + "' is not a message type");
    }
  }
  expr.name = name;
  expr.type = result;
  for (std::size_t i = 0; i < expr.args.size(); ++i) {
    visit(*expr.args[i]);
    if (result.is_error()) continue;
    Type type = expr.args[i]->type;
    if (expr.optional[i]) check_entry(*expr.args[i], type);
    const Type field = field_type(name, expr.field_names[i]);
    if (field.is_error()) {
      report(expr.entry_offsets[i], "undefined field '" + expr.field_names[i] + "'");
    } else if (!types_.assignable(field, type)) {
      report(expr.entry_offsets[i], "expected type of field '" + expr.field_names[i] + "' is '" +
                                        field.to_message() + "' but provided type is '" +
                                        types_.substitute(type, false).to_message() + "'");
    }
  }
}

void Checker::loop_variables(const Expr& expr, const Type& range, Type& first, Type& second) {
  switch (range.kind()) {
    case TypeKind::list:
      first = expr.iter_var2.empty() ? range.param(0) : Type::int64();
      second = range.param(0);
      return;
    case TypeKind::map:
      first = range.param(0);
      second = range.param(1);
      return;
    case TypeKind::dyn:
    case TypeKind::error:
    case TypeKind::parameter:
      types_.assignable(Type::dyn(), range);
      first = second = Type::dyn();
      return;
    default:
      report(expr.args[0]->offset,
             "expression of type '" + range.to_message() +
                 "' cannot be range of a comprehension (must be list, map, or dynamic)");
      first = second = Type::of(TypeKind::error);
  }
}

void Checker::require(const Expr& expr, const Type& type) {
  if (!types_.assignable(type, expr.type)) {
    mismatch(expr.offset, types_.substitute(type, false), types_.substitute(expr.type, false));
  }
}

// Locals in order: accumulator, then the loop's variables, which the result does not see.
void Checker::visit_comprehension(Expr& expr) {
  visit(*expr.args[0]);
  visit(*expr.args[1]);
  const Type range = types_.substitute(expr.args[0]->type, false);
  const Type accumulator = expr.args[1]->type;
  expr.slot = static_cast<std::uint32_t>(locals_.size());
  locals_.push_back({expr.accu_var, accumulator});
  Type first;
  Type second;
  loop_variables(expr, range, first, second);
  locals_.push_back({expr.iter_var, first});
  if (!expr.iter_var2.empty()) locals_.push_back({expr.iter_var2, second});
  visit(*expr.args[2]);
  require(*expr.args[2], Type::boolean());
  visit(*expr.args[3]);
  require(*expr.args[3], accumulator);
  locals_.resize(expr.slot + 1);
  visit(*expr.args[4]);
  locals_.resize(expr.slot);
  expr.type = types_.substitute(expr.args[4]->type, false);
}

}  // namespace oidc_audit::cel
