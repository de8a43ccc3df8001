#include "cel/lexer.h"

#include <array>

#include "base/unicode.h"

namespace oidc_audit::cel {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

struct Symbol {
  std::string_view text;
  TokenKind kind;
};

// Two characters before their prefixes.
constexpr std::array<Symbol, 23> kSymbols{
    {{"==", TokenKind::equal},         {"!=", TokenKind::not_equal},   {"<=", TokenKind::less_equal},
     {">=", TokenKind::greater_equal}, {"&&", TokenKind::logical_and}, {"||", TokenKind::logical_or},
     {"<", TokenKind::less},           {">", TokenKind::greater},      {"[", TokenKind::left_bracket},
     {"]", TokenKind::right_bracket},  {"{", TokenKind::left_brace},   {"}", TokenKind::right_brace},
     {"(", TokenKind::left_paren},     {")", TokenKind::right_paren},  {".", TokenKind::dot},
     {",", TokenKind::comma},          {"-", TokenKind::minus},        {"!", TokenKind::exclamation},
     {"?", TokenKind::question},       {":", TokenKind::colon},        {"+", TokenKind::plus},
     {"*", TokenKind::star},           {"%", TokenKind::percent}}};

TokenKind keyword(std::string_view word) {
  if (word == "true") return TokenKind::kw_true;
  if (word == "false") return TokenKind::kw_false;
  if (word == "null") return TokenKind::kw_null;
  if (word == "in") return TokenKind::kw_in;
  return TokenKind::identifier;
}

}  // namespace

void Lexer::skip_blank() {
  while (at_ < text_.size()) {
    const char c = text_[at_];
    if (c == '\t' || c == ' ' || c == '\r' || c == '\n' || c == '\f') {
      take(TokenKind::end, 1);
    } else if (c == '/' && peek(1) == '/') {
      std::size_t end = text_.find('\n', at_);
      if (end == std::string_view::npos) end = text_.size();
      take(TokenKind::end, end - at_);
    } else {
      return;
    }
  }
}

Token Lexer::take(TokenKind kind, std::size_t bytes) {
  const Token token{kind, text_.substr(at_, bytes), offset_};
  at_ += bytes;
  offset_ += static_cast<std::uint32_t>(count_code_points(token.text));
  return token;
}

std::size_t Lexer::word_length() const {
  std::size_t length = 0;
  while (is_letter(peek(length)) || is_digit(peek(length))) ++length;
  return length;
}

Token Lexer::number() {
  if (peek() == '0' && peek(1) == 'x' && is_hex(peek(2))) {
    std::size_t length = 2;
    while (is_hex(peek(length))) ++length;
    const bool is_uint = peek(length) == 'u' || peek(length) == 'U';
    return take(is_uint ? TokenKind::uint_literal : TokenKind::int_literal, length + (is_uint ? 1 : 0));
  }
  std::size_t length = 0;
  while (is_digit(peek(length))) ++length;
  bool is_double = false;
  if (peek(length) == '.' && is_digit(peek(length + 1))) {
    is_double = true;
    ++length;
    while (is_digit(peek(length))) ++length;
  }
  if (peek(length) == 'e' || peek(length) == 'E') {
    std::size_t exponent = length + 1;
    if (peek(exponent) == '+' || peek(exponent) == '-') ++exponent;
    if (is_digit(peek(exponent))) {
      is_double = true;
      length = exponent;
      while (is_digit(peek(length))) ++length;
    }
  }
  if (is_double) return take(TokenKind::double_literal, length);
  if (peek(length) == 'u' || peek(length) == 'U') return take(TokenKind::uint_literal, length + 1);
  return take(TokenKind::int_literal, length);
}

std::size_t Lexer::escape_length(std::size_t at) const {
  const auto char_at = [this](std::size_t i) { return i < text_.size() ? text_[i] : '\0'; };
  const char c = char_at(at + 1);
  std::size_t digits = 0;
  switch (c) {
    case 'x':
    case 'X':
      digits = 2;
      break;
    case 'u':
      digits = 4;
      break;
    case 'U':
      digits = 8;
      break;
    default:
      if (c != '\0' && std::string_view("abfnrtv\"'\\?`").find(c) != std::string_view::npos) return 2;
      if (c < '0' || c > '3') return 0;
      for (std::size_t i = 2; i < 4; ++i) {
        if (char_at(at + i) < '0' || char_at(at + i) > '7') return 0;
      }
      return 4;
  }
  for (std::size_t i = 0; i < digits; ++i) {
    if (!is_hex(char_at(at + 2 + i))) return 0;
  }
  return digits + 2;
}

std::size_t Lexer::quoted_length(std::size_t at, std::string_view quote, bool raw) const {
  const std::size_t begin = at;
  const bool single_line = quote.size() == 1;
  at += quote.size();
  while (at < text_.size()) {
    if (text_.substr(at, quote.size()) == quote) return at + quote.size() - begin;
    const char c = text_[at];
    if (single_line && (c == '\n' || c == '\r')) return 0;
    if (c == '\\' && !raw) {
      const std::size_t length = escape_length(at);
      if (length == 0) return 0;
      at += length;
    } else {
      ++at;
    }
  }
  return 0;
}

std::size_t Lexer::string_length(std::size_t prefix, bool raw) const {
  const std::size_t at = at_ + prefix;
  if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) return 0;
  const std::string_view quote = text_.substr(at, 1);
  std::size_t length = 0;
  if (text_.substr(at + 1, 1) == quote && text_.substr(at + 2, 1) == quote) {
    length = quoted_length(at, text_.substr(at, 3), raw);
  }
  if (length == 0) length = quoted_length(at, quote, raw);
  return length == 0 ? 0 : prefix + length;
}

Token Lexer::word() {
  // Prefixes of literals: r, b, br in either case.
  const auto is = [this](std::size_t i, char lower) { return peek(i) == lower || peek(i) == lower - 32; };
  if (is(0, 'r')) {
    if (const std::size_t length = string_length(1, true); length > 0) {
      return take(TokenKind::string_literal, length);
    }
  }
  if (is(0, 'b')) {
    std::size_t length = string_length(1, false);
    if (length == 0 && is(1, 'r')) length = string_length(2, true);
    if (length > 0) return take(TokenKind::bytes_literal, length);
  }
  const std::size_t length = word_length();
  return take(keyword(text_.substr(at_, length)), length);
}

Token Lexer::escaped_identifier() {
  std::size_t length = 1;
  while (is_letter(peek(length)) || is_digit(peek(length)) ||
         (peek(length) != '\0' && std::string_view(".-/ ").find(peek(length)) != std::string_view::npos)) {
    ++length;
  }
  if (length > 1 && peek(length) == '`') return take(TokenKind::escaped_identifier, length + 1);
  return take(TokenKind::error, peek(length) == '\0' ? length : length + 1);
}

Token Lexer::next() {
  skip_blank();
  if (at_ >= text_.size()) return Token{TokenKind::end, {}, offset_};
  const char c = text_[at_];
  if (is_letter(c)) return word();
  if (is_digit(c) || (c == '.' && is_digit(peek(1)))) return number();
  if (c == '`') return escaped_identifier();
  if (c == '"' || c == '\'') {
    const std::size_t length = string_length(0, false);
    if (length > 0) return take(TokenKind::string_literal, length);
    std::size_t end = text_.find_first_of("\r\n", at_);
    if (end == std::string_view::npos) end = text_.size();
    return take(TokenKind::error, end - at_);
  }
  for (const Symbol& symbol : kSymbols) {
    if (text_.substr(at_, symbol.text.size()) == symbol.text) return take(symbol.kind, symbol.text.size());
  }
  if (c == '/') return take(TokenKind::slash, 1);
  return take(TokenKind::error, decode_utf8(text_, at_).bytes);
}

}  // namespace oidc_audit::cel
