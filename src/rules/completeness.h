#pragma once

namespace oidc_audit::rules {

/// Which kinds the input holds completely.
struct Completeness {
  bool cluster_roles = false;
  bool roles = false;
  bool bindings = false;
  bool service_accounts = false;
  bool namespaces = false;
};

}  // namespace oidc_audit::rules
