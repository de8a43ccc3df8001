#include "report/hide_secrets.h"

#include <algorithm>
#include <array>

#include "base/encoded_token.h"

namespace oidc_audit::report {

namespace {

constexpr std::array<std::string_view, 5> kSecretEndings = {"token", "secret", "password", "passwd",
                                                            "apikey"};

bool is_base64url(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_';
}

bool is_word(char c) { return is_base64url(c) || c == '.'; }

bool names_secret(std::string_view word) {
  std::string plain;
  for (const char c : word.substr(word.size() - std::min<std::size_t>(word.size(), 16))) {
    if (c != '-' && c != '_' && c != '.') plain += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return std::any_of(kSecretEndings.begin(), kSecretEndings.end(),
                     [&plain](std::string_view ending) { return plain.ends_with(ending); });
}

std::size_t skip_blanks(std::string_view line, std::size_t at) {
  while (at < line.size() && (line[at] == ' ' || line[at] == '\t')) ++at;
  return at;
}

// Where the value begins that belongs to the name that ends at `at`; npos when none does. A colon inside a
// plain scalar (`system:token:x`) begins no value.
std::size_t value_after(std::string_view line, std::size_t at) {
  const bool quoted = at < line.size() && (line[at] == '"' || line[at] == '\'');
  if (!quoted && at < line.size() && line[at] == '=') return at + 1;
  const std::size_t colon = skip_blanks(line, quoted ? at + 1 : at);
  if (colon >= line.size() || line[colon] != ':') return std::string_view::npos;
  const bool blank = colon + 1 < line.size() && (line[colon + 1] == ' ' || line[colon + 1] == '\t');
  return blank || quoted ? skip_blanks(line, colon + 1) : std::string_view::npos;
}

struct Span {
  std::size_t begin;
  std::size_t end;
};

Span value_span(std::string_view line, std::size_t at) {
  if (at >= line.size() || line[at] == '{' || line[at] == '[') return {at, at};
  if (line[at] == '"' || line[at] == '\'') {
    const char quote = line[at];
    std::size_t end = at + 1;
    while (end < line.size() && line[end] != quote) end += quote == '"' && line[end] == '\\' ? 2 : 1;
    return {at + 1, std::min(end, line.size())};
  }
  const std::size_t end = std::min(line.find_first_of(" \t\r\n,}]\"'", at), line.size());
  const std::string_view value = line.substr(at, end - at);
  if (value == "true" || value == "false" || value == "null" || value == "~") return {at, at};
  return {at, end};
}

}  // namespace

std::string hide_secrets(std::string_view line) {
  std::string shown(line);
  const auto hide = [&shown](Span span) {
    std::fill(shown.begin() + static_cast<std::ptrdiff_t>(span.begin),
              shown.begin() + static_cast<std::ptrdiff_t>(span.end), '*');
  };
  for (std::size_t at = 0; at < line.size();) {
    if (!is_word(line[at])) {
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < line.size() && is_word(line[end])) ++end;
    const std::string_view word = line.substr(at, end - at);
    if (looks_like_token(word)) {
      hide({at, end});
    } else if (names_secret(word)) {
      if (const std::size_t value = value_after(line, end); value != std::string_view::npos) {
        const Span span = value_span(line, value);
        hide(span);
        end = std::max(end, span.end);
      }
    }
    at = end;
  }
  return shown;
}

}  // namespace oidc_audit::report
