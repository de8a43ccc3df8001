#pragma once

#include "sim/near_miss.h"

namespace oidc_audit::oidc {
class Catalogue;
}

namespace oidc_audit::sim {

/// A NameParser over the catalogue: the most likely complete reading of a name, its segments marked with what
/// they stand for. The catalogue must outlive it.
NameParser catalogue_parser(const oidc::Catalogue& catalogue, std::vector<std::string> prefixes = {});

}  // namespace oidc_audit::sim
