#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace oidc_audit::cel {

enum class TokenKind : std::uint8_t {
  end,
  error,
  identifier,
  escaped_identifier,
  int_literal,
  uint_literal,
  double_literal,
  string_literal,
  bytes_literal,
  kw_true,
  kw_false,
  kw_null,
  kw_in,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  logical_and,
  logical_or,
  left_bracket,
  right_bracket,
  left_brace,
  right_brace,
  left_paren,
  right_paren,
  dot,
  comma,
  minus,
  exclamation,
  question,
  colon,
  plus,
  star,
  slash,
  percent,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string_view text;
  std::uint32_t offset = 0;  ///< code points
};

/// Cuts an expression into tokens, longest match first (CEL.g4). Text that is no token yields one error
/// token, after which the lexer must not be asked again.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}
  Token next();

 private:
  void skip_blank();
  Token take(TokenKind kind, std::size_t bytes);
  std::size_t word_length() const;
  Token number();
  Token word();
  Token escaped_identifier();
  /// Length of a string literal whose quote stands `prefix` bytes ahead; 0 when there is none.
  std::size_t string_length(std::size_t prefix, bool raw) const;
  std::size_t escape_length(std::size_t at) const;
  std::size_t quoted_length(std::size_t at, std::string_view quote, bool raw) const;
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  std::string_view text_;
  std::size_t at_ = 0;        // bytes
  std::uint32_t offset_ = 0;  // code points
};

/// The value of a string or bytes literal as written, quotes and prefixes included. False, with cel-go's
/// words in `problem`, when an escape is not allowed there.
bool unescape_literal(std::string_view literal, bool is_bytes, std::string& out, std::string& problem);

}  // namespace oidc_audit::cel
