// ext.Strings (ext/strings.go): version 0, and of version 2 quote; format has a file of its own. Positions
// count code points.

#include <algorithm>
#include <array>

#include "base/unicode.h"
#include "cel/frame.h"
#include "cel/registry.h"
#include "cel/text_util.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

Value out_of_range(std::int64_t index) {
  return Value::error("index out of range: " + std::to_string(index));
}

bool inside(std::int64_t index, std::size_t size) {
  return index >= 0 && static_cast<std::uint64_t>(index) <= size;
}

Value char_at(Frame&, const Value* args, std::size_t) {
  const CodePoints points(args[0].as_string());
  const std::int64_t index = args[1].as_int();
  if (!inside(index, points.size())) return out_of_range(index);
  const auto at = static_cast<std::size_t>(index);
  if (at == points.size()) return Value::borrowed_string("");
  return part_of(args[0], points.slice(at, at + 1));
}

// Where the empty text is found from an offset: there, and since 1.37 not behind the end.
Value empty_found(const Frame& frame, std::int64_t from, std::string_view text) {
  if (frame.env().options.release.minor < 37) return Value::int64(from);
  if (from < 0) return out_of_range(from);
  return Value::int64(std::min(from, static_cast<std::int64_t>(count_code_points(text))));
}

Value index_of(Frame& frame, const Value* args, std::size_t count) {
  const std::string_view text = args[0].as_string();
  const std::string_view part = args[1].as_string();
  const std::int64_t from = count > 2 ? args[2].as_int() : 0;
  if (part.empty()) return empty_found(frame, from, text);
  if (from < 0) return out_of_range(from);
  const CodePoints points(text);
  if (static_cast<std::uint64_t>(from) >= points.size()) return Value::int64(-1);
  const std::size_t found = text.find(part, points.byte(static_cast<std::size_t>(from)));
  if (found == std::string_view::npos) return Value::int64(-1);
  return Value::int64(static_cast<std::int64_t>(count_code_points(text.substr(0, found))));
}

Value last_index_of(Frame& frame, const Value* args, std::size_t count) {
  const std::string_view text = args[0].as_string();
  const std::string_view part = args[1].as_string();
  const CodePoints points(text);
  if (part.empty()) {
    return count > 2 ? empty_found(frame, args[2].as_int(), text)
                     : Value::int64(static_cast<std::int64_t>(points.size()));
  }
  std::size_t from = std::string_view::npos;
  if (count > 2) {
    const std::int64_t start = args[2].as_int();
    if (start < 0) return out_of_range(start);
    if (static_cast<std::uint64_t>(start) >= points.size()) return Value::int64(-1);
    from = points.byte(static_cast<std::size_t>(start));
  }
  const std::size_t found = text.rfind(part, from);
  if (found == std::string_view::npos) return Value::int64(-1);
  return Value::int64(static_cast<std::int64_t>(count_code_points(text.substr(0, found))));
}

Value substring(Frame&, const Value* args, std::size_t count) {
  const CodePoints points(args[0].as_string());
  const std::int64_t begin = args[1].as_int();
  const std::int64_t end = count > 2 ? args[2].as_int() : static_cast<std::int64_t>(points.size());
  if (count > 2 && begin > end) {
    return Value::error("invalid substring range. start: " + std::to_string(begin) +
                        ", end: " + std::to_string(end));
  }
  if (!inside(begin, points.size())) return out_of_range(begin);
  if (!inside(end, points.size())) return out_of_range(end);
  return part_of(args[0], points.slice(static_cast<std::size_t>(begin), static_cast<std::size_t>(end)));
}

template <typename Change>
Value map_ascii(Frame& frame, const Value& text, Change change) {
  if (!frame.reserve(text.as_string().size())) return frame.stop();
  std::string out(text.as_string());
  for (char& c : out) c = change(c);
  return Value::string(std::move(out));
}

Value lower_ascii(Frame& frame, const Value* args, std::size_t) {
  return map_ascii(frame, args[0],
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
}
Value upper_ascii(Frame& frame, const Value* args, std::size_t) {
  return map_ascii(frame, args[0],
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
}

// With an empty `from` the replacement goes before every code point and at the end, as strings.Replace.
Value replace(Frame& frame, const Value* args, std::size_t count) {
  const std::string_view text = args[0].as_string();
  const std::string_view from = args[1].as_string();
  const std::string_view to = args[2].as_string();
  std::int64_t left = count > 3 ? args[3].as_int() : -1;
  std::string out;
  std::size_t at = 0;
  const auto append = [&](std::string_view part) {
    out += part;
    return frame.reserve(part.size());
  };
  if (from.empty()) {
    for (; left != 0; --left) {
      if (!append(to)) return frame.stop();
      if (at >= text.size()) break;
      const std::size_t bytes = decode_utf8(text, at).bytes;
      if (!append(text.substr(at, bytes))) return frame.stop();
      at += bytes;
    }
  } else {
    for (; left != 0; --left) {
      const std::size_t found = text.find(from, at);
      if (found == std::string_view::npos) break;
      if (!append(text.substr(at, found - at)) || !append(to)) return frame.stop();
      at = found + from.size();
    }
  }
  if (!append(text.substr(at))) return frame.stop();
  return Value::string(std::move(out));
}

// strings.SplitN: the last part is the rest; an empty separator cuts between code points.
Value split(Frame& frame, const Value* args, std::size_t count) {
  const std::string_view text = args[0].as_string();
  const std::string_view separator = args[1].as_string();
  const std::int64_t limit = count > 2 ? args[2].as_int() : -1;
  std::vector<Value> parts;
  if (limit == 0) return Value::list(std::move(parts), true);
  const auto full = [&] { return limit > 0 && parts.size() + 1 >= static_cast<std::uint64_t>(limit); };
  std::size_t at = 0;
  if (separator.empty()) {
    while (at < text.size()) {
      const std::size_t bytes = full() ? text.size() - at : decode_utf8(text, at).bytes;
      parts.push_back(part_of(args[0], text.substr(at, bytes)));
      at += bytes;
    }
  } else {
    while (!full()) {
      const std::size_t found = text.find(separator, at);
      if (found == std::string_view::npos) break;
      parts.push_back(part_of(args[0], text.substr(at, found - at)));
      at = found + separator.size();
    }
    parts.push_back(part_of(args[0], text.substr(at)));
  }
  if (!frame.reserve(parts.size() * sizeof(Value))) return frame.stop();
  return Value::list(std::move(parts), true);
}

Value join(Frame& frame, const Value* args, std::size_t count) {
  const List& list = args[0].as_list();
  const std::string_view separator = count > 1 ? args[1].as_string() : std::string_view{};
  std::string out;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const Value element = list.at(i);
    if (!element.is(Kind::string)) return Value::error("join: invalid input: " + key_text(element));
    if (!frame.reserve(separator.size() + element.as_string().size())) return frame.stop();
    if (i > 0) out += separator;
    out += element.as_string();
  }
  return Value::string(std::move(out));
}

// Unicode White_Space, which is what Go's unicode.IsSpace says.
bool is_space(char32_t c) {
  return (c >= 9 && c <= 13) || c == 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 ||
         (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

Value trim(Frame&, const Value* args, std::size_t) {
  const std::string_view text = args[0].as_string();
  const CodePoints points(text);
  std::size_t begin = 0;
  std::size_t end = points.size();
  const auto at = [&](std::size_t i) { return decode_utf8(text, points.byte(i)).value; };
  while (begin < end && is_space(at(begin))) ++begin;
  while (end > begin && is_space(at(end - 1))) --end;
  return part_of(args[0], points.slice(begin, end));
}

Value quote_text(Frame& frame, const Value* args, std::size_t) {
  if (!frame.reserve(args[0].as_string().size() * 2)) return frame.stop();
  return Value::string(quote(args[0].as_string()));
}

constexpr std::array kRows{
    OverloadRow{"charAt", "string_char_at_int", ".string, int -> string", char_at},
    OverloadRow{"indexOf", "string_index_of_string", ".string, string -> int", index_of,
                CostRule::k8s_traversal},
    OverloadRow{"indexOf", "string_index_of_string_int", ".string, string, int -> int", index_of,
                CostRule::k8s_traversal},
    OverloadRow{"lastIndexOf", "string_last_index_of_string", ".string, string -> int", last_index_of,
                CostRule::k8s_traversal},
    OverloadRow{"lastIndexOf", "string_last_index_of_string_int", ".string, string, int -> int",
                last_index_of, CostRule::k8s_traversal},
    OverloadRow{"lowerAscii", "string_lower_ascii", ".string -> string", lower_ascii, CostRule::k8s_tenth},
    OverloadRow{"upperAscii", "string_upper_ascii", ".string -> string", upper_ascii, CostRule::k8s_tenth},
    OverloadRow{"replace", "string_replace_string_string", ".string, string, string -> string", replace,
                CostRule::k8s_fifth},
    OverloadRow{"replace", "string_replace_string_string_int", ".string, string, string, int -> string",
                replace, CostRule::k8s_fifth},
    OverloadRow{"split", "string_split_string", ".string, string -> list(string)", split,
                CostRule::k8s_fifth},
    OverloadRow{"split", "string_split_string_int", ".string, string, int -> list(string)", split,
                CostRule::k8s_fifth},
    OverloadRow{"substring", "string_substring_int", ".string, int -> string", substring,
                CostRule::k8s_tenth},
    OverloadRow{"substring", "string_substring_int_int", ".string, int, int -> string", substring,
                CostRule::k8s_tenth},
    OverloadRow{"trim", "string_trim", ".string -> string", trim, CostRule::k8s_tenth},
    OverloadRow{"join", "list_join", ".list(string) -> string", join, CostRule::k8s_result_fifth},
    OverloadRow{"join", "list_join_string", ".list(string), string -> string", join,
                CostRule::k8s_result_fifth},
    OverloadRow{"strings.quote", "strings_quote", "string -> string", quote_text, CostRule::first_tenth,
                false, 29},
};

}  // namespace

std::span<const OverloadRow> string_rows() { return kRows; }

}  // namespace oidc_audit::cel
