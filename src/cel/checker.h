#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "cel/ast.h"
#include "cel/declarations.h"
#include "cel/program.h"
#include "cel/unify.h"

namespace oidc_audit::cel {

/// Resolves names and overloads and gives every node its type (checker/checker.go). With checking off in
/// the environment it only resolves names, and leaves types dyn.
class Checker {
 public:
  Checker(std::string_view text, const Env::Declarations& env, Ast& ast, std::vector<Problem>& problems);
  void check();

 private:
  struct Local {
    std::string name;
    Type type;
  };
  struct Ident {
    bool found = false;
    RefKind ref = RefKind::none;
    std::uint32_t slot = 0;
    Type type;
    Value constant;
    std::string name;
  };

  void visit(Expr& expr);
  void visit_ident(Expr& expr);
  void visit_select(Expr& expr);
  void visit_call(Expr& expr);
  void visit_optional_select(Expr& expr);
  void visit_list(Expr& expr);
  void visit_map(Expr& expr);
  void visit_message(Expr& expr);
  void visit_comprehension(Expr& expr);
  Type select_field(Expr& expr, Expr& operand, const std::string& field, bool optional);
  void resolve(Expr& expr, const Function& function);
  void resolve_logical(Expr& expr, const Function& function);
  Type join(const Expr& at, const Type* previous, const Type& current);
  void check_entry(const Expr& value, Type& type);
  void loop_variables(const Expr& expr, const Type& range, Type& first, Type& second);
  void require(const Expr& expr, const Type& type);
  void finish(Expr& expr);

  Ident lookup(const std::string& name) const;
  Ident lookup_local(std::string_view name) const;
  void apply(Expr& expr, Ident ident);
  const Function* find_function(const std::string& name) const;
  /// Of a message or of an object type of the host; an error type when there is none.
  Type field_type(const std::string& object, const std::string& field) const;
  Type fresh();
  void report(std::uint32_t offset, std::string message);
  void undeclared(std::uint32_t offset, const std::string& name);
  void mismatch(std::uint32_t offset, const Type& expected, const Type& found);

  std::string_view text_;
  const Env::Declarations& env_;
  Ast& ast_;
  std::vector<Problem>& problems_;
  std::vector<Local> locals_;
  Unifier types_;
  std::uint32_t fresh_count_ = 0;
};

/// The name that identifiers and selections spell (`a.b.c`); empty when the expression is not one.
std::string qualified_name(const Expr& expr);

/// Checks of literals that come after the types (cel/validator.go, ext/formatting.go).
void validate_literals(std::string_view text, const Env::Declarations& env, Ast& ast,
                       std::vector<Problem>& problems);

/// Messages of google.protobuf that expressions may build: the type of `google.protobuf.Int64Value{}`, and
/// of a field. Error types when there is no such message or field.
Type well_known_message(std::string_view name);
Type well_known_field(std::string_view message, std::string_view field);
/// Builds one from fields in the order written; an error value when a field does not fit.
Value make_well_known(std::string_view name, const std::vector<std::pair<std::string, Value>>& fields);

}  // namespace oidc_audit::cel
