#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cel/value.h"

namespace oidc_audit::cel {

/// What JSON numbers become.
enum class JsonNumbers {
  doubles,   ///< every number is a double, as Kubernetes decodes claims since 1.34
  integers,  ///< a number without fraction and exponent that fits is an int, others are doubles
};

struct JsonLimits {
  std::size_t max_depth = 200;  ///< nested arrays and objects; keeps recursion off the stack's end
};

/// One JSON text as a value: objects become maps with string keys (the last of equal keys wins), in the
/// order written. Fails (malformed) with the byte offset in the message.
Result<Value> parse_json(std::string_view text, JsonNumbers numbers, JsonLimits limits = {});

/// The value as JSON, for output. Bytes become base64, timestamps and durations their text, types and
/// library values their text, uints plain numbers, doubles that JSON cannot write a string.
std::string to_json(const Value& value);

}  // namespace oidc_audit::cel
