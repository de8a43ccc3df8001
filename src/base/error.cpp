#include "base/error.h"

#include <utility>

namespace oidc_audit {

Error Error::with_context(std::string_view context) && {
  std::string text(context);
  text += ": ";
  text += message_;
  message_ = std::move(text);
  return std::move(*this);
}

Error Error::with_hint(std::string hint) && {
  hint_ = std::move(hint);
  return std::move(*this);
}

}  // namespace oidc_audit
