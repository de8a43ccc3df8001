#include "cel/parser.h"

#include <algorithm>
#include <array>

#include "base/unicode.h"

namespace oidc_audit::cel {
namespace {

constexpr std::string_view kExpressionStart =
    "{'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, "
    "IDENTIFIER}";

// Of the words that are no identifiers, those the grammar itself would take as one.
constexpr std::array<std::string_view, 17> kReserved{
    "as",  "break", "const",   "continue",  "else",   "for", "function", "if",   "import",
    "let", "loop",  "package", "namespace", "return", "var", "void",     "while"};

bool is_reserved(std::string_view word) {
  return std::find(kReserved.begin(), kReserved.end(), word) != kReserved.end();
}

std::string_view relation_function(TokenKind kind) {
  switch (kind) {
    case TokenKind::less:
      return "_<_";
    case TokenKind::less_equal:
      return "_<=_";
    case TokenKind::greater:
      return "_>_";
    case TokenKind::greater_equal:
      return "_>=_";
    case TokenKind::equal:
      return "_==_";
    case TokenKind::not_equal:
      return "_!=_";
    case TokenKind::kw_in:
      return "@in";
    default:
      return {};
  }
}

}  // namespace

Parser::Parser(std::string_view text, ParseOptions options, Ast& ast, std::vector<Problem>& problems)
    : text_(text), options_(options), ast_(ast), problems_(problems), lexer_(text) {}

void Parser::report(std::uint32_t offset, std::string message) {
  Problem problem{Phase::parse, std::move(message), offset, 1, 1};
  locate(text_, offset, problem.line, problem.column);
  problems_.push_back(std::move(problem));
}

void Parser::fail_limit(std::string message) {
  if (!failed_) problems_.push_back(Problem{Phase::parse, std::move(message), 0, 0, 0});
  failed_ = true;
}

Expr* Parser::syntax_error(std::string_view expecting) {
  if (failed_) return nullptr;
  failed_ = true;
  std::string message = "Syntax error: ";
  if (token_.kind == TokenKind::error) {
    message += "token recognition error at: '" + std::string(token_.text) + "'";
  } else {
    const std::string shown = token_.kind == TokenKind::end ? "<EOF>" : std::string(token_.text);
    message += "mismatched input '" + shown + "' expecting " + std::string(expecting);
  }
  report(token_.offset, std::move(message));
  return nullptr;
}

void Parser::advance() {
  if (queued_ < queue_.size()) {
    token_ = queue_[queued_++];
    if (queued_ == queue_.size()) {
      queue_.clear();
      queued_ = 0;
    }
  } else if (token_.kind != TokenKind::error) {
    token_ = lexer_.next();
  }
}

const Token& Parser::ahead(std::size_t count) {
  while (queue_.size() - queued_ < count) {
    const bool stuck = !queue_.empty() && queue_.back().kind == TokenKind::error;
    queue_.push_back(stuck ? queue_.back() : lexer_.next());
  }
  return queue_[queued_ + count - 1];
}

bool Parser::accept(TokenKind kind) {
  if (failed_ || token_.kind != kind) return false;
  advance();
  return true;
}

bool Parser::expect(TokenKind kind, std::string_view what) {
  if (accept(kind)) return true;
  syntax_error(what);
  return false;
}

void Parser::check_height(Expr* expr, std::uint32_t height) {
  expr->height = height;
  if (height > kMaxDepth) fail_limit("max recursion depth exceeded");
}

void Parser::parse() {
  const std::size_t size = count_code_points(text_);
  if (size > kMaxCodePoints) {
    fail_limit("expression code point size exceeds limit: size: " + std::to_string(size) + ", limit " +
               std::to_string(kMaxCodePoints));
    return;
  }
  advance();
  ast_.root = expression();
  if (!failed_ && token_.kind != TokenKind::end) syntax_error("<EOF>");
  if (ast_.full()) fail_limit("expression too large after macro expansion");
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return a.line != b.line ? a.line < b.line : a.column < b.column;
  });
}

Expr* Parser::expression() {
  if (failed_) return nullptr;
  if (depth_ >= kMaxDepth) {
    fail_limit("expression recursion limit exceeded: " + std::to_string(kMaxDepth));
    return nullptr;
  }
  ++depth_;
  Expr* result = ternary();
  --depth_;
  return failed_ ? nullptr : result;
}

Expr* Parser::ternary() {
  Expr* condition = conditional_or();
  if (failed_ || token_.kind != TokenKind::question) return condition;
  const std::uint32_t offset = token_.offset;
  advance();
  Expr* yes = conditional_or();
  if (failed_ || !expect(TokenKind::colon, "':'")) return nullptr;
  Expr* no = expression();
  if (failed_) return nullptr;
  Expr* made = call(offset, "_?_:_", {condition, yes, no});
  check_height(made, made->height + 1);
  return made;
}

// Chains of one operator are kept flat: they are not limited in length.
Expr* Parser::logical(TokenKind op, std::string_view function, Expr* (Parser::*operand)()) {
  Expr* first = (this->*operand)();
  if (failed_ || token_.kind != op) return first;
  const std::uint32_t offset = token_.offset;
  std::vector<Expr*> terms{first};
  while (accept(op)) {
    Expr* term = (this->*operand)();
    if (failed_) return nullptr;
    terms.push_back(term);
  }
  return call(offset, function, std::move(terms));
}

Expr* Parser::conditional_or() { return logical(TokenKind::logical_or, "_||_", &Parser::conditional_and); }
Expr* Parser::conditional_and() { return logical(TokenKind::logical_and, "_&&_", &Parser::relation); }

Expr* Parser::binary(const Token& op, std::string_view function, Expr* left, Expr* right) {
  Expr* made = call(op.offset, function, {left, right});
  check_height(made, made->height + 1);
  return made;
}

Expr* Parser::relation() {
  Expr* left = sum();
  while (!failed_ && !relation_function(token_.kind).empty()) {
    const Token op = token_;
    advance();
    Expr* right = sum();
    if (failed_) return nullptr;
    left = binary(op, relation_function(op.kind), left, right);
  }
  return left;
}

Expr* Parser::sum() {
  Expr* left = product();
  while (!failed_ && (token_.kind == TokenKind::plus || token_.kind == TokenKind::minus)) {
    const Token op = token_;
    advance();
    Expr* right = product();
    if (failed_) return nullptr;
    left = binary(op, op.kind == TokenKind::plus ? "_+_" : "_-_", left, right);
  }
  return left;
}

Expr* Parser::product() {
  Expr* left = unary();
  while (!failed_ && (token_.kind == TokenKind::star || token_.kind == TokenKind::slash ||
                      token_.kind == TokenKind::percent)) {
    const Token op = token_;
    advance();
    Expr* right = unary();
    if (failed_) return nullptr;
    const std::string_view function = op.kind == TokenKind::star    ? "_*_"
                                      : op.kind == TokenKind::slash ? "_/_"
                                                                    : "_%_";
    left = binary(op, function, left, right);
  }
  return left;
}

// A run of one operator; pairs cancel out. A single minus before a number belongs to the literal.
Expr* Parser::unary() {
  if (failed_) return nullptr;
  const TokenKind op = token_.kind;
  if (op != TokenKind::exclamation && op != TokenKind::minus) return member();
  const std::uint32_t offset = token_.offset;
  if (op == TokenKind::minus) {
    const TokenKind after = ahead(1).kind;
    if (after == TokenKind::int_literal || after == TokenKind::double_literal) return member();
  }
  std::size_t count = 0;
  while (accept(op)) ++count;
  Expr* operand = member();
  if (failed_) return nullptr;
  if (count % 2 == 0) return operand;
  return call(offset, op == TokenKind::minus ? "-_" : "!_", {operand});
}

Expr* Parser::member() {
  Expr* operand = nullptr;
  if (token_.kind == TokenKind::minus) {
    const std::uint32_t offset = token_.offset;
    const TokenKind after = ahead(1).kind;
    if (after != TokenKind::int_literal && after != TokenKind::double_literal)
      return syntax_error(kExpressionStart);
    advance();
    operand = number(true, offset);
  } else {
    operand = primary();
  }
  while (!failed_ && (token_.kind == TokenKind::dot || token_.kind == TokenKind::left_bracket)) {
    operand = token_.kind == TokenKind::dot ? selection(operand) : index(operand);
  }
  return failed_ ? nullptr : operand;
}

Expr* Parser::selection(Expr* operand) {
  const std::uint32_t offset = token_.offset;
  advance();
  const bool optional = accept(TokenKind::question);
  if (failed_) return nullptr;
  if (token_.kind == TokenKind::escaped_identifier && options_.release_minor < 37) {
    report(token_.offset, "unsupported syntax: '`'");
  } else if (token_.kind != TokenKind::identifier && token_.kind != TokenKind::escaped_identifier) {
    return syntax_error("IDENTIFIER");
  }
  const Token name = token_;
  const bool escaped = name.kind == TokenKind::escaped_identifier;
  const std::string field(escaped ? name.text.substr(1, name.text.size() - 2) : name.text);
  advance();
  Expr* made = nullptr;
  if (optional) {
    made = call(offset, "_?._", {operand, literal(name.offset, Value::string(field))});
  } else if (!escaped && token_.kind == TokenKind::left_paren) {
    const std::uint32_t open = token_.offset;
    std::vector<Expr*> args;
    if (!arguments(args)) return nullptr;
    std::uint32_t height = operand->height;
    for (const Expr* arg : args) height = std::max(height, arg->height);
    if (!options_.macros || !expand_macro(*this, field, operand, args, open, made)) {
      args.insert(args.begin(), operand);
      made = member_call(open, field, std::move(args));
    } else if (made == nullptr) {
      made = literal(open, Value());
    }
    made->height = height;
  } else {
    made = ast_.make(ExprKind::select, offset);
    made->name = field;
    made->args = {operand};
    made->height = operand->height;
  }
  check_height(made, made->height + 1);
  return failed_ ? nullptr : made;
}

Expr* Parser::index(Expr* operand) {
  const std::uint32_t offset = token_.offset;
  advance();
  const bool optional = accept(TokenKind::question);
  Expr* at = expression();
  if (failed_ || !expect(TokenKind::right_bracket, "']'")) return nullptr;
  Expr* made = call(offset, optional ? "_[?_]" : "_[_]", {operand, at});
  check_height(made, made->height + 1);
  return failed_ ? nullptr : made;
}

bool Parser::arguments(std::vector<Expr*>& out) {
  advance();
  if (accept(TokenKind::right_paren)) return true;
  do {
    Expr* arg = expression();
    if (failed_) return false;
    out.push_back(arg);
  } while (accept(TokenKind::comma));
  return expect(TokenKind::right_paren, "')'");
}

Expr* Parser::primary() {
  if (failed_) return nullptr;
  const Token token = token_;
  switch (token.kind) {
    case TokenKind::dot:
      advance();
      if (token_.kind != TokenKind::identifier) return syntax_error("IDENTIFIER");
      return identifier_or_call(true);
    case TokenKind::identifier:
      return identifier_or_call(false);
    case TokenKind::left_paren: {
      advance();
      Expr* inner = expression();
      if (failed_ || !expect(TokenKind::right_paren, "')'")) return nullptr;
      return inner;
    }
    case TokenKind::left_bracket:
      return list_literal();
    case TokenKind::left_brace:
      return map_literal();
    case TokenKind::int_literal:
    case TokenKind::uint_literal:
    case TokenKind::double_literal:
      return number(false, token.offset);
    case TokenKind::string_literal:
    case TokenKind::bytes_literal:
      return text_literal();
    case TokenKind::kw_true:
    case TokenKind::kw_false:
      advance();
      return literal(token.offset, Value::boolean(token.kind == TokenKind::kw_true));
    case TokenKind::kw_null:
      advance();
      return literal(token.offset, Value::null());
    default:
      return syntax_error(kExpressionStart);
  }
}

// Whether the identifiers and dots from here on end in an opening brace.
bool Parser::message_follows() {
  std::size_t count = 1;
  while (ahead(count).kind == TokenKind::dot && ahead(count + 1).kind == TokenKind::identifier) count += 2;
  return ahead(count).kind == TokenKind::left_brace;
}

Expr* Parser::identifier_or_call(bool leading_dot) {
  const Token name = token_;
  std::string full = (leading_dot ? "." : "") + std::string(name.text);
  if ((ahead(1).kind == TokenKind::dot || ahead(1).kind == TokenKind::left_brace) && message_follows()) {
    advance();
    while (accept(TokenKind::dot)) {
      full += "." + std::string(token_.text);
      advance();
    }
    return message(std::move(full));
  }
  const std::uint32_t start = leading_dot ? name.offset - 1 : name.offset;
  if (is_reserved(name.text)) report(start, "reserved identifier: " + std::string(name.text));
  advance();
  if (token_.kind != TokenKind::left_paren) return ident(name.offset, full);
  const std::uint32_t open = token_.offset;
  std::vector<Expr*> args;
  if (!arguments(args)) return nullptr;
  Expr* made = nullptr;
  if (options_.macros && expand_macro(*this, full, nullptr, args, open, made)) {
    if (made == nullptr) made = literal(open, Value());
    for (const Expr* arg : args) made->height = std::max(made->height, arg->height);
    return made;
  }
  return call(open, full, std::move(args));
}

}  // namespace oidc_audit::cel
