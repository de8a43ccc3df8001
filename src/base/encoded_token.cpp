#include "base/encoded_token.h"

#include <algorithm>
#include <array>

namespace oidc_audit {

bool looks_like_token(std::string_view word) {
  // How an object begins: `{"`, and with a blank or the end of a line behind the brace.
  constexpr std::array<std::string_view, 5> kStarts = {"eyJ", "eyA", "ewo", "ewk", "ew0"};
  constexpr std::size_t kShortestHeader = 16;  // below {"alg":"dir"}; tells it from names with dots
  const std::size_t dot = word.find('.');
  return dot != std::string_view::npos && dot >= kShortestHeader &&
         std::any_of(kStarts.begin(), kStarts.end(),
                     [word](std::string_view start) { return word.starts_with(start); });
}

}  // namespace oidc_audit
