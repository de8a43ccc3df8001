#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit::report {

/// `primaryLocationLineHash` of every line of a text, as GitHub's upload action (fingerprints.ts) computes
/// it: a hash of the 100 UTF-16 units that follow the line's start, blanks left out, then `:` and how often
/// that hash has occurred so far. Line 1 stands at index 0; one entry more than there are line breaks.
std::vector<std::string> primary_location_line_hashes(std::string_view text);

}  // namespace oidc_audit::report
