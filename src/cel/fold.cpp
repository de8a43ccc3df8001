#include "cel/containers.h"
#include "cel/node.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

/// Steps through a range and sets the loop's variables.
class Iteration {
 public:
  Iteration(Frame& frame, const LoopParts& loop, Value range)
      : frame_(frame), loop_(loop), range_(std::move(range)) {
    if (range_.is(Kind::list)) {
      size_ = range_.as_list().size();
    } else if (range_.is(Kind::map)) {
      size_ = range_.as_map().size();
    } else if (range_.is(Kind::object) && !loop_.two_variables) {
      if (std::optional<std::vector<Value>> elements = range_.as_object().elements()) {
        range_ = Value::list(std::move(*elements));
        size_ = range_.as_list().size();
      } else {
        failed_ = true;
      }
    } else {
      failed_ = true;
    }
  }

  /// What is wrong with the range.
  Value failure() const {
    if (range_.is_error()) return range_;
    if (loop_.two_variables)
      return Value::error("unsupported comprehension range type: " + go_type_name(range_));
    return Value::error("got '" + go_type_name(range_) + "', expected iterable type");
  }
  bool failed() const { return failed_; }

  bool next() {
    if (at_ >= size_) return false;
    Value& first = frame_.local(loop_.slot + 1);
    if (range_.is(Kind::list)) {
      Value element = range_.as_list().at(at_);
      if (loop_.two_variables) {
        first = Value::int64(static_cast<std::int64_t>(at_));
        frame_.local(loop_.slot + 2) = std::move(element);
      } else {
        first = std::move(element);
      }
    } else {
      first = range_.as_map().key_at(at_);
      if (loop_.two_variables) frame_.local(loop_.slot + 2) = range_.as_map().value_at(at_);
    }
    ++at_;
    return true;
  }

 private:
  Frame& frame_;
  const LoopParts& loop_;
  Value range_;
  std::size_t size_ = 0;
  std::size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

// The charges are those of the expansion: the condition reads the accumulator through @not_strictly_false
// (and `!` for exists), the step reads it once more, the result once.
Value QuantifierNode::eval(Frame& frame) const {
  Value range = loop_.range->eval(frame);
  if (range.is_error()) return range;
  Iteration loop(frame, loop_, std::move(range));
  if (loop.failed()) return placed(loop.failure());
  const std::uint64_t condition_cost = is_all_ ? 2 : 3;
  Value failure;
  bool decided = false;
  while (loop.next()) {
    if (!frame.charge(condition_cost)) return frame.stop();
    if (decided) break;
    if (!frame.charge(1)) return frame.stop();
    Value value = predicate_->eval(frame);
    if (value.is(Kind::boolean)) {
      if (value.as_bool() != is_all_) {
        decided = true;
        failure = Value();
      }
      continue;
    }
    if (frame.stopped()) return frame.stop();
    if (!failure.is_error())
      failure = value.is_error() ? std::move(value) : placed(Value::error("no such overload"));
  }
  if (!frame.charge(1)) return frame.stop();
  if (decided) return Value::boolean(!is_all_);
  return failure.is_error() ? failure : Value::boolean(is_all_);
}

bool CollectNode::insert(Frame& frame, VectorMap& map, Value& failure) const {
  Value first = key ? key->eval(frame) : Value();
  if (first.is_error()) {
    failure = std::move(first);
    return false;
  }
  Value value = element_->eval(frame);
  if (value.is_error()) {
    failure = std::move(value);
    return false;
  }
  const auto put = [&](Value entry_key, Value entry_value) {
    std::string shown = key_text(entry_key);
    if (map.insert(std::move(entry_key), std::move(entry_value))) return true;
    failure = placed(Value::error("insert failed: key " + shown + " already exists"));
    return false;
  };
  if (key) return put(std::move(first), std::move(value));
  if (!value.is(Kind::map)) {
    failure = placed(Value::error("no such overload"));
    return false;
  }
  for (std::size_t i = 0; i < value.as_map().size(); ++i) {
    if (!put(value.as_map().key_at(i), value.as_map().value_at(i))) return false;
  }
  return true;
}

Value CollectNode::eval(Frame& frame) const {
  Value range = loop_.range->eval(frame);
  if (range.is_error()) return range;
  Iteration loop(frame, loop_, std::move(range));
  if (loop.failed()) return placed(loop.failure());
  std::vector<Value> elements;
  auto map = make_ref<VectorMap>();
  // An empty list or map is made first; both are constants.
  while (loop.next()) {
    if (filter_) {
      Value keep = filter_->eval(frame);
      if (keep.is_false()) continue;
      if (!keep.is_true()) return keep.is_error() ? keep : placed(Value::error("no such overload"));
    }
    if (into_map) {
      Value failure;
      // The accumulator is read, and @mapInsert called.
      if (!frame.charge(2)) return frame.stop();
      if (!insert(frame, *map, failure)) return failure;
      continue;
    }
    // The accumulator is read, a list of one made, and both added.
    if (!frame.charge(12)) return frame.stop();
    Value element = element_->eval(frame);
    if (element.is_error()) return element;
    elements.push_back(std::move(element));
  }
  if (!frame.charge(1)) return frame.stop();
  if (into_map) return Value::map(Ref<const Map>(map.get()));
  return Value::list(std::move(elements));
}

Value FoldNode::eval(Frame& frame) const {
  Value range = loop_.range->eval(frame);
  if (range.is_error()) return range;
  Iteration loop(frame, loop_, std::move(range));
  if (loop.failed()) return placed(loop.failure());
  const std::uint32_t slot = loop_.slot;
  const Node* const outer = frame.pending(slot);
  if (const Value* known = start_->constant()) {
    frame.local(slot) = *known;
    frame.pending(slot) = nullptr;
  } else {
    // Evaluated when first read, or never.
    frame.pending(slot) = start_.get();
  }
  while (loop.next()) {
    const Value go_on = condition_->eval(frame);
    if (go_on.is_false()) break;
    Value step = step_->eval(frame);
    if (frame.stopped()) return frame.stop();
    frame.pending(slot) = nullptr;
    const bool failed = step.is_error();
    frame.local(slot) = std::move(step);
    if (failed && condition_->constant() != nullptr) break;
  }
  Value result = result_->eval(frame);
  frame.pending(slot) = outer;
  frame.local(slot) = Value();
  return result;
}

}  // namespace oidc_audit::cel
