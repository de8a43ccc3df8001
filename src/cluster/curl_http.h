#pragma once

#include <memory>

#include "base/http.h"

namespace oidc_audit::cluster {

/// HTTP over libcurl: TLS 1.2 at least with verification, https only unless `allow_http`, no redirects,
/// bodies bounded. libcurl is initialised on first use, so that making one costs nothing. Proxies come from
/// the environment, as libcurl and client-go read them.
std::unique_ptr<Http> make_curl_http(bool allow_http = false);

}  // namespace oidc_audit::cluster
