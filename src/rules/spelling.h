#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::rules {

/// What characters a name holds, told in one pass.
struct CharacterSet {
  bool non_ascii = false;
  bool control = false;
  bool space = false;
  bool upper = false;
  bool pattern = false;  ///< * ? [ ] ( ) { } < > $ ^ | backslash
  bool percent = false;
  bool slash = false;
  bool colon = false;
  bool at_sign = false;
  bool hash = false;

  /// No byte but those that ASCII prints.
  bool printable() const noexcept { return !non_ascii && !control; }
};
CharacterSet characters_of(std::string_view text);

/// White space that no provider writes: at an end, doubled, or other than the ASCII space. Spaces that only a
/// grammar can judge are the caller's.
bool has_stray_space(std::string_view text);
/// Where: "a space at the end", "a tab", "two spaces in a row"; empty: nowhere.
std::string stray_space_text(std::string_view text);

/// Characters that do not show or that reorder text (OR-061): control, zero-width, bidirectional, filler and
/// tag characters, unassigned and private ones.
bool is_invisible(char32_t value);
bool has_invisible(std::string_view text);
/// `U+200B, U+202E`, each once, in order of first occurrence.
std::string invisible_text(std::string_view text);

/// Some word of the name (between delimiters) mixes scripts, or is written wholly in letters that look Latin
/// among Latin ones.
bool has_mixed_scripts(std::string_view text);

/// Folded keys under which names that differ in one way only are equal.
std::string case_key(std::string_view name);
std::string slash_key(std::string_view name);
/// The name without the numbers that `-123` or `@123` put behind owner and repository; empty when it has
/// none. `at_form` tells which of the two it has.
std::string id_free_key(std::string_view name, bool& at_form);

}  // namespace oidc_audit::rules
