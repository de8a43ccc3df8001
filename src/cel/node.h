#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cel/frame.h"
#include "cel/registry.h"

namespace oidc_audit::cel {

/// A planned step of a program.
class Node {
 public:
  explicit Node(std::uint32_t offset) : offset_(offset) {}
  virtual ~Node() = default;
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual Value eval(Frame& frame) const = 0;
  /// As eval(), where the API server resolves an attribute inside another and does not charge it.
  virtual Value resolve(Frame& frame) const { return eval(frame); }
  /// The value when it is known before evaluation.
  virtual const Value* constant() const { return nullptr; }

 protected:
  /// Errors carry the place of the innermost step.
  Value placed(Value value) const;
  std::uint32_t offset_;
};

using NodePtr = std::unique_ptr<Node>;

class ConstantNode final : public Node {
 public:
  ConstantNode(std::uint32_t offset, Value value) : Node(offset), value_(std::move(value)) {}
  Value eval(Frame&) const override { return value_; }
  const Value* constant() const override { return &value_; }

 private:
  Value value_;
};

/// An identifier, and the selections and indexes that follow it (interpreter/attributes.go).
class AttributeNode final : public Node {
 public:
  enum class Base : std::uint8_t { variable, local, node, conditional, unknown };
  struct Qualifier {
    Value key;  ///< a constant key, unless `dynamic`
    NodePtr dynamic;
    int field = -1;  ///< position of a declared field
    bool optional = false;
    std::uint32_t offset = 0;
  };

  AttributeNode(std::uint32_t offset, Base base) : Node(offset), base_(base) {}
  Value eval(Frame& frame) const override;
  Value resolve(Frame& frame) const override;

  std::uint32_t slot = 0;
  NodePtr operand;  ///< of node; the condition of conditional
  NodePtr yes;
  NodePtr no;
  std::string name;  ///< of unknown
  std::vector<Qualifier> qualifiers;
  bool test_only = false;  ///< the last qualifier is a has() test

 private:
  Value base_value(Frame& frame) const;
  Value apply(Frame& frame, Value object, std::size_t from) const;

  Base base_;
};

/// What a selection or index finds.
struct Found {
  bool present = false;
  Value value;  ///< the value, or the error
};
/// `test`: absence is no error.
Found qualify(Frame& frame, const Value& object, const Value& key, bool test);

/// A call of one overload, or of whichever fits.
class CallNode final : public Node {
 public:
  CallNode(std::uint32_t offset, const Function& function, const Overload* overload,
           std::vector<NodePtr> args)
      : Node(offset), function_(function), overload_(overload), args_(std::move(args)) {
    guarded_ = overload_ == nullptr || !overload_->any_kind;
  }
  Value eval(Frame& frame) const override;
  const std::vector<NodePtr>& args() const { return args_; }
  std::vector<NodePtr>& args() { return args_; }
  const Overload* overload() const { return overload_; }
  const Function& function() const { return function_; }
  /// Calls with arguments that are known.
  Value call(Frame& frame, const Value* args) const;

 private:
  Value invoke(Frame& frame, const Overload& overload, const Value* args) const;
  CostRule cost_rule() const;
  std::uint64_t cost(const Value* args, const Value& result) const;

  const Function& function_;
  const Overload* overload_;  // null: chosen when evaluated
  std::vector<NodePtr> args_;
  bool guarded_;
};

class LogicNode final : public Node {
 public:
  LogicNode(std::uint32_t offset, bool deciding, std::vector<NodePtr> terms)
      : Node(offset), deciding_(deciding), terms_(std::move(terms)) {}
  Value eval(Frame& frame) const override;

 private:
  bool deciding_;  // the value that decides: false for &&, true for ||
  std::vector<NodePtr> terms_;
};

class NotStrictlyFalseNode final : public Node {
 public:
  NotStrictlyFalseNode(std::uint32_t offset, NodePtr operand) : Node(offset), operand_(std::move(operand)) {}
  Value eval(Frame& frame) const override;

 private:
  NodePtr operand_;
};

/// `or` and `orValue`, which need their second operand only for an empty optional, and are not charged.
class OptionalOrNode final : public Node {
 public:
  OptionalOrNode(std::uint32_t offset, NodePtr left, NodePtr right, bool unwrap)
      : Node(offset), left_(std::move(left)), right_(std::move(right)), unwrap_(unwrap) {}
  Value eval(Frame& frame) const override;

 private:
  NodePtr left_;
  NodePtr right_;
  bool unwrap_;
};

/// `x in [constants]`, by hash and without charge.
class InSetNode final : public Node {
 public:
  InSetNode(std::uint32_t offset, NodePtr operand, Value set)
      : Node(offset), operand_(std::move(operand)), set_(std::move(set)) {}
  Value eval(Frame& frame) const override;

 private:
  NodePtr operand_;
  Value set_;  // a map whose keys are the constants
};

class ListNode final : public Node {
 public:
  ListNode(std::uint32_t offset, std::vector<NodePtr> elements, std::vector<bool> optional)
      : Node(offset), elements_(std::move(elements)), optional_(std::move(optional)) {}
  Value eval(Frame& frame) const override;

 private:
  std::vector<NodePtr> elements_;
  std::vector<bool> optional_;
};

class MapNode final : public Node {
 public:
  MapNode(std::uint32_t offset, std::vector<NodePtr> entries, std::vector<bool> optional)
      : Node(offset), entries_(std::move(entries)), optional_(std::move(optional)) {}
  Value eval(Frame& frame) const override;

 private:
  std::vector<NodePtr> entries_;  // keys and values in turn
  std::vector<bool> optional_;
};

class MessageNode final : public Node {
 public:
  MessageNode(std::uint32_t offset, std::string name, std::vector<std::string> fields,
              std::vector<NodePtr> values, std::vector<bool> optional)
      : Node(offset),
        name_(std::move(name)),
        fields_(std::move(fields)),
        values_(std::move(values)),
        optional_(std::move(optional)) {}
  Value eval(Frame& frame) const override;

 private:
  std::string name_;
  std::vector<std::string> fields_;
  std::vector<NodePtr> values_;
  std::vector<bool> optional_;
};

/// What loops have in common: the range and the variables' slots (accumulator, then one or two variables).
struct LoopParts {
  NodePtr range;
  std::uint32_t slot = 0;
  bool two_variables = false;
};

/// all and exists.
class QuantifierNode final : public Node {
 public:
  QuantifierNode(std::uint32_t offset, LoopParts loop, bool is_all, NodePtr predicate)
      : Node(offset), loop_(std::move(loop)), is_all_(is_all), predicate_(std::move(predicate)) {}
  Value eval(Frame& frame) const override;

 private:
  LoopParts loop_;
  bool is_all_;
  NodePtr predicate_;
};

/// map, filter and the transforms, which build a list or a map.
class CollectNode final : public Node {
 public:
  CollectNode(std::uint32_t offset, LoopParts loop, NodePtr filter, NodePtr element)
      : Node(offset), loop_(std::move(loop)), filter_(std::move(filter)), element_(std::move(element)) {}
  Value eval(Frame& frame) const override;
  bool into_map = false;
  NodePtr key;  ///< into a map: null when `element` is a map of entries

 private:
  bool insert(Frame& frame, class VectorMap& map, Value& failure) const;

  LoopParts loop_;
  NodePtr filter_;
  NodePtr element_;
};

/// Any other loop, and the binding of a name.
class FoldNode final : public Node {
 public:
  FoldNode(std::uint32_t offset, LoopParts loop, NodePtr start, NodePtr condition, NodePtr step,
           NodePtr result)
      : Node(offset),
        loop_(std::move(loop)),
        start_(std::move(start)),
        condition_(std::move(condition)),
        step_(std::move(step)),
        result_(std::move(result)) {}
  Value eval(Frame& frame) const override;

 private:
  LoopParts loop_;
  NodePtr start_;
  NodePtr condition_;
  NodePtr step_;
  NodePtr result_;
};

}  // namespace oidc_audit::cel
