#include "oidc/cel_mentions.h"

#include <vector>

#include "cel/ast.h"
#include "cel/parser.h"

namespace oidc_audit::oidc {

namespace {

bool is_ident(const cel::Expr& expr, std::string_view name) {
  return expr.kind == cel::ExprKind::ident && expr.name == name;
}

bool selects(const cel::Expr& expr, std::string_view operand, std::string_view field) {
  if (expr.kind == cel::ExprKind::select) {
    return expr.name == field && !expr.args.empty() && is_ident(*expr.args[0], operand);
  }
  // `a.?b` is a call of _?._ with the field as a constant.
  return expr.kind == cel::ExprKind::call && !expr.is_method && expr.name == "_?._" &&
         expr.args.size() == 2 && is_ident(*expr.args[0], operand) &&
         expr.args[1]->kind == cel::ExprKind::literal && expr.args[1]->literal.is(cel::Kind::string) &&
         expr.args[1]->literal.as_string() == field;
}

}  // namespace

bool mentions_selection(std::string_view expression, std::string_view operand, std::string_view field,
                        int kubernetes_minor) {
  cel::Ast ast;
  std::vector<cel::Problem> problems;
  cel::ParseOptions options;
  options.release_minor = kubernetes_minor;
  cel::Parser(expression, options, ast, problems).parse();
  if (!problems.empty() || ast.root == nullptr) return false;
  std::vector<const cel::Expr*> open{ast.root};
  while (!open.empty()) {
    const cel::Expr* expr = open.back();
    open.pop_back();
    if (expr == nullptr) continue;
    if (selects(*expr, operand, field)) return true;
    open.insert(open.end(), expr->args.begin(), expr->args.end());
  }
  return false;
}

}  // namespace oidc_audit::oidc
