#include "rules/spelling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "base/strings.h"
#include "base/unicode.h"
#include "base/unicode_text.h"

namespace oidc_audit::rules {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_delimiter(char c) { return std::string_view(":/@#. -_|,;=()[]{}").find(c) != std::string_view::npos; }

}  // namespace

CharacterSet characters_of(std::string_view text) {
  enum : std::uint16_t {
    kNonAscii = 1,
    kControl = 2,
    kSpace = 4,
    kUpper = 8,
    kPattern = 16,
    kPercent = 32,
    kSlash = 64,
    kColon = 128,
    kAtSign = 256,
    kHash = 512
  };
  static constexpr auto kKinds = [] {
    std::array<std::uint16_t, 256> kinds{};
    for (std::size_t byte = 0; byte < kinds.size(); ++byte) {
      if (byte >= 0x80) kinds[byte] = kNonAscii;
      if (byte < 0x20 || byte == 0x7F) kinds[byte] = kControl;
      if (byte >= 'A' && byte <= 'Z') kinds[byte] = kUpper;
    }
    for (const char c : std::string_view("*?[](){}<>$^|\\")) kinds[static_cast<unsigned char>(c)] = kPattern;
    kinds[' '] = kSpace;
    kinds['%'] = kPercent;
    kinds['/'] = kSlash;
    kinds[':'] = kColon;
    kinds['@'] = kAtSign;
    kinds['#'] = kHash;
    return kinds;
  }();
  unsigned seen = 0;
  for (const char c : text) seen |= kKinds[static_cast<unsigned char>(c)];
  CharacterSet out;
  out.non_ascii = (seen & kNonAscii) != 0;
  out.control = (seen & kControl) != 0;
  out.space = (seen & kSpace) != 0;
  out.upper = (seen & kUpper) != 0;
  out.pattern = (seen & kPattern) != 0;
  out.percent = (seen & kPercent) != 0;
  out.slash = (seen & kSlash) != 0;
  out.colon = (seen & kColon) != 0;
  out.at_sign = (seen & kAtSign) != 0;
  out.hash = (seen & kHash) != 0;
  return out;
}

bool has_stray_space(std::string_view text) { return !stray_space_text(text).empty(); }

std::string stray_space_text(std::string_view text) {
  bool last_was_space = false;
  std::size_t last_space_end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    const bool space = c.valid && is_space(c.value);
    if (space) {
      if (at == 0) return "white space at the start";
      if (c.value == '\t') return "a tab";
      if (c.value == '\n' || c.value == '\r' || c.value == 0x85 || c.value == 0x2028 || c.value == 0x2029) {
        return "a line break";
      }
      if (c.value != ' ' && at + c.bytes < text.size())
        return fmt::format("U+{:04X}", static_cast<unsigned>(c.value));
      if (last_was_space && at + c.bytes < text.size()) return "two spaces in a row";
      last_space_end = at + c.bytes;
    }
    last_was_space = space;
    at += c.bytes;
  }
  return !text.empty() && last_space_end == text.size() ? "white space at the end" : "";
}

bool is_invisible(char32_t c) {
  if (c < 0x20 || (c >= 0x7F && c < 0xA0)) return true;
  if (c < 0xAD) return false;
  return c == 0xAD || c == 0x34F || c == 0x61C || c == 0x115F || c == 0x1160 || c == 0x17B4 || c == 0x17B5 ||
         c == 0x180E || (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2060 && c <= 0x206F) || c == 0x3164 || c == 0xFEFF || c == 0xFFA0 ||
         (c >= 0xE0000 && c <= 0xE007F) || is_unassigned_or_private(c);
}

bool has_invisible(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    // Tab and line breaks are white space, which has a rule of its own.
    const bool line = c.value == '\t' || c.value == '\n' || c.value == '\r' || c.value == 0x85;
    if (!c.valid || (is_invisible(c.value) && !line)) return true;
    at += c.bytes;
  }
  return false;
}

std::string invisible_text(std::string_view text) {
  std::vector<std::string> seen;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    if (!c.valid || is_invisible(c.value)) {
      std::string name =
          c.valid ? fmt::format("U+{:04X}", static_cast<unsigned>(c.value))
                  : fmt::format("byte 0x{:02X}", static_cast<unsigned>(static_cast<unsigned char>(text[at])));
      if (std::find(seen.begin(), seen.end(), name) == seen.end()) seen.push_back(std::move(name));
    }
    at += c.bytes;
  }
  return join(seen, ", ");
}

bool has_mixed_scripts(std::string_view text) {
  if (is_ascii(text)) return false;
  bool latin = false;
  std::vector<std::string_view> foreign;
  std::size_t begin = 0;
  for (std::size_t at = 0; at <= text.size(); ++at) {
    if (at < text.size() && !is_delimiter(text[at])) continue;
    const std::string_view word = text.substr(begin, at - begin);
    begin = at + 1;
    if (word.empty()) continue;
    if (is_ascii(word)) {
      latin |= std::any_of(word.begin(), word.end(),
                           [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
      continue;
    }
    if (mixes_scripts(word)) return true;
    const std::vector<Script> scripts = scripts_in(word);
    if (!scripts.empty() && to_string(scripts.front()) != "Latin") foreign.push_back(word);
  }
  return latin && std::any_of(foreign.begin(), foreign.end(), [](std::string_view word) {
           return is_ascii(skeleton(word)) && count_code_points(word) > 1;
         });
}

std::string case_key(std::string_view name) {
  return is_ascii(name) ? to_lower_ascii(name) : fold_case(name);
}

std::string slash_key(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '/') {
      out += name[i];
    } else if (!out.empty() && out.back() != '/' && out.back() != '#') {
      out += '/';  // a leading slash, also behind an issuer prefix, does not count
    }
  }
  while (!out.empty() && out.back() == '/') out.pop_back();
  // `https://issuer/#x` and `https://issuer#x`
  if (const std::size_t hash = out.find("/#"); hash != std::string::npos) out.erase(hash, 1);
  return out;
}

std::string id_free_key(std::string_view name, bool& at_form) {
  std::string out;
  bool found = false;
  at_form = false;
  for (std::size_t i = 0; i < name.size();) {
    const char c = name[i];
    if (c == '@' || c == '-') {
      std::size_t end = i + 1;
      while (end < name.size() && name[end] >= '0' && name[end] <= '9') ++end;
      const bool closes = end == name.size() || name[end] == '/' || name[end] == ':';
      if (end > i + 1 && closes && i > 0) {
        found = true;
        at_form |= c == '@';
        i = end;
        continue;
      }
    }
    out += c;
    ++i;
  }
  if (!found) out.clear();
  return out;
}

}  // namespace oidc_audit::rules
