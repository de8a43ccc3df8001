#include "oidc/cel_outlook.h"

#include <algorithm>
#include <array>
#include <utility>

#include "cel/ast.h"
#include "cel/kubernetes.h"
#include "cel/parser.h"
#include "oidc/cel_names.h"
#include "oidc/go_json.h"
#include "oidc/known_values.h"

namespace oidc_audit::oidc {

namespace {

using cel::Expr;
using cel::ExprKind;
using cel::Value;

// A constant as an expression writes it; empty for what is not written so.
std::string literal(const Value& value) {
  switch (value.kind()) {
    case cel::Kind::string:
      return json_quote(value.as_string());
    case cel::Kind::boolean:
    case cel::Kind::int64:
    case cel::Kind::float64:
      return value.to_string();
    case cel::Kind::list: {
      std::string out = "[";
      for (std::size_t i = 0; i < value.as_list().size(); ++i) {
        const std::string item = literal(value.as_list().at(i));
        if (item.empty()) return {};
        out += (i == 0 ? "" : ", ") + item;
      }
      return out + "]";
    }
    default:
      return {};
  }
}

class Evaluator {
 public:
  explicit Evaluator(const Facts& facts) : facts_(facts) {}

  Known eval(const Expr& expr) {
    switch (expr.kind) {
      case ExprKind::literal:
        return Known::of(expr.literal);
      case ExprKind::ident:
        return ident(expr.name);
      case ExprKind::select:
        return select(expr);
      case ExprKind::call:
        return call(expr);
      case ExprKind::list:
        return list(expr);
      case ExprKind::map:
      case ExprKind::message:
        return Known::of_type(cel::Kind::map);
      case ExprKind::comprehension:
        return comprehension(expr);
    }
    return Known::anything();
  }

 private:
  Known ident(const std::string& name) const {
    for (auto it = locals_.rbegin(); it != locals_.rend(); ++it) {
      if (it->first == name) return it->second;
    }
    return Known::anything();
  }

  bool is_local(std::string_view name) const {
    return std::any_of(locals_.begin(), locals_.end(),
                       [&](const auto& local) { return local.first == name; });
  }

  // The claim or the field of `user` that a node reads.
  struct Read {
    bool of_user = false;
    std::string name;
  };
  std::optional<Read> read_of(const Expr& expr) const {
    const std::optional<NameRead> read = name_read(expr, facts_.kubernetes_minor);
    if (!read || is_local(read->variable)) return std::nullopt;
    if (read->variable == "claims") return Read{false, read->name};
    if (read->variable == "user") return Read{true, read->name};
    return std::nullopt;
  }

  // The claim as it stands in a token that has it.
  Known value_of(const Read& read) const {
    if (read.of_user) {
      const auto it = facts_.user.find(read.name);
      return it == facts_.user.end() ? Known::anything() : it->second;
    }
    const auto it = facts_.claims.find(read.name);
    Known out = it == facts_.claims.end() ? Known::anything() : it->second;
    if (it == facts_.claims.end()) {
      const auto type = facts_.types.find(read.name);
      if (type != facts_.types.end()) out = Known::of_type(type->second);
    }
    if (out.kind == Known::Kind::anything || out.kind == Known::Kind::typed) out.claim = read.name;
    return out;
  }
  bool is_absent(const Read& read) const {
    return !read.of_user && facts_.absent.find(read.name) != facts_.absent.end();
  }

  Known field(const Read& read) const {
    if (is_absent(read)) return Known::fails("no token has the claim `" + read.name + "`");
    Known out = value_of(read);
    // A token need not have it; of the user every field is there.
    if (!read.of_user && facts_.claims.find(read.name) == facts_.claims.end()) out.may_fail = true;
    return out;
  }

  Known select(const Expr& expr) {
    if (const std::optional<Read> read = read_of(expr)) {
      if (!expr.test_only) return field(*read);
      if (is_absent(*read)) return known_boolean(false, "no token has the claim `" + read->name + "`");
      const bool there = !read->of_user && facts_.claims.find(read->name) != facts_.claims.end();
      return there ? known_boolean(true) : some_boolean(false);
    }
    if (expr.args.empty() || expr.args[0] == nullptr) return Known::anything();
    Known operand = eval(*expr.args[0]);
    if (operand.kind == Known::Kind::fails) return operand;
    Known out = expr.test_only ? some_boolean(true) : Known::anything();
    out.may_fail = true;
    out.claim = operand.claim;
    return out;
  }

  Known list(const Expr& expr) {
    std::vector<Value> constants;
    bool may_fail = false;
    std::optional<TextShape> shape;
    bool texts = true;
    for (const Expr* arg : expr.args) {
      Known item = eval(*arg);
      if (item.kind == Known::Kind::fails) return item;
      may_fail |= item.may_fail;
      if (item.is_constant()) constants.push_back(item.constant);
      const std::optional<TextShape> text = item.as_text();
      if (!text) {
        texts = false;
      } else if (!shape) {
        shape = text;
      } else if (!(*shape == *text)) {
        shape = TextShape::hole();
      }
    }
    Known out = Known::of_type(cel::Kind::list);
    const bool complete =
        std::none_of(expr.optional.begin(), expr.optional.end(), [](bool one) { return one; });
    if (constants.size() == expr.args.size() && complete) {
      out = Known::of(Value::list(std::move(constants)));
    } else if (texts && shape) {
      out = Known::of_strings(*shape);
    }
    out.may_fail = may_fail;
    return out;
  }

  // ----- calls

  Known call(const Expr& expr) {
    const std::string& name = expr.name;
    if (name == "_&&_" || name == "_||_") return logical(expr, name == "_&&_");
    if (name == "_?_:_" && expr.args.size() == 3) return choice(expr);
    if (const std::optional<Read> read = read_of(expr)) {
      const bool optional = name == "_?._" || name == "_[?_]";
      return optional ? optional_of(*read) : field(*read);
    }
    std::vector<Known> args;
    bool may_fail = false;
    for (const Expr* arg : expr.args) {
      args.push_back(eval(*arg));
      if (args.back().kind == Known::Kind::fails && name != "@not_strictly_false") return args.back();
      may_fail |= args.back().may_fail;
    }
    Known out = apply(expr, args);
    out.may_fail = (out.may_fail || may_fail) && out.kind != Known::Kind::fails;
    return out;
  }

  Known optional_of(const Read& read) const {
    Known out;
    out.kind = Known::Kind::optional;
    out.may_be_empty = read.of_user || facts_.claims.find(read.name) == facts_.claims.end();
    if (!is_absent(read)) out.inner = std::make_shared<const Known>(value_of(read));
    return out;
  }

  Known logical(const Expr& expr, bool conjunction) {
    // An error is absorbed by the other side where that decides.
    bool may_fail = false, all_decided = true;
    std::string why;
    for (const Expr* arg : expr.args) {
      const Known side = eval(*arg);
      const bool never = side.never_true();
      if (conjunction && never) return boolean_never(side);
      if (!conjunction && side.is_true()) return known_boolean(true);
      all_decided &= conjunction ? side.is_true() : never;
      may_fail |= side.may_fail || side.kind == Known::Kind::fails;
      if (why.empty()) why = side.why;
    }
    if (all_decided && conjunction) return known_boolean(true);
    if (all_decided) {
      Known out = known_boolean(false, why);
      out.may_fail = may_fail;
      return out;
    }
    return some_boolean(may_fail);
  }

  Known choice(const Expr& expr) {
    Known condition = eval(*expr.args[0]);
    if (condition.kind == Known::Kind::fails) return condition;
    if (condition.is_true()) return eval(*expr.args[1]);
    Known out;
    if (condition.never_true()) {
      out = eval(*expr.args[2]);
    } else {
      out = either(eval(*expr.args[1]), eval(*expr.args[2]));
    }
    out.may_fail |= condition.may_fail;
    return out;
  }

  Known apply(const Expr& expr, const std::vector<Known>& args) {
    const std::string& name = expr.name;
    const std::size_t count = args.size();
    if (count == 1 && name == "!_") return negation(args[0]);
    if (count == 1 && (name == "dyn" || name == "@not_strictly_false")) return args[0];
    if (count == 2 && (name == "_==_" || name == "_!=_")) {
      const Known same = equality(args[0], args[1], facts_);
      return name == "_==_" ? same : negation(same);
    }
    if (count == 2 && name == "@in") return membership(args[0], args[1], facts_);
    if (count == 2 && name == "_+_") return sum(args[0], args[1], facts_);
    if (count == 2 && is_arithmetic(name)) return arithmetic(args[0], args[1], facts_);
    if (const std::optional<Known> known = optional_call(name, args)) return *known;
    if (expr.is_method && count == 2) {
      if (const std::optional<Known> known = text_test(name, args[0], args[1])) return *known;
    }
    if (const std::optional<Known> known = constant_call(expr, args)) return *known;
    return result_of(expr.name, args);
  }

  // A function of constants alone is simply called.
  std::optional<Known> constant_call(const Expr& expr, const std::vector<Known>& args) {
    constexpr int kMostCalls = 64;
    std::string text;
    std::string inside;
    for (std::size_t i = 0; i < args.size(); ++i) {
      if (!args[i].is_constant()) return std::nullopt;
      const std::string one = literal(args[i].constant);
      if (one.empty()) return std::nullopt;
      if (i == 0 && expr.is_method) {
        text = one + ".";
      } else {
        inside += (inside.empty() ? "" : ", ") + one;
      }
    }
    const bool plain = !expr.name.empty() && expr.name.find_first_of("_@?:!") == std::string::npos;
    if (!plain || ++calls_ > kMostCalls) return std::nullopt;
    const cel::Env env = cel::claims_env(cel::Release{facts_.kubernetes_minor});
    const cel::Compilation compiled = env.compile(text + expr.name + "(" + inside + ")");
    if (!compiled.ok()) return std::nullopt;
    const std::array<Value, 1> none = {Value::null()};
    Value value = compiled.program->eval(none);
    if (value.is_error()) return Known::fails(value.as_error().message);
    return Known::of(std::move(value));
  }

  // ----- comprehensions

  Known comprehension(const Expr& expr) {
    Known range = eval(*expr.args[0]);
    if (range.kind == Known::Kind::fails) return range;
    const Expr& start = *expr.args[1];
    const Expr& step = *expr.args[3];
    const bool one_variable = expr.iter_var2.empty();
    Known element;
    if (const std::optional<TextShape> shape = element_shape(range); shape && one_variable) {
      element = Known::of_text(*shape);
    } else if (one_variable && range.claim != "aud") {
      // The first of two variables is an index, and an element of `aud` may be another server's audience.
      element.claim = range.claim;
    }
    const std::size_t depth = locals_.size();
    locals_.emplace_back(expr.iter_var, std::move(element));
    if (!one_variable) locals_.emplace_back(expr.iter_var2, Known::anything());
    Known out = loop(expr, start, step, range);
    locals_.resize(depth);
    out.may_fail |= range.may_fail || range.kind == Known::Kind::anything;
    if (out.kind == Known::Kind::fails) out.may_fail = false;
    return out;
  }

  Known loop(const Expr& expr, const Expr& start, const Expr& step, const Known& range) {
    const bool empty = is_empty_list(range);
    const bool nonempty =
        !empty && ((range.is_constant() && range.constant.is(cel::Kind::list)) || !range.members.empty());
    const auto is_accu = [&](const Expr& e) { return e.kind == ExprKind::ident && e.name == expr.accu_var; };
    const auto of_accu = [&](std::string_view name) {
      return step.kind == ExprKind::call && step.name == name && step.args.size() == 2 &&
             is_accu(*step.args[0]);
    };
    const bool result_is_accu = is_accu(*expr.args[4]);
    if (result_is_accu && (of_accu("_||_") || of_accu("_&&_"))) {
      const bool any = of_accu("_||_");
      if (empty) return known_boolean(!any, "the list is always empty");
      const Known predicate = eval(*step.args[1]);
      constexpr int kMostTries = 1'000;  // loops in loops would double the work at each level
      for (const std::string& member : range.members) {
        if (++tries_ > kMostTries) break;
        const Known general = std::exchange(locals_.back().second, Known::of(Value::string(member)));
        const Known one = eval(*step.args[1]);
        locals_.back().second = general;
        if (any && one.is_true()) return known_boolean(true);
        if (!any && one.never_true()) return boolean_never(one);
      }
      if (any) {
        if (predicate.never_true()) return boolean_never(predicate);
        return predicate.is_true() && nonempty ? known_boolean(true) : some_boolean(predicate.may_fail);
      }
      if (predicate.is_true()) return known_boolean(true);
      return predicate.never_true() && nonempty ? boolean_never(predicate) : some_boolean(predicate.may_fail);
    }
    const bool list = start.kind == ExprKind::list && start.args.empty();
    if (!list || !result_is_accu) return Known::anything();
    // map and filter: `accu + [element]`, perhaps under a condition.
    const Expr* add = &step;
    Known condition = known_boolean(true);
    if (add->kind == ExprKind::call && add->name == "_?_:_" && add->args.size() == 3) {
      condition = eval(*add->args[0]);
      add = add->args[1];
    }
    const bool condition_may_fail = condition.may_fail || condition.kind == Known::Kind::fails;
    if (empty || condition.never_true()) {
      Known none = Known::of(Value::list(std::vector<Value>()));
      none.may_fail = !empty && condition_may_fail;
      return none;
    }
    if (add->kind != ExprKind::call || add->name != "_+_" || add->args.size() != 2 ||
        add->args[1]->kind != ExprKind::list || add->args[1]->args.size() != 1) {
      return Known::of_type(cel::Kind::list);
    }
    const Known item = eval(*add->args[1]->args[0]);
    Known out = Known::of_type(cel::Kind::list);
    if (const std::optional<TextShape> shape = item.as_text()) {
      out = Known::of_strings(*shape);
    } else if (!item.claim.empty() && item.kind == Known::Kind::anything) {
      // An element of a list that is a claim: a text, or the mapping refuses it.
      out = Known::of_strings(TextShape::hole(item.claim));
    } else if (item.kind == Known::Kind::anything) {
      out = Known::anything();
    }
    out.may_fail = condition_may_fail || item.may_fail || item.kind == Known::Kind::fails;
    return out;
  }

  const Facts& facts_;
  std::vector<std::pair<std::string, Known>> locals_;
  int calls_ = 0;
  int tries_ = 0;  // members of lists that conditions were asked of
};

}  // namespace

Known outlook(std::string_view expression, const Facts& facts) {
  const ParsedExpression parsed(expression, facts.kubernetes_minor);
  if (parsed.root() == nullptr) return Known::fails();
  return Evaluator(facts).eval(*parsed.root());
}

}  // namespace oidc_audit::oidc
