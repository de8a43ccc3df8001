#pragma once

#include <optional>
#include <vector>

#include "oidc/catalogue_impl.h"

namespace oidc_audit::oidc {

/// The grammar that `parsed.rest` comes nearest to, of the providers of `hits` where they are certain;
/// nullopt when it follows none far enough. Says of `wildcards` where they stand in it. What comes of it
/// borrows from the name and the catalogue.
std::optional<NearMatch> find_near(const Catalogue::Impl& impl, const ParsedName& parsed,
                                   const ParseOptions& options,
                                   const std::vector<Catalogue::Impl::IssuerHit>& hits,
                                   std::vector<Wildcard>& wildcards);

}  // namespace oidc_audit::oidc
