// Messages, lists, maps, numbers and texts.

#include <algorithm>
#include <charconv>
#include <optional>

#include "cel/numbers.h"
#include "cel/parser.h"

namespace oidc_audit::cel {

Expr* Parser::message(std::string name) {
  Expr* made = ast_.make(ExprKind::message, token_.offset);
  made->name = std::move(name);
  advance();
  const std::uint32_t list_start = token_.offset;
  while (!failed_ && token_.kind != TokenKind::right_brace) {
    if (token_.kind == TokenKind::comma) {
      advance();
      if (token_.kind != TokenKind::right_brace) syntax_error("'}'");
      break;
    }
    const bool optional = accept(TokenKind::question);
    if (token_.kind == TokenKind::escaped_identifier && options_.release_minor < 37) {
      report(list_start, "unsupported syntax: '`'");
    } else if (token_.kind != TokenKind::identifier && token_.kind != TokenKind::escaped_identifier) {
      // The visitor of a field list reports a field without a name at the list's start.
      if (optional) report(list_start, "unsupported ident kind");
      return syntax_error("{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}");
    }
    std::string_view field = token_.text;
    if (token_.kind == TokenKind::escaped_identifier) field = field.substr(1, field.size() - 2);
    made->field_names.emplace_back(field);
    made->optional.push_back(optional);
    advance();
    made->entry_offsets.push_back(token_.offset);
    if (!expect(TokenKind::colon, "':'")) return nullptr;
    Expr* value = expression();
    if (failed_) return nullptr;
    made->args.push_back(value);
    made->height = std::max(made->height, value->height);
    if (token_.kind != TokenKind::right_brace && token_.kind != TokenKind::comma) break;
    if (token_.kind == TokenKind::comma) {
      advance();
      if (token_.kind == TokenKind::comma) return syntax_error("'}'");
    }
  }
  if (failed_ || !expect(TokenKind::right_brace, "'}'")) return nullptr;
  return made;
}

Expr* Parser::list_literal() {
  Expr* made = ast_.make(ExprKind::list, token_.offset);
  advance();
  if (token_.kind == TokenKind::comma) {
    advance();
  } else {
    while (!failed_ && token_.kind != TokenKind::right_bracket) {
      const bool optional = accept(TokenKind::question);
      Expr* element = expression();
      if (failed_) return nullptr;
      made->args.push_back(element);
      made->optional.push_back(optional);
      made->height = std::max(made->height, element->height);
      if (!accept(TokenKind::comma)) break;
    }
  }
  if (failed_ || !expect(TokenKind::right_bracket, "']'")) return nullptr;
  return made;
}

Expr* Parser::map_literal() {
  Expr* made = ast_.make(ExprKind::map, token_.offset);
  advance();
  if (token_.kind == TokenKind::comma) {
    advance();
  } else {
    while (!failed_ && token_.kind != TokenKind::right_brace) {
      const bool optional = accept(TokenKind::question);
      Expr* key = expression();
      if (failed_) return nullptr;
      made->entry_offsets.push_back(token_.offset);
      if (!expect(TokenKind::colon, "':'")) return nullptr;
      Expr* value = expression();
      if (failed_) return nullptr;
      made->args.push_back(key);
      made->args.push_back(value);
      made->optional.push_back(optional);
      made->height = std::max({made->height, key->height, value->height});
      if (!accept(TokenKind::comma)) break;
    }
  }
  if (failed_ || !expect(TokenKind::right_brace, "'}'")) return nullptr;
  return made;
}

Expr* Parser::number(bool negative, std::uint32_t offset) {
  const Token token = token_;
  advance();
  std::string digits(token.text);
  if (token.kind == TokenKind::double_literal) {
    const std::optional<double> value = parse_go_double((negative ? "-" : "") + digits);
    if (!value) report(offset, "invalid double literal");
    return literal(offset, Value::float64(value.value_or(0)));
  }
  const bool is_uint = token.kind == TokenKind::uint_literal;
  if (is_uint) digits.pop_back();
  const bool hex = digits.size() > 2 && digits[1] == 'x';
  if (hex) digits.erase(0, 2);
  const char* end = digits.data() + digits.size();
  if (is_uint) {
    std::uint64_t value = 0;
    if (std::from_chars(digits.data(), end, value, hex ? 16 : 10).ec != std::errc()) {
      report(offset, "invalid uint literal");
    }
    return literal(offset, Value::uint64(value));
  }
  if (negative) digits.insert(digits.begin(), '-');
  end = digits.data() + digits.size();
  std::int64_t value = 0;
  if (std::from_chars(digits.data(), end, value, hex ? 16 : 10).ec != std::errc()) {
    report(offset, "invalid int literal");
  }
  return literal(offset, Value::int64(value));
}

Expr* Parser::text_literal() {
  const Token token = token_;
  const bool is_bytes = token.kind == TokenKind::bytes_literal;
  advance();
  std::string out;
  std::string problem;
  if (!unescape_literal(token.text, is_bytes, out, problem)) report(token.offset, problem);
  return literal(token.offset, is_bytes ? Value::bytes(std::move(out)) : Value::string(std::move(out)));
}

}  // namespace oidc_audit::cel
