#include "cel/planner.h"

#include <algorithm>
#include <array>

#include "cel/checker.h"
#include "cel/containers.h"
#include "cel/parser.h"
#include "cel/regex.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

bool is_conversion(std::string_view function) {
  constexpr std::array<std::string_view, 10> kConversions{"bool", "bytes",  "double",    "duration", "dyn",
                                                          "int",  "string", "timestamp", "type",     "uint"};
  return std::find(kConversions.begin(), kConversions.end(), function) != kConversions.end();
}

bool all_constant(const std::vector<NodePtr>& nodes) {
  return std::all_of(nodes.begin(), nodes.end(),
                     [](const NodePtr& node) { return node->constant() != nullptr; });
}

bool is_accumulator(const Expr& expr) { return expr.kind == ExprKind::ident && expr.name == kAccumulator; }

bool none(const std::vector<bool>& flags) {
  return std::find(flags.begin(), flags.end(), true) == flags.end();
}

bool is_true_literal(const Expr& expr) { return expr.kind == ExprKind::literal && expr.literal.is_true(); }

}  // namespace

void Planner::problem(std::string message) {
  problems_.push_back(
      Problem{Phase::program, "program instantiation failed: " + std::move(message), 0, 0, 0});
}

std::vector<NodePtr> Planner::plan_all(const std::vector<Expr*>& exprs) {
  std::vector<NodePtr> nodes;
  nodes.reserve(exprs.size());
  for (const Expr* expr : exprs) nodes.push_back(plan(*expr));
  return nodes;
}

NodePtr Planner::plan(const Expr& expr) {
  switch (expr.kind) {
    case ExprKind::literal:
      return std::make_unique<ConstantNode>(expr.offset, expr.literal);
    case ExprKind::ident:
      return plan_ident(expr);
    case ExprKind::select:
      return plan_select(expr);
    case ExprKind::call:
      return plan_call(expr);
    case ExprKind::list:
      return plan_list(expr);
    case ExprKind::map:
      return plan_map(expr);
    case ExprKind::message:
      return plan_message(expr);
    case ExprKind::comprehension:
      return plan_comprehension(expr);
  }
  return nullptr;
}

NodePtr Planner::plan_ident(const Expr& expr) {
  auto base = AttributeNode::Base::unknown;
  if (expr.ref == RefKind::variable) {
    base = AttributeNode::Base::variable;
    if (std::find(code_.variables.begin(), code_.variables.end(), expr.slot) == code_.variables.end()) {
      code_.variables.push_back(expr.slot);
    }
  } else if (expr.ref == RefKind::local) {
    base = AttributeNode::Base::local;
  }
  auto node = std::make_unique<AttributeNode>(expr.offset, base);
  node->slot = expr.slot;
  node->name = expr.name;
  return node;
}

std::unique_ptr<AttributeNode> Planner::attribute(NodePtr node, std::uint32_t offset) {
  if (auto* known = dynamic_cast<AttributeNode*>(node.get())) {
    node.release();
    return std::unique_ptr<AttributeNode>(known);
  }
  auto made = std::make_unique<AttributeNode>(offset, AttributeNode::Base::node);
  made->operand = std::move(node);
  return made;
}

NodePtr Planner::plan_select(const Expr& expr) {
  const Expr& operand = *expr.args[0];
  auto node = attribute(plan(operand), operand.offset);
  if (node->test_only) {
    // The test's outcome is a value of its own.
    auto outer = std::make_unique<AttributeNode>(operand.offset, AttributeNode::Base::node);
    outer->operand = std::move(node);
    node = std::move(outer);
  }
  AttributeNode::Qualifier qualifier;
  qualifier.key = Value::string(expr.name);
  qualifier.offset = expr.offset;
  const Type& target = operand.type.is(TypeKind::optional) ? operand.type.param(0) : operand.type;
  if (target.is(TypeKind::object)) qualifier.field = env_.find_field(target.name(), expr.name);
  node->qualifiers.push_back(std::move(qualifier));
  node->test_only = expr.test_only;
  return node;
}

NodePtr Planner::plan_index(const Expr& expr, bool optional) {
  const Expr& operand = *expr.args[0];
  NodePtr target = plan(operand);
  NodePtr index = plan(*expr.args[1]);
  auto node = attribute(std::move(target), operand.offset);
  if (node->test_only) {
    auto outer = std::make_unique<AttributeNode>(operand.offset, AttributeNode::Base::node);
    outer->operand = std::move(node);
    node = std::move(outer);
  }
  AttributeNode::Qualifier qualifier;
  qualifier.offset = expr.offset;
  qualifier.optional = optional;
  if (const Value* key = index->constant()) {
    if (!key->is_number() && !key->is(Kind::string) && !key->is(Kind::boolean)) {
      problem("invalid qualifier type: " + go_type_name(*key));
    }
    qualifier.key = *key;
    const Type& type = operand.type.is(TypeKind::optional) ? operand.type.param(0) : operand.type;
    if (type.is(TypeKind::object) && key->is(Kind::string)) {
      qualifier.field = env_.find_field(type.name(), key->as_string());
    }
  } else {
    qualifier.dynamic = std::move(index);
  }
  node->qualifiers.push_back(std::move(qualifier));
  return node;
}

NodePtr Planner::plan_conditional(const Expr& expr) {
  auto node = std::make_unique<AttributeNode>(expr.offset, AttributeNode::Base::conditional);
  node->operand = plan(*expr.args[0]);
  node->yes = plan(*expr.args[1]);
  node->no = plan(*expr.args[2]);
  return node;
}

NodePtr Planner::plan_call(const Expr& expr) {
  if (expr.name == "_?_:_") return plan_conditional(expr);
  if (expr.name == "_[_]") return plan_index(expr, false);
  if (expr.name == "_[?_]" || expr.name == "_?._") return plan_index(expr, true);
  if (expr.name == "_&&_" || expr.name == "_||_") {
    return std::make_unique<LogicNode>(expr.offset, expr.name == "_||_", plan_all(expr.args));
  }
  std::vector<NodePtr> args = plan_all(expr.args);
  if (expr.name == "@not_strictly_false") {
    return std::make_unique<NotStrictlyFalseNode>(expr.offset, std::move(args[0]));
  }
  if (expr.is_method && args.size() == 2 && (expr.name == "or" || expr.name == "orValue") &&
      (expr.overloads.empty() || expr.overloads[0]->impl == nullptr)) {
    return std::make_unique<OptionalOrNode>(expr.offset, std::move(args[0]), std::move(args[1]),
                                            expr.name == "orValue");
  }
  const Function* function = env_.find_function(expr.name);
  // Without checking a name may be unknown; such a call fails when it is evaluated.
  if (function == nullptr) function = &code_.unknown_function(expr.name);
  if (!env_.options.check) {
    const bool known = !function->overloads.empty();
    const bool fits =
        std::any_of(function->overloads.begin(), function->overloads.end(), [&](const Overload& overload) {
          return overload.params.size() == args.size() && overload.impl != nullptr;
        });
    if (known ? !fits : args.empty()) problem("no such overload: " + expr.name);
  }
  const Overload* overload = expr.overloads.size() == 1 ? expr.overloads[0] : nullptr;
  return optimize(expr, std::make_unique<CallNode>(expr.offset, *function, overload, std::move(args)));
}

NodePtr Planner::optimize(const Expr& expr, std::unique_ptr<CallNode> call) {
  std::vector<NodePtr>& args = call->args();
  const std::string& name = call->function().name;
  if (call->overload() != nullptr && call->overload()->id == "in_list") {
    const Value* list = args[1]->constant();
    if (list != nullptr && list->is(Kind::list)) {
      const List& constants = list->as_list();
      if (constants.size() == 0) return std::make_unique<ConstantNode>(expr.offset, Value::boolean(false));
      auto set = make_ref<VectorMap>();
      bool hashable = true;
      for (std::size_t i = 0; i < constants.size(); ++i) {
        const Value constant = constants.at(i);
        hashable =
            hashable && (constant.is_number() || constant.is(Kind::string) || constant.is(Kind::boolean));
        set->put(constant, Value::boolean(true));
      }
      if (hashable) {
        return std::make_unique<InSetNode>(expr.offset, std::move(args[0]),
                                           Value::map(Ref<const Map>(set.get())));
      }
    }
  }
  if (args.size() == 1 && is_conversion(name) && args[0]->constant() != nullptr) {
    Frame frame({}, 0, Limits{}, env_);
    Value value = call->call(frame, args[0]->constant());
    if (value.is_error()) {
      problem(value.as_error().message);
      return call;
    }
    return std::make_unique<ConstantNode>(expr.offset, std::move(value));
  }
  if ((name == "matches" || name == "find" || name == "findAll") && args.size() >= 2) {
    const Value* pattern = args[1]->constant();
    if (pattern != nullptr && pattern->is(Kind::string)) {
      std::string failure;
      Value compiled = compile_pattern(pattern->as_string(), failure);
      if (!failure.empty()) {
        problem(failure);
        return call;
      }
      args[1] = std::make_unique<ConstantNode>(expr.offset, std::move(compiled));
    }
  }
  return call;
}

NodePtr Planner::plan_list(const Expr& expr) {
  std::vector<NodePtr> elements = plan_all(expr.args);
  if (all_constant(elements) && none(expr.optional)) {
    std::vector<Value> values;
    for (const NodePtr& element : elements) values.push_back(*element->constant());
    return std::make_unique<ConstantNode>(expr.offset, Value::list(std::move(values)));
  }
  return std::make_unique<ListNode>(expr.offset, std::move(elements), expr.optional);
}

NodePtr Planner::plan_map(const Expr& expr) {
  std::vector<NodePtr> entries = plan_all(expr.args);
  const auto has_bytes_key = [&] {
    for (std::size_t i = 0; i < entries.size(); i += 2) {
      if (entries[i]->constant()->is(Kind::bytes)) return true;
    }
    return false;
  };
  if (all_constant(entries) && none(expr.optional)) {
    // cel-go cannot hash such a key and fails while it folds the literal.
    if (has_bytes_key()) problem("unsupported key type: bytes");
    auto map = make_ref<VectorMap>();
    for (std::size_t i = 0; i + 1 < entries.size(); i += 2)
      map->put(*entries[i]->constant(), *entries[i + 1]->constant());
    return std::make_unique<ConstantNode>(expr.offset, Value::map(Ref<const Map>(map.get())));
  }
  return std::make_unique<MapNode>(expr.offset, std::move(entries), expr.optional);
}

NodePtr Planner::plan_message(const Expr& expr) {
  return std::make_unique<MessageNode>(expr.offset, expr.name, expr.field_names, plan_all(expr.args),
                                       expr.optional);
}

// map, filter and the transforms: `accu + [element]` or `@mapInsert(accu, ...)`, perhaps under a condition.
NodePtr Planner::plan_collect(const Expr& expr, LoopParts& loop) {
  if (!is_true_literal(*expr.args[2]) || !is_accumulator(*expr.args[4])) return nullptr;
  const Expr* step = expr.args[3];
  const Expr* filter = nullptr;
  if (step->kind == ExprKind::call && step->name == "_?_:_" && is_accumulator(*step->args[2])) {
    filter = step->args[0];
    step = step->args[1];
  }
  if (step->kind != ExprKind::call || step->args.empty() || !is_accumulator(*step->args[0])) return nullptr;
  const bool into_list = step->name == "_+_" && step->args[1]->kind == ExprKind::list;
  const bool into_map = step->name == "cel.@mapInsert";
  if (!into_list && !into_map) return nullptr;
  const Expr* element = into_list ? step->args[1]->args[0] : step->args.back();
  NodePtr filter_node = filter != nullptr ? plan(*filter) : nullptr;
  auto node =
      std::make_unique<CollectNode>(expr.offset, std::move(loop), std::move(filter_node), plan(*element));
  node->into_map = into_map;
  if (into_map && step->args.size() == 3) node->key = plan(*step->args[1]);
  return node;
}

NodePtr Planner::plan_comprehension(const Expr& expr) {
  code_.locals = std::max<std::size_t>(code_.locals, expr.slot + 3);
  LoopParts loop{plan(*expr.args[0]), expr.slot, !expr.iter_var2.empty()};
  const Expr& step = *expr.args[3];
  const bool over_accumulator =
      step.kind == ExprKind::call && step.args.size() == 2 && is_accumulator(*step.args[0]);
  if (expr.accu_var == kAccumulator && over_accumulator && (step.name == "_&&_" || step.name == "_||_")) {
    return std::make_unique<QuantifierNode>(expr.offset, std::move(loop), step.name == "_&&_",
                                            plan(*step.args[1]));
  }
  if (expr.accu_var == kAccumulator && expr.args[1]->kind != ExprKind::literal) {
    if (NodePtr node = plan_collect(expr, loop)) return node;
  }
  NodePtr start = plan(*expr.args[1]);
  NodePtr condition = plan(*expr.args[2]);
  NodePtr step_node = plan(step);
  NodePtr result = plan(*expr.args[4]);
  return std::make_unique<FoldNode>(expr.offset, std::move(loop), std::move(start), std::move(condition),
                                    std::move(step_node), std::move(result));
}

}  // namespace oidc_audit::cel
