#pragma once

#include <cstdint>
#include <string_view>

namespace oidc_audit {

/// Which characters of a pattern stand for others: `*` for any run of bytes, `?` for one.
enum class Glob : std::uint8_t { star, star_and_question };

/// Whether the whole text matches; what is no such character stands for itself. Only the last star is ever
/// moved on, and where lengths would multiply to millions of steps the answer is no, so that hostile patterns
/// cost little.
bool glob_matches(std::string_view pattern, std::string_view text,
                  Glob characters = Glob::star_and_question) noexcept;

}  // namespace oidc_audit
