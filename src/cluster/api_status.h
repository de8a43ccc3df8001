#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace oidc_audit::cluster {

/// What an API server says in a `Status` object (apimachinery meta/v1).
struct ApiStatus {
  std::string message;
  std::string reason;  ///< `Forbidden`, `Expired`, ...
  std::string next;    ///< metadata.continue: where an expired list can go on at a newer state
};

/// Nullopt when the body is no Status.
std::optional<ApiStatus> read_status(std::string_view body);

/// The head of a list: what is needed to ask for the next page.
struct ListHead {
  std::string kind;
  std::string next;  ///< metadata.continue; empty on the last page
};

/// Looks at the top of a list without reading its items: one pass over the text, and only as far as
/// `metadata` and `kind` (which the API server writes first). Nullopt when it is no JSON object with `items`.
std::optional<ListHead> read_list_head(std::string_view body);

}  // namespace oidc_audit::cluster
