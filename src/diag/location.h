#pragma once

#include <compare>
#include <optional>
#include <string>

#include "source/source_range.h"

namespace oidc_audit {

/// Names an API object. `namespace_name` is empty for cluster-scoped objects and where it is unknown.
struct ObjectRef {
  std::string api_version;
  std::string kind;
  std::string namespace_name;
  std::string name;
  std::string cluster = {};  ///< label of the live cluster that holds it; empty for what was read from files
  friend auto operator<=>(const ObjectRef&, const ObjectRef&) = default;
};

/// `Kind/[namespace/]name`, as text output writes it; not escaped.
std::string to_string(const ObjectRef& object);

/// A place: symbolic first, so that it also works for an object that was never text.
struct Location {
  ObjectRef object;
  std::string pointer;               ///< RFC 6901, relative to the object: "/subjects/0/name"
  std::optional<SourceRange> range;  ///< present when it was read from text
  friend auto operator<=>(const Location&, const Location&) = default;
};

/// A further place that helps to understand a finding or an issue, with what it shows.
struct RelatedLocation {
  Location location;
  std::string message;
  friend auto operator<=>(const RelatedLocation&, const RelatedLocation&) = default;
};

}  // namespace oidc_audit
