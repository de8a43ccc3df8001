#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/near_miss.h"

namespace oidc_audit::sim {

/// A near miss with what it is ranked by.
struct Candidate {
  NearMiss miss;
  int tier = 0;             ///< how far from being granted; 0 is nearest
  int changes = 1;          ///< independent things to change
  std::size_t breadth = 0;  ///< how much the role grants: least privilege first
};

/// What the collectors share for one request.
struct Refusal {
  const rbac::Authorizer& authorizer;
  const rbac::Attributes& request;
  const NameParser& parse_name;
  const IdentitySource* source;
};

// Tiers: what it takes, judged by how surely the binding was meant for this identity.
inline constexpr int kTierSlip = 0;       ///< meant for this identity, or an exact subject in the wrong scope
inline constexpr int kTierGrant = 1;      ///< the identity is bound, the role lacks one thing
inline constexpr int kTierDoubtful = 2;   ///< another tenant or spelling, or two changes
inline constexpr int kTierElsewhere = 3;  ///< somebody else's grant

/// Bindings whose role would grant the request and whose subjects nearly name the identity.
void collect_subject_misses(const Refusal& refusal, std::vector<Candidate>& out);

/// Bindings that do apply to the identity, and what their roles or scopes lack.
void collect_grant_misses(const Refusal& refusal, std::vector<Candidate>& out);

/// A role that is put together from others, none of which grants the request: the one whose labels should
/// have been selected, or the selectors that select nothing. False when the role's own rules say more.
bool aggregation_miss(const Refusal& refusal, const rbac::Role& role, std::vector<Candidate>& out);

/// Whether some rule of the role allows the request, scope apart.
bool would_grant(const rbac::Role& role, const rbac::Attributes& request);

/// A rough measure of how much a role grants, for "least privilege first".
std::size_t breadth_of(const rbac::Role& role);

/// `list pods in namespace web`, for sentences.
std::string describe_request(const rbac::Attributes& request);

/// A binding that reaches the request's namespace (or the whole cluster).
bool in_scope(const rbac::Binding& binding, const rbac::Attributes& request);

}  // namespace oidc_audit::sim
