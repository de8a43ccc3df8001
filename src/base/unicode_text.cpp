#include "base/unicode_text.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/unicode.h"

namespace oidc_audit {
namespace {

#include "base/unicode_tables.inc"

// Hangul syllables are composed by arithmetic (UAX 15 section "Hangul").
constexpr char32_t kSBase = 0xAC00, kLBase = 0x1100, kVBase = 0x1161, kTBase = 0x11A7;
constexpr char32_t kLCount = 19, kVCount = 21, kTCount = 28, kSCount = kLCount * kVCount * kTCount;
// Stands for a byte that is not UTF-8 while text is held as code points.
constexpr char32_t kByteBase = 0x110000;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

int combining_class(char32_t value) {
  const auto it =
      std::lower_bound(kCombining.begin(), kCombining.end(), static_cast<std::uint32_t>(value) << 8);
  return it != kCombining.end() && *it >> 8 == value ? static_cast<int>(*it & 0xFF) : 0;
}

const Decomposition* decomposition(char32_t value) {
  const auto it = std::lower_bound(kDecompositions.begin(), kDecompositions.end(), value,
                                   [](const Decomposition& d, char32_t v) { return d.whole < v; });
  return it != kDecompositions.end() && it->whole == value ? &*it : nullptr;
}

void decompose(char32_t value, std::u32string& out) {
  if (value >= kSBase && value < kSBase + kSCount) {
    const char32_t index = value - kSBase;
    out += kLBase + index / (kVCount * kTCount);
    out += kVBase + index % (kVCount * kTCount) / kTCount;
    if (index % kTCount != 0) out += kTBase + index % kTCount;
    return;
  }
  const Decomposition* d = value < 0xC0 ? nullptr : decomposition(value);
  if (d == nullptr) {
    out += value;
    return;
  }
  decompose(d->first, out);  // at most four steps deep: a property of the data
  if (d->second != 0) decompose(d->second, out);
}

struct Pair {
  char32_t first, second, whole;
};

const std::vector<Pair>& compositions() {
  static const std::vector<Pair> table = [] {
    std::vector<Pair> pairs;
    for (const Decomposition& d : kDecompositions) {
      if (d.composes && d.second != 0) pairs.push_back({d.first, d.second, d.whole});
    }
    std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
      return std::tie(a.first, a.second) < std::tie(b.first, b.second);
    });
    return pairs;
  }();
  return table;
}

char32_t compose(char32_t a, char32_t b) {
  if (a >= kLBase && a < kLBase + kLCount && b >= kVBase && b < kVBase + kVCount) {
    return kSBase + ((a - kLBase) * kVCount + (b - kVBase)) * kTCount;
  }
  if (a >= kSBase && a < kSBase + kSCount && (a - kSBase) % kTCount == 0 && b > kTBase &&
      b < kTBase + kTCount) {
    return a + (b - kTBase);
  }
  const auto& table = compositions();
  const auto it =
      std::lower_bound(table.begin(), table.end(), std::pair(a, b),
                       [](const Pair& p, const auto& key) { return std::pair(p.first, p.second) < key; });
  return it != table.end() && it->first == a && it->second == b ? it->whole : 0;
}

std::u32string decomposed(std::string_view text) {
  std::u32string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    if (c.valid) {
      decompose(c.value, out);
    } else {
      out += kByteBase + static_cast<unsigned char>(text[at]);
    }
    at += c.valid ? c.bytes : 1U;
  }
  // Canonical ordering: runs of combining marks by class, stable.
  for (std::size_t at = 0; at < out.size();) {
    if (combining_class(out[at]) == 0) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < out.size() && combining_class(out[end]) != 0) ++end;
    std::stable_sort(out.begin() + static_cast<std::ptrdiff_t>(at),
                     out.begin() + static_cast<std::ptrdiff_t>(end),
                     [](char32_t a, char32_t b) { return combining_class(a) < combining_class(b); });
    at = end;
  }
  return out;
}

std::string encode(const std::u32string& text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t c : text) {
    if (c >= kByteBase) {
      out += static_cast<char>(c - kByteBase);
    } else {
      append_utf8(out, c);
    }
  }
  return out;
}

const Confusable* confusable(char32_t value) {
  const auto it = std::lower_bound(kConfusables.begin(), kConfusables.end(), value,
                                   [](const Confusable& c, char32_t v) { return c.from < v; });
  return it != kConfusables.end() && it->from == value ? &*it : nullptr;
}

// Default_Ignorable_Code_Point, as far as it occurs in names.
bool is_ignorable(char32_t c) {
  return c == 0xAD || c == 0x34F || c == 0x61C || (c >= 0x115F && c <= 0x1160) ||
         (c >= 0x17B4 && c <= 0x17B5) || (c >= 0x180B && c <= 0x180F) || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0x3164 ||
         (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF || c == 0xFFA0 || (c >= 0xE0000 && c <= 0xE0FFF);
}

}  // namespace

std::string to_nfd(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  return encode(decomposed(text));
}

std::string to_nfc(std::string_view text) {
  if (is_ascii(text)) return std::string(text);
  std::u32string points = decomposed(text);
  std::u32string out;
  out.reserve(points.size());
  std::size_t starter = std::u32string::npos;
  int last_class = 0;
  for (const char32_t c : points) {
    const int current = combining_class(c);
    if (starter != std::u32string::npos &&
        (last_class < current || (last_class == 0 && out.size() == starter + 1))) {
      if (const char32_t whole = compose(out[starter], c); whole != 0) {
        out[starter] = whole;
        continue;
      }
    }
    if (current == 0) starter = out.size();
    last_class = current;
    out += c;
  }
  return encode(out);
}

bool is_nfc(std::string_view text) { return is_ascii(text) || to_nfc(text) == text; }

std::string skeleton(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 8);
  const auto add = [&out](char32_t c) {
    if (c >= kByteBase) {
      out += static_cast<char>(c - kByteBase);
    } else if (const Confusable* known = confusable(c)) {
      out += kConfusableText.substr(known->offset, known->bytes);
    } else {
      append_utf8(out, c);
    }
  };
  if (is_ascii(text)) {
    // What UTS 39 maps within ASCII, without the look-up.
    for (const char c : text) {
      switch (c) {
        case '0':
          out += 'O';
          break;
        case '1':
        case 'I':
        case '|':
          out += 'l';
          break;
        case 'm':
          out += "rn";
          break;
        case '`':
          out += '\'';
          break;
        case '"':
          out += "''";
          break;
        default:
          out += c;
      }
    }
    return out;
  }
  for (const char32_t c : decomposed(text)) {
    if (!is_ignorable(c)) add(c);
  }
  return to_nfd(out);
}

Script script_of(char32_t value) noexcept {
  const std::uint32_t key = static_cast<std::uint32_t>(value) << 8 | 0xFF;
  const auto it = std::upper_bound(kScriptStarts.begin(), kScriptStarts.end(), key);
  return static_cast<Script>(it == kScriptStarts.begin() ? 0U : *(it - 1) & 0xFFU);
}

std::string_view to_string(Script script) { return kScriptNames[static_cast<std::size_t>(script)]; }

std::vector<Script> scripts_in(std::string_view text) {
  std::vector<Script> out;
  for (std::size_t at = 0; at < text.size();) {
    const CodePoint c = decode_utf8(text, at);
    at += c.bytes;
    if (!c.valid) continue;
    const Script script = script_of(c.value);
    if (script <= Script::inherited) continue;
    if (std::find(out.begin(), out.end(), script) == out.end()) out.push_back(script);
  }
  return out;
}

bool mixes_scripts(std::string_view text) {
  if (is_ascii(text)) return false;
  const std::vector<Script> scripts = scripts_in(text);
  if (scripts.size() < 2) {
    // Fullwidth letters are Latin by script and look unlike it; mixed with ASCII letters they imitate.
    bool wide = false, ascii = false;
    for (std::size_t at = 0; at < text.size();) {
      const CodePoint c = decode_utf8(text, at);
      at += c.bytes;
      wide |= c.valid && c.value >= 0xFF01 && c.value <= 0xFF5E;
      ascii |= c.valid && c.value < 0x80 && ((c.value | 0x20) >= 'a' && (c.value | 0x20) <= 'z');
    }
    return wide && ascii;
  }
  static constexpr std::string_view kAllowed[][4] = {{"Latin", "Han", "Hiragana", "Katakana"},
                                                     {"Latin", "Han", "Bopomofo", ""},
                                                     {"Latin", "Han", "Hangul", ""}};
  for (const auto& allowed : kAllowed) {
    if (std::all_of(scripts.begin(), scripts.end(), [&](Script script) {
          return std::find(std::begin(allowed), std::end(allowed), to_string(script)) != std::end(allowed);
        })) {
      return false;
    }
  }
  return true;
}

bool is_unassigned_or_private(char32_t value) noexcept { return script_of(value) == Script::unknown; }

}  // namespace oidc_audit
