#include "base/glob.h"

namespace oidc_audit {

namespace {

constexpr std::size_t kMostSteps = std::size_t{1} << 20;  // beside those that the lengths alone ask for

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text, Glob characters) noexcept {
  const std::size_t limit = kMostSteps + 4 * (pattern.size() + text.size());
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t taken = 0;
  for (std::size_t steps = 0; t < text.size(); ++steps) {
    if (steps > limit) return false;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      taken = t;
    } else if (p < pattern.size() &&
               (pattern[p] == text[t] || (pattern[p] == '?' && characters == Glob::star_and_question))) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace oidc_audit
