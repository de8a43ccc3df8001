#pragma once

#include <cstddef>
#include <string_view>

namespace oidc_audit::document {

/// Where tokens of YAML end and what stands between them. yaml-cpp tells only where a node starts, and
/// for a node with an anchor or tag even that is the place of the anchor or tag. All functions take and
/// return byte offsets of `text` and never pass its end.

/// Start of the node whose `count` properties (`&anchor`, `!tag`) start at `at`.
std::size_t skip_properties(std::string_view text, std::size_t at, int count);

/// Behind white space, line ends and comments.
std::size_t skip_yaml_space(std::string_view text, std::size_t at);

/// How a scalar was written.
enum class ScalarStyle { plain, single_quoted, double_quoted, block, empty };

/// Style of the scalar that starts at `at`. `value` is its decoded text, `plain` what the reader says.
ScalarStyle style_at(std::string_view text, std::size_t at, bool plain, std::string_view value);

/// End of the plain scalar with this (folded) value.
std::size_t end_of_plain(std::string_view text, std::size_t at, std::string_view value);
/// Behind the closing quote; npos when there is none.
std::size_t end_of_quoted(std::string_view text, std::size_t at);
/// Behind the last character of the block scalar whose `|` or `>` is at `at`; its header when empty.
std::size_t end_of_block(std::string_view text, std::size_t at, std::string_view value);
/// End of the alias whose `*` is at `at`.
std::size_t end_of_alias(std::string_view text, std::size_t at);

/// True when one of the words for null stands at `at` as a whole plain scalar; `size` is its length.
bool null_word_at(std::string_view text, std::size_t at, std::size_t& size);

}  // namespace oidc_audit::document
