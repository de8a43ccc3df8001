#include "base/go_quote.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <iterator>

#include "base/unicode.h"

namespace oidc_audit {

namespace {

struct Interval {
  char32_t first;
  char32_t last;
};

constexpr Interval kPrintable[] = {
#include "base/go_printable.inc"
};

bool is_printable(char32_t value) {
  if (value < 0x80) return value >= 0x20 && value < 0x7F;
  const auto* const it = std::lower_bound(std::begin(kPrintable), std::end(kPrintable), value,
                                          [](const Interval& range, char32_t v) { return range.last < v; });
  return it != std::end(kPrintable) && it->first <= value;
}

void append_escaped(std::string& out, char32_t value) {
  switch (value) {
    case U'\a':
      out += "\\a";
      return;
    case U'\b':
      out += "\\b";
      return;
    case U'\f':
      out += "\\f";
      return;
    case U'\n':
      out += "\\n";
      return;
    case U'\r':
      out += "\\r";
      return;
    case U'\t':
      out += "\\t";
      return;
    case U'\v':
      out += "\\v";
      return;
    default:
      break;
  }
  const auto number = static_cast<std::uint32_t>(value);
  if (number < 0x20 || number == 0x7F) {
    out += fmt::format("\\x{:02x}", number);
  } else if (number < 0x10000) {
    out += fmt::format("\\u{:04x}", number);
  } else {
    out += fmt::format("\\U{:08x}", number);
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[at])));
    } else if (point.value == U'"' || point.value == U'\\') {
      out += '\\';
      out += text[at];
    } else if (is_printable(point.value)) {
      out += text.substr(at, point.bytes);
    } else {
      append_escaped(out, point.value);
    }
    at += point.bytes;
  }
  out += '"';
}

template <typename Texts>
std::string quote_list(const Texts& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ' ';
    append_quoted(out, text);
  }
  return out + "]";
}

}  // namespace

std::string go_quote(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  append_quoted(out, text);
  return out;
}

std::string go_quote_list(std::span<const std::string> texts) { return quote_list(texts); }
std::string go_quote_list(std::span<const std::string_view> texts) { return quote_list(texts); }

}  // namespace oidc_audit
