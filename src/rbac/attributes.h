#pragma once

#include <string>

#include "base/user_info.h"

namespace oidc_audit::rbac {

/// What the authorizer is asked (authorizer.Attributes): one HTTP request after authentication and
/// impersonation. The API version is absent on purpose: RBAC never compares it.
struct Attributes {
  UserInfo user;
  std::string verb;  ///< any text; "" and "*" are ordinary strings here
  bool is_resource = true;

  // Resource requests.
  std::string api_group;  ///< "" is the core group
  std::string resource;   ///< plural, lower case
  /// "" for none. Holds a `/` only for impersonated extras: `userextras/example.org/scope`.
  std::string subresource;
  std::string name;            ///< as the server derives it from the URL (requestinfo.go); often ""
  std::string namespace_name;  ///< "" asks at cluster scope, or across all namespaces

  // Non-resource requests.
  std::string path;  ///< decoded URL path without query

  friend bool operator==(const Attributes&, const Attributes&) = default;
};

/// `resource` or `resource/subresource`.
std::string combined_resource(const Attributes& request);

/// Adds the groups that the server's authenticators would have added: `system:authenticated`, last, unless
/// the user is `system:anonymous` or has it or `system:unauthenticated` already
/// (authenticated_group_adder.go); `system:unauthenticated` alone for `system:anonymous` without groups
/// (anonymous.go). With `service_account`, a well-formed `system:serviceaccount:NS:NAME` first gets
/// `system:serviceaccounts` and `system:serviceaccounts:NS` as its token would give it
/// (serviceaccount/util.go); leave it false for an identity that came from OIDC, where only a token of the
/// cluster itself carries them.
void add_implicit_groups(UserInfo& user, bool service_account);

}  // namespace oidc_audit::rbac
