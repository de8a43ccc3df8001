#include "cel/text_util.h"

#include "base/unicode.h"

namespace oidc_audit::cel {

CodePoints::CodePoints(std::string_view text) : text_(text), size_(text.size()) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) {
      ascii_ = false;
      break;
    }
  }
  if (ascii_) return;
  for (std::size_t at = 0; at < text.size(); at += decode_utf8(text, at).bytes) {
    starts_.push_back(static_cast<std::uint32_t>(at));
  }
  size_ = starts_.size();
  starts_.push_back(static_cast<std::uint32_t>(text.size()));
}

Value part_of(const Value& whole, std::string_view part) {
  if (part.empty()) return Value::borrowed_string("");
  return Value::shared_string(part, whole.owner());
}

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    at += point.bytes;
    switch (point.value) {
      case U'\a':
        out += "\\a";
        break;
      case U'\b':
        out += "\\b";
        break;
      case U'\f':
        out += "\\f";
        break;
      case U'\n':
        out += "\\n";
        break;
      case U'\r':
        out += "\\r";
        break;
      case U'\t':
        out += "\\t";
        break;
      case U'\v':
        out += "\\v";
        break;
      case U'\\':
        out += "\\\\";
        break;
      case U'"':
        out += "\\\"";
        break;
      default:
        append_utf8(out, point.valid ? point.value : U'\uFFFD');
    }
  }
  return out + '"';
}

}  // namespace oidc_audit::cel
