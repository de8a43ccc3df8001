#include "cel/json.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "base/unicode.h"
#include "cel/containers.h"
#include "cel/numbers.h"
#include "cel/times.h"

namespace oidc_audit::cel {
namespace {

class Reader {
 public:
  Reader(std::string_view text, JsonNumbers numbers, JsonLimits limits)
      : text_(text), numbers_(numbers), limits_(limits) {}

  Result<Value> read() {
    Value value;
    blank();
    if (!read_value(value, 0)) return fail();
    blank();
    if (at_ != text_.size()) {
      problem_ = "unexpected text after the value";
      return fail();
    }
    return value;
  }

 private:
  Error fail() const {
    return Error(ErrorKind::malformed,
                 "invalid JSON" + (limits_.places ? " at " + place_in(text_, at_) : "") + ": " + problem_);
  }
  bool refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  void blank() {
    while (at_ < text_.size() &&
           (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r')) {
      ++at_;
    }
  }
  bool accept(char c) {
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool word(std::string_view text) {
    if (text_.substr(at_, text.size()) != text) return refuse("unknown word");
    at_ += text.size();
    return true;
  }

  bool read_value(Value& out, std::size_t depth) {
    if (depth > limits_.max_depth) return refuse("nested too deeply");
    if (at_ >= text_.size()) return refuse("unexpected end");
    switch (text_[at_]) {
      case '{':
        return read_object(out, depth);
      case '[':
        return read_array(out, depth);
      case '"': {
        std::string text;
        if (!read_string(text)) return false;
        out = Value::string(std::move(text));
        return true;
      }
      case 't':
        out = Value::boolean(true);
        return word("true");
      case 'f':
        out = Value::boolean(false);
        return word("false");
      case 'n':
        out = Value::null();
        return word("null");
      default:
        return read_number(out);
    }
  }

  bool read_object(Value& out, std::size_t depth) {
    ++at_;
    auto map = make_ref<VectorMap>();
    blank();
    if (!accept('}')) {
      do {
        blank();
        std::string key;
        Value value;
        if (at_ >= text_.size() || text_[at_] != '"') return refuse("expected a key");
        if (!read_string(key)) return false;
        blank();
        if (!accept(':')) return refuse("expected `:`");
        blank();
        if (!read_value(value, depth + 1)) return false;
        map->put(Value::string(std::move(key)), std::move(value));
        blank();
      } while (accept(','));
      if (!accept('}')) return refuse("expected `,` or `}`");
    }
    out = Value::map(Ref<const Map>(map.get()));
    return true;
  }

  bool read_array(Value& out, std::size_t depth) {
    ++at_;
    std::vector<Value> elements;
    blank();
    if (!accept(']')) {
      do {
        blank();
        Value element;
        if (!read_value(element, depth + 1)) return false;
        elements.push_back(std::move(element));
        blank();
      } while (accept(','));
      if (!accept(']')) return refuse("expected `,` or `]`");
    }
    out = Value::list(std::move(elements));
    return true;
  }

  bool hex4(char32_t& out) {
    out = 0;
    if (at_ + 4 > text_.size()) return refuse("escape not complete");
    for (int i = 0; i < 4; ++i) {
      const char c = text_[at_++];
      unsigned digit = 0;
      if (c >= '0' && c <= '9') {
        digit = static_cast<unsigned>(c - '0');
      } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
        digit = static_cast<unsigned>((c | 32) - 'a' + 10);
      } else {
        return refuse("escape is not hexadecimal");
      }
      out = out * 16 + digit;
    }
    return true;
  }

  // Lone surrogates and bytes that are not UTF-8 become U+FFFD, as Go decodes them.
  bool read_escape(std::string& out) {
    if (at_ >= text_.size()) return refuse("string not closed");
    const char c = text_[at_++];
    constexpr std::string_view kFrom = "\"\\/bfnrt";
    constexpr std::string_view kTo = "\"\\/\b\f\n\r\t";
    if (const std::size_t i = kFrom.find(c); i != std::string_view::npos) {
      out += kTo[i];
      return true;
    }
    if (c != 'u') return refuse("unknown escape");
    char32_t code = 0;
    if (!hex4(code)) return false;
    if (code >= 0xD800 && code < 0xDC00 && text_.substr(at_, 2) == "\\u") {
      const std::size_t before = at_;
      at_ += 2;
      char32_t low = 0;
      if (!hex4(low)) return false;
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10U) + (low - 0xDC00);
      } else {
        at_ = before;
      }
    }
    append_utf8(out, code >= 0xD800 && code < 0xE000 ? U'\uFFFD' : code);
    return true;
  }

  bool read_string(std::string& out) {
    ++at_;
    while (at_ < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[at_]);
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c < 0x20) return refuse("control character in a string");
      if (c == '\\') {
        ++at_;
        if (!read_escape(out)) return false;
      } else if (c < 0x80) {
        out += text_[at_++];
      } else {
        const CodePoint point = decode_utf8(text_, at_);
        append_utf8(out, point.valid ? point.value : U'\uFFFD');
        at_ += point.bytes;
      }
    }
    return refuse("string not closed");
  }

  std::size_t digits() {
    const std::size_t first = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') ++at_;
    return at_ - first;
  }

  bool read_number(Value& out) {
    const std::size_t first = at_;
    accept('-');
    const bool zero = at_ < text_.size() && text_[at_] == '0';
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return refuse("not a value");
    bool plain = true;
    if (accept('.')) {
      plain = false;
      if (digits() == 0) return refuse("number without digits after the point");
    }
    if (accept('e') || accept('E')) {
      plain = false;
      if (!accept('+')) accept('-');
      if (digits() == 0) return refuse("number without exponent digits");
    }
    const std::string_view text = text_.substr(first, at_ - first);
    if (plain && numbers_ == JsonNumbers::integers) {
      std::int64_t integer = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
      if (error == std::errc() && end == text.data() + text.size()) {
        out = Value::int64(integer);
        return true;
      }
    }
    const std::optional<double> real = parse_go_double(text);
    if (!real) return refuse("number out of range");
    out = Value::float64(*real);
    return true;
  }

  std::string_view text_;
  JsonNumbers numbers_;
  JsonLimits limits_;
  std::size_t at_ = 0;
  std::string problem_;
};

// Control, bidirectional and other characters that must not reach a terminal.
void append_escape(std::string& out, char32_t code) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto unit = [&](std::uint32_t value) {
    out += "\\u";
    for (int shift = 12; shift >= 0; shift -= 4) out += kHex[(value >> static_cast<unsigned>(shift)) & 15U];
  };
  if (code < 0x10000) return unit(code);
  unit(0xD800U + ((code - 0x10000U) >> 10U));
  unit(0xDC00U + ((code - 0x10000U) & 0x3FFU));
}

std::string json_string(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    at += point.bytes;
    const char32_t c = point.valid ? point.value : U'\uFFFD';
    if (c == U'"' || c == U'\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (is_unsafe_to_print(c)) {
      append_escape(out, c);
    } else {
      append_utf8(out, c);
    }
  }
  return out + '"';
}

std::string base64(std::string_view data) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < data.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      bits = bits << 8U | (i + j < data.size() ? static_cast<unsigned char>(data[i + j]) : 0U);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += i + j <= data.size() ? kAlphabet[(bits >> (18 - 6 * j)) & 63U] : '=';
    }
  }
  return out;
}

std::string key_text(const Value& key) {
  return key.is(Kind::string) ? std::string(key.as_string()) : key.to_string();
}

void write(const Value& value, std::string& out, int depth) {
  if (depth > 500) {
    out += "null";
    return;
  }
  switch (value.kind()) {
    case Kind::null:
      out += "null";
      return;
    case Kind::boolean:
      out += value.as_bool() ? "true" : "false";
      return;
    case Kind::int64:
      out += std::to_string(value.as_int());
      return;
    case Kind::uint64:
      out += std::to_string(value.as_uint());
      return;
    case Kind::float64: {
      const std::string text = format_double(value.as_double());
      out += std::isfinite(value.as_double()) ? text : json_string(text);
      return;
    }
    case Kind::string:
      out += json_string(value.as_string());
      return;
    case Kind::bytes:
      out += json_string(base64(value.as_bytes()));
      return;
    case Kind::list:
      out += '[';
      for (std::size_t i = 0; i < value.as_list().size(); ++i) {
        if (i > 0) out += ',';
        write(value.as_list().at(i), out, depth + 1);
      }
      out += ']';
      return;
    case Kind::map:
      out += '{';
      for (std::size_t i = 0; i < value.as_map().size(); ++i) {
        if (i > 0) out += ',';
        out += json_string(key_text(value.as_map().key_at(i))) + ":";
        write(value.as_map().value_at(i), out, depth + 1);
      }
      out += '}';
      return;
    case Kind::timestamp:
      out += json_string(format_timestamp(value));
      return;
    case Kind::duration:
      out += json_string(format_duration(value.as_duration()));
      return;
    case Kind::optional:
      if (value.has_value()) return write(value.optional_value(), out, depth + 1);
      out += "null";
      return;
    case Kind::object:
      out += json_string(value.as_object().text());
      return;
    case Kind::type:
    case Kind::error:
      out += json_string(value.to_string());
      return;
  }
}

}  // namespace

std::string place_in(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  return std::to_string(line) + ":" + std::to_string(count_code_points(before.substr(begin)) + 1);
}

Result<Value> parse_json(std::string_view text, JsonNumbers numbers, JsonLimits limits) {
  return Reader(text, numbers, limits).read();
}

std::string to_json(const Value& value) {
  std::string out;
  write(value, out, 0);
  return out;
}

}  // namespace oidc_audit::cel
