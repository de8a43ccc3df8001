#include "sim/name_prefix.h"

#include <algorithm>

#include "base/strings.h"

namespace oidc_audit::sim {

namespace {

bool is_separator(char c) { return c == ':' || c == '#' || c == '|'; }

/// What remains of a prefix when quotes, space and the separator at its end are taken off.
std::string_view bare_prefix(std::string_view prefix) {
  const auto noise = [](char c) { return is_separator(c) || c == '"' || c == '\'' || c == ' '; };
  while (!prefix.empty() && noise(prefix.front())) prefix.remove_prefix(1);
  while (!prefix.empty() && noise(prefix.back())) prefix.remove_suffix(1);
  return prefix;
}

/// Words for where an identity comes from: before `-` or `_` any other word is part of a name.
bool names_identity_provider(std::string_view word) {
  static constexpr std::string_view kWords[] = {"oidc", "sso",    "idp",   "keycloak", "okta",   "dex",
                                                "aad",  "azure",  "entra", "azuread",  "github", "gitlab",
                                                "ldap", "google", "saml",  "auth0",    "gha",    "tfc"};
  const std::string lower = to_lower_ascii(word);
  return std::find(std::begin(kWords), std::end(kWords), lower) != std::end(kWords);
}

/// Text that an administrator would put before names: an issuer URL with `#`, or one word with a separator.
bool looks_like_prefix(std::string_view text) {
  if (text.empty()) return true;
  if (text.starts_with("http://") || text.starts_with("https://")) return text.back() == '#';
  const char last = text.back();
  if (last == '"' || last == '\'') return true;
  if (last == '-' || last == '_') return names_identity_provider(text.substr(0, text.size() - 1));
  if (!is_separator(last)) return false;
  const std::string_view word = text.substr(0, text.size() - 1);
  return word.find_first_of(" *#/") == std::string_view::npos &&
         std::count(word.begin(), word.end(), ':') <= 1;
}

std::size_t common_suffix(std::string_view a, std::string_view b) {
  std::size_t n = 0;
  while (n < a.size() && n < b.size() && a[a.size() - 1 - n] == b[b.size() - 1 - n]) ++n;
  return n;
}

}  // namespace

bool fronts_are_prefixes(std::string_view a, std::string_view b,
                         const std::optional<std::string>& configured) {
  if (a == b) return false;
  const auto known = [&](std::string_view front) {
    return configured && !configured->empty() && front == *configured;
  };
  if ((known(a) || looks_like_prefix(a)) && (known(b) || looks_like_prefix(b))) return true;
  // `keycloak` against `keycloak:`, `"oidc:"` against `oidc:`; or the same prefix twice.
  const std::string_view x = bare_prefix(a);
  const std::string_view y = bare_prefix(b);
  if (!x.empty() && x == y) return known(a) || known(b) || looks_like_prefix(a) || looks_like_prefix(b);
  return false;
}

std::vector<Front> fronts(std::string_view name, const std::optional<std::string>& configured) {
  std::vector<Front> out;
  const auto cut = [&](std::size_t at) {
    if (at > 0 && at < name.size()) out.push_back({name.substr(0, at), name.substr(at)});
  };
  out.push_back({name.substr(0, 0), name});
  if (configured && !configured->empty() && name.starts_with(*configured)) cut(configured->size());
  if (const std::size_t hash = name.find('#'); hash != std::string_view::npos && name.starts_with("http"))
    cut(hash + 1);
  if (const std::size_t at = name.find(':'); at != std::string_view::npos && !name.starts_with("http"))
    cut(at + 1);
  return out;
}

bool differs_by_prefix(std::string_view bound, std::string_view actual,
                       const std::optional<std::string>& configured_prefix) {
  if (bound == actual) return false;
  std::size_t common = common_suffix(bound, actual);
  // The common part may have eaten into the prefixes (`gitlab:x`, `hub:x` share `b:x`): also try it from
  // behind each of its own separators.
  for (int tries = 0; tries < 4 && common > 0; ++tries) {
    const std::string_view a = bound.substr(0, bound.size() - common);
    const std::string_view b = actual.substr(0, actual.size() - common);
    if (fronts_are_prefixes(a, b, configured_prefix)) return true;
    const std::string_view core = bound.substr(bound.size() - common);
    const std::size_t at = core.find_first_of(":#|");
    if (at == std::string_view::npos) return false;
    common -= at + 1;
  }
  return false;
}

}  // namespace oidc_audit::sim
