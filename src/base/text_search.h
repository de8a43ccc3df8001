#pragma once

#include <cstring>
#include <string_view>

namespace oidc_audit {

/// Whether `word` stands in `text`. Fast for long texts, where std::string_view::find stops at each
/// occurrence of the first byte.
inline bool contains(std::string_view text, std::string_view word) noexcept {
#if defined(__GLIBC__) || defined(__APPLE__)
  return word.empty() ||
         (!text.empty() && memmem(text.data(), text.size(), word.data(), word.size()) != nullptr);
#else
  return text.find(word) != std::string_view::npos;
#endif
}

}  // namespace oidc_audit
