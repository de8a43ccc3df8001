#include "rbac/model.h"

namespace oidc_audit::rbac {

ObjectRef Meta::ref() const {
  return {std::string(api_version.value), std::string(kind.value), std::string(namespace_name.value),
          std::string(name.value), std::string(cluster)};
}

}  // namespace oidc_audit::rbac
