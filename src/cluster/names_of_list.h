#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit::cluster {

/// `metadata.name` of every item of a list in JSON, in its order.
std::vector<std::string> names_of_list(std::string_view json);

}  // namespace oidc_audit::cluster
