#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/subject_analysis.h"

namespace oidc_audit::rules {

/// A group that the API server can derive from the claims of a provider's tokens: what to bind in place of a
/// pattern or of a name that changes with every run.
struct GroupMapping {
  std::string expression;  ///< CEL over `claims`, as `claimMappings.groups.expression` takes it
  std::string group;       ///< what it yields for the subject at hand, as far as the subject says
  std::string note;        ///< which part of `group` is only an example; may be empty
};

/// The mapping that covers what the subject names without a pattern: its tenant always (`allowed` or an
/// example stands in for one that is missing or a pattern), then the parts that are plain text. Claims that a
/// token may lack are guarded, for an expression that fails refuses the token. Empty members: nothing is
/// known of the provider's claims.
GroupMapping group_mapping(const SubjectAnalysis& analysis, const std::vector<std::string>* allowed);

}  // namespace oidc_audit::rules
