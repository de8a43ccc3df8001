#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/result.h"

namespace oidc_audit::oidc {
class Catalogue;
}

namespace oidc_audit::rules {

/// Something that a rule's fixtures or the rule itself got wrong.
struct FixtureFailure {
  std::string rule;
  std::string file;
  std::uint32_t line = 0;  ///< 1-based; 0: the file as a whole
  std::string message;
};

struct FixtureReport {
  std::size_t rules = 0;
  std::size_t fixtures = 0;
  std::size_t marks = 0;
  std::vector<std::string> rule_ids;     ///< sorted
  std::vector<FixtureFailure> failures;  ///< by rule, file and line
};

/// Runs the fixtures of a pack, of all packs in a directory, or of one rule's folder. A fixture runs its own
/// rule alone, with `NAME.config.yaml` beside it as its configuration. Every mark
///
///     # finding: ID [SEVERITY] [EFFECT,...]
///
/// must be hit on its line, and nothing unmarked may be. A rule needs a bad and a good fixture. Rules that do
/// not load are failures too; an Error is only for a directory without rules.
Result<FixtureReport> test_fixtures(const Files& files, const std::string& directory,
                                    const oidc::Catalogue& catalogue);

/// A mark of a comment. Several may stand in one comment.
struct Mark {
  std::string rule;
  std::string severity;  ///< empty: any
  std::string effects;   ///< `dead,open-in-expander`; empty: any
};
std::vector<Mark> parse_marks(std::string_view comment);

}  // namespace oidc_audit::rules
