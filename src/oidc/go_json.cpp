#include "oidc/go_json.h"

#include <limits>

#include "base/go_quote.h"
#include "base/unicode.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::size_t kMaxDepth = 10'000;  // encoding/json maxNestingDepth

bool is_json_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

unsigned hex_value(char c) {
  if (is_digit(c)) return static_cast<unsigned>(c - '0');
  if (c >= 'a') return static_cast<unsigned>(c - 'a') + 10U;
  return static_cast<unsigned>(c - 'A') + 10U;
}

// A byte as scanner.go quoteChar shows it: as the code point of that number.
std::string quote_char(char c) {
  if (c == '\'') return R"('\'')";
  if (c == '"') return R"('"')";
  std::string text;
  append_utf8(text, static_cast<unsigned char>(c));
  std::string quoted = go_quote(text);
  quoted.front() = '\'';
  quoted.back() = '\'';
  return quoted;
}

}  // namespace

std::string_view to_string(JsonKind kind) {
  switch (kind) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return "bool";
    case JsonKind::number:
      return "number";
    case JsonKind::string:
      return "string";
    case JsonKind::array:
      return "array";
    case JsonKind::object:
      return "object";
  }
  return "";
}

std::string go_unmarshal_error(JsonKind kind, std::string_view go_type) {
  return std::string("json: cannot unmarshal ")
      .append(to_string(kind))
      .append(" into Go value of type ")
      .append(go_type);
}

/// Reads a text into nodes with a stack of its own, so that depth costs no stack of ours.
class JsonScanner {
 public:
  explicit JsonScanner(JsonDocument& document) : document_(document), text_(document.text_) {}

  /// Empty when all is well.
  std::string run() {
    while (error_.empty()) {
      skip_space();
      value();
      if (!error_.empty()) break;
      if (!close_finished()) break;
    }
    return std::move(error_);
  }

 private:
  using Node = JsonDocument::Node;

  bool at_end() const { return at_ >= text_.size(); }
  void skip_space() {
    while (!at_end() && is_json_space(text_[at_])) ++at_;
  }

  bool fail(std::string message) {
    error_ = std::move(message);
    return false;
  }
  bool fail_end() { return fail("unexpected end of JSON input"); }
  bool fail_here(std::string_view context) {
    return fail(std::string("invalid character ").append(quote_char(text_[at_])).append(" ").append(context));
  }
  // Inside literals and numbers the end of the text counts as a blank (scanner.go eof).
  bool fail_word(std::string_view context) {
    if (!at_end()) return fail_here(context);
    return fail(std::string("invalid character ' ' ").append(context));
  }

  std::uint32_t open_node(JsonKind kind) {
    Node node;
    node.kind = kind;
    node.begin = static_cast<std::uint32_t>(at_);
    document_.nodes_.push_back(node);
    return static_cast<std::uint32_t>(document_.nodes_.size() - 1);
  }
  void close_node(std::uint32_t index) {
    Node& node = document_.nodes_[index];
    node.end = static_cast<std::uint32_t>(at_);
    node.next = static_cast<std::uint32_t>(document_.nodes_.size());
  }

  // Reads a scalar, or opens collections until a scalar or an empty collection was read.
  void value() {
    for (;;) {
      skip_space();
      if (at_end()) {
        fail_end();
        return;
      }
      const char c = text_[at_];
      if (c != '{' && c != '[') {
        scalar(c);
        return;
      }
      if (stack_.size() >= kMaxDepth) {
        fail("exceeded max depth");
        return;
      }
      const std::uint32_t index = open_node(c == '{' ? JsonKind::object : JsonKind::array);
      ++at_;
      skip_space();
      if (at_end()) {
        fail_end();
        return;
      }
      if (text_[at_] == (c == '{' ? '}' : ']')) {
        ++at_;
        close_node(index);
        return;
      }
      stack_.push_back(index);
      if (c == '{' && !key()) return;
    }
  }

  // After a value: closes what ends here. True when another value must follow.
  bool close_finished() {
    for (;;) {
      skip_space();
      if (stack_.empty()) {
        if (at_end()) return false;
        return fail_here("after top-level value");
      }
      Node& top = document_.nodes_[stack_.back()];
      ++top.count;
      if (at_end()) return fail_end();
      const bool object = top.kind == JsonKind::object;
      const char c = text_[at_];
      if (c == ',') {
        ++at_;
        if (!object) return true;
        skip_space();
        return key();
      }
      if (c != (object ? '}' : ']')) {
        return fail_here(object ? "after object key:value pair" : "after array element");
      }
      ++at_;
      close_node(stack_.back());
      stack_.pop_back();
    }
  }

  bool key() {
    if (at_end()) return fail_end();
    if (text_[at_] != '"') return fail_here("looking for beginning of object key string");
    if (!string()) return false;
    skip_space();
    if (at_end()) return fail_end();
    if (text_[at_] != ':') return fail_here("after object key");
    ++at_;
    return true;
  }

  void scalar(char c) {
    if (c == '"') {
      string();
    } else if (c == '-' || is_digit(c)) {
      number();
    } else if (c == 't') {
      literal("true", JsonKind::boolean);
    } else if (c == 'f') {
      literal("false", JsonKind::boolean);
    } else if (c == 'n') {
      literal("null", JsonKind::null);
    } else {
      fail_here("looking for beginning of value");
    }
  }

  void literal(std::string_view word, JsonKind kind) {
    const std::uint32_t index = open_node(kind);
    ++at_;
    for (std::size_t i = 1; i < word.size(); ++i, ++at_) {
      if (at_end() || text_[at_] != word[i]) {
        fail_word(std::string("in literal ") + std::string(word) + " (expecting '" + word[i] + "')");
        return;
      }
    }
    close_node(index);
  }

  bool digits(std::string_view context) {
    if (at_end() || !is_digit(text_[at_])) return fail_word(context);
    while (!at_end() && is_digit(text_[at_])) ++at_;
    return true;
  }

  void number() {
    const std::uint32_t index = open_node(JsonKind::number);
    if (text_[at_] == '-') ++at_;
    if (!at_end() && text_[at_] == '0') {
      ++at_;
    } else if (!digits("in numeric literal")) {
      return;
    }
    if (!at_end() && text_[at_] == '.') {
      ++at_;
      if (!digits("after decimal point in numeric literal")) return;
    }
    if (!at_end() && (text_[at_] == 'e' || text_[at_] == 'E')) {
      ++at_;
      if (!at_end() && (text_[at_] == '+' || text_[at_] == '-')) ++at_;
      if (!digits("in exponent of numeric literal")) return;
    }
    close_node(index);
  }

  bool string() {
    const std::uint32_t index = open_node(JsonKind::string);
    ++at_;
    for (; !at_end(); ++at_) {
      const char c = text_[at_];
      if (c == '"') {
        ++at_;
        close_node(index);
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20) return fail_here("in string literal");
      if (c == '\\' && !escape()) return false;
    }
    return fail_end();
  }

  // Stands on the backslash; leaves at_ on the last character of the escape.
  bool escape() {
    ++at_;
    if (at_end()) return fail_end();
    const char c = text_[at_];
    if (std::string_view("bfnrt\\/\"").find(c) != std::string_view::npos) return true;
    if (c != 'u') return fail_here("in string escape code");
    for (int i = 0; i < 4; ++i) {
      ++at_;
      if (at_end()) return fail_end();
      if (!is_hex(text_[at_])) return fail_here("in \\u hexadecimal character escape");
    }
    return true;
  }

  JsonDocument& document_;
  const std::string& text_;
  std::size_t at_ = 0;
  std::vector<std::uint32_t> stack_;
  std::string error_;
};

Result<JsonDocument> JsonDocument::parse(std::string text) {
  if (text.size() >= std::numeric_limits<std::uint32_t>::max()) {
    return Error(ErrorKind::limit, "JSON text is too large");
  }
  JsonDocument document;
  document.text_ = std::move(text);
  std::string problem = JsonScanner(document).run();
  if (!problem.empty()) return Error(ErrorKind::malformed, std::move(problem));
  return document;
}

JsonKind JsonValue::kind() const { return document_->nodes_[index_].kind; }

std::string_view JsonValue::raw() const {
  const auto& node = document_->nodes_[index_];
  return std::string_view(document_->text_).substr(node.begin, node.end - node.begin);
}

bool JsonValue::as_bool() const { return raw() == "true"; }

std::size_t JsonValue::size() const { return document_->nodes_[index_].count; }

JsonValue JsonValue::next_sibling() const { return {document_, document_->nodes_[index_].next}; }

std::vector<JsonValue> JsonValue::items() const {
  std::vector<JsonValue> result;
  if (!is(JsonKind::array)) return result;
  result.reserve(size());
  JsonValue child = first_child();
  for (std::size_t i = 0; i < size(); ++i, child = child.next_sibling()) result.push_back(child);
  return result;
}

std::vector<std::pair<JsonValue, JsonValue>> JsonValue::members() const {
  std::vector<std::pair<JsonValue, JsonValue>> result;
  if (!is(JsonKind::object)) return result;
  result.reserve(size());
  JsonValue key = first_child();
  for (std::size_t i = 0; i < size(); ++i) {
    const JsonValue value = key.next_sibling();
    result.emplace_back(key, value);
    key = value.next_sibling();
  }
  return result;
}

std::optional<JsonValue> JsonValue::find(std::string_view key) const {
  std::optional<JsonValue> found;
  for (const auto& [name, value] : members()) {
    if (name.string() == key) found = value;
  }
  return found;
}

std::string JsonValue::string() const {
  std::string_view body = raw();
  if (!is(JsonKind::string) || body.size() < 2) return {};
  body = body.substr(1, body.size() - 2);
  std::string out;
  out.reserve(body.size());
  const auto unit = [&](std::size_t at) -> char32_t {
    char32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value * 16 + hex_value(body[at + i]);
    return value;
  };
  for (std::size_t i = 0; i < body.size();) {
    const char c = body[i];
    if (c != '\\') {
      const CodePoint point = decode_utf8(body, i);
      append_utf8(out, point.valid ? point.value : char32_t{0xFFFD});
      i += point.bytes;
      continue;
    }
    const char escape = body[i + 1];
    i += 2;
    switch (escape) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {
        char32_t value = unit(i);
        i += 4;
        if (value >= 0xD800 && value < 0xE000) {
          const bool pair = value < 0xDC00 && i + 6 <= body.size() && body[i] == '\\' && body[i + 1] == 'u';
          const char32_t low = pair ? unit(i + 2) : 0;
          if (pair && low >= 0xDC00 && low < 0xE000) {
            value = 0x10000 + ((value - 0xD800) << 10U) + (low - 0xDC00);
            i += 6;
          } else {
            value = 0xFFFD;
          }
        }
        append_utf8(out, value);
        break;
      }
      default:
        out += escape;
    }
  }
  return out;
}

bool go_field_matches(std::string_view key, std::string_view field) {
  std::size_t at = 0;
  for (const char expected : field) {
    if (at >= key.size()) return false;
    const CodePoint point = decode_utf8(key, at);
    char32_t value = point.value;
    if (value >= U'A' && value <= U'Z') value += 32;
    if (value == 0x17F) value = U's';   // LATIN SMALL LETTER LONG S
    if (value == 0x212A) value = U'k';  // KELVIN SIGN
    if (value != static_cast<char32_t>(static_cast<unsigned char>(expected))) return false;
    at += point.bytes;
  }
  return at == key.size();
}

std::string json_quote(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = decode_utf8(text, i);
    const char32_t value = point.valid ? point.value : char32_t{0xFFFD};
    i += point.bytes;
    if (value == U'"' || value == U'\\') {
      out += '\\';
      out += static_cast<char>(value);
    } else if (value == U'\n') {
      out += "\\n";
    } else if (value == U'\t') {
      out += "\\t";
    } else if (value == U'\r') {
      out += "\\r";
    } else if (value < 0x20 || (value >= 0x7F && value < 0xA0) || value == 0x2028 || value == 0x2029 ||
               value == 0xFEFF) {
      out += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(value >> static_cast<unsigned>(shift)) & 15U];
    } else {
      append_utf8(out, value);
    }
  }
  out += '"';
  return out;
}

std::optional<std::string> replace_invalid_utf8(std::string_view text) {
  if (is_valid_utf8(text)) return std::nullopt;
  std::string out;
  out.reserve(text.size() + 16);
  for (std::size_t i = 0; i < text.size();) {
    const CodePoint point = decode_utf8(text, i);
    append_utf8(out, point.valid ? point.value : char32_t{0xFFFD});
    i += point.bytes;
  }
  return out;
}

}  // namespace oidc_audit::oidc
