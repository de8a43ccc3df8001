#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace oidc_audit::oidc {

enum class JsonKind : std::uint8_t { null, boolean, number, string, array, object };

/// `null`, `bool`, `number`, `string`, `array`, `object`: the words of Go's unmarshal errors.
std::string_view to_string(JsonKind kind);

/// `array` or `number`, as the errors of Go's encoding/json call a value that has the wrong type:
/// `json: cannot unmarshal KIND into Go value of type TYPE`.
std::string go_unmarshal_error(JsonKind kind, std::string_view go_type);

class JsonDocument;

/// A value of a JsonDocument; cheap to copy, good as long as the document stays where it is.
class JsonValue {
 public:
  JsonValue(const JsonDocument* document, std::uint32_t index) : document_(document), index_(index) {}

  JsonKind kind() const;
  bool is(JsonKind kind) const { return this->kind() == kind; }
  bool as_bool() const;  ///< REQUIRES: a boolean
  /// Text of a string, escapes undone; lone surrogates and bytes that are not UTF-8 become U+FFFD.
  std::string string() const;
  /// As it stands in the text.
  std::string_view raw() const;
  /// Items or members as written.
  std::size_t size() const;

  /// First item or first key; then next_sibling() of it, size() times (keys and values alternate).
  JsonValue first_child() const { return {document_, index_ + 1}; }
  JsonValue next_sibling() const;

  std::vector<JsonValue> items() const;
  std::vector<std::pair<JsonValue, JsonValue>> members() const;
  /// Value of an object's member with exactly this (decoded) key; the last one counts.
  std::optional<JsonValue> find(std::string_view key) const;

 private:
  const JsonDocument* document_;
  std::uint32_t index_;
};

/// One JSON text, kept as a whole with an index of its values, read as Go's encoding/json reads it: what it
/// refuses and in which words, at most 10,000 levels of nesting, strings that need not be UTF-8.
class JsonDocument {
 public:
  /// Fails (malformed) with Go's text: `invalid character 'x' looking for beginning of value`.
  static Result<JsonDocument> parse(std::string text);

  JsonValue root() const { return {this, 0}; }
  const std::string& text() const { return text_; }

 private:
  friend class JsonValue;
  struct Node {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    std::uint32_t next = 0;
    std::uint32_t count = 0;
    JsonKind kind = JsonKind::null;
  };
  JsonDocument() = default;

  std::string text_;
  std::vector<Node> nodes_;
  friend class JsonScanner;
};

/// Whether a struct field of the given (lower-case ASCII) name takes a member of this key, as Go matches
/// them: ignoring case, the long s and the Kelvin sign included.
bool go_field_matches(std::string_view key, std::string_view field);

/// A string as JSON, and as a double-quoted scalar of YAML, quotes included; bytes that are not UTF-8 become
/// U+FFFD, controls and line separators are escaped.
std::string json_quote(std::string_view text);

/// The same JSON text with every byte that is not UTF-8 replaced by U+FFFD; nullopt when there is none.
std::optional<std::string> replace_invalid_utf8(std::string_view text);

}  // namespace oidc_audit::oidc
