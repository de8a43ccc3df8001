#pragma once

#include <string>

#include "cluster/kubeconfig.h"

namespace oidc_audit::cluster {

/// The proxy for requests to `url` that the environment names, or "": HTTPS_PROXY or HTTP_PROXY by the URL's
/// scheme (then the lower-case name), unless NO_PROXY lists the host or the host is this machine. Source:
/// golang.org/x/net/http/httpproxy (proxy.go), which client-go uses.
std::string proxy_from_environment(const std::string& url, const GetEnv& env);

}  // namespace oidc_audit::cluster
