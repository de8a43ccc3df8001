#include "rbac/kinds.h"

#include <algorithm>
#include <array>

namespace oidc_audit::rbac {

namespace {

struct KindRow {
  std::string_view group;
  std::string_view kind;
  Interest interest;
};

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

constexpr std::array<KindRow, 20> kKinds = {{
    {kRbac, "Role", Interest::role},
    {kRbac, "ClusterRole", Interest::cluster_role},
    {kRbac, "RoleBinding", Interest::role_binding},
    {kRbac, "ClusterRoleBinding", Interest::cluster_role_binding},
    {"", "ServiceAccount", Interest::service_account},
    {"", "Namespace", Interest::namespace_object},
    {"", "ConfigMap", Interest::kept},
    {"apiextensions.k8s.io", "CustomResourceDefinition", Interest::custom_resource_definition},
    {"apiserver.config.k8s.io", "AuthenticationConfiguration", Interest::kept},
    {"apiserver.config.k8s.io", "AuthorizationConfiguration", Interest::kept},
    {"authorization.k8s.io", "SubjectAccessReview", Interest::kept},
    {"authorization.k8s.io", "LocalSubjectAccessReview", Interest::kept},
    {"authorization.k8s.io", "SelfSubjectAccessReview", Interest::kept},
    {"authorization.k8s.io", "SelfSubjectRulesReview", Interest::kept},
    {"authentication.k8s.io", "TokenReview", Interest::kept},
    {"authentication.k8s.io", "SelfSubjectReview", Interest::kept},
    {"kubeadm.k8s.io", "ClusterConfiguration", Interest::kept},
    {"audit.k8s.io", "Event", Interest::kept},
    {"apiserver.k8s.io", "AuthenticationConfiguration", Interest::kept},
    {"apiserver.k8s.io", "AuthorizationConfiguration", Interest::kept},
}};

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

// A group that cannot exist: the author left out or cut short the one of RBAC. Every group of an extension
// has a dot.
bool is_meant_as_rbac(std::string_view group) { return group.find('.') == std::string_view::npos; }

}  // namespace

std::string_view group_of(std::string_view api_version) {
  const std::size_t slash = api_version.find('/');
  return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

Interest interest_in(std::string_view api_version, std::string_view kind) {
  if (ends_with(kind, "List")) return Interest::list;
  const std::string_view group = group_of(api_version);
  for (const KindRow& row : kKinds) {
    if (row.kind != kind) continue;
    if (row.group == group) return row.interest;
    // `apiVersion: rbac.authorization.k8s.io` without a version reads as a version of the core group.
    if (row.group == kRbac && (is_meant_as_rbac(group) || api_version == kRbac)) return row.interest;
  }
  return Interest::none;
}

bool may_be_of_interest(std::string_view kind, std::string_view text) {
  if (ends_with(kind, "List")) return true;
  if (kind == "ConfigMap") return text.find("aws-auth") != std::string_view::npos;
  return std::any_of(kKinds.begin(), kKinds.end(), [&](const KindRow& row) { return row.kind == kind; });
}

}  // namespace oidc_audit::rbac
