#pragma once

#include "cel/value.h"

namespace oidc_audit::cel {

/// Tags of library objects (Object::library_tag).
enum LibraryTag : int {
  kPatternTag = 1,
  kUrlTag,
  kIpTag,
  kCidrTag,
  kQuantityTag,
  kSemverTag,
  kFormatTag,
};

/// The library object of a value. REQUIRES: the value is an object with T's tag.
template <typename T>
const T& library_object(const Value& value) {
  return static_cast<const T&>(value.as_object());
}

}  // namespace oidc_audit::cel
