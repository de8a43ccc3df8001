// string.format of ext.Strings version 2 (ext/formatting.go), which prints numbers as golang.org/x/text does
// for English.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/unicode.h"
#include "cel/format_text.h"
#include "cel/frame.h"
#include "cel/numbers.h"
#include "cel/registry.h"
#include "cel/text_util.h"
#include "cel/times.h"

namespace oidc_audit::cel {
namespace {

std::string fixed_text(double value, int precision) {
  std::string out(static_cast<std::size_t>(precision) + 330, '\0');
  const auto result =
      std::to_chars(out.data(), out.data() + out.size(), value, std::chars_format::fixed, precision);
  out.resize(static_cast<std::size_t>(result.ptr - out.data()));
  return out;
}

// 1,234,567.891000
std::string grouped(double value, int precision) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-∞" : "∞";
  std::string text = fixed_text(value, precision);
  std::size_t end = text.find('.');
  if (end == std::string::npos) end = text.size();
  const std::size_t begin = text[0] == '-' ? 1 : 0;
  for (std::size_t i = end; i > begin + 3; i -= 3) text.insert(i - 3, ",");
  return text;
}

// 1.234500×10⁰³: the precision of the clause is a width here, and six decimals are always printed.
std::string scientific(double value, int width) {
  std::string out;
  if (std::isnan(value)) {
    out = "NaN";
  } else if (std::isinf(value)) {
    out = value < 0 ? "-∞" : "∞";
  } else {
    std::array<char, 64> buffer{};
    const auto result =
        std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific, 6);
    const std::string_view text(buffer.data(), static_cast<std::size_t>(result.ptr - buffer.data()));
    const std::size_t e = text.find('e');
    constexpr std::array<std::string_view, 10> kSuperscript{"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
    out = std::string(text.substr(0, e)) + "×10";
    if (text[e + 1] == '-') out += "⁻";
    for (const char c : text.substr(e + 2)) out += kSuperscript[static_cast<std::size_t>(c - '0')];
  }
  const std::size_t length = count_code_points(out);
  const auto wanted = static_cast<std::size_t>(width);
  return length < wanted ? std::string(wanted - length, ' ') + out : out;
}

std::string in_base(std::uint64_t value, bool negative, int base) {
  std::array<char, 70> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, base);
  return (negative ? "-" : "") + std::string(buffer.data(), result.ptr);
}

std::string integer_in_base(const Value& value, int base) {
  if (value.is(Kind::uint64)) return in_base(value.as_uint(), false, base);
  const bool negative = value.as_int() < 0;
  const auto bits = static_cast<std::uint64_t>(value.as_int());
  return in_base(negative ? ~bits + 1 : bits, negative, base);
}

// Go's %q.
std::string go_quote(std::string_view text) {
  std::string out = "\"";
  constexpr std::string_view kHex = "0123456789abcdef";
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    const char32_t c = point.value;
    if (!point.valid) {
      const auto byte = static_cast<unsigned char>(text[at]);
      out += "\\x";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else if (c == U'"' || c == U'\\') {
      out += '\\';
      out += static_cast<char>(c);
    } else if (c >= 7 && c <= 13) {
      constexpr std::string_view kNames = "abtnvfr";
      out += '\\';
      out += kNames[c - 7];
    } else if (c < 0x20 || c == 0x7F) {
      out += "\\x";
      out += kHex[c >> 4U];
      out += kHex[c & 15U];
    } else if (is_unsafe_to_print(c)) {
      const bool wide = c > 0xFFFF;
      out += wide ? "\\U" : "\\u";
      for (int shift = wide ? 28 : 12; shift >= 0; shift -= 4)
        out += kHex[(c >> static_cast<unsigned>(shift)) & 15U];
    } else {
      out += text.substr(at, point.bytes);
    }
    at += point.bytes;
  }
  return out + '"';
}

bool print(const Value& value, std::string& out, std::string& problem, int depth);

/// A value inside a list or map, as an expression would write it.
bool print_nested(const Value& value, std::string& out, std::string& problem, int depth) {
  switch (value.kind()) {
    case Kind::string:
      out += go_quote(value.as_string());
      return true;
    case Kind::bytes:
      out += "b" + go_quote(value.as_bytes());
      return true;
    case Kind::float64:
      if (std::isnan(value.as_double())) {
        out += "\"NaN\"";
      } else if (std::isinf(value.as_double())) {
        out += value.as_double() > 0 ? "\"+Inf\"" : "\"-Inf\"";
      } else {
        out += fixed_text(value.as_double(), 6);
      }
      return true;
    case Kind::timestamp:
      out += "timestamp(\"" + format_timestamp(value) + "\")";
      return true;
    case Kind::duration:
      out += "duration(\"" + format_duration(value.as_duration()) + "\")";
      return true;
    case Kind::optional:
    case Kind::object:
      problem = "no formatting function for " + value.type_name();
      return false;
    default:
      return print(value, out, problem, depth);
  }
}

bool print_map(const Map& map, std::string& out, std::string& problem, int depth) {
  std::vector<std::pair<std::string, std::string>> entries;
  for (std::size_t i = 0; i < map.size(); ++i) {
    const Value key = map.key_at(i);
    if (!key.is(Kind::string) && !key.is(Kind::boolean) && !key.is(Kind::int64) && !key.is(Kind::uint64)) {
      problem = "no formatting function for map key of type " + key.type_name();
      return false;
    }
    std::pair<std::string, std::string> entry;
    if (!print_nested(key, entry.first, problem, depth) ||
        !print_nested(map.value_at(i), entry.second, problem, depth)) {
      return false;
    }
    entries.push_back(std::move(entry));
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  out += '{';
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (i > 0) out += ", ";
    out += entries[i].first + ":" + entries[i].second;
  }
  out += '}';
  return true;
}

bool print(const Value& value, std::string& out, std::string& problem, int depth) {
  // Values nest no deeper than expressions and JSON texts may; this is for those built in loops.
  if (depth > 1000) {
    problem = "value nested too deeply";
    return false;
  }
  switch (value.kind()) {
    case Kind::null:
      out += "null";
      return true;
    case Kind::boolean:
      out += value.as_bool() ? "true" : "false";
      return true;
    case Kind::int64:
    case Kind::uint64:
      out += integer_in_base(value, 10);
      return true;
    case Kind::float64:
      out += format_double(value.as_double());
      return true;
    case Kind::string:
      out += value.as_string();
      return true;
    case Kind::bytes:
      if (!is_valid_utf8(value.as_bytes())) {
        problem = "could not convert argument \"invalid UTF-8 in bytes, cannot convert to string\" to string";
        return false;
      }
      out += value.as_bytes();
      return true;
    case Kind::timestamp:
      out += format_timestamp(value);
      return true;
    case Kind::duration:
      out += format_duration(value.as_duration());
      return true;
    case Kind::type:
      out += value.to_string();
      return true;
    case Kind::list: {
      out += '[';
      const List& list = value.as_list();
      for (std::size_t i = 0; i < list.size(); ++i) {
        if (i > 0) out += ", ";
        if (!print_nested(list.at(i), out, problem, depth + 1)) return false;
      }
      out += ']';
      return true;
    }
    case Kind::map:
      return print_map(value.as_map(), out, problem, depth + 1);
    case Kind::optional:
    case Kind::object:
    case Kind::error:
      break;
  }
  problem = format_refusal('s', value.type_name());
  return false;
}

bool double_argument(const Value& value, double& out) {
  if (value.is(Kind::float64)) {
    out = value.as_double();
    return true;
  }
  if (!value.is(Kind::string)) return false;
  const std::string_view text = value.as_string();
  if (text != "NaN" && text != "Infinity" && text != "-Infinity") return false;
  out = *parse_go_double(text);
  return true;
}

std::string hex_bytes(std::string_view data, bool upper) {
  const std::string_view digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
  std::string out;
  for (const char c : data) {
    out += digits[static_cast<unsigned char>(c) >> 4U];
    out += digits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

bool read_precision(std::string_view text, std::size_t& at, int& precision, std::string& problem) {
  ++at;
  const std::size_t first = at;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  if (at >= text.size()) {
    problem = "error while parsing precision: could not find end of precision specifier";
    return false;
  }
  const std::string_view digits = text.substr(first, at - first);
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), precision);
  if (digits.empty() || error != std::errc() || precision > 1000) {
    const std::string_view why = digits.empty() ? "invalid syntax" : "value out of range";
    problem =
        "error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "
        "\"" +
        std::string(digits) + "\": " + std::string(why);
    return false;
  }
  return true;
}

Value format(Frame& frame, const Value* args, std::size_t) {
  const List& list = args[1].as_list();
  std::string out;
  FormatFailure failure;
  std::size_t used = 0;
  const bool ok =
      walk_format(args[0].as_string(), list.size(), out, failure, used,
                  [&](std::size_t index, FormatClause clause, std::string& to, FormatFailure& refused) {
                    const std::size_t before = to.size();
                    return format_argument(list.at(index), clause, to, refused.message) &&
                           frame.reserve(to.size() - before);
                  });
  if (frame.stopped()) return frame.stop();
  if (!ok) return Value::error(std::move(failure.message));
  return Value::string(std::move(out));
}

constexpr std::array kRows{
    OverloadRow{"format", "string_format", ".string, list(dyn) -> string", format, CostRule::first_tenth,
                false, 29},
};

}  // namespace

std::string format_refusal(char verb, std::string_view type_name) {
  std::string_view why;
  switch (verb) {
    case 'd':
      why = "decimal clause can only be used on integers";
      break;
    case 'f':
      why = "fixed-point clause can only be used on doubles";
      break;
    case 'e':
      why = "scientific clause can only be used on doubles";
      break;
    case 'b':
      why = "only integers and bools can be formatted as binary";
      break;
    case 'x':
    case 'X':
      why = "only integers, byte buffers, and strings can be formatted as hex";
      break;
    case 'o':
      why = "octal clause can only be used on integers";
      break;
    default:
      why =
          "string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, "
          "durations, and "
          "timestamps";
  }
  return std::string(why) + ", was given " + std::string(type_name);
}

bool format_argument(const Value& value, FormatClause clause, std::string& out, std::string& problem) {
  const bool is_integer = value.is(Kind::int64) || value.is(Kind::uint64);
  double number = 0;
  switch (clause.verb) {
    case 's':
      return print(value, out, problem, 0);
    case 'd':
    case 'o':
      if (!is_integer) break;
      out += integer_in_base(value, clause.verb == 'd' ? 10 : 8);
      return true;
    case 'b':
      if (!is_integer && !value.is(Kind::boolean)) break;
      out += is_integer ? integer_in_base(value, 2) : value.as_bool() ? "1" : "0";
      return true;
    case 'f':
    case 'e':
      if (!double_argument(value, number)) break;
      out += clause.verb == 'f' ? grouped(number, clause.precision) : scientific(number, clause.precision);
      return true;
    case 'x':
    case 'X': {
      if (value.is(Kind::string) || value.is(Kind::bytes)) {
        out += hex_bytes(value.as_string(), clause.verb == 'X');
        return true;
      }
      if (!is_integer) break;
      std::string text = integer_in_base(value, 16);
      if (clause.verb == 'X')
        std::transform(text.begin(), text.end(), text.begin(),
                       [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
      out += text;
      return true;
    }
    default:
      break;
  }
  problem = format_refusal(clause.verb, value.type_name());
  return false;
}

bool walk_format(std::string_view text, std::size_t argument_count, std::string& out, FormatFailure& failure,
                 std::size_t& used,
                 const std::function<bool(std::size_t, FormatClause, std::string&, FormatFailure&)>& clause) {
  std::size_t at = 0;
  used = 0;
  while (at < text.size()) {
    if (text[at] != '%') {
      out += text[at++];
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == '%') {
      out += '%';
      at += 2;
      continue;
    }
    if (at + 1 >= text.size()) {
      failure.message = "unexpected end of string";
      return false;
    }
    if (used >= argument_count) {
      failure.message = "index " + std::to_string(used) + " out of range";
      return false;
    }
    ++at;
    FormatClause wanted;
    std::string problem;
    if (text[at] == '.' && !read_precision(text, at, wanted.precision, problem)) {
      failure.message = "could not parse formatting clause: " + problem;
      return false;
    }
    wanted.verb = text[at++];
    if (std::string_view("sdfebxXo").find(wanted.verb) == std::string_view::npos) {
      failure.message = "could not parse formatting clause: unrecognized formatting clause \"" +
                        std::string(1, wanted.verb) + "\"";
      return false;
    }
    if (!clause(used, wanted, out, failure)) {
      failure.message = "error during formatting: " + failure.message;
      return false;
    }
    ++used;
  }
  return true;
}

std::span<const OverloadRow> format_rows() { return kRows; }

}  // namespace oidc_audit::cel
