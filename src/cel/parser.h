#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cel/ast.h"
#include "cel/lexer.h"
#include "cel/program.h"

namespace oidc_audit::cel {

struct ParseOptions {
  bool macros = true;
  int release_minor = 36;
};

/// Reads an expression and expands its macros. Depth is limited here, so that nothing behind the parser
/// can run out of stack. The tree is complete only when there are no problems.
class Parser {
 public:
  Parser(std::string_view text, ParseOptions options, Ast& ast, std::vector<Problem>& problems);
  void parse();

  // For the expansion of macros.
  Ast& ast() { return ast_; }
  const ParseOptions& options() const { return options_; }
  Expr* call(std::uint32_t offset, std::string_view function, std::vector<Expr*> args);
  Expr* member_call(std::uint32_t offset, std::string_view function, std::vector<Expr*> args);
  Expr* ident(std::uint32_t offset, std::string_view name);
  Expr* literal(std::uint32_t offset, Value value);
  void report(std::uint32_t offset, std::string message);

 private:
  Expr* expression();
  Expr* ternary();
  Expr* logical(TokenKind op, std::string_view function, Expr* (Parser::*operand)());
  Expr* conditional_or();
  Expr* conditional_and();
  Expr* relation();
  Expr* sum();
  Expr* product();
  Expr* unary();
  Expr* member();
  Expr* postfix(Expr* operand);
  Expr* selection(Expr* operand);
  Expr* index(Expr* operand);
  Expr* primary();
  Expr* identifier_or_call(bool leading_dot);
  Expr* message(std::string name);
  Expr* list_literal();
  Expr* map_literal();
  Expr* number(bool negative, std::uint32_t offset);
  Expr* text_literal();
  bool message_follows();
  bool arguments(std::vector<Expr*>& out);
  Expr* binary(const Token& op, std::string_view function, Expr* left, Expr* right);

  void advance();
  bool accept(TokenKind kind);
  bool expect(TokenKind kind, std::string_view what);
  Expr* syntax_error(std::string_view expecting);
  void fail_limit(std::string message);
  /// Peeks `ahead` tokens past the current one.
  const Token& ahead(std::size_t count);
  void check_height(Expr* expr, std::uint32_t height);

  static constexpr std::uint32_t kMaxDepth = 250;
  static constexpr std::size_t kMaxCodePoints = 100'000;

  std::string_view text_;
  ParseOptions options_;
  Ast& ast_;
  std::vector<Problem>& problems_;
  Lexer lexer_;
  Token token_;
  std::vector<Token> queue_;
  std::size_t queued_ = 0;
  std::uint32_t depth_ = 0;
  bool failed_ = false;
};

/// Expands a call when it has the form of a macro. Returns false when it is an ordinary call; otherwise
/// `out` is the expansion, or null after a problem was reported.
bool expand_macro(Parser& parser, std::string_view name, Expr* target, std::span<Expr* const> args,
                  std::uint32_t offset, Expr*& out);

/// The accumulator's name, which no source can write.
inline constexpr std::string_view kAccumulator = "@result";

}  // namespace oidc_audit::cel
