#include "oidc/cel_names.h"

#include <algorithm>
#include <vector>

#include "cel/kubernetes.h"
#include "cel/parser.h"
#include "oidc/cel_outlook.h"

namespace oidc_audit::oidc {

namespace {

using cel::Expr;
using cel::ExprKind;

bool is_text(const Expr& expr) {
  return expr.kind == ExprKind::literal && expr.literal.is(cel::Kind::string);
}

// Calls `visit` with every node, parents first, from left to right.
template <typename Visit>
void walk(const Expr* root, Visit visit) {
  std::vector<const Expr*> open{root};
  while (!open.empty()) {
    const Expr* expr = open.back();
    open.pop_back();
    if (expr == nullptr) continue;
    visit(*expr);
    open.insert(open.end(), expr->args.rbegin(), expr->args.rend());
  }
}

void demanded(const Expr& expr, int minor, std::map<std::string, Known, std::less<>>& out) {
  if (expr.kind != ExprKind::call) return;
  if (expr.name == "_&&_") {
    for (const Expr* side : expr.args) demanded(*side, minor, out);
    return;
  }
  if (expr.args.size() != 2 || (expr.name != "_==_" && expr.name != "@in")) return;
  const Expr* claim = expr.args[0];
  const Expr* value = expr.args[1];
  if (expr.name == "_==_" && claim->kind == ExprKind::literal) std::swap(claim, value);
  if (expr.name == "@in") {
    if (value->kind != ExprKind::list || value->args.size() != 1) return;
    value = value->args[0];
  }
  if (value->kind != ExprKind::literal) return;
  // `claims.?email_verified.orValue(false) == true` demands what `claims.email_verified == true` does.
  if (claim->kind == ExprKind::call && claim->name == "orValue" && claim->is_method &&
      claim->args.size() == 2 && claim->args[1]->kind == ExprKind::literal &&
      !cel::Value::equal(claim->args[1]->literal, value->literal)) {
    claim = claim->args[0];
  }
  const std::optional<NameRead> read = name_read(*claim, minor);
  if (read && read->variable == "claims" && !claim->test_only) {  // has() says nothing of the value
    out.emplace(read->name, Known::of(value->literal));
  }
}

}  // namespace

ParsedExpression::ParsedExpression(std::string_view text, int kubernetes_minor) {
  std::vector<cel::Problem> problems;
  cel::ParseOptions options;
  options.release_minor = kubernetes_minor;
  cel::Parser(text, options, ast_, problems).parse();
  if (problems.empty()) root_ = ast_.root;
}

std::optional<NameRead> name_read(const Expr& expr, int kubernetes_minor) {
  const Expr* operand = nullptr;
  std::string_view name;
  if (expr.kind == ExprKind::select && !expr.args.empty()) {
    operand = expr.args[0];
    name = expr.name;
  } else if (expr.kind == ExprKind::call && !expr.is_method && expr.args.size() == 2 &&
             (expr.name == "_?._" || expr.name == "_[_]" || expr.name == "_[?_]") && is_text(*expr.args[1])) {
    operand = expr.args[0];
    name = expr.args[1]->literal.as_string();
  }
  if (operand == nullptr || operand->kind != ExprKind::ident) return std::nullopt;
  NameRead out{operand->name, std::string(name)};
  if (kubernetes_minor >= 34) {
    if (std::optional<std::string> plain = cel::unescape_name(name)) out.name = std::move(*plain);
  }
  return out;
}

std::map<std::string, Known, std::less<>> demanded_claims(std::string_view expression, int kubernetes_minor) {
  std::map<std::string, Known, std::less<>> out;
  const ParsedExpression parsed(expression, kubernetes_minor);
  if (parsed.root() != nullptr) demanded(*parsed.root(), kubernetes_minor, out);
  return out;
}

std::vector<std::string> claims_read(std::string_view expression, int kubernetes_minor) {
  std::vector<std::string> out;
  const ParsedExpression parsed(expression, kubernetes_minor);
  walk(parsed.root(), [&](const Expr& expr) {
    const std::optional<NameRead> read = name_read(expr, kubernetes_minor);
    if (read && read->variable == "claims") out.push_back(read->name);
  });
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<std::string> texts_in(std::string_view expression, int kubernetes_minor) {
  std::vector<std::string> out;
  const ParsedExpression parsed(expression, kubernetes_minor);
  walk(parsed.root(), [&](const Expr& expr) {
    if (is_text(expr)) out.emplace_back(expr.literal.as_string());
  });
  return out;
}

}  // namespace oidc_audit::oidc
