#include "cli/ignore_rules.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/strings.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

struct ClassMatch {
  bool matched;
  std::size_t next;  // behind the `]`; kNone when the class is never closed
};

// `glob[at]` is behind the `[`.
ClassMatch match_class(std::string_view glob, std::size_t at, char c) {
  const bool negated = at < glob.size() && (glob[at] == '!' || glob[at] == '^');
  if (negated) ++at;
  bool matched = false;
  for (bool first = true; at < glob.size(); first = false) {
    if (glob[at] == ']' && !first) return {matched != negated, at + 1};
    if (glob[at] == '\\' && at + 1 < glob.size()) ++at;
    const char low = glob[at++];
    char high = low;
    if (at + 1 < glob.size() && glob[at] == '-' && glob[at + 1] != ']') {
      ++at;
      if (glob[at] == '\\' && at + 1 < glob.size()) ++at;
      high = glob[at++];
    }
    const auto value = static_cast<unsigned char>(c);
    if (static_cast<unsigned char>(low) <= value && value <= static_cast<unsigned char>(high)) matched = true;
  }
  return {false, kNone};
}

// Matches one unit of the glob (not `*`) with `c`; gives the place behind the unit, or kNone.
std::size_t match_one(std::string_view glob, std::size_t at, char c) {
  if (glob[at] == '?') return at + 1;
  if (glob[at] == '[') {
    const ClassMatch found = match_class(glob, at + 1, c);
    if (found.next == kNone) return c == '[' ? at + 1 : kNone;
    return found.matched ? found.next : kNone;
  }
  if (glob[at] == '\\' && at + 1 < glob.size()) ++at;
  return glob[at] == c ? at + 1 : kNone;
}

// `**` stands for any number of parts; only the last one met needs to be tried again.
bool segments_match(const std::vector<std::string>& globs, const std::vector<std::string_view>& parts) {
  std::size_t g = 0;
  std::size_t p = 0;
  std::size_t star_glob = kNone;
  std::size_t star_part = 0;
  while (p < parts.size()) {
    if (g < globs.size() && globs[g] == "**") {
      star_glob = g++;
      star_part = p;
      // A trailing `**` matches what is inside, so at least one part.
      if (g == globs.size()) return true;
      continue;
    }
    if (g < globs.size() && glob_matches(globs[g], parts[p])) {
      ++g;
      ++p;
      continue;
    }
    if (star_glob == kNone) return false;
    g = star_glob + 1;
    p = ++star_part;
  }
  return g == globs.size();
}

std::string_view without_line_end(std::string_view line) {
  if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  // Blanks at the end do not count unless escaped.
  while (!line.empty() && line.back() == ' ' && !(line.size() > 1 && line[line.size() - 2] == '\\')) {
    line.remove_suffix(1);
  }
  return line;
}

}  // namespace

bool glob_matches(std::string_view glob, std::string_view text) {
  std::size_t g = 0;
  std::size_t t = 0;
  std::size_t star = kNone;
  std::size_t star_text = 0;
  while (t < text.size()) {
    if (g < glob.size() && glob[g] == '*') {
      star = g++;
      star_text = t;
      continue;
    }
    const std::size_t next = g < glob.size() ? match_one(glob, g, text[t]) : kNone;
    if (next != kNone) {
      g = next;
      ++t;
      continue;
    }
    if (star == kNone) return false;
    g = star + 1;
    t = ++star_text;
  }
  while (g < glob.size() && glob[g] == '*') ++g;
  return g == glob.size();
}

IgnoreRules::IgnoreRules(std::string base, std::string_view text) : base_(std::move(base)) {
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view pattern = without_line_end(line);
    if (!pattern.empty() && pattern.front() != '#') add(pattern);
  }
}

void IgnoreRules::add(std::string_view text) {
  Pattern pattern;
  if (!text.empty() && text.front() == '!') {
    pattern.negated = true;
    text.remove_prefix(1);
  }
  if (!text.empty() && text.back() == '/') {
    pattern.directory_only = true;
    text.remove_suffix(1);
  }
  if (text.substr(0, 2) == "./") text.remove_prefix(1);
  if (text.empty()) return;
  pattern.anchored = text.find('/') != std::string_view::npos;
  if (text.front() == '/') text.remove_prefix(1);
  for (const std::string_view segment : split(text, '/')) {
    // Neighbouring `**` are one.
    if (segment == "**" && !pattern.segments.empty() && pattern.segments.back() == "**") continue;
    pattern.segments.emplace_back(segment);
  }
  patterns_.push_back(std::move(pattern));
}

std::optional<bool> IgnoreRules::match(std::string_view path, bool is_directory) const {
  if (patterns_.empty()) return std::nullopt;
  const std::string_view name = path.substr(path.rfind('/') + 1);
  std::vector<std::string_view> parts;
  const std::string prefix = base_ == "/" ? base_ : base_ + "/";
  if (path.substr(0, prefix.size()) == prefix) parts = split(path.substr(prefix.size()), '/');
  for (auto it = patterns_.rbegin(); it != patterns_.rend(); ++it) {
    if (it->directory_only && !is_directory) continue;
    const bool hit = it->anchored ? !parts.empty() && segments_match(it->segments, parts)
                                  : glob_matches(it->segments.front(), name);
    if (hit) return !it->negated;
  }
  return std::nullopt;
}

std::optional<bool> IgnoreRules::match_named(std::string_view path) const {
  if (patterns_.empty()) return std::nullopt;
  const std::string prefix = base_ == "/" ? base_ : base_ + "/";
  if (path.substr(0, prefix.size()) == prefix) {
    for (std::size_t at = path.find('/', prefix.size()); at != std::string_view::npos;
         at = path.find('/', at + 1)) {
      if (match(path.substr(0, at), true).value_or(false)) return true;
    }
  }
  return match(path, false);
}

}  // namespace oidc_audit::cli
