#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "document/tree.h"
#include "source/source_range.h"

namespace oidc_audit::rules {

/// CEL in a rule.yaml, with the place of its text.
struct Expression {
  std::string text;
  SourceRange range;   ///< of the text; of the whole value where `exact` is false
  bool exact = false;  ///< text stands in the buffer as it is, so that offsets can be mapped
  bool empty() const noexcept { return text.empty(); }
};

/// The place of a code point of an expression in its file.
SourceRange place_in(const Expression& expression, std::uint32_t code_points);

Expression expression_from(document::Value value);

/// Text with `{CEL}` in it. `{{` and `}}` stand for braces.
struct Template {
  struct Part {
    std::string literal;    ///< comes first
    Expression expression;  ///< may be empty: the last part
  };
  std::vector<Part> parts;
  bool empty() const noexcept { return parts.empty(); }
  /// No expression in it.
  bool is_plain() const noexcept;
};

/// What is wrong with a template, and where (bytes into the text).
struct TemplateProblem {
  std::string message;
  std::size_t offset = 0;
};

/// Takes `value` apart; braces inside strings of CEL do not count.
std::optional<TemplateProblem> parse_template(const Expression& source, Template& out);

/// A template for people who see no finding: `{subject.tenant}` becomes `<tenant>`, longer expressions `...`.
std::string readable_template(std::string_view text);

/// The conditions joined by `&&` at the top of an expression, trimmed; the expression alone when `||`, `?` or
/// a broken bracket is at the top.
std::vector<std::string_view> conjuncts(std::string_view expression);
/// The same of `||`; the expression alone when `&&`, `?` or a broken bracket is at the top.
std::vector<std::string_view> disjuncts(std::string_view expression);
/// No bracket closes what was not opened, and all that were are closed; strings apart.
bool balanced(std::string_view expression);

/// `[!] variable . field` or `variable . field != ""`: a fact that can be compared as a bit.
struct PlainFact {
  std::string_view variable;
  std::string_view field;
  bool negated = false;
  bool text = false;  ///< compared with the empty text
};
std::optional<PlainFact> plain_fact(std::string_view conjunct);

}  // namespace oidc_audit::rules
