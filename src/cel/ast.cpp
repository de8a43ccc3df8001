#include "cel/ast.h"

#include "cel/parser.h"

namespace oidc_audit::cel {

Expr* Ast::copy(const Expr& expr) {
  if (full()) return nullptr;
  nodes_.push_back(expr);
  Expr* made = &nodes_.back();
  for (std::size_t i = 0; i < made->args.size(); ++i) {
    Expr* child = copy(*made->args[i]);
    if (child == nullptr) return nullptr;
    made->args[i] = child;
  }
  return made;
}

Expr* Parser::call(std::uint32_t offset, std::string_view function, std::vector<Expr*> args) {
  Expr* made = ast_.make(ExprKind::call, offset);
  made->name = std::string(function);
  for (const Expr* arg : args) made->height = std::max(made->height, arg->height);
  made->args = std::move(args);
  return made;
}

Expr* Parser::member_call(std::uint32_t offset, std::string_view function, std::vector<Expr*> args) {
  Expr* made = call(offset, function, std::move(args));
  made->is_method = true;
  return made;
}

Expr* Parser::ident(std::uint32_t offset, std::string_view name) {
  Expr* made = ast_.make(ExprKind::ident, offset);
  made->name = std::string(name);
  return made;
}

Expr* Parser::literal(std::uint32_t offset, Value value) {
  Expr* made = ast_.make(ExprKind::literal, offset);
  made->literal = std::move(value);
  return made;
}

}  // namespace oidc_audit::cel
