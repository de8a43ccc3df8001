#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/strong_string.h"
#include "diag/location.h"
#include "diag/severity.h"

namespace oidc_audit {

/// The subject of a binding that a finding is about.
struct SubjectRef {
  std::string kind;
  std::string namespace_name;
  std::string name;
  friend auto operator<=>(const SubjectRef&, const SubjectRef&) = default;
};

/// Policy is risky at one place. Text may contain names taken from input as they are: writers escape.
struct Finding {
  RuleId rule;
  std::vector<std::string> aliases;
  Severity severity = Severity::medium;
  Confidence confidence = Confidence::medium;
  std::vector<Effect> effects;  ///< at least one, in the order of the enumeration, no duplicates
  std::string message;          ///< one sentence, lower case, no final period
  std::string remedy;           ///< what to change, concretely; may hold several lines
  Location location;
  std::vector<RelatedLocation> related;
  /// When it is about one subject: what tells it from findings about others of the same binding, whatever
  /// their order; fingerprints are made of it.
  std::optional<SubjectRef> subject = {};
};

/// The order findings are reported in: place (file name is the caller's concern: buffer ids are given in
/// input order), then rule, then message. Total for findings that differ in any of those.
bool report_order(const Finding& a, const Finding& b);

}  // namespace oidc_audit
