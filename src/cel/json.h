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
  bool places = true;           ///< say where an error is; false: the text is a part of another
};

/// One JSON text as a value: objects become maps with string keys (the last of equal keys wins), in the
/// order written. Fails (malformed) with `LINE:COLUMN` in the message.
Result<Value> parse_json(std::string_view text, JsonNumbers numbers, JsonLimits limits = {});

/// `LINE:COLUMN` of a byte in a text, 1-based, columns in code points.
std::string place_in(std::string_view text, std::size_t offset);

/// The value as JSON, for output. Bytes become base64, timestamps and durations their text, types and
/// library values their text, uints plain numbers, doubles that JSON cannot write a string.
std::string to_json(const Value& value);

}  // namespace oidc_audit::cel
