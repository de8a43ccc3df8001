#include "report/excerpt.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/unicode.h"
#include "report/hide_secrets.h"

namespace oidc_audit::report {

namespace {

constexpr int kTab = 4;
constexpr int kDefaultWidth = 120;
constexpr int kLeastWidth = 20;
constexpr std::string_view kReset = "\x1B[0m";
constexpr std::string_view kDim = "\x1B[2m";
constexpr std::string_view kGap = "...";

/// Appends one character of the line as it is shown, if it takes no more than `room` columns; gives back how
/// many it took, or nothing.
std::optional<int> append_cell(std::string& out, std::string_view bytes, const CodePoint& point, int column,
                               int room) {
  const auto fits = [room](int width) { return width <= room ? std::optional(width) : std::nullopt; };
  if (point.valid && point.value == '\t') {
    const auto width = fits(kTab - column % kTab);
    if (width) out.append(static_cast<std::size_t>(*width), ' ');
    return width;
  }
  if (point.valid && !is_unsafe_to_print(point.value)) {
    const auto width = fits(display_width(point.value));
    if (width) out += bytes;
    return width;
  }
  const std::string escaped = escape_for_display(bytes);
  const auto width = fits(static_cast<int>(escaped.size()));
  if (width) out += escaped;
  return width;
}

/// Where to look in a line that may be of any length: what is far from the marks is never touched.
struct Window {
  std::size_t begin;  // bytes of the line
  std::size_t end;
  bool cut_left;
  bool cut_right;
};

std::size_t back_to_start(std::string_view line, std::size_t at) {
  while (at > 0 && at < line.size() && (static_cast<unsigned char>(line[at]) & 0xC0U) == 0x80U) --at;
  return at;
}

// How far on both sides of what is shown the name and the ends of a secret are looked for.
constexpr std::size_t kSecretLead = 16'384;

/// The part of the line in the window, secrets hidden; as long in bytes as it was.
std::string shown_part(std::string_view line, const Window& window) {
  const std::size_t from = window.begin - std::min(window.begin, kSecretLead);
  return hide_secrets(line.substr(from, window.end - from + kSecretLead))
      .substr(window.begin - from, window.end - window.begin);
}

// A first cut in bytes; cells are cut to columns afterwards.
Window window_around(std::string_view line, std::size_t mark_begin, std::size_t mark_end, int width) {
  const auto room = static_cast<std::size_t>(width);
  Window window{0, line.size(), false, false};
  const std::size_t mark = std::min(mark_end - mark_begin, room);
  const std::size_t lead = room > mark ? std::min<std::size_t>((room - mark) / 2, 40) : 0;
  if (mark_begin > lead && line.size() > room) {
    window.begin = back_to_start(line, mark_begin - lead);
    // When all the rest fits, more of the left side is shown.
    if (line.size() - window.begin < room) window.begin = back_to_start(line, line.size() - room);
    window.cut_left = window.begin > 0;
  }
  // A character takes at most four bytes for one column.
  if (line.size() - window.begin > room * 4 + 16) {
    window.end = back_to_start(line, window.begin + room * 4 + 16);
    window.cut_right = true;
  }
  return window;
}

}  // namespace

std::string place_text(const SourceManager& sources, SourceRange range) {
  const LineColumn start = sources.start(range);
  return fmt::format("{}:{}:{}", escape_for_display(sources.name(range.buffer)), start.line, start.column);
}

std::string source_excerpt(const SourceManager& sources, SourceRange range, const ExcerptOptions& options) {
  const LineColumn start = sources.start(range);
  const std::string_view line = sources.line(range.buffer, start.line);
  const std::size_t line_begin = sources.line_start(range.buffer, start.line);
  const std::size_t mark_begin = std::min<std::size_t>(range.begin - line_begin, line.size());
  const std::size_t mark_end = std::clamp<std::size_t>(
      range.end - std::min<std::size_t>(range.end, line_begin), mark_begin, line.size());

  const std::string number = fmt::format("{:>5}", start.line);
  const int margin = static_cast<int>(number.size()) + 3;
  const int width = std::max(kLeastWidth, (options.width > 0 ? options.width : kDefaultWidth) - margin -
                                              2 * static_cast<int>(kGap.size()));
  Window window = window_around(line, mark_begin, mark_end, width);

  const std::string part = shown_part(line, window);
  std::string text;
  std::string marks;
  if (window.cut_left) {
    text += kGap;
    marks.append(kGap.size(), ' ');
  }
  int column = 0;
  std::size_t at = window.begin;
  bool marked = false;
  std::size_t mark_column = std::string::npos;  // where the marked text begins
  while (at < window.end) {
    const std::size_t offset = at - window.begin;
    const CodePoint point = decode_utf8(part, offset);
    if (at >= mark_begin && mark_column == std::string::npos) mark_column = marks.size();
    const auto taken =
        append_cell(text, std::string_view(part).substr(offset, point.bytes), point, column, width - column);
    if (!taken) break;
    const auto columns = static_cast<std::size_t>(*taken);
    const bool inside = at >= mark_begin && at < mark_end;
    const std::size_t before = marks.size();
    marks.append(columns, inside ? '~' : ' ');
    if (inside && !marked && columns > 0) {
      marks[before] = '^';
      marked = true;
    }
    column += *taken;
    at += point.bytes;
  }
  window.cut_right = at < line.size();
  // An empty range, or one whose characters take no columns: the place itself.
  if (!marked) {
    marks.resize(std::min(mark_column, marks.size()), ' ');
    marks += '^';
  }
  if (window.cut_right) text += kGap;
  const std::size_t last = marks.find_last_not_of(' ');
  marks.resize(last == std::string::npos ? 0 : last + 1);
  while (!text.empty() && text.back() == ' ') text.pop_back();

  const std::string_view dim = options.color ? kDim : std::string_view();
  const std::string_view code = options.color ? options.code : std::string_view();
  const std::string_view reset = options.color ? kReset : std::string_view();
  std::string out = fmt::format("{}{} |{}", dim, number, reset);
  if (!text.empty()) out += " " + text;
  out += fmt::format("\n{}{:>{}} |{} {}{}{}\n", dim, "", number.size(), reset, code, marks, reset);
  return out;
}

}  // namespace oidc_audit::report
