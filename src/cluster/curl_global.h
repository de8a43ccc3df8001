#pragma once

namespace oidc_audit::cluster {

/// Initialises libcurl on the first call of the process; false when that failed.
bool initialise_curl();

}  // namespace oidc_audit::cluster
