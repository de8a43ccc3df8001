#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit::oidc {

/// The text with every UUID in lower case, as all platforms write them; empty when no UUID has capitals.
std::string with_lower_uuids(std::string_view text);

/// Spellings of the text with other slashes, the smallest change first: no two in a row, none beside a colon
/// or at the end, one more at the end. The scheme of a URL keeps its own. Empty when there is nothing to try.
std::vector<std::string> with_other_slashes(std::string_view text);

}  // namespace oidc_audit::oidc
