// The authorizer library (pkg/cel/library/authz.go) as far as authentication and match conditions know it:
// the functions are declared, and no variable has a type they could be called on.

#include <array>

#include "cel/registry.h"

namespace oidc_audit::cel {
namespace {

#define AUTHORIZER "kubernetes.authorization.Authorizer"
#define PATH "kubernetes.authorization.PathCheck"
#define GROUP "kubernetes.authorization.GroupCheck"
#define RESOURCE "kubernetes.authorization.ResourceCheck"
#define DECISION "kubernetes.authorization.Decision"

constexpr std::array kRows{
    OverloadRow{"path", "authorizer_path", "." AUTHORIZER ", string -> " PATH, nullptr},
    OverloadRow{"group", "authorizer_group", "." AUTHORIZER ", string -> " GROUP, nullptr},
    OverloadRow{"serviceAccount", "authorizer_serviceaccount",
                "." AUTHORIZER ", string, string -> " AUTHORIZER, nullptr},
    OverloadRow{"resource", "groupcheck_resource", "." GROUP ", string -> " RESOURCE, nullptr},
    OverloadRow{"subresource", "resourcecheck_subresource", "." RESOURCE ", string -> " RESOURCE, nullptr},
    OverloadRow{"namespace", "resourcecheck_namespace", "." RESOURCE ", string -> " RESOURCE, nullptr},
    OverloadRow{"name", "resourcecheck_name", "." RESOURCE ", string -> " RESOURCE, nullptr},
    OverloadRow{"fieldSelector", "authorizer_fieldselector", "." RESOURCE ", string -> " RESOURCE, nullptr,
                CostRule::k8s_selector, false, 31},
    OverloadRow{"labelSelector", "authorizer_labelselector", "." RESOURCE ", string -> " RESOURCE, nullptr,
                CostRule::k8s_selector, false, 31},
    OverloadRow{"check", "pathcheck_check", "." PATH ", string -> " DECISION, nullptr, CostRule::k8s_check},
    OverloadRow{"check", "resourcecheck_check", "." RESOURCE ", string -> " DECISION, nullptr,
                CostRule::k8s_check},
    OverloadRow{"errored", "decision_errored", "." DECISION " -> bool", nullptr},
    OverloadRow{"error", "decision_error", "." DECISION " -> string", nullptr},
    OverloadRow{"allowed", "decision_allowed", "." DECISION " -> bool", nullptr},
    OverloadRow{"reason", "decision_reason", "." DECISION " -> string", nullptr},
};

}  // namespace

std::span<const OverloadRow> authorizer_rows() { return kRows; }

}  // namespace oidc_audit::cel
