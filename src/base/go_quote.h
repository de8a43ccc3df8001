#pragma once

#include <span>
#include <string>
#include <string_view>

namespace oidc_audit {

/// `text` as Go's `%q` prints a string (strconv.Quote): double quotes around it; `"` and `\` escaped; `\a
/// \b \f \n \r \t \v`; bytes that are not UTF-8 and other control characters as `\xNN`; what is not printable
/// as `\uNNNN` or `\UNNNNNNNN`; printable Unicode as it is. Messages of the API server are made of this.
std::string go_quote(std::string_view text);

/// A list of strings as Go's `%q` prints it: `["a" "b"]`, `[]` when empty.
std::string go_quote_list(std::span<const std::string> texts);
std::string go_quote_list(std::span<const std::string_view> texts);

}  // namespace oidc_audit
