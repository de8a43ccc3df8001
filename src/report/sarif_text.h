#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace oidc_audit::report {

/// Text with names from input as a SARIF message (SARIF 2.1.0, 3.11.5 and 3.11.6): control, bidirectional
/// and invisible characters become visible escapes, braces are doubled so that they are no placeholders,
/// and brackets are escaped where they could be read as a link. Of text longer than `limit` bytes the
/// beginning is kept.
std::string sarif_text(std::string_view text, std::size_t limit);

/// A link to the related location `id`.
std::string sarif_link(std::string_view text, std::size_t id);

/// `group `x` is trusted` as a sentence: capital letter, full stop.
std::string as_sentence(std::string_view text);

/// `wildcard-group-binding` as `WildcardGroupBinding`.
std::string pascal_case(std::string_view id);

}  // namespace oidc_audit::report
