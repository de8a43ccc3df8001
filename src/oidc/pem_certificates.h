#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::oidc {

/// What client-go's NewPoolFromBytes says of a bundle of trusted certificates: empty when it is good. Blocks
/// other than CERTIFICATE, and such with headers, are passed over; one bad certificate spoils the bundle.
std::string certificate_bundle_problem(std::string_view pem);

}  // namespace oidc_audit::oidc
