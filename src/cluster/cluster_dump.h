#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace oidc_audit::cluster {

/// A kind of objects that can be listed.
struct ListKind {
  std::string group;      ///< "" is the core group
  std::string version;    ///< `v1`
  std::string resource;   ///< `clusterroles`
  std::string list_kind;  ///< `ClusterRoleList`
  bool namespaced = false;
};

/// ClusterRoles, Roles, ClusterRoleBindings, RoleBindings.
std::vector<ListKind> rbac_kinds();
/// Those, ServiceAccounts and Namespaces.
std::vector<ListKind> audited_kinds();

/// A part of what was asked for as the server answered it: JSON, a list with `items` or one object.
struct ListPage {
  std::string resource;
  std::string namespace_name;  ///< empty: of all namespaces, or cluster-scoped
  std::string text;
};

enum class GapReason : std::uint8_t {
  forbidden,   ///< the requests' user may not list it
  not_served,  ///< the server does not have the kind
  failed,      ///< no usable answer came
};
/// `forbidden`, `not-served`, `failed`
std::string to_string(GapReason reason);

/// Something that ought to have been read and was not.
struct Gap {
  std::string resource;
  GapReason reason = GapReason::failed;
  std::string message;  ///< what the server said, safe to print
  /// Namespaces of which it is missing, sorted; empty: everything, but for `read_namespaces`.
  std::vector<std::string> namespaces;
  std::vector<std::string> read_namespaces;
  std::string object = {};  ///< `kube-system/aws-auth`: it alone was asked for
};

/// What was read from one cluster.
struct ClusterDump {
  std::string label;                   ///< what reports call it; never the server's address
  std::string server_version;          ///< `v1.37.2`; empty when the server does not tell
  std::string taken_at;                ///< RFC 3339
  std::vector<ListPage> pages;         ///< in the order of the kinds asked for, namespaces and lists
  std::vector<std::string> discovery;  ///< JSON: APIGroupDiscoveryList, APIResourceList
  std::vector<Gap> gaps;
  std::vector<std::string> warnings;  ///< that the server sent along
  std::vector<std::string> remarks;   ///< for whoever wants to know more
};

}  // namespace oidc_audit::cluster
