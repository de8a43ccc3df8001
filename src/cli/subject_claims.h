#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {
class Catalogue;
}
namespace oidc_audit::rules {
class RuleSet;
}

namespace oidc_audit::cli {

struct Context;

/// Claims of a payload as text, for the catalogue.
struct ClaimTexts {
  std::vector<std::pair<std::string, std::string>> claims;
  std::optional<std::string> find(std::string_view name) const;
};

/// Reads a JSON object from a file or (`-`) standard input.
Result<ClaimTexts> read_claim_texts(const std::string& path, Context& context);

/// Adds the rule packs below `directory`, if there are any, and the providers in `directory/providers`, if it
/// is there, to what is known; fails (configuration) when there is neither or something is wrong.
Result<void> add_rule_directory(const std::string& directory, Context& context, SourceManager& sources,
                                rules::RuleSet& set, std::optional<oidc::Catalogue>& catalogue);

}  // namespace oidc_audit::cli
