#pragma once

#include <string>

#include "diag/location.h"

namespace oidc_audit::report {

// An object of a live cluster has no file. Consumers that want one get a path that is made up, the same from
// run to run, and never holds the server's address.

/// `cluster/LABEL/RESOURCE/[NAMESPACE/]NAME.yaml`; the label is `live` when there is none.
std::string live_path(const ObjectRef& object);

/// The same as a URI reference, each part percent-encoded.
std::string live_uri(const ObjectRef& object);

/// `LABEL/RESOURCE.GROUP/[NAMESPACE/]NAME`, for logical locations.
std::string live_name(const ObjectRef& object);

}  // namespace oidc_audit::report
