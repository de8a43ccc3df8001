#include "document/yaml_extent.h"

#include <algorithm>
#include <array>

namespace oidc_audit::document {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_break(char c) { return c == '\n' || c == '\r'; }
bool is_space(char c) { return is_blank(c) || is_break(c); }
bool is_flow(char c) { return c == ',' || c == '[' || c == ']' || c == '{' || c == '}'; }

std::size_t line_end(std::string_view text, std::size_t at) {
  while (at < text.size() && !is_break(text[at])) ++at;
  return at;
}

std::size_t next_line(std::string_view text, std::size_t at) {
  at = line_end(text, at);
  if (at + 1 < text.size() && text[at] == '\r' && text[at + 1] == '\n') return at + 2;
  return std::min(at + 1, text.size());
}

std::size_t leading_spaces(std::string_view text, std::size_t at) {
  std::size_t count = 0;
  while (at + count < text.size() && text[at + count] == ' ') ++count;
  return count;
}

}  // namespace

std::size_t skip_yaml_space(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    if (is_space(text[at])) {
      ++at;
    } else if (text[at] == '#' && (at == 0 || is_space(text[at - 1]))) {
      at = line_end(text, at);
    } else {
      break;
    }
  }
  return at;
}

std::size_t skip_properties(std::string_view text, std::size_t at, int count) {
  for (; count > 0 && at < text.size() && (text[at] == '&' || text[at] == '!'); --count) {
    const bool verbatim = text.substr(at, 2) == "!<";
    while (at < text.size() && !is_space(text[at])) {
      if (verbatim && text[at] == '>') {
        ++at;
        break;
      }
      if (!verbatim && is_flow(text[at])) return at;
      ++at;
    }
    const std::size_t behind = skip_yaml_space(text, at);
    if (behind >= text.size()) return at;
    at = behind;
  }
  return at;
}

ScalarStyle style_at(std::string_view text, std::size_t at, bool plain, std::string_view value) {
  if (at >= text.size()) return ScalarStyle::empty;
  if (!plain) {
    switch (text[at]) {
      case '\'':
        return ScalarStyle::single_quoted;
      case '"':
        return ScalarStyle::double_quoted;
      case '|':
      case '>':
        return ScalarStyle::block;
      default:
        break;
    }
  }
  // A tag alone makes an empty scalar that stands nowhere.
  if (value.empty() || text[at] != value[0]) return ScalarStyle::empty;
  return ScalarStyle::plain;
}

std::size_t end_of_plain(std::string_view text, std::size_t at, std::string_view value) {
  if (text.substr(at, value.size()) == value) return at + value.size();
  std::size_t end = at;
  for (std::size_t i = 0; i < value.size() && at < text.size();) {
    if (is_space(value[i])) {
      while (i < value.size() && is_space(value[i])) ++i;
      while (at < text.size() && is_space(text[at])) ++at;
      continue;
    }
    if (text[at] != value[i]) break;
    ++at;
    ++i;
    end = at;
  }
  return end;
}

std::size_t end_of_quoted(std::string_view text, std::size_t at) {
  const char quote = text[at];
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (quote == '"' && text[i] == '\\') {
      ++i;
    } else if (text[i] == quote) {
      if (quote == '"' || i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return std::string_view::npos;
}

std::size_t end_of_block(std::string_view text, std::size_t at, std::string_view value) {
  std::size_t header = line_end(text, at);
  std::size_t end = at;
  while (end < header && !is_blank(text[end])) ++end;  // without a comment behind it
  const std::size_t first_content = value.find_first_not_of(" \n");
  if (first_content == std::string_view::npos) return end;

  // Spaces that belong to the value's first line do not belong to the indentation.
  const std::size_t line_of_value = value.rfind('\n', first_content);
  const std::size_t own_spaces =
      first_content - (line_of_value == std::string_view::npos ? 0 : line_of_value + 1);
  std::size_t line = next_line(text, header);
  const auto blank = [&](std::size_t start) {
    const std::size_t content = start + leading_spaces(text, start);
    return content >= text.size() || is_break(text[content]);
  };
  while (line < text.size() && blank(line)) line = next_line(text, line);
  const std::size_t spaces = leading_spaces(text, line);
  const std::size_t indent = spaces > own_spaces ? spaces - own_spaces : 0;
  while (line < text.size()) {
    if (!blank(line)) {
      if (leading_spaces(text, line) < indent) break;
      // A block scalar at the top may stand without indentation: only a marker ends it.
      const std::string_view marker = text.substr(line, 3);
      if (indent == 0 && (marker == "---" || marker == "...")) break;
      end = line_end(text, line);
    }
    const std::size_t next = next_line(text, line);
    if (next == line) break;
    line = next;
  }
  return end;
}

std::size_t end_of_alias(std::string_view text, std::size_t at) {
  while (at < text.size() && !is_space(text[at]) && !is_flow(text[at])) ++at;
  return at;
}

bool null_word_at(std::string_view text, std::size_t at, std::size_t& size) {
  constexpr std::array<std::string_view, 4> kWords = {"~", "null", "Null", "NULL"};
  for (const std::string_view word : kWords) {
    if (text.substr(at, word.size()) != word) continue;
    std::size_t behind = at + word.size();
    while (behind < text.size() && is_blank(text[behind])) ++behind;
    if (behind < text.size()) {
      const char c = text[behind];
      const bool colon =
          c == ':' && (behind + 1 >= text.size() || is_space(text[behind + 1]) || is_flow(text[behind + 1]));
      const bool comment = c == '#' && behind > at + word.size();
      if (!is_break(c) && !is_flow(c) && !colon && !comment) continue;
    }
    size = word.size();
    return true;
  }
  return false;
}

}  // namespace oidc_audit::document
