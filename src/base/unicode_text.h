#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit {

/// Normalisation, scripts and look-alikes, of one Unicode version (see unicode_tables.inc). For explaining
/// and warning only: RBAC compares bytes. Bytes that are not UTF-8 are kept as they are. All functions take
/// pure ASCII at the speed of a scan.

/// Normalisation forms C and D (UAX 15).
std::string to_nfc(std::string_view text);
std::string to_nfd(std::string_view text);
bool is_nfc(std::string_view text);

/// The skeleton of UTS 39: texts with the same skeleton look alike. Not for display.
std::string skeleton(std::string_view text);

/// Index into the script table; kCommon for what every script uses.
enum class Script : std::uint8_t { unknown = 0, common = 1, inherited = 2 };
Script script_of(char32_t value) noexcept;
std::string_view to_string(Script script);

/// The scripts that letters of `text` belong to, Common and Inherited left out, in order of first occurrence.
std::vector<Script> scripts_in(std::string_view text);

/// Whether `text` mixes scripts in a way no language writes: more than one, Japanese (Han with Hiragana,
/// Katakana), Korean (Han with Hangul), Chinese with Bopomofo, and each of these with Latin, excepted
/// (the "highly restrictive" level of UTS 39).
bool mixes_scripts(std::string_view text);

/// Not assigned in this Unicode version, or for private use.
bool is_unassigned_or_private(char32_t value) noexcept;

}  // namespace oidc_audit
