#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cel/ast.h"
#include "cel/declarations.h"
#include "cel/node.h"
#include "cel/program.h"

namespace oidc_audit::cel {

/// What a Program shares between its copies.
struct ProgramCode {
  std::string text;
  Type result_type;
  std::shared_ptr<const Env::Declarations> env;
  NodePtr root;
  std::size_t locals = 0;
  std::vector<std::uint32_t> variables;
  std::vector<std::unique_ptr<Function>> unknown_functions;

  /// A function without overloads, for a name that was never declared.
  const Function& unknown_function(const std::string& name) {
    unknown_functions.push_back(std::make_unique<Function>(Function{name, {}}));
    return *unknown_functions.back();
  }
};

/// Turns a checked expression into steps, and evaluates what is constant (interpreter/planner.go and
/// decorators.go). A constant conversion or pattern that fails is a problem of phase program.
class Planner {
 public:
  Planner(std::string_view text, const Env::Declarations& env, ProgramCode& code,
          std::vector<Problem>& problems)
      : text_(text), env_(env), code_(code), problems_(problems) {}
  NodePtr plan(const Expr& expr);

 private:
  NodePtr plan_ident(const Expr& expr);
  NodePtr plan_select(const Expr& expr);
  NodePtr plan_call(const Expr& expr);
  NodePtr plan_index(const Expr& expr, bool optional);
  NodePtr plan_conditional(const Expr& expr);
  NodePtr plan_list(const Expr& expr);
  NodePtr plan_map(const Expr& expr);
  NodePtr plan_message(const Expr& expr);
  NodePtr plan_comprehension(const Expr& expr);
  NodePtr plan_collect(const Expr& expr, LoopParts& loop);
  NodePtr optimize(const Expr& expr, std::unique_ptr<CallNode> call);
  /// `node` as an attribute that takes qualifiers.
  std::unique_ptr<AttributeNode> attribute(NodePtr node, std::uint32_t offset);
  std::vector<NodePtr> plan_all(const std::vector<Expr*>& exprs);
  void problem(std::string message);

  std::string_view text_;
  const Env::Declarations& env_;
  ProgramCode& code_;
  std::vector<Problem>& problems_;
};

}  // namespace oidc_audit::cel
