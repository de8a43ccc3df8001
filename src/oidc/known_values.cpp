#include "oidc/known_values.h"

#include <algorithm>
#include <array>
#include <utility>

namespace oidc_audit::oidc {

namespace {

using cel::Value;

std::string type_word(cel::Kind kind) {
  switch (kind) {
    case cel::Kind::string:
      return "string";
    case cel::Kind::boolean:
      return "boolean";
    case cel::Kind::list:
      return "list";
    case cel::Kind::map:
      return "map";
    case cel::Kind::null:
      return "null";
    default:
      return "number";
  }
}

// What is made of one claim letter by letter still comes of that claim, and a number becomes a text.
void keep_claim(Known& out, std::span<const Known> args) {
  if (args.empty() || out.kind != Known::Kind::text) return;
  std::string claim = args[0].claim;
  if (args[0].kind == Known::Kind::text && args[0].text.parts().size() == 1)
    claim = args[0].text.parts().front().text;
  if (!claim.empty()) out.text = TextShape::changed_hole(std::move(claim));
}

}  // namespace

bool is_slice(const Known& known) {
  return (known.kind == Known::Kind::strings && known.string_slice) ||
         (known.is_constant() && known.constant.is(cel::Kind::list) &&
          known.constant.as_list().is_string_slice());
}

Known known_boolean(bool value, std::string why) {
  Known out = Known::of(Value::boolean(value));
  out.why = std::move(why);
  return out;
}

Known some_boolean(bool may_fail) {
  Known out = Known::of_type(cel::Kind::boolean);
  out.may_fail = may_fail;
  return out;
}

// The shape of every element of a list of strings; nothing when it is no such list for certain.
std::optional<TextShape> element_shape(const Known& list) {
  if (list.kind == Known::Kind::strings) return list.text;
  if (!list.is_constant() || !list.constant.is(cel::Kind::list)) return std::nullopt;
  const cel::List& items = list.constant.as_list();
  std::optional<TextShape> shape;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Value item = items.at(i);
    if (!item.is(cel::Kind::string)) return std::nullopt;
    TextShape one = TextShape::exact(std::string(item.as_string()));
    if (!shape) {
      shape = std::move(one);
    } else if (!(*shape == one)) {
      return TextShape::hole();
    }
  }
  return shape ? shape : TextShape::hole();
}

bool is_empty_list(const Known& known) {
  return known.is_constant() && known.constant.is(cel::Kind::list) && known.constant.as_list().size() == 0;
}

// A value that is one of two.
Known either(const Known& a, const Known& b) {
  const bool may_fail = a.may_fail || b.may_fail;
  Known out;
  if (a.kind == Known::Kind::fails && b.kind == Known::Kind::fails) return a;
  if (a.kind == Known::Kind::fails || b.kind == Known::Kind::fails) {
    out = a.kind == Known::Kind::fails ? b : a;
    out.may_fail = true;
    return out;
  }
  if (a.is_constant() && b.is_constant() && Value::equal(a.constant, b.constant)) {
    out = a;
  } else if (a.as_text() && b.as_text()) {
    const TextShape x = *a.as_text();
    const TextShape y = *b.as_text();
    const std::string_view head = x.head().substr(
        0, static_cast<std::size_t>(
               std::mismatch(x.head().begin(), x.head().end(), y.head().begin(), y.head().end()).first -
               x.head().begin()));
    out = Known::of_text(x == y ? x
                                : TextShape::joined(TextShape::exact(std::string(head)), TextShape::hole()));
  } else if (is_empty_list(a) && element_shape(b)) {
    out = Known::of_strings(*element_shape(b), is_slice(b));
  } else if (is_empty_list(b) && element_shape(a)) {
    out = Known::of_strings(*element_shape(a), is_slice(a));
  } else if (element_shape(a) && element_shape(b)) {
    const TextShape x = *element_shape(a);
    out = Known::of_strings(x == *element_shape(b) ? x : TextShape::hole(), is_slice(a) && is_slice(b));
  } else if (a.certain_type() && a.certain_type() == b.certain_type()) {
    out = Known::of_type(*a.certain_type());
  }
  out.may_fail = may_fail;
  return out;
}

Known boolean_never(const Known& side) {
  Known out = known_boolean(false, side.why);
  out.may_fail = side.may_fail || side.kind == Known::Kind::fails;
  return out;
}

Known negation(const Known& operand) {
  if (operand.is_constant() && operand.constant.is(cel::Kind::boolean)) {
    return known_boolean(!operand.constant.as_bool(), operand.why);
  }
  return some_boolean(false);
}

Known equality(const Known& a, const Known& b, const Facts& facts) {
  if (a.is_constant() && b.is_constant()) {
    const bool same = Value::equal(a.constant, b.constant);
    return known_boolean(
        same,
        same ? std::string() : "`" + a.constant.to_string() + "` is not `" + b.constant.to_string() + "`");
  }
  const std::optional<TextShape> x = a.as_text();
  const std::optional<TextShape> y = b.as_text();
  if (x && y) {
    if (!x->may_equal(*y))
      return known_boolean(false, "`" + x->to_string() + "` is never `" + y->to_string() + "`");
    return some_boolean(false);
  }
  const std::optional<cel::Kind> s = a.certain_type();
  const std::optional<cel::Kind> t = b.certain_type();
  const auto number = [](cel::Kind kind) {
    return kind == cel::Kind::int64 || kind == cel::Kind::uint64 || kind == cel::Kind::float64;
  };
  if (s && t && *s != *t && !(number(*s) && number(*t))) {
    return known_boolean(false, "a " + type_word(*s) + " is never equal to a " + type_word(*t));
  }
  // `aud`, where a single text of the server's list is the only text it can be.
  for (const auto& [claim, text] : {std::pair(&a, &y), std::pair(&b, &x)}) {
    if (claim->claim == "aud" && *text && (*text)->is_exact() && !facts.audiences.empty() &&
        std::find(facts.audiences.begin(), facts.audiences.end(), (*text)->text()) == facts.audiences.end()) {
      return known_boolean(false, "`" + std::string((*text)->text()) + "` is not among the audiences");
    }
  }
  return some_boolean(false);
}

Known membership(const Known& item, const Known& list, const Facts& facts) {
  if (list.is_constant() && list.constant.is(cel::Kind::list)) {
    const cel::List& items = list.constant.as_list();
    bool possible = false;
    for (std::size_t i = 0; i < items.size(); ++i) {
      Known same = equality(item, Known::of(items.at(i)), facts);
      if (same.is_true()) return same;
      possible |= !same.never_true();
    }
    return possible ? some_boolean(false)
                    : known_boolean(false, "it is none of " + list.constant.to_string());
  }
  const std::optional<TextShape> text = item.as_text();
  if (text && text->is_exact() &&
      std::find(list.members.begin(), list.members.end(), text->text()) != list.members.end()) {
    return known_boolean(true);
  }
  if (list.kind == Known::Kind::strings && text && !list.text.may_equal(*text)) {
    return known_boolean(
        false, "no element is `" + text->to_string() + "`: they are `" + list.text.to_string() + "`");
  }
  return some_boolean(list.kind == Known::Kind::anything);
}

Known sum(const Known& a, const Known& b, const Facts& facts) {
  std::optional<TextShape> x = a.as_text();
  std::optional<TextShape> y = b.as_text();
  // What is added to a text is a text, or the sum is an error.
  if (x && b.kind == Known::Kind::anything) y = TextShape::hole(b.claim);
  if (y && a.kind == Known::Kind::anything) x = TextShape::hole(a.claim);
  if (x && y) {
    Known out = Known::of_text(TextShape::joined(*x, *y));
    out.may_fail = a.kind == Known::Kind::anything || b.kind == Known::Kind::anything;
    return out;
  }
  if (is_empty_list(a) && b.kind == Known::Kind::strings) return b;
  if (is_empty_list(b) && a.kind == Known::Kind::strings) return a;
  if (a.is_constant() && b.is_constant() && a.constant.is(cel::Kind::list) &&
      b.constant.is(cel::Kind::list)) {
    std::vector<Value> items;
    for (const Value* side : {&a.constant, &b.constant}) {
      for (std::size_t i = 0; i < side->as_list().size(); ++i) items.push_back(side->as_list().at(i));
    }
    return Known::of(Value::list(std::move(items)));
  }
  const std::optional<TextShape> left = element_shape(a);
  const std::optional<TextShape> right = element_shape(b);
  if (left && right) return Known::of_strings(*left == *right ? *left : TextShape::hole());
  return arithmetic(a, b, facts);
}

bool is_arithmetic(std::string_view name) {
  return name == "_-_" || name == "_*_" || name == "_/_" || name == "_%_";
}

Known arithmetic(const Known& a, const Known& b, const Facts& facts) {
  const auto is_int = [](const Known& k) { return k.is_constant() && k.constant.is(cel::Kind::int64); };
  const bool claim = (!a.claim.empty() && is_int(b)) || (!b.claim.empty() && is_int(a));
  if (claim && facts.kubernetes_minor >= 34) {
    return Known::fails("numbers of a claim are doubles, which cannot be combined with an int: write `1.0`");
  }
  Known out;
  if (a.certain_type() && a.certain_type() == b.certain_type()) out = Known::of_type(*a.certain_type());
  out.may_fail = true;
  return out;
}

std::optional<Known> optional_call(std::string_view name, std::span<const Known> args) {
  if (args.empty() || args[0].kind != Known::Kind::optional) return std::nullopt;
  const Known& optional = args[0];
  if (name == "orValue" && args.size() == 2) {
    if (!optional.inner) return args[1];
    if (!optional.may_be_empty) return *optional.inner;
    Known out = either(*optional.inner, args[1]);
    if (out.kind == Known::Kind::anything) out.claim = optional.inner->claim;
    return out;
  }
  if (name == "value" && args.size() == 1) {
    if (!optional.inner) return Known::fails("the optional is always empty");
    Known out = *optional.inner;
    out.may_fail = optional.may_be_empty;
    return out;
  }
  if (name == "hasValue" && args.size() == 1) {
    if (!optional.inner) return known_boolean(false);
    return optional.may_be_empty ? some_boolean(false) : known_boolean(true);
  }
  Known out;
  out.may_fail = true;
  return out;
}

std::optional<Known> text_test(std::string_view name, const Known& receiver, const Known& argument) {
  const std::optional<TextShape> text = receiver.as_text();
  const std::optional<TextShape> other = argument.as_text();
  if (!text || !other || !other->is_exact()) return std::nullopt;
  const std::string_view wanted = other->text();
  const auto never = [&](std::string_view how) {
    return known_boolean(
        false, "`" + text->to_string() + "` never " + std::string(how) + " `" + std::string(wanted) + "`");
  };
  if (name == "startsWith") {
    if (text->head().starts_with(wanted)) return known_boolean(true);
    return text->may_start_with(wanted) ? some_boolean(false) : never("starts with");
  }
  if (name == "endsWith") {
    if (text->tail().ends_with(wanted)) return known_boolean(true);
    const std::string_view tail = text->tail();
    const bool possible = text->is_exact() ? false : wanted.ends_with(tail);
    return possible ? some_boolean(false) : never("ends with");
  }
  if (name == "contains") {
    if (text->surely_contains(wanted)) return known_boolean(true);
    return text->is_exact() ? never("contains") : some_boolean(false);
  }
  return std::nullopt;
}

// What is known of a result by the function's name.
Known result_of(std::string_view name, std::span<const Known> args) {
  static constexpr std::array<std::string_view, 8> kTexts = {"lowerAscii", "upperAscii", "trim",   "replace",
                                                             "substring",  "format",     "string", "join"};
  static constexpr std::array<std::string_view, 12> kTests = {"startsWith", "endsWith", "contains", "matches",
                                                              "_<_",        "_<=_",     "_>_",      "_>=_",
                                                              "isURL",      "isIP",     "isCIDR",   "exists"};
  Known out;
  out.may_fail = true;
  if (name == "split" || name == "findAll") {
    out = Known::of_strings(TextShape::hole(), true);
  } else if (std::find(kTexts.begin(), kTexts.end(), name) != kTexts.end()) {
    const bool same = name == "string" && !args.empty() && args[0].as_text();
    out = same ? args[0] : Known::of_text(TextShape::hole());
    if (!same && (name == "lowerAscii" || name == "upperAscii" || name == "string")) keep_claim(out, args);
  } else if (std::find(kTests.begin(), kTests.end(), name) != kTests.end()) {
    out = some_boolean(true);
  } else if (name == "size" || name == "indexOf" || name == "lastIndexOf" || name == "int") {
    out = Known::of_type(cel::Kind::int64);
  } else if (name == "double") {
    out = Known::of_type(cel::Kind::float64);
  } else if (!args.empty() &&
             (name == "distinct" || name == "sort" || name == "reverse" || name == "slice") &&
             element_shape(args[0])) {
    out = Known::of_strings(*element_shape(args[0]));
  }
  out.may_fail = true;
  return out;
}

Known Known::fails(std::string why) {
  Known out;
  out.kind = Kind::fails;
  out.why = std::move(why);
  return out;
}

Known Known::of(cel::Value value) {
  Known out;
  out.kind = Kind::constant;
  out.constant = std::move(value);
  return out;
}

Known Known::of_text(TextShape shape) {
  if (shape.is_exact()) return of(cel::Value::string(std::string(shape.text())));
  Known out;
  out.kind = Kind::text;
  out.text = std::move(shape);
  return out;
}

Known Known::of_strings(TextShape shape, bool slice) {
  Known out;
  out.kind = Kind::strings;
  out.text = std::move(shape);
  out.string_slice = slice;
  return out;
}

Known Known::of_type(cel::Kind type) {
  Known out;
  out.kind = Kind::typed;
  out.type = type;
  return out;
}

bool Known::never_true() const {
  if (kind == Kind::fails) return true;
  const std::optional<cel::Kind> sure = certain_type();
  return is_false() || (sure && *sure != cel::Kind::boolean);
}

std::optional<TextShape> Known::as_text() const {
  if (kind == Kind::text) return text;
  if (is_constant() && constant.is(cel::Kind::string))
    return TextShape::exact(std::string(constant.as_string()));
  return std::nullopt;
}

std::optional<cel::Kind> Known::certain_type() const {
  switch (kind) {
    case Kind::anything:
    case Kind::fails:
      return std::nullopt;
    case Kind::constant:
      return constant.kind();
    case Kind::text:
      return cel::Kind::string;
    case Kind::strings:
      return cel::Kind::list;
    case Kind::typed:
      return type;
    case Kind::optional:
      return cel::Kind::optional;
  }
  return std::nullopt;
}

}  // namespace oidc_audit::oidc
