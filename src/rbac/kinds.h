#pragma once

#include <cstdint>
#include <string_view>

namespace oidc_audit::rbac {

/// What the inventory does with an object.
enum class Interest : std::uint8_t {
  none,
  list,  ///< its items are objects
  role,
  cluster_role,
  role_binding,
  cluster_role_binding,
  service_account,
  namespace_object,
  custom_resource_definition,
  kept,  ///< kept as it was written
};

/// By kind and API group; the version is not looked at. A kind of RBAC in a group that no server has
/// (`v1`, nothing, `rbac/v1`) counts as meant: it is refused and looked at.
Interest interest_in(std::string_view api_version, std::string_view kind);

/// False when no object of that kind is of interest in any group: it need not even be parsed. `text` is
/// the whole document.
bool may_be_of_interest(std::string_view kind, std::string_view text);

/// `rbac.authorization.k8s.io/v1` gives the group, `v1` gives "".
std::string_view group_of(std::string_view api_version);

}  // namespace oidc_audit::rbac
