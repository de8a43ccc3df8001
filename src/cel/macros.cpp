#include <optional>

#include "cel/parser.h"

namespace oidc_audit::cel {
namespace {

/// What an expander works with: every node it makes stands where the macro's opening parenthesis is.
struct Macro {
  Parser& parser;
  Expr* target;
  std::span<Expr* const> args;
  std::uint32_t offset;

  Expr* accu() const { return parser.ident(offset, kAccumulator); }
  Expr* ident(std::string_view name) const { return parser.ident(offset, name); }
  Expr* literal(Value value) const { return parser.literal(offset, std::move(value)); }
  Expr* call(std::string_view function, std::vector<Expr*> call_args) const {
    return parser.call(offset, function, std::move(call_args));
  }
  Expr* method(std::string_view function, std::vector<Expr*> call_args) const {
    return parser.member_call(offset, function, std::move(call_args));
  }
  Expr* list(std::vector<Expr*> elements) const {
    Expr* made = parser.ast().make(ExprKind::list, offset);
    made->optional.assign(elements.size(), false);
    made->args = std::move(elements);
    return made;
  }
  Expr* map() const { return parser.ast().make(ExprKind::map, offset); }
  Expr* problem(const Expr* at, std::string message) const {
    parser.report(at->offset, std::move(message));
    return nullptr;
  }
};

struct Loop {
  std::string var;
  std::string var2;
  Expr* range;
  Expr* start;
  Expr* condition;
  Expr* step;
  Expr* result;
};

Expr* comprehension(const Macro& macro, Loop loop, std::string accu = std::string(kAccumulator)) {
  Expr* made = macro.parser.ast().make(ExprKind::comprehension, macro.offset);
  made->iter_var = std::move(loop.var);
  made->iter_var2 = std::move(loop.var2);
  made->accu_var = std::move(accu);
  made->args = {loop.range, loop.start, loop.condition, loop.step, loop.result};
  return made;
}

bool overwrites_accumulator(std::string_view name) { return name == kAccumulator || name == "__result__"; }

struct Vars {
  std::string first;
  std::string second;
};

/// The loop's variables from the first arguments; nothing after a report.
std::optional<Vars> variables(const Macro& macro, bool two, std::string_view not_a_name) {
  for (std::size_t i = 0; i < (two ? 2U : 1U); ++i) {
    if (macro.args[i]->kind != ExprKind::ident) {
      macro.problem(macro.args[i], std::string(not_a_name));
      return std::nullopt;
    }
  }
  Vars vars{macro.args[0]->name, two ? macro.args[1]->name : ""};
  if (vars.first == vars.second) {
    macro.problem(macro.args[1], "duplicate variable name: " + vars.first);
    return std::nullopt;
  }
  for (std::size_t i = 0; i < (two ? 2U : 1U); ++i) {
    if (overwrites_accumulator(macro.args[i]->name)) {
      macro.problem(macro.args[i], "iteration variable overwrites accumulator variable");
      return std::nullopt;
    }
  }
  return vars;
}

constexpr std::string_view kSimpleName = "argument must be a simple name";

Expr* all(const Macro& macro, bool two) {
  std::optional<Vars> vars = variables(macro, two, kSimpleName);
  if (!vars) return nullptr;
  Expr* predicate = macro.args[two ? 2 : 1];
  return comprehension(macro, {vars->first, vars->second, macro.target, macro.literal(Value::boolean(true)),
                               macro.call("@not_strictly_false", {macro.accu()}),
                               macro.call("_&&_", {macro.accu(), predicate}), macro.accu()});
}

Expr* exists(const Macro& macro, bool two) {
  std::optional<Vars> vars = variables(macro, two, kSimpleName);
  if (!vars) return nullptr;
  Expr* predicate = macro.args[two ? 2 : 1];
  return comprehension(macro, {vars->first, vars->second, macro.target, macro.literal(Value::boolean(false)),
                               macro.call("@not_strictly_false", {macro.call("!_", {macro.accu()})}),
                               macro.call("_||_", {macro.accu(), predicate}), macro.accu()});
}

Expr* exists_one(const Macro& macro, bool two) {
  std::optional<Vars> vars = variables(macro, two, kSimpleName);
  if (!vars) return nullptr;
  Expr* predicate = macro.args[two ? 2 : 1];
  Expr* one_more = macro.call("_+_", {macro.accu(), macro.literal(Value::int64(1))});
  return comprehension(
      macro, {vars->first, vars->second, macro.target, macro.literal(Value::int64(0)),
              macro.literal(Value::boolean(true)), macro.call("_?_:_", {predicate, one_more, macro.accu()}),
              macro.call("_==_", {macro.accu(), macro.literal(Value::int64(1))})});
}

/// map and transformList: `accu + [element]` for the elements that pass the filter.
Expr* collect(const Macro& macro, const Vars& vars, Expr* range, Expr* filter, Expr* element) {
  Expr* step = macro.call("_+_", {macro.accu(), macro.list({element})});
  if (filter != nullptr) step = macro.call("_?_:_", {filter, step, macro.accu()});
  return comprehension(macro, {vars.first, vars.second, range, macro.list({}),
                               macro.literal(Value::boolean(true)), step, macro.accu()});
}

constexpr std::string_view kNoIdentifier = "argument is not an identifier";

Expr* map_macro(const Macro& macro, Expr* range) {
  std::optional<Vars> vars = variables(macro, false, kNoIdentifier);
  if (!vars) return nullptr;
  const bool filtered = macro.args.size() == 3;
  return collect(macro, *vars, range, filtered ? macro.args[1] : nullptr, macro.args[filtered ? 2 : 1]);
}

Expr* filter(const Macro& macro) {
  std::optional<Vars> vars = variables(macro, false, kNoIdentifier);
  if (!vars) return nullptr;
  return collect(macro, *vars, macro.target, macro.args[1], macro.args[0]);
}

Expr* transform_list(const Macro& macro) {
  std::optional<Vars> vars = variables(macro, true, kSimpleName);
  if (!vars) return nullptr;
  const bool filtered = macro.args.size() == 4;
  return collect(macro, *vars, macro.target, filtered ? macro.args[2] : nullptr,
                 macro.args[filtered ? 3 : 2]);
}

Expr* transform_map(const Macro& macro, bool entries) {
  std::optional<Vars> vars = variables(macro, true, kSimpleName);
  if (!vars) return nullptr;
  const bool filtered = macro.args.size() == 4;
  Expr* transform = macro.args[filtered ? 3 : 2];
  std::vector<Expr*> insert{macro.accu()};
  if (!entries) insert.push_back(macro.ident(vars->first));
  insert.push_back(transform);
  Expr* step = macro.call("cel.@mapInsert", std::move(insert));
  if (filtered) step = macro.call("_?_:_", {macro.args[2], step, macro.accu()});
  return comprehension(macro, {vars->first, vars->second, macro.target, macro.map(),
                               macro.literal(Value::boolean(true)), step, macro.accu()});
}

Expr* has(const Macro& macro) {
  Expr* selection = macro.args[0];
  if (selection->kind != ExprKind::select || selection->test_only) {
    return macro.problem(selection, "invalid argument to has() macro");
  }
  Expr* made = macro.parser.ast().make(ExprKind::select, macro.offset);
  made->name = selection->name;
  made->args = selection->args;
  made->test_only = true;
  return made;
}

/// A loop over nothing binds a name to a value.
Expr* bind(const Macro& macro, const std::string& name, Expr* value, Expr* body) {
  return comprehension(
      macro,
      {"#unused", "", macro.list({}), value, macro.literal(Value::boolean(false)), macro.ident(name), body},
      name);
}

Expr* opt_map(const Macro& macro, bool flat) {
  if (macro.args[0]->kind != ExprKind::ident) {
    return macro.problem(macro.args[0], std::string(flat ? "optFlatMap()" : "optMap()") +
                                            " variable name must be a simple identifier");
  }
  Expr* again = macro.parser.ast().copy(*macro.target);
  if (again == nullptr) return macro.problem(macro.target, "expression too large after macro expansion");
  Expr* mapped = bind(macro, macro.args[0]->name, macro.method("value", {again}), macro.args[1]);
  if (!flat) mapped = macro.call("optional.of", {mapped});
  return macro.call("_?_:_",
                    {macro.method("hasValue", {macro.target}), mapped, macro.call("optional.none", {})});
}

Expr* sort_by(const Macro& macro) {
  if (macro.target->kind == ExprKind::literal || macro.target->kind == ExprKind::map ||
      macro.target->kind == ExprKind::message) {
    return macro.problem(
        macro.target,
        "sortBy can only be applied to a list, identifier, comprehension, call or select expression");
  }
  const std::string input = "@__sortBy_input__";
  Expr* keys = map_macro(macro, macro.ident(input));
  if (keys == nullptr) return nullptr;
  return bind(macro, input, macro.target, macro.method("@sortByAssociatedKeys", {macro.ident(input), keys}));
}

Expr* expand_method(const Macro& macro, std::string_view name, int release, bool& matched) {
  const std::size_t count = macro.args.size();
  const bool two_variables = release >= 32;
  matched = true;
  if (name == "all" && (count == 2 || (count == 3 && two_variables))) return all(macro, count == 3);
  if (name == "exists" && (count == 2 || (count == 3 && two_variables))) return exists(macro, count == 3);
  if (name == "exists_one" && (count == 2 || (count == 3 && two_variables)))
    return exists_one(macro, count == 3);
  if (name == "existsOne" && count == 3 && two_variables) return exists_one(macro, true);
  if (name == "map" && (count == 2 || count == 3)) return map_macro(macro, macro.target);
  if (name == "filter" && count == 2) return filter(macro);
  if (name == "optMap" && count == 2) return opt_map(macro, false);
  if (name == "optFlatMap" && count == 2) return opt_map(macro, true);
  if (two_variables && (count == 3 || count == 4)) {
    if (name == "transformList") return transform_list(macro);
    if (name == "transformMap") return transform_map(macro, false);
    if (name == "transformMapEntry") return transform_map(macro, true);
  }
  if (name == "sortBy" && count == 2 && release >= 34) return sort_by(macro);
  matched = false;
  return nullptr;
}

}  // namespace

bool expand_macro(Parser& parser, std::string_view name, Expr* target, std::span<Expr* const> args,
                  std::uint32_t offset, Expr*& out) {
  const Macro macro{parser, target, args, offset};
  bool matched = false;
  if (target == nullptr) {
    if (name != "has" || args.size() != 1) return false;
    out = has(macro);
    return true;
  }
  out = expand_method(macro, name, parser.options().release_minor, matched);
  return matched;
}

}  // namespace oidc_audit::cel
