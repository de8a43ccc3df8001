#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::sim {

/// `pattern` read as a glob (`*`, `?`) or as a simple anchored regular expression (`^`, `$`, `.*`, `.+`), the
/// whole text to match. False when it has no such character.
bool matches_as_pattern(std::string_view pattern, std::string_view text);

/// The text without numbers behind `@` (`octo-org@123/web@456`).
std::string without_ids(std::string_view text);
/// `repo:owner-1/name-2` without its ids, as Forgejo joins them; empty where not both are there.
std::string without_hyphen_ids(std::string_view text);
/// Digits alone, or a UUID, in braces or not.
bool is_id(std::string_view value);
/// A claim or segment that holds one, by its name: `repository_id`.
bool is_id_key(std::string_view name);

/// Without white space and invisible characters.
std::string without_space(std::string_view text);

/// Whether two texts differ by a character or two, short ones by one.
bool near_in_spelling(std::string_view a, std::string_view b);

/// Percent-encoding undone, also what was encoded twice.
std::string decoded(std::string_view text);

/// Without slashes in a row, beside a colon or at an end; that of a URL's scheme stays.
std::string without_stray_slashes(std::string_view text);

/// A path of groups without leading, trailing and doubled slashes.
std::string normal_path(std::string_view path);

}  // namespace oidc_audit::sim
