#include "cluster/curl_global.h"

#include <curl/curl.h>

namespace oidc_audit::cluster {

bool initialise_curl() {
  // Once in a process and before the first handle; C++ makes the first call of several the only one.
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

}  // namespace oidc_audit::cluster
