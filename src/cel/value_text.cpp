#include "base/unicode.h"
#include "cel/numbers.h"
#include "cel/text_util.h"
#include "cel/times.h"
#include "cel/value.h"

namespace oidc_audit::cel {
namespace {

constexpr int kMaxDepth = 100;

std::string quote_bytes(std::string_view data) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "b\"";
  for (const char c : data) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte < 0x7F && c != '"' && c != '\\') {
      out += c;
    } else {
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    }
  }
  return out + '"';
}

std::string text_of(const Value& value, int depth);

std::string list_text(const List& list, int depth) {
  std::string out = "[";
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (i > 0) out += ", ";
    out += text_of(list.at(i), depth);
  }
  return out + "]";
}

std::string map_text(const Map& map, int depth) {
  std::string out = "{";
  for (std::size_t i = 0; i < map.size(); ++i) {
    if (i > 0) out += ", ";
    out += text_of(map.key_at(i), depth) + ": " + text_of(map.value_at(i), depth);
  }
  return out + "}";
}

// A double that an expression would read as one again.
std::string double_text(double value) {
  std::string out = format_double(value);
  if (out.find_first_not_of("-0123456789") == std::string::npos) out += ".0";
  return out;
}

std::string text_of(const Value& value, int depth) {
  if (depth > kMaxDepth) return "...";
  switch (value.kind()) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return value.as_bool() ? "true" : "false";
    case Kind::int64:
      return std::to_string(value.as_int());
    case Kind::uint64:
      return std::to_string(value.as_uint()) + "u";
    case Kind::float64:
      return double_text(value.as_double());
    case Kind::string:
      return quote(value.as_string());
    case Kind::bytes:
      return quote_bytes(value.as_bytes());
    case Kind::list:
      return list_text(value.as_list(), depth + 1);
    case Kind::map:
      return map_text(value.as_map(), depth + 1);
    case Kind::timestamp:
      return "timestamp(\"" + format_timestamp(value) + "\")";
    case Kind::duration:
      return "duration(\"" + format_duration(value.as_duration()) + "\")";
    case Kind::type: {
      const std::string full = value.as_type().to_string();
      return full.substr(0, full.find('('));
    }
    case Kind::optional:
      if (!value.has_value()) return "optional.none()";
      return "optional.of(" + text_of(value.optional_value(), depth + 1) + ")";
    case Kind::object:
      return std::string(value.as_object().type_name()) + "(" + quote(value.as_object().text()) + ")";
    case Kind::error:
      return "error: " + value.as_error().message;
  }
  return {};
}

}  // namespace

std::string Value::to_string() const { return text_of(*this, 0); }

}  // namespace oidc_audit::cel
