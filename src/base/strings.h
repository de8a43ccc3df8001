#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit {

/// Lets unordered containers keyed by std::string be asked with a string_view.
struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>{}(text); }
};

/// ASCII only; other bytes are kept.
std::string to_lower_ascii(std::string_view text);

std::string_view trim_ascii(std::string_view text);

/// Parts between separators; an empty text yields one empty part.
std::vector<std::string_view> split(std::string_view text, char separator);

std::string join(std::span<const std::string> parts, std::string_view separator);

/// `text` with every occurrence of `from` (not empty) replaced.
std::string replace_all(std::string_view text, std::string_view from, std::string_view to);

/// Damerau-Levenshtein distance (insert, delete, substitute, swap of neighbours) over bytes, or
/// `limit + 1` as soon as it must be greater than `limit`. Time is O(limit * length).
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

/// The candidate nearest to `word` within a third of its length (at least one edit), for "did you
/// mean"; ties go to the earlier candidate.
std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace oidc_audit
