#pragma once

#include <string_view>

namespace oidc_audit::oidc {

/// Whether an expression selects `field` of the bare identifier `operand` anywhere, as `operand.field` or
/// `operand.?field`, macros expanded (apiserver/validation validation.go hasSelectExp). Purely syntactic;
/// false when the expression does not parse.
bool mentions_selection(std::string_view expression, std::string_view operand, std::string_view field,
                        int kubernetes_minor);

}  // namespace oidc_audit::oidc
