#pragma once

#include <string>
#include <utility>
#include <vector>

namespace oidc_audit {

/// Who the API server says a request comes from (authentication's user.Info). What claims are mapped
/// to, and what the authorizer is asked about.
struct UserInfo {
  std::string name;
  std::string uid;
  std::vector<std::string> groups;  ///< in the order the authenticator gave them; duplicates are kept
  /// Sorted by key; values in the authenticator's order.
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;

  friend bool operator==(const UserInfo&, const UserInfo&) = default;
};

}  // namespace oidc_audit
