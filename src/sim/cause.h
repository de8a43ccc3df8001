#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace oidc_audit::sim {

/// Why a request was refused (403), as a closed list. Subject causes stand in the order of blame: where two
/// fit one subject, the earlier is named.
enum class Cause : std::uint8_t {
  subject_kind,                 ///< the name is bound under another kind
  groups_claim_not_configured,  ///< the token carries the group, the server was not told to read it
  subject_claim,                ///< the binding names the value of another claim of the same token
  subject_prefix,               ///< prefix missing, extra, doubled, quoted or different
  subject_context,              ///< ref, environment or event differs
  subject_phase,                ///< plan against apply
  subject_id_form,              ///< names against immutable ids
  subject_tenant,               ///< another organization
  subject_path,                 ///< leading or inner `/` of a group path
  subject_case,
  subject_space,
  subject_pattern,  ///< would match if `*` were a pattern
  subject_spelling,
  subject_namespace,  ///< of a ServiceAccount
  verb,
  resource,
  api_group,
  subresource,
  resource_name,
  namespace_,
  cluster_scope,  ///< a RoleBinding cannot grant it
  path,           ///< non-resource URL
  role_missing,
  role_kind,
  aggregation,  ///< the rule stands in a role whose rules the controller overwrites
  group_not_in_token,
  no_binding,
};

inline constexpr int kCauseCount = static_cast<int>(Cause::no_binding) + 1;

/// `subject-kind`, `api-group` and so on.
std::string_view to_string(Cause cause);
std::optional<Cause> parse_cause(std::string_view text);

}  // namespace oidc_audit::sim
