#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "oidc/grammar.h"
#include "oidc/subject.h"

namespace oidc_audit::oidc {

/// How far a text follows a grammar, and where it departs from it. Offsets are bytes of the text.
struct Walk {
  std::vector<Capture> captures;  ///< values may be impossible
  std::vector<std::uint32_t> items;
  std::vector<Flaw> flaws;        ///< in order of place
  std::size_t literal_bytes = 0;  ///< of keys that were found
  std::size_t keys = 0;           ///< how many
};

/// Whether a byte means something to those who expand patterns.
bool is_wildcard(char c) noexcept;

/// Follows `text` along the grammar with forgiveness: another case, impossible values, pattern characters
/// that stand for whole parts, an early end. Linear in the text for a given grammar.
/// `from` is the element to begin with; above 0, the first byte of its literal (the delimiter) is left out.
Walk walk_grammar(const Grammar& grammar, std::string_view text, std::size_t from);

}  // namespace oidc_audit::oidc
