#include <cmath>

#include "cel/node.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

// What an index may be (interpreter/attributes.go newQualifier).
bool is_key(const Value& key) { return key.is_number() || key.is(Kind::string) || key.is(Kind::boolean); }

Value missing_key(const Value& key) { return Value::error("no such key: " + key_text(key)); }

Found absent(const Value& key, bool test) {
  if (test) return {};
  return {false, missing_key(key)};
}

Found found(Value value) {
  const bool present = !value.is_error();
  return {present, std::move(value)};
}

// The position that an index of a list means; false with the error.
bool list_position(const Value& key, std::int64_t& out, Value& error) {
  switch (key.kind()) {
    case Kind::int64:
      out = key.as_int();
      return true;
    case Kind::uint64:
      if (key.as_uint() > static_cast<std::uint64_t>(INT64_MAX)) break;
      out = static_cast<std::int64_t>(key.as_uint());
      return true;
    case Kind::float64: {
      const double value = key.as_double();
      if (value != std::trunc(value) || !(std::fabs(value) < 9.2e18)) break;
      out = static_cast<std::int64_t>(value);
      return true;
    }
    default:
      error = Value::error("unsupported index type '" + key.type_name() + "' in list");
      return false;
  }
  error = Value::error("unsupported index value " + key_text(key) + " in list");
  return false;
}

Found qualify_list(const List& list, const Value& key, bool test) {
  std::int64_t position = 0;
  Value error;
  if (!list_position(key, position, error)) return {false, std::move(error)};
  if (position >= 0 && static_cast<std::uint64_t>(position) < list.size()) {
    return found(list.lookup(static_cast<std::size_t>(position)));
  }
  if (test) return {};
  return {false, Value::error("index out of bounds: " + key_text(key))};
}

Found qualify_object(const Frame& frame, const Object& object, const Value& key, bool test) {
  if (!key.is(Kind::string)) {
    if (object.refuses_other_keys()) return {false, plain_no_such_overload()};
    return absent(key, test);
  }
  const int field = frame.env().find_field(object.type_name(), key.as_string());
  if (field >= 0) {
    const auto index = static_cast<std::uint32_t>(field);
    if (test && !object.has_field(index)) return {};
    return found(object.field(index));
  }
  if (std::optional<Value> value = object.lookup(key.as_string())) return found(std::move(*value));
  return absent(key, test);
}

}  // namespace

Found qualify(Frame& frame, const Value& object, const Value& key, bool test) {
  switch (object.kind()) {
    case Kind::map: {
      if (key.is(Kind::bytes) && object.as_map().size() > 0) {
        // Go cannot hash such a key, and what follows ends the evaluation.
        frame.abort("internal error: runtime error: hash of unhashable type types.Bytes");
        return {false, frame.stop()};
      }
      if (std::optional<Value> value = object.as_map().lookup(key)) return found(std::move(*value));
      return absent(key, test);
    }
    case Kind::list:
      return qualify_list(object.as_list(), key, test);
    case Kind::object:
      return qualify_object(frame, object.as_object(), key, test);
    case Kind::error:
      return {false, object};
    default:
      return absent(key, test);
  }
}

Value AttributeNode::base_value(Frame& frame) const {
  switch (base_) {
    case Base::variable:
      return frame.variable(slot);
    case Base::local:
      if (const Node* start = frame.pending(slot)) {
        frame.pending(slot) = nullptr;
        Value value = start->eval(frame);
        frame.local(slot) = std::move(value);
      }
      return frame.local(slot);
    case Base::node:
      return operand->eval(frame);
    case Base::conditional: {
      const Value condition = operand->eval(frame);
      if (condition.is_true()) return yes->resolve(frame);
      if (condition.is_false()) return no->resolve(frame);
      return condition.is_error() ? condition : Value::error("no such overload");
    }
    case Base::unknown:
      break;
  }
  return Value::error("no such attribute(s): " + name);
}

Value AttributeNode::resolve(Frame& frame) const {
  Value object = base_value(frame);
  if (object.is_error()) return placed(std::move(object));
  return qualifiers.empty() ? object : apply(frame, std::move(object), 0);
}

Value AttributeNode::apply(Frame& frame, Value object, std::size_t from) const {
  bool optional = object.is(Kind::optional);
  if (optional) {
    if (!object.has_value()) return object;
    object = Value(object.optional_value());
  }
  for (std::size_t i = from; i < qualifiers.size(); ++i) {
    const Qualifier& qualifier = qualifiers[i];
    const bool last_test = test_only && i + 1 == qualifiers.size();
    optional = optional || qualifier.optional;
    const bool test = optional || last_test;
    Found result;
    if (qualifier.field >= 0 && object.is(Kind::object)) {
      const auto index = static_cast<std::uint32_t>(qualifier.field);
      const Object& owner = object.as_object();
      if (last_test) {
        result.present = owner.has_field(index);
      } else if (!test || owner.has_field(index)) {
        result = {true, owner.field(index)};
      }
    } else if (qualifier.dynamic) {
      Value key = qualifier.dynamic->resolve(frame);
      if (key.is_error()) return key;
      if (is_key(key)) {
        result = qualify(frame, object, key, test);
      } else {
        result.value = Value::error("invalid qualifier type: " + go_type_name(key));
      }
    } else {
      result = qualify(frame, object, qualifier.key, test);
    }
    if (result.value.is_error()) {
      if (!frame.charge(1)) return frame.stop();
      if (result.value.as_error().offset == ErrorInfo::kNowhere) {
        const_cast<ErrorInfo&>(result.value.as_error()).offset = qualifier.offset;
      }
      return std::move(result.value);
    }
    if (last_test) {
      if (!result.present && optional) return Value::boolean(false);
      if (!frame.charge(1)) return frame.stop();
      return Value::boolean(result.present);
    }
    if (optional && !result.present) return Value::optional_none();
    if (!frame.charge(1)) return frame.stop();
    object = std::move(result.value);
  }
  return optional ? Value::optional_of(std::move(object)) : object;
}

Value AttributeNode::eval(Frame& frame) const {
  Value value = resolve(frame);
  if (test_only) {
    if (value.is(Kind::optional)) return Value::boolean(value.has_value());
    return value;
  }
  if (base_ != Base::conditional && !frame.charge(1)) return frame.stop();
  return value;
}

}  // namespace oidc_audit::cel
