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

/// What `as_written` is but for the case of letters, where `mended` is a complete reading of the same name in
/// the right case. Borrows from the name of `as_written` and the catalogue.
NearMatch near_by_case(const ParsedName& as_written, ParsedName mended);

}  // namespace oidc_audit::oidc
