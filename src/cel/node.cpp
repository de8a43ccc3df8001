#include "cel/node.h"

#include <array>

#include "cel/checker.h"
#include "cel/containers.h"
#include "cel/traits.h"

namespace oidc_audit::cel {

Value Frame::stop() const {
  auto* info = new ErrorInfo;
  if (!abort_reason_.empty()) {
    info->message = abort_reason_;
  } else {
    info->message = out_of_memory_ ? "operation cancelled: result too large"
                                   : "operation cancelled: actual cost limit exceeded";
  }
  info->fatal = true;
  return Value::error(Ref<const ErrorInfo>(info));
}

Value Node::placed(Value value) const {
  if (value.is_error() && value.as_error().offset == ErrorInfo::kNowhere) {
    const_cast<ErrorInfo&>(value.as_error()).offset = offset_;
  }
  return value;
}

namespace {

bool charged_by_result(CostRule rule) {
  return rule == CostRule::list_result || rule == CostRule::k8s_result_fifth;
}

}  // namespace

CostRule CallNode::cost_rule() const {
  if (overload_ != nullptr) return overload_->cost;
  return function_.overloads.empty() ? CostRule::one : function_.overloads.front().cost;
}

std::uint64_t CallNode::cost(const Value* args, const Value& result) const {
  if (overload_ != nullptr && overload_->host) return overload_->host_cost;
  // Several overloads of one function share what is charged by its name.
  return call_cost(cost_rule(), overload_ != nullptr, args, args_.size(), result);
}

Value CallNode::invoke(Frame& frame, const Overload& overload, const Value* args) const {
  if (overload.host) return overload.host(std::span<const Value>(args, args_.size()));
  if (overload.impl == nullptr) return no_such_overload(function_.name, args, args_.size());
  return overload.impl(frame, args, args_.size());
}

Value CallNode::call(Frame& frame, const Value* args) const {
  const std::size_t count = args_.size();
  if (!guarded_) return invoke(frame, *overload_, args);
  const auto fits = [&](const Overload& overload) {
    if (overload.params.size() != count) return false;
    if (overload.any_kind) return true;
    for (std::size_t i = 0; i < count; ++i) {
      if (!runtime_matches(overload.params[i], args[i])) return false;
    }
    return true;
  };
  if (overload_ != nullptr) {
    if (fits(*overload_)) return invoke(frame, *overload_, args);
  } else {
    for (const Overload& overload : function_.overloads) {
      if (fits(overload)) return invoke(frame, overload, args);
    }
  }
  return no_such_overload(function_.name, args, count);
}

Value CallNode::eval(Frame& frame) const {
  const std::size_t count = args_.size();
  std::array<Value, 4> few;
  std::vector<Value> many;
  Value* args = few.data();
  if (count > few.size()) {
    many.resize(count);
    args = many.data();
  }
  const Value* failure = nullptr;
  for (std::size_t i = 0; i < count; ++i) {
    args[i] = args_[i]->eval(frame);
    if (!args[i].is_error()) continue;
    if (frame.stopped()) return args[i];
    if (failure == nullptr) failure = &args[i];
    // Calls of more than two arguments stop at the first that fails.
    if (count > 2) return *failure;
  }
  if (failure != nullptr) {
    if (!frame.charge(1)) return frame.stop();
    return *failure;
  }
  // What does not depend on the result is charged before the work is done.
  const bool by_result = charged_by_result(cost_rule());
  if (!by_result && !frame.charge(cost(args, Value()))) return frame.stop();
  Value result = call(frame, args);
  if (frame.stopped() || (by_result && !frame.charge(cost(args, result)))) return frame.stop();
  return placed(std::move(result));
}

Value LogicNode::eval(Frame& frame) const {
  Value failure;
  for (const NodePtr& term : terms_) {
    Value value = term->eval(frame);
    if (value.is(Kind::boolean)) {
      if (value.as_bool() == deciding_) return value;
      continue;
    }
    if (frame.stopped()) return value;
    if (!failure.is_error())
      failure = value.is_error() ? std::move(value) : placed(Value::error("no such overload"));
  }
  return failure.is_error() ? failure : Value::boolean(!deciding_);
}

Value NotStrictlyFalseNode::eval(Frame& frame) const {
  Value value = operand_->eval(frame);
  if (frame.stopped() || !frame.charge(1)) return frame.stop();
  return value.is(Kind::boolean) ? value : Value::boolean(true);
}

Value OptionalOrNode::eval(Frame& frame) const {
  Value value = left_->eval(frame);
  if (value.is_error()) return value;
  if (!value.is(Kind::optional)) return plain_no_such_overload();
  if (!value.has_value()) return right_->eval(frame);
  return unwrap_ ? value.optional_value() : value;
}

Value InSetNode::eval(Frame& frame) const {
  Value value = operand_->eval(frame);
  if (value.is_error()) return value;
  return Value::boolean(set_.as_map().find(value).has_value());
}

Value ListNode::eval(Frame& frame) const {
  std::vector<Value> elements;
  elements.reserve(elements_.size());
  for (std::size_t i = 0; i < elements_.size(); ++i) {
    Value value = elements_[i]->eval(frame);
    if (value.is_error()) return value;
    if (!optional_[i]) {
      elements.push_back(std::move(value));
    } else if (!value.is(Kind::optional)) {
      return placed(
          Value::error("cannot initialize optional list element from non-optional value " + key_text(value)));
    } else if (value.has_value()) {
      elements.push_back(value.optional_value());
    }
  }
  if (!frame.charge(10)) return frame.stop();
  return Value::list(std::move(elements));
}

Value MapNode::eval(Frame& frame) const {
  auto map = make_ref<VectorMap>();
  for (std::size_t i = 0; i + 1 < entries_.size(); i += 2) {
    Value key = entries_[i]->eval(frame);
    if (key.is_error()) return key;
    Value value = entries_[i + 1]->eval(frame);
    if (value.is_error()) return value;
    if (key.is(Kind::bytes)) return placed(Value::error("unsupported key type: bytes"));
    if (optional_[i / 2]) {
      if (!value.is(Kind::optional)) {
        return placed(Value::error("cannot initialize optional entry '" + key_text(key) +
                                   "' from non-optional value " + key_text(value)));
      }
      if (!value.has_value()) continue;
      value = Value(value.optional_value());
    }
    map->put(std::move(key), std::move(value));
  }
  if (!frame.charge(30)) return frame.stop();
  return Value::map(Ref<const Map>(map.get()));
}

Value MessageNode::eval(Frame& frame) const {
  std::vector<std::pair<std::string, Value>> fields;
  for (std::size_t i = 0; i < values_.size(); ++i) {
    Value value = values_[i]->eval(frame);
    if (value.is_error()) return value;
    if (optional_[i]) {
      if (!value.is(Kind::optional)) {
        return placed(Value::error("cannot initialize optional entry '" + fields_[i] +
                                   "' from non-optional value " + key_text(value)));
      }
      if (!value.has_value()) continue;
      value = Value(value.optional_value());
    }
    fields.emplace_back(fields_[i], std::move(value));
  }
  if (!frame.charge(40)) return frame.stop();
  return placed(make_well_known(name_, fields));
}

}  // namespace oidc_audit::cel
