#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cel/ast.h"

namespace oidc_audit::oidc {

/// An expression read, not checked; macros are expanded. The tree lives as long as this does.
class ParsedExpression {
 public:
  ParsedExpression(std::string_view text, int kubernetes_minor);
  /// Null when the text does not parse.
  const cel::Expr* root() const noexcept { return root_; }

 private:
  cel::Ast ast_;
  const cel::Expr* root_ = nullptr;
};

/// `variable.name`, `variable.?name`, `variable["name"]` or `variable[?"name"]`, the name unescaped.
struct NameRead {
  std::string_view variable;
  std::string name;
};
/// Nothing when the node is not of that form.
std::optional<NameRead> name_read(const cel::Expr& expr, int kubernetes_minor);

}  // namespace oidc_audit::oidc
