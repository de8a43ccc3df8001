#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "cel/type.h"
#include "cel/value.h"

namespace oidc_audit::cel {

enum class ExprKind : std::uint8_t { literal, ident, select, call, list, map, message, comprehension };

/// What an identifier was resolved to.
enum class RefKind : std::uint8_t {
  none,      ///< not resolved: looked up when evaluated (expressions that were not checked)
  variable,  ///< `slot` is the index of a declared variable
  local,     ///< `slot` is the depth of a comprehension's variable, counted from the outermost
  constant   ///< `literal` is the value (a type)
};

struct Overload;

/// One node of an expression; macros are expanded already. Owned by its Ast.
struct Expr {
  ExprKind kind = ExprKind::literal;
  bool test_only = false;    ///< select: has()
  bool is_method = false;    ///< call: args[0] is the receiver
  bool in_format = false;    ///< list: the arguments of string.format may be of mixed types
  std::uint32_t offset = 0;  ///< code points; where cel-go reports problems of the node
  std::uint32_t height = 0;  ///< nesting as the parser's limit counts it
  Value literal;
  std::string name;            ///< ident, field, function, message type
  std::vector<Expr*> args;     ///< operand; arguments; elements; keys and values in turn; field values
  std::vector<bool> optional;  ///< list elements and map or message entries written with `?`
  std::vector<std::string> field_names;      ///< message
  std::vector<std::uint32_t> entry_offsets;  ///< map and message: the colons

  // Comprehension: args are range, accumulator's start, condition, step, result.
  std::string iter_var;
  std::string iter_var2;  ///< empty for one variable
  std::string accu_var;

  // Filled by the checker.
  Type type;
  RefKind ref = RefKind::none;
  std::uint32_t slot = 0;
  std::vector<const Overload*> overloads;
};

/// Owner of all nodes of one expression.
class Ast {
 public:
  Expr* make(ExprKind kind, std::uint32_t offset) {
    nodes_.emplace_back();
    nodes_.back().kind = kind;
    nodes_.back().offset = offset;
    return &nodes_.back();
  }
  /// A deep copy; null when the tree would become too large.
  Expr* copy(const Expr& expr);
  bool full() const { return nodes_.size() > kMaxNodes; }
  Expr* root = nullptr;

  /// optMap copies its receiver, so chains of it double; sources of the permitted size stay far below.
  static constexpr std::size_t kMaxNodes = 400'000;

 private:
  std::deque<Expr> nodes_;
};

}  // namespace oidc_audit::cel
