#include "rules/expression.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "base/unicode.h"

namespace oidc_audit::rules {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// The offset behind the string literal that starts at `at`; the end of the text when it never ends. Raw
// strings (r"...") know no escapes, which does not matter for finding the end of those that rules hold: a
// backslash before the closing quote is not written in them.
std::size_t skip_string(std::string_view text, std::size_t at) {
  const char quote = text[at];
  const bool triple = text.substr(at, 3) == std::string(3, quote);
  const std::string end(triple ? 3U : 1U, quote);
  at += end.size();
  while (at < text.size()) {
    if (text[at] == '\\') {
      at += 2;
    } else if (text.substr(at, end.size()) == end) {
      return at + end.size();
    } else {
      ++at;
    }
  }
  return text.size();
}

Expression part_of(const Expression& source, std::size_t offset, std::size_t size) {
  Expression out;
  out.text = source.text.substr(offset, size);
  out.exact = source.exact;
  out.range = source.range;
  if (source.exact) {
    out.range.begin = source.range.begin + static_cast<std::uint32_t>(offset);
    out.range.end = out.range.begin + static_cast<std::uint32_t>(size);
  }
  return out;
}

}  // namespace

SourceRange place_in(const Expression& expression, std::uint32_t code_points) {
  if (!expression.exact) return expression.range;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < code_points && at < expression.text.size(); ++i) {
    at += decode_utf8(expression.text, at).bytes;
  }
  SourceRange range = expression.range;
  range.begin += static_cast<std::uint32_t>(std::min(at, expression.text.size()));
  range.end = std::max(range.begin, range.end);
  return range;
}

Expression expression_from(document::Value value) {
  Expression out;
  out.text = std::string(value.text());
  out.range = value.range();
  if (value.tree() == nullptr) return out;
  const std::string_view source = value.tree()->source();
  const char* text = value.text().data();
  if (text >= source.data() && text + value.text().size() <= source.data() + source.size()) {
    out.exact = true;
    out.range.begin = static_cast<std::uint32_t>(text - source.data());
    out.range.end = out.range.begin + static_cast<std::uint32_t>(value.text().size());
  }
  return out;
}

bool Template::is_plain() const noexcept {
  return std::all_of(parts.begin(), parts.end(), [](const Part& part) { return part.expression.empty(); });
}

std::optional<TemplateProblem> parse_template(const Expression& source, Template& out) {
  const std::string_view text = source.text;
  std::string literal;
  std::size_t at = 0;
  while (at < text.size()) {
    const char c = text[at];
    if ((c == '{' || c == '}') && at + 1 < text.size() && text[at + 1] == c) {
      literal += c;
      at += 2;
    } else if (c == '}') {
      return TemplateProblem{"`}` closes nothing; write `}}` for a brace", at};
    } else if (c != '{') {
      literal += c;
      ++at;
    } else {
      const std::size_t begin = at + 1;
      std::size_t depth = 1;
      std::size_t end = begin;
      while (end < text.size() && depth > 0) {
        if (text[end] == '"' || text[end] == '\'') {
          end = skip_string(text, end);
          continue;
        }
        if (text[end] == '{') ++depth;
        if (text[end] == '}') --depth;
        ++end;
      }
      if (depth > 0) return TemplateProblem{"`{` is not closed; write `{{` for a brace", at};
      Expression expression = part_of(source, begin, end - 1 - begin);
      if (trim_ascii(expression.text).empty()) return TemplateProblem{"there is no expression in `{}`", at};
      out.parts.push_back({std::move(literal), std::move(expression)});
      literal.clear();
      at = end;
    }
  }
  if (!literal.empty() || out.parts.empty()) out.parts.push_back({std::move(literal), {}});
  return std::nullopt;
}

std::string readable_template(std::string_view text) {
  std::string out;
  std::size_t depth = 0;
  std::string inside;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c == '{' || c == '}') && depth == 0 && i + 1 < text.size() && text[i + 1] == c) {
      out += c;
      ++i;
    } else if (c == '{') {
      if (depth++ == 0) inside.clear();
      if (depth > 1) inside += c;
    } else if (c == '}' && depth > 0) {
      if (--depth > 0) {
        inside += c;
        continue;
      }
      const std::string_view name = trim_ascii(inside);
      const bool word = std::all_of(name.begin(), name.end(),
                                    [](char x) { return (x >= 'a' && x <= 'z') || x == '_' || x == '.'; });
      std::string shown(word ? name.substr(name.rfind('.') + 1) : "...");  // npos + 1 is 0
      std::replace(shown.begin(), shown.end(), '_', '-');
      out += shown == "..." ? shown : fmt::format("<{}>", shown);
    } else {
      (depth > 0 ? inside : out) += c;
    }
  }
  return out;
}

namespace {

// The parts between `joint` at the top of an expression, trimmed; the expression alone when `other`, `?`, a
// comment or a broken bracket is at the top.
std::vector<std::string_view> parts_at_top(std::string_view expression, std::string_view joint,
                                           std::string_view other) {
  std::vector<std::string_view> out;
  std::size_t depth = 0;
  std::size_t begin = 0;
  for (std::size_t at = 0; at < expression.size();) {
    const char c = expression[at];
    if (c == '"' || c == '\'') {
      at = skip_string(expression, at);
      continue;
    }
    if (c == '/' && expression.substr(at, 2) == "//") {  // a comment of CEL
      return {trim_ascii(expression)};
    }
    if (c == '(' || c == '[' || c == '{') ++depth;
    if (c == ')' || c == ']' || c == '}') {
      if (depth == 0) return {trim_ascii(expression)};
      --depth;
    }
    if (depth == 0 && (c == '?' || expression.substr(at, 2) == other)) return {trim_ascii(expression)};
    if (depth == 0 && expression.substr(at, 2) == joint) {
      out.push_back(trim_ascii(expression.substr(begin, at - begin)));
      at += 2;
      begin = at;
      continue;
    }
    ++at;
  }
  out.push_back(trim_ascii(expression.substr(begin)));
  return out;
}

}  // namespace

std::vector<std::string_view> conjuncts(std::string_view expression) {
  return parts_at_top(expression, "&&", "||");
}

std::vector<std::string_view> disjuncts(std::string_view expression) {
  return parts_at_top(expression, "||", "&&");
}

bool balanced(std::string_view expression) {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < expression.size();) {
    const char c = expression[at];
    if (c == '"' || c == '\'') {
      at = skip_string(expression, at);
      continue;
    }
    if (c == '(' || c == '[' || c == '{') ++depth;
    if ((c == ')' || c == ']' || c == '}') && depth-- == 0) return false;
    ++at;
  }
  return depth == 0;
}

std::optional<PlainFact> plain_fact(std::string_view conjunct) {
  PlainFact fact;
  conjunct = trim_ascii(conjunct);
  if (conjunct.starts_with('!')) {
    fact.negated = true;
    conjunct = trim_ascii(conjunct.substr(1));
  }
  std::size_t dot = 0;
  while (dot < conjunct.size() && is_word(conjunct[dot])) ++dot;
  if (dot == 0 || dot == conjunct.size() || conjunct[dot] != '.') return std::nullopt;
  std::size_t end = dot + 1;
  while (end < conjunct.size() && is_word(conjunct[end])) ++end;
  fact.variable = conjunct.substr(0, dot);
  fact.field = conjunct.substr(dot + 1, end - dot - 1);
  if (fact.field.empty()) return std::nullopt;
  const std::string_view rest = trim_ascii(conjunct.substr(end));
  if (rest.empty()) return fact;
  if (fact.negated || (!rest.starts_with("!=") && !rest.starts_with("=="))) return std::nullopt;
  const std::string_view other = trim_ascii(rest.substr(2));
  if (other != "\"\"" && other != "''") return std::nullopt;
  fact.text = true;
  fact.negated = rest.starts_with("==");
  return fact;
}

}  // namespace oidc_audit::rules
