#include "document/yaml_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/unicode.h"

namespace oidc_audit::document {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_break(char c) { return c == '\n' || c == '\r'; }
bool is_space(char c) { return is_blank(c) || is_break(c); }

std::size_t line_end(std::string_view text, std::size_t at, std::size_t end) {
  while (at < end && !is_break(text[at])) ++at;
  return at;
}

// Start of the next line, or `end`.
std::size_t next_line(std::string_view text, std::size_t at, std::size_t end) {
  at = line_end(text, at, end);
  if (at < end && text[at] == '\r' && at + 1 < end && text[at + 1] == '\n') return at + 2;
  return std::min(at + 1, end);
}

bool is_marker(std::string_view text, std::size_t at) {
  return text.substr(at, 3) == "---" && (at + 3 >= text.size() || is_space(text[at + 3]));
}

bool is_yaml_character(char32_t c) {
  if (c < 0x20) return c == '\t' || c == '\n' || c == '\r';
  if (c < 0x7F) return true;
  return c == 0x85 || (c >= 0xA0 && c <= 0xD7FF) || (c >= 0xE000 && c <= 0xFFFD && c != 0xFEFF) ||
         c >= 0x10000;
}

// Eight bytes without control characters, DEL and anything that is not ASCII.
bool is_plain_word(const char* at) {
  constexpr std::uint64_t ones = 0x0101'0101'0101'0101U;
  constexpr std::uint64_t highs = 0x8080'8080'8080'8080U;
  std::uint64_t word = 0;
  std::memcpy(&word, at, 8);
  const std::uint64_t control = (word - ones * 0x20U) & ~word;
  const std::uint64_t deleted = ((word ^ (ones * 0x7FU)) - ones) & ~(word ^ (ones * 0x7FU));
  return ((control | deleted | word) & highs) == 0;
}

enum class LineSort { nothing, directive, content };

LineSort sort_line(std::string_view text, std::size_t at, std::size_t end) {
  if (text[at] == '%') return LineSort::directive;
  if (is_marker(text, at) || (text.substr(at, 3) == "..." && (at + 3 >= end || is_space(text[at + 3]))))
    at += 3;
  while (at < end && is_blank(text[at])) ++at;
  return at >= end || is_break(text[at]) || text[at] == '#' ? LineSort::nothing : LineSort::content;
}

bool is_word_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
         c == '.';
}

}  // namespace

std::optional<BadByte> find_bad_yaml_byte(std::string_view text, std::size_t begin, std::size_t end) {
  for (std::size_t at = begin; at < end;) {
    if (at + 8 <= end && is_plain_word(text.data() + at)) {
      at += 8;
      continue;
    }
    const CodePoint point = decode_utf8(text.substr(0, end), at);
    if (!point.valid) {
      return BadByte{at, at + 1, "invalid-utf8",
                     fmt::format("byte 0x{:02X} is not valid UTF-8", static_cast<unsigned char>(text[at]))};
    }
    if (!is_yaml_character(point.value)) {
      return BadByte{
          at, at + point.bytes, "control-character",
          fmt::format("character U+{:04X} is not allowed in YAML", static_cast<std::uint32_t>(point.value))};
    }
    at += point.bytes;
  }
  return std::nullopt;
}

std::size_t find_marker(std::string_view text, std::size_t at) {
  if (at < text.size() && is_marker(text, at)) return at;
  for (;;) {
    at = text.find("---", at);
    if (at == std::string_view::npos) return text.size();
    if ((at == 0 || is_break(text[at - 1])) && is_marker(text, at)) return at;
    ++at;
  }
}

bool has_no_content(std::string_view text, std::size_t begin, std::size_t end) {
  for (std::size_t at = begin; at < end; at = next_line(text, at, end)) {
    if (sort_line(text, at, end) != LineSort::nothing) return false;
  }
  return true;
}

bool is_only_directives(std::string_view text, std::size_t begin, std::size_t end) {
  bool directive = false;
  for (std::size_t at = begin; at < end; at = next_line(text, at, end)) {
    const LineSort sort = sort_line(text, at, end);
    if (sort == LineSort::content) return false;
    directive = directive || sort == LineSort::directive;
  }
  return directive;
}

std::optional<std::size_t> find_template(std::string_view text, std::size_t begin, std::size_t end) {
  const std::string_view part = text.substr(0, end);
  for (std::size_t at = part.find("{{", begin); at != std::string_view::npos; at = part.find("{{", at + 2)) {
    std::size_t line = at;
    while (line > begin && !is_break(part[line - 1])) --line;
    bool comment = false;
    for (std::size_t i = line; i < at && !comment; ++i) {
      comment = part[i] == '#' && (i == line || is_blank(part[i - 1]));
    }
    if (!comment) return at;
    at = line_end(part, at, end) - 2;  // the rest of a comment says nothing either
  }
  return std::nullopt;
}

std::optional<std::string_view> guess_kind(std::string_view text, std::size_t begin, std::size_t end) {
  std::optional<std::string_view> kind;
  for (std::size_t at = begin; at < end; at = next_line(text, at, end)) {
    const char first = text[at];
    if (first == ' ' || is_break(first) || first == '#') continue;
    if (is_marker(text, at) && sort_line(text, at, end) == LineSort::nothing) continue;
    std::size_t behind = at;
    while (behind < end && is_word_character(text[behind])) ++behind;
    // An item of a list at the indentation of its key.
    const bool item = first == '-' && at + 1 < end && text[at + 1] == ' ';
    if (item) continue;
    if (behind == at || behind >= end || text[behind] != ':') return std::nullopt;
    if (behind + 1 < end && !is_space(text[behind + 1])) return std::nullopt;
    if (text.substr(at, behind - at) != "kind") continue;
    if (kind) return std::nullopt;
    std::size_t value = behind + 1;
    while (value < end && text[value] == ' ') ++value;
    std::size_t value_end = value;
    while (value_end < end && is_word_character(text[value_end])) ++value_end;
    std::size_t rest = value_end;
    while (rest < end && is_blank(text[rest])) ++rest;
    const bool clean = rest >= end || is_break(text[rest]) || (text[rest] == '#' && rest > value_end);
    if (value_end == value || !clean) return std::nullopt;
    // A following line that is indented would continue the value.
    const std::size_t following = next_line(text, at, end);
    if (following < end && text[following] == ' ') return std::nullopt;
    kind = text.substr(value, value_end - value);
  }
  return kind;
}

namespace {

void comments_between(std::string_view text, BufferId buffer, std::size_t begin, std::size_t end,
                      std::vector<Comment>& out) {
  for (std::size_t at = begin; at < end; ++at) {
    if (text[at] != '#' || (at > 0 && !is_space(text[at - 1]))) continue;
    const std::size_t stop = line_end(text, at, text.size());
    out.push_back({{buffer, static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(stop)}});
    at = stop;
  }
}

}  // namespace

void collect_comments(const Tree& tree, std::uint32_t first, std::size_t begin, std::size_t end,
                      std::vector<Comment>& out) {
  const std::string_view text = tree.source().substr(0, end);
  std::size_t floor = begin;
  for (std::uint32_t i = first; i < tree.size(); ++i) {
    const Node& node = tree.node(i);
    const bool collection =
        !node.alias && (node.kind == NodeKind::mapping || node.kind == NodeKind::sequence);
    if (collection || node.begin < floor) continue;
    comments_between(text, tree.buffer(), floor, node.begin, out);
    floor = node.end;
    const bool block =
        node.quoted && node.begin < node.end && (text[node.begin] == '|' || text[node.begin] == '>');
    if (block) {
      const std::size_t header = line_end(text, node.begin, end);
      comments_between(text, tree.buffer(), node.begin, std::min<std::size_t>(header, end), out);
      floor = std::max<std::size_t>(node.end, header);
    }
  }
  comments_between(text, tree.buffer(), floor, end, out);
}

}  // namespace oidc_audit::document
