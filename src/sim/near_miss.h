#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/location.h"
#include "rbac/authorizer.h"
#include "sim/cause.h"
#include "sim/name_match.h"

namespace oidc_audit::sim {

/// One string found in a token's claims; nested objects are flattened with dots (`realm_access.roles`).
struct ClaimValue {
  std::string claim;
  std::string value;
  bool in_list = false;
};

/// Where an identity comes from, for blame. Everything is optional: without a token and a configuration near
/// misses are found from the names alone.
struct IdentitySource {
  bool configuration_known = false;
  std::string username_claim;  ///< empty: unknown or an expression
  std::string groups_claim;    ///< likewise; see groups_configured
  bool groups_configured = false;
  std::optional<std::string> username_prefix;
  std::optional<std::string> groups_prefix;
  /// What an administrator edits: `--oidc-groups-prefix` or `jwt[0].claimMappings.groups.prefix`.
  std::string username_prefix_at = "--oidc-username-prefix";
  std::string groups_prefix_at = "--oidc-groups-prefix";
  std::string username_claim_at = "--oidc-username-claim";
  std::string groups_claim_at = "--oidc-groups-claim";
  std::vector<ClaimValue> claims;  ///< in the order of the token
};

/// Something that nearly granted the request, and the smallest change that would.
struct NearMiss {
  Cause cause = Cause::no_binding;
  std::string object;   ///< `Kind/[namespace/]name`, a flag or a field; empty for no_binding
  std::string pointer;  ///< RFC 6901 under the object
  std::optional<SourceRange> range;
  std::string message;  ///< one sentence, lower case, no final period
  std::string fix;      ///< what to change, in the imperative
};

/// Takes a subject name apart; wraps the provider catalogue.
using NameParser = std::function<NameParts(std::string_view name)>;

struct ExplainOptions {
  std::size_t limit = 8;                   ///< near misses returned
  const IdentitySource* source = nullptr;  ///< may be null
};

/// Why `request` was refused: what nearly granted it, nearest first. Never empty: the last resort is
/// `no_binding`. Roles that would grant are found first, once each; only bindings to them are compared by
/// name. REQUIRES: the authorizer refuses the request.
std::vector<NearMiss> explain_refusal(const rbac::Authorizer& authorizer, const rbac::Attributes& request,
                                      const NameParser& parse_name, const ExplainOptions& options = {});

}  // namespace oidc_audit::sim
