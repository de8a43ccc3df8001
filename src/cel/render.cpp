#include "base/unicode.h"
#include "cel/program.h"

namespace oidc_audit::cel {

void locate(std::string_view text, std::uint32_t offset, std::uint32_t& line, std::uint32_t& column) {
  line = 1;
  column = 1;
  std::size_t at = 0;
  for (std::uint32_t i = 0; i < offset && at < text.size(); ++i) {
    if (text[at] == '\n') {
      ++line;
      column = 1;
    } else {
      ++column;
    }
    at += decode_utf8(text, at).bytes;
  }
}

namespace {

std::string_view line_of(std::string_view text, std::uint32_t line) {
  for (std::uint32_t i = 1; i < line; ++i) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  return text.substr(0, text.find('\n'));
}

}  // namespace

std::string render(const Problem& problem, std::string_view text) {
  const bool placed = problem.line > 0;
  std::string out = "ERROR: <input>:" + (placed ? std::to_string(problem.line) : "-1") + ":" +
                    std::to_string(problem.column) + ": " + escape_lines(problem.message, "");
  if (!placed) return out;
  std::string shown;
  for (const char c : line_of(text, problem.line)) shown += c == '\t' || c == '\r' ? ' ' : c;
  out += "\n | " + escape_for_display(shown) + "\n | ";
  // Dots as wide as what stands before the caret.
  std::size_t at = 0;
  for (std::uint32_t i = 1; i < problem.column && at < shown.size(); ++i) {
    const CodePoint point = decode_utf8(shown, at);
    const std::string before = escape_for_display(std::string_view(shown).substr(at, point.bytes));
    out += std::string(static_cast<std::size_t>(display_width(before)), '.');
    at += point.bytes;
  }
  return out + "^";
}

std::string render(std::span<const Problem> problems, std::string_view text) {
  std::string out;
  for (const Problem& problem : problems) {
    if (!out.empty()) out += '\n';
    out += render(problem, text);
  }
  return out;
}

}  // namespace oidc_audit::cel
