#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace oidc_audit {

/// One code point read from UTF-8.
struct CodePoint {
  char32_t value;      ///< U+FFFD when the bytes are not well-formed UTF-8
  std::uint8_t bytes;  ///< how many bytes it took, at least 1
  bool valid;
};

/// REQUIRES: at < text.size(). Overlong forms, surrogates and values above U+10FFFF are not valid.
CodePoint decode_utf8(std::string_view text, std::size_t at) noexcept;

bool is_valid_utf8(std::string_view text) noexcept;

void append_utf8(std::string& out, char32_t value);

/// Code points in `text`; each byte that is not well-formed counts as one.
std::size_t count_code_points(std::string_view text) noexcept;

/// Columns a terminal uses: 0 for combining marks, 2 for wide East Asian characters and emoji.
int display_width(char32_t value) noexcept;
int display_width(std::string_view text) noexcept;

/// Control characters (C0, DEL, C1), line and paragraph separators, bidirectional controls, zero-width
/// and other format characters, private use: what must not reach a terminal as it is.
bool is_unsafe_to_print(char32_t value) noexcept;

/// `text` as it may be shown to people: unsafe characters and bytes that are not UTF-8 become `\u{1B}`
/// or `\xFF`. Everything else is kept. No quotes are added.
std::string escape_for_display(std::string_view text);

/// The same of every line; line ends stay, and `indent` stands before what follows them.
std::string escape_lines(std::string_view text, std::string_view indent);

/// Simple case folding of the scripts with case that names are written in (Latin, Greek, Cyrillic,
/// Armenian, fullwidth), one code point to one; broken bytes are kept. For explaining and warning only:
/// RBAC itself folds nothing.
std::string fold_case(std::string_view text);

/// White space of any kind: ASCII, no-break, the fixed-width spaces, ideographic.
bool is_space(char32_t value) noexcept;

/// White space at the ends removed, runs of it inside made one ASCII space, zero-width characters dropped.
std::string squeeze_space(std::string_view text);

}  // namespace oidc_audit
