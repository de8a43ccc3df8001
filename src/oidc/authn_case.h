#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/user_info.h"
#include "oidc/auth_config.h"

namespace oidc_audit::oidc {

/// What a case came to.
struct CaseAnswer {
  std::string
      outcome;  ///< user, rejected, not_mine, invalid_config, load_error, valid_config (no token given)
  UserInfo user;
  std::string error;                ///< as the server logs it; several errors as it joins them
  std::vector<std::string> errors;  ///< each error of a configuration

  /// One line of JSON: {"outcome", "username", "uid", "groups", "extra", "error"}, and "errors" where there
  /// are any.
  std::string to_json() const;
};

/// Answers one case of authentication, given as a JSON object with the keys
///
///   config | config_text | flags     the server's configuration: an object, a text, a list of arguments
///   claims_raw | claims | raw_token  what is presented: payload as text, as an object, or a token
///   now, alg, signing_algs, service_account_issuers, responses, jwks, kubernetes_version
///
/// With claims the signature counts as good and the header's algorithm is `alg`, RS256 by default. A raw
/// token is verified when `jwks` is given. `{{.URL}}` stands for the address of a test server and is given
/// back as it came. Claims are checked before the signature, as the texts of such cases expect. Fails
/// (malformed) when the line is no such object.
Result<CaseAnswer> answer_case(std::string_view json, Timestamp now,
                               int kubernetes_minor = kNewestKubernetesMinor);

/// The minor of `1.NN` or `v1.NN` (a patch release is passed over); fails (usage) when it is not known.
Result<int> parse_kubernetes_version(std::string_view text);

}  // namespace oidc_audit::oidc
