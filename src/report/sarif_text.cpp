#include "report/sarif_text.h"

#include <fmt/format.h>

#include "base/strings.h"
#include "base/unicode.h"

namespace oidc_audit::report {

namespace {

constexpr std::string_view kCut = " ...";

std::string cut_to(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit - kCut.size();
  // Neither a code point nor an escape is cut in two.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  while (!text.empty() && (text.back() == '{' || text.back() == '\\')) text.pop_back();
  return text + std::string(kCut);
}

}  // namespace

std::string sarif_text(std::string_view text, std::size_t limit) {
  const bool has_link = text.find("](") != std::string_view::npos;
  std::string out;
  for (const std::string_view line : split(text, '\n')) {
    if (!out.empty()) out += '\n';
    for (const char c : escape_for_display(line)) {
      if (c == '{' || c == '}') out += c;
      if (has_link && (c == '[' || c == ']')) out += '\\';
      out += c;
    }
  }
  return cut_to(std::move(out), limit);
}

std::string sarif_link(std::string_view text, std::size_t id) {
  std::string out = "[";
  for (const char c : escape_for_display(text)) {
    if (c == '{' || c == '}') out += c;
    if (c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out + fmt::format("]({})", id);
}

std::string as_sentence(std::string_view text) {
  std::string out(text);
  if (out.empty()) return out;
  if (out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
  const char last = out.back();
  if (last != '.' && last != '!' && last != '?') out += '.';
  return out;
}

std::string pascal_case(std::string_view id) {
  std::string out;
  bool upper = true;
  for (const char c : id) {
    if (c == '-' || c == '_' || c == '/' || c == '.') {
      upper = true;
      continue;
    }
    out += upper && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    upper = false;
  }
  // A name must differ from the id, also for consumers that do not look at case.
  return to_lower_ascii(out) == to_lower_ascii(id) ? out + "Rule" : out;
}

}  // namespace oidc_audit::report
