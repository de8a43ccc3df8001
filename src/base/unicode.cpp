#include "base/unicode.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>

namespace oidc_audit {

namespace {

struct Interval {
  char32_t first;
  char32_t last;
};

// East Asian wide and fullwidth blocks and emoji, coarse on purpose: only the column of a caret depends on
// it.
constexpr std::array kWide = {
    Interval{0x1100, 0x115F},   Interval{0x231A, 0x231B},   Interval{0x2E80, 0x303E},
    Interval{0x3041, 0x33FF},   Interval{0x3400, 0x4DBF},   Interval{0x4E00, 0x9FFF},
    Interval{0xA000, 0xA4CF},   Interval{0xA960, 0xA97F},   Interval{0xAC00, 0xD7A3},
    Interval{0xF900, 0xFAFF},   Interval{0xFE30, 0xFE6F},   Interval{0xFF00, 0xFF60},
    Interval{0xFFE0, 0xFFE6},   Interval{0x1F300, 0x1F64F}, Interval{0x1F680, 0x1F6FF},
    Interval{0x1F900, 0x1F9FF}, Interval{0x20000, 0x3FFFD},
};

constexpr std::array kZeroWidth = {
    Interval{0x0300, 0x036F}, Interval{0x0483, 0x0489}, Interval{0x0591, 0x05BD}, Interval{0x0610, 0x061A},
    Interval{0x064B, 0x065F}, Interval{0x0E31, 0x0E31}, Interval{0x0E34, 0x0E3A}, Interval{0x1AB0, 0x1AFF},
    Interval{0x1DC0, 0x1DFF}, Interval{0x20D0, 0x20FF}, Interval{0xFE00, 0xFE0F}, Interval{0xFE20, 0xFE2F},
};

constexpr std::array kUnsafe = {
    Interval{0x0000, 0x001F},   Interval{0x007F, 0x009F},   Interval{0x00AD, 0x00AD},
    Interval{0x034F, 0x034F},   Interval{0x061C, 0x061C},   Interval{0x115F, 0x1160},
    Interval{0x17B4, 0x17B5},   Interval{0x180B, 0x180F},   Interval{0x200B, 0x200F},
    Interval{0x2028, 0x202E},   Interval{0x2060, 0x206F},   Interval{0x3164, 0x3164},
    Interval{0xE000, 0xF8FF},   Interval{0xFE00, 0xFE0F},   Interval{0xFEFF, 0xFEFF},
    Interval{0xFFA0, 0xFFA0},   Interval{0xFFF0, 0xFFFB},   Interval{0x1BCA0, 0x1BCA3},
    Interval{0x1D173, 0x1D17A}, Interval{0xE0000, 0xE0FFF}, Interval{0xF0000, 0x10FFFF},
};

template <typename Table>
bool contains(const Table& table, char32_t value) {
  const auto it = std::lower_bound(table.begin(), table.end(), value,
                                   [](const Interval& interval, char32_t v) { return interval.last < v; });
  return it != table.end() && it->first <= value;
}

// Printable ASCII: most of all text, and never a special case.
constexpr bool is_plain(char c) noexcept { return c >= 0x20 && c < 0x7F; }

constexpr CodePoint kBroken{0xFFFD, 1, false};

bool continuation(std::string_view text, std::size_t at) {
  return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U;
}

char32_t low_bits(std::string_view text, std::size_t at) {
  return static_cast<unsigned char>(text[at]) & 0x3FU;
}

}  // namespace

CodePoint decode_utf8(std::string_view text, std::size_t at) noexcept {
  const auto lead = static_cast<unsigned char>(text[at]);
  if (lead < 0x80) return {lead, 1, true};
  if (lead >= 0xC2 && lead <= 0xDF) {
    if (!continuation(text, at + 1)) return kBroken;
    return {(static_cast<char32_t>(lead & 0x1FU) << 6) | low_bits(text, at + 1), 2, true};
  }
  if (lead >= 0xE0 && lead <= 0xEF) {
    if (!continuation(text, at + 1) || !continuation(text, at + 2)) return kBroken;
    const char32_t value =
        (static_cast<char32_t>(lead & 0x0FU) << 12) | (low_bits(text, at + 1) << 6) | low_bits(text, at + 2);
    if (value < 0x800 || (value >= 0xD800 && value <= 0xDFFF)) return kBroken;
    return {value, 3, true};
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    if (!continuation(text, at + 1) || !continuation(text, at + 2) || !continuation(text, at + 3))
      return kBroken;
    const char32_t value = (static_cast<char32_t>(lead & 0x07U) << 18) | (low_bits(text, at + 1) << 12) |
                           (low_bits(text, at + 2) << 6) | low_bits(text, at + 3);
    if (value < 0x10000 || value > 0x10FFFF) return kBroken;
    return {value, 4, true};
  }
  return kBroken;
}

bool is_valid_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid) return false;
    at += point.bytes;
  }
  return true;
}

void append_utf8(std::string& out, char32_t value) {
  const auto byte = [&out](char32_t bits) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(bits)));
  };
  if (value < 0x80) {
    byte(value);
  } else if (value < 0x800) {
    byte(0xC0 | (value >> 6));
    byte(0x80 | (value & 0x3F));
  } else if (value < 0x10000) {
    byte(0xE0 | (value >> 12));
    byte(0x80 | ((value >> 6) & 0x3F));
    byte(0x80 | (value & 0x3F));
  } else {
    byte(0xF0 | (value >> 18));
    byte(0x80 | ((value >> 12) & 0x3F));
    byte(0x80 | ((value >> 6) & 0x3F));
    byte(0x80 | (value & 0x3F));
  }
}

std::size_t count_code_points(std::string_view text) noexcept {
  std::size_t count = 0;
  for (std::size_t at = 0; at < text.size(); at += decode_utf8(text, at).bytes) ++count;
  return count;
}

int display_width(char32_t value) noexcept {
  if (value < 0x300) return 1;
  if (contains(kZeroWidth, value)) return 0;
  return contains(kWide, value) ? 2 : 1;
}

int display_width(std::string_view text) noexcept {
  int width = 0;
  for (std::size_t at = 0; at < text.size();) {
    if (is_plain(text[at])) {
      ++width;
      ++at;
      continue;
    }
    const CodePoint point = decode_utf8(text, at);
    width += display_width(point.value);
    at += point.bytes;
  }
  return width;
}

bool is_unsafe_to_print(char32_t value) noexcept {
  if (value >= 0x20 && value < 0x7F) return false;
  return contains(kUnsafe, value);
}

std::string escape_for_display(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::size_t plain = at;
    while (plain < text.size() && is_plain(text[plain])) ++plain;
    if (plain != at) {
      out.append(text.substr(at, plain - at));
      at = plain;
      continue;
    }
    const CodePoint point = decode_utf8(text, at);
    if (!point.valid) {
      fmt::format_to(std::back_inserter(out), "\\x{:02X}", static_cast<unsigned char>(text[at]));
    } else if (is_unsafe_to_print(point.value)) {
      fmt::format_to(std::back_inserter(out), "\\u{{{:X}}}", static_cast<std::uint32_t>(point.value));
    } else {
      out.append(text.substr(at, point.bytes));
    }
    at += point.bytes;
  }
  return out;
}

std::string escape_lines(std::string_view text, std::string_view indent) {
  std::string out;
  while (true) {
    const std::size_t end = text.find('\n');
    out += escape_for_display(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    out.append("\n").append(indent);
    text.remove_prefix(end + 1);
  }
}

namespace {

char32_t fold(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7)) return c + 32;
  if (c == 0x130) return 'i';
  if (c == 0x178) return 0xFF;
  if (c == 0x17F) return 's';
  // Latin Extended-A alternates capital and small, with the parity turned in two stretches.
  if ((c >= 0x100 && c <= 0x137) || (c >= 0x14A && c <= 0x177)) return c | 1U;
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E)) return (c & 1U) != 0 ? c + 1 : c;
  if (c == 0x386) return 0x3AC;
  if (c >= 0x388 && c <= 0x38A) return c + 37;
  if (c == 0x38C) return 0x3CC;
  if (c == 0x38E || c == 0x38F) return c + 63;
  if (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) return c + 32;
  if (c == 0x3C2) return 0x3C3;
  if (c >= 0x410 && c <= 0x42F) return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  if (c >= 0x460 && c <= 0x481) return c | 1U;
  if (c >= 0x48A && c <= 0x4BF) return c | 1U;
  if (c >= 0x531 && c <= 0x556) return c + 48;
  if (c >= 0x1E00 && c <= 0x1E95) return c | 1U;
  if (c >= 0x1EA0 && c <= 0x1EFF) return c | 1U;
  if (c == 0x212A) return 'k';
  if (c == 0x212B) return 0xE5;
  if (c >= 0xFF21 && c <= 0xFF3A) return c + 32;
  return c;
}

}  // namespace

std::string fold_case(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    if (point.valid) {
      append_utf8(out, fold(point.value));
    } else {
      out.push_back(text[at]);
    }
    at += point.bytes;
  }
  return out;
}

bool is_space(char32_t value) noexcept {
  return (value >= 0x09 && value <= 0x0D) || value == 0x20 || value == 0x85 || value == 0xA0 ||
         value == 0x1680 || (value >= 0x2000 && value <= 0x200A) || value == 0x2028 || value == 0x2029 ||
         value == 0x202F || value == 0x205F || value == 0x3000;
}

std::string squeeze_space(std::string_view text) {
  std::string out;
  bool pending = false;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint point = decode_utf8(text, at);
    const std::string_view bytes = text.substr(at, point.bytes);
    at += point.bytes;
    if (point.valid && is_space(point.value)) {
      pending = !out.empty();
      continue;
    }
    const bool zero_width =
        (point.value >= 0x200B && point.value <= 0x200F) || point.value == 0x2060 || point.value == 0xFEFF;
    if (point.valid && zero_width) continue;
    if (pending) out.push_back(' ');
    pending = false;
    out.append(bytes);
  }
  return out;
}

}  // namespace oidc_audit
