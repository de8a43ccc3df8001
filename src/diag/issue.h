#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "diag/location.h"

namespace oidc_audit {

/// What an issue means for the run (the command line turns it into the exit status).
enum class IssueLevel {
  note,     ///< for information: a template was skipped, a later duplicate won
  warning,  ///< the API server would refuse or change this object; it was looked at all the same
  error,    ///< something could not be read or looked at: exit status 3
};

std::string_view to_string(IssueLevel level);

/// Input is malformed or needs a remark; it has a place, and reading went on.
struct Issue {
  std::string code;  ///< kebab-case, stable: "yaml-syntax", "duplicate-key", "invalid-subject-kind"
  IssueLevel level = IssueLevel::warning;
  std::string message;  ///< lower case, no final period, user's text in backticks
  std::string hint;     ///< may be empty
  Location location;
  std::vector<RelatedLocation> related = {};  ///< the first of two equal keys, the object it replaces
};

bool report_order(const Issue& a, const Issue& b);

}  // namespace oidc_audit
