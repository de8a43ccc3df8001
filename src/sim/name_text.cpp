#include "sim/name_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/glob.h"
#include "base/percent_encoding.h"
#include "base/strings.h"
#include "base/unicode.h"

namespace oidc_audit::sim {

namespace {

bool has_pattern(std::string_view text) {
  return text.find_first_of("*?") != std::string_view::npos || text.starts_with('^') || text.ends_with('$') ||
         text.find(".+") != std::string_view::npos;
}

/// Anchors dropped, `.*` and `.+` made `*`, escapes undone; bracket expressions become `?`.
std::string regex_to_glob(std::string_view text) {
  std::string out;
  if (text.starts_with('^')) text.remove_prefix(1);
  if (text.ends_with('$')) text.remove_suffix(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '.' && (next == '*' || next == '+')) {
      out += '*';
      ++i;
    } else if (text[i] == '\\' && next != '\0') {
      out += next;
      ++i;
    } else if (text[i] == '[' && text.find(']', i) != std::string_view::npos) {
      i = text.find(']', i);
      const char repeat = i + 1 < text.size() ? text[i + 1] : '\0';
      out += repeat == '*' || repeat == '+' ? '*' : '?';
      if (repeat == '*' || repeat == '+') ++i;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace

bool matches_as_pattern(std::string_view pattern, std::string_view text) {
  if (!has_pattern(pattern)) return false;
  return glob_matches(pattern, text) || glob_matches(regex_to_glob(pattern), text);
}

std::string without_ids(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '@' && i + 1 < text.size() && std::isdigit(static_cast<unsigned char>(text[i + 1])) != 0) {
      std::size_t end = i + 1;
      while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end])) != 0) ++end;
      if (end == text.size() || text[end] == '/' || text[end] == ':') {
        i = end - 1;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::string without_hyphen_ids(std::string_view text) {
  const std::size_t start = text.find("repo:");
  if (start == std::string_view::npos) return {};
  const std::size_t slash = text.find('/', start);
  if (slash == std::string_view::npos) return {};
  const std::size_t end = std::min(text.find(':', slash), text.size());
  const auto id_at = [&](std::size_t begin, std::size_t stop) {
    std::size_t at = stop;
    while (at > begin && std::isdigit(static_cast<unsigned char>(text[at - 1])) != 0) --at;
    return at < stop && at > begin + 1 && text[at - 1] == '-' ? at - 1 : std::string_view::npos;
  };
  const std::size_t owner = id_at(start + 5, slash);
  const std::size_t name = id_at(slash + 1, end);
  if (owner == std::string_view::npos || name == std::string_view::npos) return {};
  return fmt::format("{}{}{}", text.substr(0, owner), text.substr(slash, name - slash), text.substr(end));
}

bool is_id(std::string_view value) {
  if (value.empty()) return false;
  if (std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; })) return true;
  std::string_view bare = value;
  if (bare.starts_with('{') && bare.ends_with('}')) bare = bare.substr(1, bare.size() - 2);
  if (bare.size() != 36) return false;
  return std::all_of(bare.begin(), bare.end(),
                     [](char c) { return c == '-' || std::isxdigit(static_cast<unsigned char>(c)) != 0; });
}

bool is_id_key(std::string_view name) {
  return name == "id" || name.ends_with("_id") || name.ends_with("_uuid");
}

std::string without_space(std::string_view text) {
  std::string out = squeeze_space(text);
  std::erase(out, ' ');
  return out;
}

bool near_in_spelling(std::string_view a, std::string_view b) {
  const std::size_t length = std::min(a.size(), b.size());
  if (length < 3) return false;
  const std::size_t limit = length < 6 ? 1 : 2;
  return edit_distance(a, b, limit) <= limit;
}

std::string decoded(std::string_view text) {
  std::string out(text);
  for (int times = 0; times < 3 && out.find('%') != std::string::npos; ++times) {
    std::string once = percent_decode(out);
    if (once == out) break;
    out = std::move(once);
  }
  return out;
}

std::string without_stray_slashes(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool scheme = text.substr(i).starts_with("//") && i > 0 && text[i - 1] == ':';
    if (scheme) {
      out += "//";
      ++i;
      continue;
    }
    const bool beside = i == 0 || i + 1 == text.size() || text[i - 1] == ':' || text[i + 1] == ':';
    if (text[i] == '/' && (beside || (!out.empty() && out.back() == '/'))) continue;
    out += text[i];
  }
  return out;
}

std::string normal_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '/' && (out.empty() || out.back() == '/')) continue;
    out += c;
  }
  while (!out.empty() && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace oidc_audit::sim
