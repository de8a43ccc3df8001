#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cause.h"

namespace oidc_audit::sim {

/// What a part of a subject name stands for, as far as blame is concerned.
enum class PartRole : std::uint8_t { tenant, context, phase, other };

struct NamePart {
  std::string name;
  std::string value;
  PartRole role = PartRole::other;
};

/// A subject name taken apart by the provider catalogue; `provider` is empty when no grammar knows it.
struct NameParts {
  std::string prefix;  ///< what was split off the front, `#` or `:` included
  std::string core;    ///< the rest, as it stands
  std::string provider;
  std::string kind;  ///< alternative of the provider's grammar
  /// No token can carry the name: `parts` are those of the form that it comes nearest to.
  bool damaged = false;
  std::vector<NamePart> parts;
  std::string tenant;  ///< value of the trust boundary; empty: not known
};

/// How a bound name falls short of a name that the request has.
struct NameDifference {
  Cause cause = Cause::subject_spelling;
  int changes = 1;     ///< how many independent things differ; fewer is nearer
  std::string detail;  ///< what differs, for a sentence: "`run_phase` is `apply` there and `plan` here"
};

/// A name with the prefix that the server's configuration puts before it, where that is known.
struct ActualName {
  NameParts parts;
  std::string name;                              ///< the whole, as the server sees it
  std::optional<std::string> configured_prefix;  ///< nullopt: not known
};

/// Compares a bound name with an actual one of the same kind; nullopt when they are equal or nothing connects
/// them. Explains only: decisions compare bytes. Linear in the lengths but for the pattern test, whose work
/// is bounded by a constant.
std::optional<NameDifference> compare_names(const NameParts& bound, std::string_view bound_name,
                                            const ActualName& actual);

}  // namespace oidc_audit::sim
