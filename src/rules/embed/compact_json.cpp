#include "rules/embed/compact_json.h"

#include <cctype>

namespace oidc_audit::rules {

namespace {

void append_string(std::string& out, std::string_view text) {
  static const char* const kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += kHex[byte >> 4U];
      out += kHex[byte & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

// The number grammar of RFC 8259.
bool is_json_number(std::string_view text) {
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
    return at - start;
  };
  if (at < text.size() && text[at] == '-') ++at;
  const bool zero = at < text.size() && text[at] == '0';
  const std::size_t whole = digits();
  if (whole == 0 || (zero && whole > 1)) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (digits() == 0) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// Depth is limited by the reader.
void append(std::string& out, document::Value value) {
  using document::NodeKind;
  switch (value.kind()) {
    case NodeKind::null:
      out += "null";
      return;
    case NodeKind::boolean:
      out += value.as_bool().value_or(false) ? "true" : "false";
      return;
    case NodeKind::integer:
    case NodeKind::floating:
      if (is_json_number(value.text()))
        out += value.text();
      else
        append_string(out, value.text());
      return;
    case NodeKind::string:
      append_string(out, value.text());
      return;
    case NodeKind::sequence: {
      out += '[';
      bool first = true;
      for (const document::Value item : value.items()) {
        if (!first) out += ',';
        first = false;
        append(out, item);
      }
      out += ']';
      return;
    }
    case NodeKind::mapping: {
      out += '{';
      bool first = true;
      for (const document::Member member : value.members()) {
        if (!first) out += ',';
        first = false;
        append_string(out, member.key.text());
        out += ':';
        append(out, member.value);
      }
      out += '}';
      return;
    }
  }
}

}  // namespace

std::string compact_json(document::Value value) {
  std::string out;
  append(out, value);
  return out;
}

}  // namespace oidc_audit::rules
