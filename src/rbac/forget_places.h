#pragma once

#include "rbac/model.h"

namespace oidc_audit::rbac {

/// Takes all places out of an object, so that reports name the object instead. For what a live server
/// answered: its text is no file, and where something stands in it says nothing.
void forget_places(Meta& meta);
void forget_places(Role& role);
void forget_places(Binding& binding);
void forget_places(ServiceAccount& account);
void forget_places(Namespace& space);

}  // namespace oidc_audit::rbac
