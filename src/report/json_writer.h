#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace oidc_audit::report {

/// Writes JSON text in the order of the calls, indented by two spaces or on one line. Text is made safe:
/// what is not UTF-8 becomes U+FFFD, and control, bidirectional and other invisible characters are
/// written as \u escapes, so that the document may be printed to a terminal. Keys are the caller's own
/// and must be unique in their object.
///
///   JsonWriter json;
///   json.begin_object();
///   json.key("lines").begin_array().number(1).number(2).end_array();
///   json.end_object();
class JsonWriter {
 public:
  enum class Style : std::uint8_t { indented, one_line };
  explicit JsonWriter(Style style = Style::indented) : style_(style) {}

  JsonWriter& begin_object() { return begin('{'); }
  JsonWriter& end_object() { return end('}'); }
  JsonWriter& begin_array() { return begin('['); }
  JsonWriter& end_array() { return end(']'); }
  JsonWriter& key(std::string_view name);
  JsonWriter& string(std::string_view text);
  JsonWriter& number(std::int64_t value);
  JsonWriter& boolean(bool value);
  JsonWriter& null();
  /// Text that is JSON already.
  JsonWriter& raw(std::string_view json);

  /// key() and a value.
  JsonWriter& field(std::string_view name, std::string_view text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, const char* text) { return key(name).string(text); }
  JsonWriter& field(std::string_view name, bool value) { return key(name).boolean(value); }
  JsonWriter& field(std::string_view name, std::int64_t value) { return key(name).number(value); }
  JsonWriter& count(std::string_view name, std::size_t value) {
    return key(name).number(static_cast<std::int64_t>(value));
  }
  JsonWriter& strings(std::string_view name, const std::vector<std::string>& values);

  /// The text so far; when every begin had its end, one document. No newline at the end.
  const std::string& text() const { return out_; }
  /// Gives away the text so far; writing may go on, and what follows is the next piece.
  std::string take() { return std::exchange(out_, std::string()); }

 private:
  JsonWriter& begin(char bracket);
  JsonWriter& end(char bracket);
  void before_value();
  void new_line();

  Style style_;
  std::string out_;
  std::vector<bool> has_members_;  // of the containers that are open
  bool after_key_ = false;
};

/// `text` between quotes, made safe as JsonWriter does.
void append_json_string(std::string& out, std::string_view text);

}  // namespace oidc_audit::report
