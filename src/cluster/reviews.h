#pragma once

#include <string>

#include "base/result.h"
#include "base/user_info.h"

namespace oidc_audit::cluster {

class ApiClient;

/// A request that a server is asked about.
struct AccessReview {
  UserInfo user;
  std::string verb;
  bool is_resource = true;
  std::string api_group;
  std::string resource;
  std::string subresource;
  std::string name;
  std::string namespace_name;
  std::string path;  ///< of a request that is about no resource
};

struct AccessVerdict {
  bool allowed = false;
  bool denied = false;  ///< some authorizer said no, and no other was asked
  std::string reason;
  std::string evaluation_error;
};

/// Asks by SubjectAccessReview (authorization.k8s.io/v1), which changes nothing on the server. Fails
/// (network) when the server gives no verdict, for one because the client may not ask.
Result<AccessVerdict> ask_access(ApiClient& client, const AccessReview& review);

/// Who the server says the client is, by SelfSubjectReview (authentication.k8s.io/v1, since 1.28).
Result<UserInfo> ask_who_am_i(ApiClient& client);

}  // namespace oidc_audit::cluster
