#include "sim/name_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "base/strings.h"
#include "base/unicode.h"

namespace oidc_audit::sim {

namespace {

constexpr std::size_t kMaxPatternWork = 1U << 20;

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

std::size_t common_suffix(std::string_view a, std::string_view b) {
  std::size_t n = 0;
  while (n < a.size() && n < b.size() && a[a.size() - 1 - n] == b[b.size() - 1 - n]) ++n;
  return n;
}

struct Front {
  std::string_view prefix;
  std::string_view core;
};

/// The ways to take a prefix off a name: none, the configured one, an issuer URL, one word before a
/// separator.
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

bool glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = std::string_view::npos;
  std::size_t retry = 0;
  std::size_t work = 0;
  while (t < text.size()) {
    if (++work > kMaxPatternWork) return false;
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++retry;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

/// Names made of ids where the other has names: `@123` behind a name, numeric or UUID segments, `..._id`
/// keys.
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

/// `repo:owner-1/name-2` without its ids, as Forgejo joins them; empty where not both are there.
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

const NamePart* part(const NameParts& parts, std::string_view name) {
  const auto it =
      std::find_if(parts.parts.begin(), parts.parts.end(), [&](const NamePart& p) { return p.name == name; });
  return it == parts.parts.end() ? nullptr : &*it;
}

struct PartDifference {
  const NamePart* bound;   // may be null
  const NamePart* actual;  // may be null
  PartRole role() const { return bound != nullptr ? bound->role : actual->role; }
  const std::string& name() const { return bound != nullptr ? bound->name : actual->name; }
  std::string bound_value() const { return bound != nullptr ? bound->value : ""; }
  std::string actual_value() const { return actual != nullptr ? actual->value : ""; }
};

std::vector<PartDifference> part_differences(const NameParts& bound, const NameParts& actual) {
  std::vector<PartDifference> out;
  for (const NamePart& b : bound.parts) {
    const NamePart* a = part(actual, b.name);
    if (a == nullptr || a->value != b.value) out.push_back({&b, a});
  }
  for (const NamePart& a : actual.parts) {
    if (part(bound, a.name) == nullptr) out.push_back({nullptr, &a});
  }
  return out;
}

std::string describe(const std::vector<PartDifference>& differences) {
  std::string out;
  for (const PartDifference& d : differences) {
    if (!out.empty()) out += ", ";
    if (d.bound == nullptr) {
      out += fmt::format("the request has `{}` `{}` and the binding has none", d.name(), d.actual_value());
    } else if (d.actual == nullptr) {
      out += fmt::format("the binding has `{}` `{}` and the request has none", d.name(), d.bound_value());
    } else {
      out += fmt::format("`{}` is `{}` in the binding and `{}` in the request", d.name(), d.bound_value(),
                         d.actual_value());
    }
  }
  return out;
}

std::string without_space(std::string_view text) {
  std::string out = squeeze_space(text);
  std::erase(out, ' ');
  return out;
}

/// Folded comparisons, nearest kind of slip first; `changes` counts from one.
std::optional<NameDifference> compare_text(std::string_view bound, std::string_view actual) {
  if (const std::string b = without_ids(bound); b != bound || without_ids(actual) != actual) {
    if (b == without_ids(actual))
      return NameDifference{Cause::subject_id_form, 1,
                            "one name carries immutable ids and the other does not"};
  }
  const std::string bare = without_hyphen_ids(bound);
  const std::string actual_bare = without_hyphen_ids(actual);
  if ((!bare.empty() && bare == actual) || (!actual_bare.empty() && actual_bare == bound))
    return NameDifference{Cause::subject_id_form, 1,
                          "one name carries ids behind hyphens and the other does not"};
  const std::string bound_path = normal_path(bound);
  const std::string actual_path = normal_path(actual);
  if (bound_path == actual_path && !bound_path.empty()) {
    return NameDifference{Cause::subject_path, 1, "only the slashes of the group path differ"};
  }
  const auto same_but_for = [&](std::string_view a, std::string_view b) -> std::optional<NameDifference> {
    if (fold_case(a) == fold_case(b))
      return NameDifference{Cause::subject_case, 1, "only upper and lower case differ"};
    if (without_space(a) == without_space(b)) {
      return NameDifference{Cause::subject_space, 1, "only white space or invisible characters differ"};
    }
    return std::nullopt;
  };
  if (auto found = same_but_for(bound, actual)) return found;
  if (!actual.empty() && has_pattern(bound) && matches_as_pattern(bound, actual)) {
    return NameDifference{Cause::subject_pattern, 1,
                          "RBAC compares names literally, so `*` in the binding is only a character"};
  }
  return std::nullopt;
}

bool near_in_spelling(std::string_view a, std::string_view b) {
  const std::size_t length = std::min(a.size(), b.size());
  if (length < 3) return false;
  const std::size_t limit = length < 6 ? 1 : 2;
  return edit_distance(a, b, limit) <= limit;
}

bool last_part_of(std::string_view path, std::string_view name) {
  return name.find('/') == std::string_view::npos && path.size() > name.size() && path.ends_with(name) &&
         path[path.size() - name.size() - 1] == '/';
}

std::optional<NameDifference> compare_parts(const NameParts& bound, const NameParts& actual) {
  if (bound.provider.empty() || bound.provider != actual.provider) return std::nullopt;
  const auto differences = part_differences(bound, actual);
  if (differences.empty()) return std::nullopt;
  bool phase = false;
  bool context = false;
  bool tenant = false;
  bool other = false;
  for (const PartDifference& d : differences) {
    switch (d.role()) {
      case PartRole::phase:
        phase = true;
        break;
      case PartRole::context:
        context = true;
        break;
      case PartRole::tenant:
        tenant = true;
        break;
      case PartRole::other:
        other = true;
        break;
    }
  }
  const std::string detail = describe(differences);
  if (!tenant && !other) {
    // Where the two come together (`ref` and `operation`), the event is what decides the phase.
    const int changes = context && phase ? 2 : 1;
    return NameDifference{context ? Cause::subject_context : Cause::subject_phase, changes, detail};
  }
  const bool ids = std::any_of(differences.begin(), differences.end(), [](const PartDifference& d) {
    const bool one_sided = d.bound == nullptr || d.actual == nullptr;
    if (one_sided) return is_id_key(d.name()) || is_id(d.bound_value()) || is_id(d.actual_value());
    return is_id(d.bound_value()) != is_id(d.actual_value());
  });
  // Ids that only one of the two has; what else differs is to blame before them.
  const bool only_ids = std::all_of(differences.begin(), differences.end(), [](const PartDifference& d) {
    const bool about_run = d.role() == PartRole::context || d.role() == PartRole::phase;
    return about_run || ((d.bound == nullptr || d.actual == nullptr) &&
                         (is_id_key(d.name()) || is_id(d.bound_value()) || is_id(d.actual_value())));
  });
  if (only_ids && (phase || context))
    return NameDifference{context ? Cause::subject_context : Cause::subject_phase, 2, detail};
  if (ids && !phase && !context) return NameDifference{Cause::subject_id_form, 1, detail};
  // Values that differ only in case, space or spelling are slips, not another workload.
  if (!context && !phase) {
    bool folded = true;
    for (const PartDifference& d : differences) {
      folded = folded && d.bound != nullptr && d.actual != nullptr &&
               compare_text(d.bound->value, d.actual->value).has_value();
    }
    if (folded) return compare_text(differences[0].bound->value, differences[0].actual->value);
  }
  if (tenant && !other) {
    const int changes = 1 + (phase ? 1 : 0) + (context ? 1 : 0);
    return NameDifference{context ? Cause::subject_context
                          : phase ? Cause::subject_phase
                                  : Cause::subject_tenant,
                          changes, detail};
  }
  return std::nullopt;
}

std::optional<NameDifference> compare_cores(std::string_view bound, std::string_view actual) {
  if (auto found = compare_text(bound, actual)) return found;
  const std::string bound_path = normal_path(bound);
  const std::string actual_path = normal_path(actual);
  if (last_part_of(actual_path, bound_path) || last_part_of(bound_path, actual_path)) {
    return NameDifference{Cause::subject_path, 1,
                          "one name is the whole group path and the other its last part"};
  }
  if (bound_path.find('/') != std::string::npos || actual_path.find('/') != std::string::npos) {
    if (replace_all(bound_path, ":", "/") == replace_all(actual_path, ":", "/")) {
      return NameDifference{Cause::subject_path, 1, "the parts of the group path are joined differently"};
    }
  }
  // Folds that go together: case and space, case and path.
  if (without_space(fold_case(bound_path)) == without_space(fold_case(actual_path)) && !bound_path.empty()) {
    const bool path = bound_path != bound || actual_path != actual;
    return NameDifference{path ? Cause::subject_path : Cause::subject_case, 2,
                          "only case, white space and slashes differ"};
  }
  return std::nullopt;
}

}  // namespace

std::string normal_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '/' && (out.empty() || out.back() == '/')) continue;
    out += c;
  }
  while (!out.empty() && out.back() == '/') out.pop_back();
  return out;
}

bool matches_as_pattern(std::string_view pattern, std::string_view text) {
  if (!has_pattern(pattern)) return false;
  return glob(pattern, text) || glob(regex_to_glob(pattern), text);
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

std::optional<NameDifference> compare_names(const NameParts& bound, std::string_view bound_name,
                                            const ActualName& actual) {
  if (bound_name == actual.name || bound_name.empty() || actual.name.empty()) return std::nullopt;
  // Slips that leave the prefixes equal come first: a prefix is to blame only where the rest is the same.
  if (auto found = compare_text(bound_name, actual.name)) return found;
  const bool same_provider = !bound.provider.empty() && bound.provider == actual.parts.provider;
  const bool same_prefix = bound.prefix == actual.parts.prefix;
  if (same_provider && !same_prefix && bound.core == actual.parts.core) {
    return NameDifference{Cause::subject_prefix, 1,
                          fmt::format("the prefix is `{}` in the binding and `{}` in the request",
                                      bound.prefix, actual.parts.prefix)};
  }
  if (!same_provider && differs_by_prefix(bound_name, actual.name, actual.configured_prefix)) {
    return NameDifference{Cause::subject_prefix, 1, "only what stands before the name differs"};
  }
  if (bound.damaged && near_in_spelling(bound_name, actual.name))
    return NameDifference{Cause::subject_spelling, 1, "the spelling differs by a character or two"};
  if (same_provider) {
    if (auto found = compare_parts(bound, actual.parts)) {
      if (!same_prefix) {
        found->cause = std::min(found->cause, Cause::subject_prefix);
        ++found->changes;
      }
      return found;
    }
  }
  // The same prefix on both sides first, so that a path is not taken for a prefix.
  const auto bound_fronts = fronts(bound_name, actual.configured_prefix);
  const auto actual_fronts = fronts(actual.name, actual.configured_prefix);
  for (const bool equal_prefixes : {true, false}) {
    for (const Front& b : bound_fronts) {
      for (const Front& a : actual_fronts) {
        if ((b.prefix == a.prefix) != equal_prefixes) continue;
        if (!equal_prefixes && !fronts_are_prefixes(b.prefix, a.prefix, actual.configured_prefix)) continue;
        auto found = compare_cores(b.core, a.core);
        if (!found) continue;
        if (!equal_prefixes) {
          found->cause = std::min(found->cause, Cause::subject_prefix);
          ++found->changes;
        }
        return found;
      }
    }
  }
  // Issuer prefixes that differ in case, scheme or a slash, before the same core.
  if (bound.core == actual.parts.core && !bound.core.empty() && !same_prefix) {
    return NameDifference{Cause::subject_prefix, 1,
                          fmt::format("the prefix is `{}` in the binding and `{}` in the request",
                                      bound.prefix, actual.parts.prefix)};
  }
  const bool parsed_apart =
      same_provider && bound.core != actual.parts.core && bound.kind == actual.parts.kind;
  if (!parsed_apart && near_in_spelling(bound_name, actual.name)) {
    return NameDifference{Cause::subject_spelling, 1, "the spelling differs by a character or two"};
  }
  if (parsed_apart) {
    // Within a known grammar only a slip inside one segment counts: another workspace is another identity.
    const auto differences = part_differences(bound, actual.parts);
    if (differences.size() == 1 && differences[0].bound != nullptr && differences[0].actual != nullptr &&
        near_in_spelling(differences[0].bound->value, differences[0].actual->value)) {
      return NameDifference{Cause::subject_spelling, 1, describe(differences)};
    }
  }
  return std::nullopt;
}

}  // namespace oidc_audit::sim
