#pragma once

#include <string>

#include "rules/authentication.h"

namespace oidc_audit::rules {

// What an authenticator lets in, found by asking it about tokens that nobody has sent. REQUIRES: its
// mappings, validations and provider are filled in.

/// Whether a stranger's tenant is refused, whatever form of subject the token has.
bool is_pinned(const AuthenticatorEntry& entry, const oidc::Catalogue& catalogue);

/// A tenant of a stranger that the rules let through because they only look at the beginning, the end or a
/// part of the one they mean; empty: none was found.
std::string loose_tenant(const AuthenticatorEntry& entry);

/// Fills in what is known of names that are addresses.
void look_at_email(AuthenticatorEntry& entry);

/// Fills in names of Kubernetes' own that mappings make and no rule refuses.
void look_for_system_names(AuthenticatorEntry& entry, const oidc::Catalogue& catalogue);

}  // namespace oidc_audit::rules
