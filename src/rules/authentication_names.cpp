#include <algorithm>

#include "rules/authentication.h"

namespace oidc_audit::rules {
namespace {

using Kind = MappingEntry::Kind;

bool is_refused(const NameForm& form, bool group, std::string_view name) {
  const oidc::JwtAuthenticator& jwt = *form.entry->jwt;
  if (jwt.claim_validation_rules.empty() && jwt.user_validation_rules.empty()) return false;
  const int minor = form.entry->server->kubernetes_minor;
  return group ? oidc::refuses_group(jwt, name, minor) : oidc::refuses_username(jwt, name, minor);
}

bool can_have(const NameForm& form, bool group, std::string_view name) {
  return (!form.shape || form.shape->matches(name)) && !is_refused(form, group, name);
}

// The text that stands before every name of this form, and no more than that.
std::string_view prefix_of(const NameForm& form) {
  return form.shape ? form.shape->head() : std::string_view();
}

std::string quoted_forms(std::span<const NameForm> forms) {
  constexpr std::size_t kMost = 3;
  std::string out;
  for (std::size_t i = 0; i < std::min(forms.size(), kMost); ++i) {
    out += (i == 0 ? "`" : ", `") + (forms[i].shape ? forms[i].shape->to_string() : "...") + "`";
  }
  return out;
}

}  // namespace

bool maps_subject_to_group(const Authentication& authentication, std::string_view name) {
  const std::span<const NameForm> forms = authentication.joined_forms(true);
  return std::any_of(forms.begin(), forms.end(), [name](const NameForm& form) {
    if (!can_have(form, true, name)) return false;
    const std::vector<std::string>& claims = form.mapping->claims;
    if (std::find(claims.begin(), claims.end(), "sub") != claims.end()) return true;
    // Put together of several claims with text between them, as subjects are.
    return form.shape && std::count_if(form.shape->parts().begin(), form.shape->parts().end(),
                                       [](const oidc::TextShape::Part& part) { return part.hole; }) > 1;
  });
}

Unproducible unproducible(const Authentication& authentication, bool group, std::string_view name) {
  Unproducible out;
  const std::span<const AuthenticatorEntry> entries = authentication.joined_entries();
  if (entries.empty()) return out;
  const std::span<const NameForm> forms = authentication.joined_forms(group);
  out.certain = true;
  if (forms.empty()) {
    const bool mapped = std::any_of(entries.begin(), entries.end(), [&](const AuthenticatorEntry& entry) {
      return entry.mapping(group ? Kind::groups : Kind::username) != nullptr;
    });
    out.reason = mapped ? "no authenticator lets any token in" : "no authenticator maps a claim to groups";
    return out;
  }
  std::string refused;
  for (const NameForm& form : forms) {
    if (form.shape && !form.shape->matches(name)) continue;
    if (!is_refused(form, group, name)) return {};
    refused = form.entry->jwt->issuer.url.value;
  }
  if (!refused.empty()) {
    out.reason = "the rules for tokens of `" + refused + "` refuse it";
    return out;
  }
  for (const NameForm& form : forms) {
    // The default prefix, where the server has another.
    const std::string usual = form.entry->jwt->issuer.url.value + "#";
    if (!name.starts_with(usual)) continue;
    const std::string fixed = std::string(prefix_of(form)) + std::string(name.substr(usual.size()));
    if (!can_have(form, group, fixed)) continue;
    out.reason = "the server puts " +
                 (prefix_of(form).empty() ? "nothing" : "`" + std::string(prefix_of(form)) + "`") +
                 " before names of this issuer, not `" + usual + "`";
    out.fix = fixed;
    return out;
  }
  for (const NameForm& form : forms) {
    const std::string fixed = std::string(prefix_of(form)) + std::string(name);
    if (prefix_of(form).empty() || !can_have(form, group, fixed)) continue;
    out.reason = "it lacks the prefix `" + std::string(prefix_of(form)) + "` that the server puts before " +
                 (group ? "groups" : "usernames");
    if (forms.size() == 1) out.fix = fixed;
    return out;
  }
  out.reason = std::string(group ? "groups" : "usernames") + " have the form " + quoted_forms(forms);
  return out;
}

}  // namespace oidc_audit::rules
