#include "oidc/name_shape.h"

#include <algorithm>
#include <array>
#include <string>

#include "base/strings.h"
#include "oidc/catalogue_impl.h"
#include "oidc/near.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::size_t kNone = std::string_view::npos;

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool is_upper(char c) noexcept { return c >= 'A' && c <= 'Z'; }
bool is_alpha(char c) noexcept { return (c >= 'a' && c <= 'z') || is_upper(c); }

bool all_digits(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// Digits, `1e6`, `0x10`, `1.0`, with a sign or without: what a reader of YAML may take for a number.
bool is_number_like(std::string_view text) noexcept {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  if (text.empty()) return false;
  if (text.size() > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'o' || text[1] == 'b')) {
    return std::all_of(text.begin() + 2, text.end(), [](char c) {
      return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    });
  }
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t start = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - start;
  };
  std::size_t seen = digits();
  if (at < text.size() && text[at] == '.') {
    ++at;
    seen += digits();
  }
  if (seen == 0) return false;
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '-' || text[at] == '+')) ++at;
    if (digits() == 0) return false;
  }
  return at == text.size();
}

constexpr std::array<std::string_view, 14> kYamlWords = {
    "true", "false", "yes", "no", "on", "off", "null", "~", "y", "n", ".inf", "-.inf", ".nan", "none"};

constexpr std::array<std::string_view, 27> kPublicDomains = {"gmail.com",
                                                             "googlemail.com",
                                                             "msn.com",
                                                             "icloud.com",
                                                             "me.com",
                                                             "mac.com",
                                                             "aol.com",
                                                             "proton.me",
                                                             "protonmail.com",
                                                             "pm.me",
                                                             "web.de",
                                                             "mail.ru",
                                                             "qq.com",
                                                             "163.com",
                                                             "126.com",
                                                             "zoho.com",
                                                             "fastmail.com",
                                                             "tuta.com",
                                                             "tutanota.com",
                                                             "hey.com",
                                                             "privaterelay.appleid.com",
                                                             "users.noreply.github.com",
                                                             "yahoo.com",
                                                             "outlook.com",
                                                             "hotmail.com",
                                                             "live.com",
                                                             "gmx.net"};
// With any ending.
constexpr std::array<std::string_view, 7> kPublicNames = {"outlook", "hotmail", "live",  "yahoo",
                                                          "ymail",   "gmx",     "yandex"};

// Each of which makes a placeholder of the words around it, and what else placeholders are made of.
constexpr std::array<std::string_view, 5> kPlaceholderMarks = {"YOUR", "MY", "REPLACE", "CHANGEME",
                                                               "EXAMPLE"};
constexpr std::array<std::string_view, 23> kPlaceholderWords = {
    "ORG",      "ORGANIZATION", "ORGANISATION", "REPO",   "REPOSITORY", "NAME",
    "SLUG",     "PROJECT",      "WORKSPACE",    "OWNER",  "ACCOUNT",    "TENANT",
    "GROUP",    "ENVIRONMENT",  "BRANCH",       "TEAM",   "USERNAME",   "ID",
    "PIPELINE", "STACK",        "USER",         "GITHUB", "ENTERPRISE"};

// `ORG-NAME`, `YOUR_ORG`: capitals joined by `-` or `_`, all of them such words or one of the marks among
// them. A group may well be called `ORG-ADMINS`.
bool is_placeholder_word(std::string_view text) {
  const std::string lowered = to_lower_ascii(text);
  for (const std::string_view start : {"your-", "your_"}) {
    if (std::string_view(lowered).starts_with(start) && lowered.size() > start.size()) return true;
  }
  const auto among = [](const auto& list, std::string_view word) {
    return std::find(list.begin(), list.end(), word) != list.end();
  };
  bool marked = false;
  bool all = true;
  std::size_t words = 0;
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of("-_", at), text.size());
    const std::string_view word = text.substr(at, end - at);
    if (word.empty() || !std::all_of(word.begin(), word.end(), is_upper)) return false;
    ++words;
    const bool mark = among(kPlaceholderMarks, word);
    marked = marked || mark;
    all = all && (mark || among(kPlaceholderWords, word));
    at = end + 1;
  }
  return words > 1 && (marked || all);
}

}  // namespace

bool is_public_mail_domain(std::string_view domain) {
  const std::string lowered = to_lower_ascii(domain);
  if (std::find(kPublicDomains.begin(), kPublicDomains.end(), lowered) != kPublicDomains.end()) return true;
  const std::size_t dot = lowered.find('.');
  if (dot == std::string::npos) return false;
  const std::string_view name = std::string_view(lowered).substr(0, dot);
  const std::string_view ending = std::string_view(lowered).substr(dot + 1);
  // "yahoo.co.uk", not "yahoo.corp.example".
  const bool short_ending = ending.size() <= 6;
  return short_ending && std::find(kPublicNames.begin(), kPublicNames.end(), name) != kPublicNames.end();
}

void describe_shape(std::string_view rest, SubjectFacts& facts) {
  const std::size_t guest = rest.find("#EXT#@");
  facts.guest = guest != kNone && guest > 0;
  facts.email = is_email(rest);
  if (facts.email) {
    facts.email_domain = rest.substr(rest.find('@') + 1);
    facts.public_mail_domain = is_public_mail_domain(facts.email_domain);
  }
  facts.uuid = is_uuid(to_lower_ascii(rest.substr(0, 37)));
  facts.digits = all_digits(rest);
  facts.number_like = facts.digits || is_number_like(rest);
  // 2^53 has 16 digits; above it, common tools keep some 16 digits and fill up with zeros.
  facts.rounded_number = facts.digits && rest.size() >= 17 && rest.substr(rest.size() - 3) == "000";
  const std::string lowered = to_lower_ascii(rest.substr(0, 8));
  facts.yaml_word =
      rest.size() < 8 && std::find(kYamlWords.begin(), kYamlWords.end() - 1, lowered) != kYamlWords.end() - 1;
  facts.plain_word = !rest.empty() && std::all_of(rest.begin(), rest.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.';
  });
}

std::vector<Placeholder> find_placeholders(std::string_view text, std::uint32_t base,
                                           std::string_view exempt) {
  std::vector<Placeholder> found;
  const auto add = [&](PlaceholderKind kind, std::size_t begin, std::size_t end) {
    found.push_back({kind, base + static_cast<std::uint32_t>(begin), base + static_cast<std::uint32_t>(end)});
  };
  // Without a closing one for long, there is none: no text is searched twice to its end.
  std::size_t no_brace = kNone;
  std::size_t no_paren = kNone;
  std::size_t no_angle = kNone;
  const auto close = [&](std::string_view what, std::size_t from, std::size_t& none) {
    if (none != kNone && from >= none) return kNone;
    const std::size_t end = text.find(what, from);
    if (end == kNone) none = from;
    return end;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view here = text.substr(i);
    if (here.starts_with("${")) {
      if (const std::size_t end = close("}", i + 2, no_brace); end != kNone) {
        add(PlaceholderKind::dollar_braces, i, end + 1);
        i = end;
        if (text.substr(i + 1).starts_with("}")) ++i;
      }
    } else if (here.starts_with("{{")) {
      const std::size_t end = close("}}", i + 2, no_brace);
      add(PlaceholderKind::double_braces, i, end == kNone ? text.size() : end + 2);
      if (end == kNone) break;
      i = end + 1;
    } else if (here.starts_with("$(")) {
      if (const std::size_t end = close(")", i + 2, no_paren); end != kNone) {
        add(PlaceholderKind::dollar_parens, i, end + 1);
        i = end;
      }
    } else if (here.front() == '<') {
      const std::size_t end = close(">", i + 1, no_angle);
      if (end == kNone) continue;
      const std::string_view word = text.substr(i + 1, end - i - 1);
      const bool plain =
          !word.empty() && word.size() <= 60 && std::all_of(word.begin(), word.end(), [](char c) {
            return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == ' ' || c == '.';
          });
      if (plain && text.substr(i, end - i + 1) != exempt) {
        add(PlaceholderKind::angle, i, end + 1);
        i = end;
      }
    } else if (here.front() == '%' && here.size() > 1 &&
               (here[1] == 's' || here[1] == 'd' || here[1] == 'v') &&
               (here.size() == 2 || !is_alpha(here[2]))) {
      add(PlaceholderKind::percent, i, i + 2);
      ++i;
    }
  }
  for (std::size_t at = 0; at <= text.size();) {
    const std::size_t end = std::min(text.find_first_of(":/#@", at), text.size());
    if (is_placeholder_word(text.substr(at, end - at))) add(PlaceholderKind::words, at, end);
    at = end + 1;
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const Placeholder& a, const Placeholder& b) { return a.begin < b.begin; });
  return found;
}

std::vector<Wildcard> find_wildcards(std::string_view text, std::uint32_t base) {
  std::vector<Wildcard> found;
  const auto add = [&](std::size_t begin, std::size_t end) {
    Wildcard wildcard;
    wildcard.begin = base + static_cast<std::uint32_t>(begin);
    wildcard.end = base + static_cast<std::uint32_t>(end);
    found.push_back(wildcard);
  };
  std::size_t no_bracket = kNone;
  std::size_t no_paren = kNone;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool quantified = i + 1 < text.size() && (text[i + 1] == '*' || text[i + 1] == '+');
    if (c == '.' && quantified) {  // `.*`, `.+`, `.*?`
      std::size_t end = i + 2;
      if (end < text.size() && text[end] == '?') ++end;
      add(i, end);
      i = end - 1;
    } else if (is_wildcard(c)) {
      std::size_t end = i;
      while (end < text.size() && is_wildcard(text[end])) ++end;
      add(i, end);
      i = end - 1;
    } else if (c == '[' && no_bracket == kNone) {  // `[^:]+`, `[a-z]*`
      std::size_t end = text.find(']', i + 1);
      if (end == kNone) {
        no_bracket = i;
        continue;
      }
      ++end;
      while (end < text.size() && (text[end] == '+' || is_wildcard(text[end]))) ++end;
      add(i, end);
      i = end - 1;
    } else if (c == '(' && no_paren == kNone && (i == 0 || text[i - 1] != '$')) {  // `(a|b)`, `(?:a)`
      std::size_t end = text.find(')', i + 1);
      if (end == kNone) {
        no_paren = i;
        continue;
      }
      const std::string_view inside = text.substr(i + 1, end - i - 1);
      if (inside.find('|') == kNone && !inside.starts_with("?")) {
        i = end;
        continue;
      }
      ++end;
      while (end < text.size() && (text[end] == '+' || is_wildcard(text[end]))) ++end;
      add(i, end);
      i = end - 1;
    } else if (c == '^' && i == 0) {
      add(i, i + 1);
    } else if (c == '$' && i + 1 == text.size()) {
      add(i, i + 1);
    } else if (c == '\\' && i + 1 < text.size() &&
               (text[i + 1] == 'd' || text[i + 1] == 'w' || text[i + 1] == 'S' || text[i + 1] == '.')) {
      add(i, i + 2);
      ++i;
    }
  }
  return found;
}

}  // namespace oidc_audit::oidc
