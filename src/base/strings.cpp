#include "base/strings.h"

#include <algorithm>
#include <utility>

namespace oidc_audit {

namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v'; }

}  // namespace

std::string to_lower_ascii(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trim_ascii(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i != 0) out += separator;
    out += parts[i];
  }
  return out;
}

std::string replace_all(std::string_view text, std::string_view from, std::string_view to) {
  std::string out;
  for (;;) {
    const std::size_t at = text.find(from);
    out += text.substr(0, at);
    if (at == std::string_view::npos) return out;
    out += to;
    text.remove_prefix(at + from.size());
  }
}

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > limit) return limit + 1;
  const std::size_t width = a.size() + 1;
  const std::size_t far = limit + 1;
  std::vector<std::size_t> before(width, far);
  std::vector<std::size_t> previous(width, far);
  std::vector<std::size_t> current(width, far);
  for (std::size_t i = 0; i < std::min(width, limit + 1); ++i) previous[i] = i;
  for (std::size_t j = 1; j <= b.size(); ++j) {
    std::fill(current.begin(), current.end(), far);
    if (j <= limit) current[0] = j;
    const std::size_t from = j > limit ? j - limit : 1;
    const std::size_t to = std::min(a.size(), j + limit);
    std::size_t best = current[0];
    for (std::size_t i = from; i <= to; ++i) {
      std::size_t cost = previous[i - 1] + (a[i - 1] == b[j - 1] ? 0U : 1U);
      cost = std::min({cost, previous[i] + 1, current[i - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        cost = std::min(cost, before[i - 2] + 1);
      current[i] = std::min(cost, far);
      best = std::min(best, current[i]);
    }
    if (best > limit) return far;
    std::swap(before, previous);
    std::swap(previous, current);
  }
  return previous[a.size()];
}

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  std::size_t limit = std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string_view> best;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate, limit);
    if (distance > limit || (best && distance == limit)) continue;
    best = candidate;
    limit = distance;
    if (distance == 0) break;
  }
  return best;
}

}  // namespace oidc_audit
