// Words about the API server's configuration of authentication: `authentication`, `authenticator`, `mapping`
// and `validation`.

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "oidc/compiled_config.h"
#include "oidc/config_field.h"
#include "rules/prefix_words.h"
#include "rules/rule_forms.h"
#include "rules/vocabulary.h"

namespace oidc_audit::rules {
namespace {

using cel::Value;
using Kind = MappingEntry::Kind;

constexpr std::string_view kText = "string";
constexpr std::string_view kTexts = "list(string)";

Value owned(std::string text) { return Value::string(std::move(text)); }
Value flag(bool value) { return Value::boolean(value); }
Value number(std::size_t value) { return Value::int64(static_cast<std::int64_t>(value)); }

const AuthenticatorEntry& one(const Ask& ask) { return *ask.authenticator; }
const MappingEntry& mapping(const Ask& ask) { return *ask.mapping; }

bool from_flags(const Ask& ask) { return ask.server->config->origin == oidc::ConfigOrigin::flags; }

// The field below the authenticator, the flag that it came from, or what a platform calls it.
std::string path_of(const Ask& ask, std::string_view below) {
  const std::string field = fmt::format("jwt[{}].{}", ask.authenticator->index, below);
  if (from_flags(ask)) {
    if (std::string from = oidc::flag_of_field(field); !from.empty()) return from;
  }
  return oidc::field_of(*ask.server->config, field).name;
}

std::string mapping_path(const Ask& ask) {
  const MappingEntry& m = mapping(ask);
  if (m.kind == Kind::extra) return path_of(ask, fmt::format("claimMappings.extra[{}]", m.index));
  return path_of(ask, fmt::format("claimMappings.{}", to_string(m.kind)));
}

std::string form_text(const MappingEntry* mapping) {
  if (mapping == nullptr) return {};
  const auto shape = mapping->shape();
  return shape ? shape->to_string() : "<...>";
}

template <typename Take>
std::vector<std::string> audiences_where(const Ask& ask, Take take) {
  std::vector<std::string> out;
  for (const oidc::ConfigText& audience : one(ask).jwt->issuer.audiences) {
    if (take(audience.value)) out.push_back(audience.value);
  }
  return out;
}

// Who decides the audience of a token, as the provider's file says; empty when nobody but the issuer does.
std::string audience_chosen_by(const Ask& ask) {
  constexpr std::string_view kMark = "chosen by: ";
  const std::string& text = one(ask).docs.audience;
  const std::size_t at = text.find(kMark);
  if (at == std::string::npos) return {};
  std::string who = text.substr(at + kMark.size());
  const bool nobody = who.starts_with("fixed") || who.starts_with("not ");
  return nobody ? std::string() : who.substr(0, who.find_first_of(":,"));
}

// An audience that says nothing of this cluster, where another could be had.
bool is_vague(const Ask& ask, const std::string& audience) {
  const bool fixed =
      audience_chosen_by(ask).empty() && one(ask).docs.audience.starts_with("default: " + audience);
  return !fixed && !audience_problem(audience).empty();
}

std::vector<std::string> vague_audiences(const Ask& ask) {
  return audiences_where(ask, [&](const std::string& audience) { return is_vague(ask, audience); });
}

std::vector<std::string> tenant_claims(const Ask& ask) {
  std::vector<std::string> out, by_name;
  for (const oidc::ProviderDocs::ClaimDoc& claim : one(ask).docs.claims) {
    if (!claim.has("tenant") || claim.name == "aud") continue;
    (claim.has("immutable") ? out : by_name).push_back(claim.name);
  }
  out.insert(out.end(), by_name.begin(), by_name.end());
  return out;
}

// Names of bindings that tokens of this issuer can carry whoever asks for them.
std::vector<std::string> bound_without_tenant(const Ask& ask) {
  constexpr std::size_t kMost = 5;
  std::vector<std::string> out;
  const AuthenticatorEntry& entry = one(ask);
  const MappingEntry* username = entry.mapping(Kind::username);
  if (!entry.server->joined || !entry.shared_issuer || entry.tenant_pinned || username == nullptr) return out;
  const auto shape = username->shape();
  for (const World::TenantlessUser& user : ask.world->tenantless_users()) {
    if (user.issuer != entry.jwt->issuer.url.value || (shape && !shape->matches(user.name))) continue;
    out.emplace_back(user.name);
    if (out.size() == kMost) break;
  }
  return out;
}

const AuthenticatorEntry* sibling(const Ask& ask, const std::optional<std::uint32_t>& index) {
  if (!index) return nullptr;
  for (const AuthenticatorEntry& entry : ask.world->authentication()->entries()) {
    if (entry.server == ask.server && entry.index == *index) return &entry;
  }
  return nullptr;
}

std::string issuer_of_sibling(const Ask& ask, const std::optional<std::uint32_t>& index) {
  const AuthenticatorEntry* other = sibling(ask, index);
  return other == nullptr ? std::string() : other->jwt->issuer.url.value;
}

std::string elsewhere(const Ask& ask) {
  const AuthenticatorEntry* other = ask.world->authentication()->same_audience_elsewhere(one(ask));
  return other == nullptr ? std::string() : to_string(other->server->object);
}

std::optional<Location> elsewhere_place(const Ask& ask) {
  if (ask.authenticator == nullptr) return std::nullopt;
  const AuthenticatorEntry* other = ask.world->authentication()->same_audience_elsewhere(one(ask));
  return other == nullptr ? std::nullopt : std::optional(place_in_authenticator(*other, "/issuer/audiences"));
}

std::optional<Location> username_sibling_place(const Ask& ask) {
  if (ask.authenticator == nullptr) return std::nullopt;
  const AuthenticatorEntry* other = sibling(ask, one(ask).same_username_prefix);
  return other == nullptr ? std::nullopt
                          : std::optional(place_in_authenticator(*other, "/claimMappings/username"));
}

std::optional<Location> groups_sibling_place(const Ask& ask) {
  if (ask.authenticator == nullptr) return std::nullopt;
  const AuthenticatorEntry* other = sibling(ask, one(ask).same_groups_prefix);
  return other == nullptr ? std::nullopt
                          : std::optional(place_in_authenticator(*other, "/claimMappings/groups"));
}

// ----- mapping

bool makes_names(const MappingEntry& m) { return m.kind == Kind::username || m.kind == Kind::groups; }

bool is_unprefixed(const MappingEntry& m) {
  return makes_names(m) && !m.outlook->always_fails && m.head().empty();
}

std::string prefix_text(const MappingEntry& m) {
  return makes_names(m) ? std::string(m.head()) : std::string();
}

bool without_separator(const MappingEntry& m) {
  const std::string prefix = prefix_text(m);
  if (prefix.empty() || m.plain_shape->is_exact()) return false;
  const char c = prefix.back();
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

template <typename Take>
Value claims_where(const Ask& ask, Take take) {
  std::vector<std::string> out;
  for (const std::string& claim : mapping(ask).claims) {
    if (take(claim)) out.push_back(claim);
  }
  return texts_value(out);
}

bool is_one_of(std::string_view claim, std::span<const std::string_view> names) {
  return std::find(names.begin(), names.end(), claim) != names.end();
}

// OpenID Connect Core 1.0, section 5.7: only `sub` with `iss` identifies; what follows is for display.
bool is_mutable(const Ask& ask, std::string_view claim) {
  static constexpr std::string_view kNames[] = {"preferred_username", "name",  "nickname",    "given_name",
                                                "family_name",        "upn",   "unique_name", "login",
                                                "user_login",         "email", "user_email",  "mail",
                                                "cognito:username"};
  if (one(ask).claim_is(claim, "immutable")) return false;
  return one(ask).claim_is(claim, "mutable") || is_one_of(claim, kNames);
}

// Claims that many tokens of one issuer share.
bool is_not_unique(std::string_view claim) {
  static constexpr std::string_view kNames[] = {"name", "nickname", "given_name", "family_name", "locale",
                                                "aud",  "azp",      "iss",        "zoneinfo",    "acr",
                                                "amr",  "profile",  "hd",         "tid"};
  return is_one_of(claim, kNames);
}

Value system_reachable(const Ask& ask) { return flag(!mapping(ask).system_name.empty()); }

std::string validation_path(const Ask& ask) {
  const ValidationEntry& v = *ask.validation;
  return path_of(ask,
                 fmt::format("{}[{}]", v.of_user ? "userValidationRules" : "claimValidationRules", v.index));
}

std::string text_of(const oidc::ConfigText* text) { return text == nullptr ? std::string() : text->value; }

}  // namespace

std::span<const FactRow> authentication_rows() {
  static const FactRow rows[] = {
      {"api_version", kText, [](const Ask& a) { return text_value(a.server->config->api_version); }},
      {"from_flags", "bool", [](const Ask& a) { return flag(from_flags(a)); }},
      {"joined", "bool", [](const Ask& a) { return flag(a.server->joined); }},
      {"authenticator_count", "int", [](const Ask& a) { return number(a.server->config->jwt.size()); }},
      {"issuers", kTexts,
       [](const Ask& a) {
         std::vector<std::string> urls;
         for (const oidc::JwtAuthenticator& jwt : a.server->config->jwt) urls.push_back(jwt.issuer.url.value);
         return texts_value(urls);
       }},
      {"anonymous_given", "bool", [](const Ask& a) { return flag(a.server->config->anonymous.has_value()); }},
      {"anonymous_enabled", "bool",
       [](const Ask& a) {
         return flag(a.server->config->anonymous && a.server->config->anonymous->enabled);
       }},
      {"anonymous_paths", kTexts,
       [](const Ask& a) {
         std::vector<std::string> paths;
         if (a.server->config->anonymous) {
           for (const oidc::ConfigText& path : a.server->config->anonymous->paths)
             paths.push_back(path.value);
         }
         return texts_value(paths);
       }},
  };
  return rows;
}

std::span<const FactRow> authenticator_rows() {
  static const FactRow rows[] = {
      {"index", "int", [](const Ask& a) { return number(one(a).index); }},
      {"issuer", kText, [](const Ask& a) { return text_value(one(a).jwt->issuer.url.value); }},
      {"issuer_host", kText, [](const Ask& a) { return text_value(host_of(one(a).jwt->issuer.url.value)); }},
      {"issuer_path", kText, [](const Ask& a) { return owned(path_of(a, "issuer.url")); }},
      {"discovery_url", kText,
       [](const Ask& a) { return text_value(one(a).jwt->issuer.discovery_url.value); }},
      {"audiences", kTexts,
       [](const Ask& a) { return texts_value(audiences_where(a, [](const std::string&) { return true; })); }},
      {"provider", kText,
       [](const Ask& a) { return text_value(one(a).provider ? std::string_view(one(a).provider->id) : ""); }},
      {"provider_title", kText,
       [](const Ask& a) {
         return text_value(one(a).provider ? std::string_view(one(a).provider->title) : "");
       }},
      {"people", "bool",
       [](const Ask& a) { return flag(one(a).provider != nullptr && one(a).provider->people); }},
      {"broker", "bool",
       [](const Ask& a) { return flag(one(a).provider != nullptr && one(a).provider->broker); }},
      {"known_issuer", "bool", [](const Ask& a) { return flag(one(a).provider != nullptr); }},
      {"shared_issuer", "bool", [](const Ask& a) { return flag(one(a).shared_issuer); }},
      {"kubernetes_cluster", "bool",
       [](const Ask& a) {
         return flag(one(a).provider != nullptr && one(a).provider->id.starts_with("kubernetes"));
       }},
      {"issuer_problem", kText, [](const Ask& a) { return text_value(one(a).issuer_problem); }},
      {"issuer_fix", kText, [](const Ask& a) { return text_value(one(a).issuer_fix); }},
      {"lookalike_of", kText, [](const Ask& a) { return text_value(one(a).lookalike_of); }},
      {"vague_audiences", kTexts, [](const Ask& a) { return texts_value(vague_audiences(a)); }},
      {"vague_audience_index", "int",
       [](const Ask& a) {
         const auto& audiences = one(a).jwt->issuer.audiences;
         const auto it = std::find_if(audiences.begin(), audiences.end(),
                                      [&a](const oidc::ConfigText& t) { return is_vague(a, t.value); });
         return number(it == audiences.end() ? 0 : static_cast<std::size_t>(it - audiences.begin()));
       }},
      {"audience_problem", kText,
       [](const Ask& a) {
         const std::vector<std::string> vague = vague_audiences(a);
         return owned(vague.empty() ? std::string() : audience_problem(vague.front()));
       }},
      {"audience_chosen_by", kText, [](const Ask& a) { return owned(audience_chosen_by(a)); }},
      {"same_audience_elsewhere", kText, [](const Ask& a) { return owned(elsewhere(a)); }},
      {"tenant_claims", kTexts, [](const Ask& a) { return texts_value(tenant_claims(a)); }},
      {"require_tenant", kText,
       [](const Ask& a) {
         const std::vector<std::string> claims = tenant_claims(a);
         return owned(require_claim(*one(a).server, claims.empty() ? "TENANT_CLAIM" : claims[0], "..."));
       }},
      {"require_verified_email", kText,
       [](const Ask& a) {
         return owned(
             require_expression(*one(a).server, "claims.email_verified == true", "address must be verified"));
       }},
      {"refuse_ssh_rerun", kText,
       [](const Ask& a) {
         return owned(require_expression(*one(a).server, "claims['oidc.circleci.com/ssh-rerun'] == false",
                                         "jobs rerun with SSH are not let in"));
       }},
      {"refuse_system_names", kText, [](const Ask& a) { return owned(refuse_system_names(*one(a).server)); }},
      {"tenant_pinned", "bool", [](const Ask& a) { return flag(one(a).tenant_pinned); }},
      {"loose_tenant", kText, [](const Ask& a) { return text_value(one(a).loose_tenant); }},
      {"username_names_tenant", "bool",
       [](const Ask& a) {
         const MappingEntry* m = one(a).mapping(Kind::username);
         return flag(m != nullptr && one(a).names_tenant(*m));
       }},
      {"groups_name_tenant", "bool",
       [](const Ask& a) {
         const MappingEntry* m = one(a).mapping(Kind::groups);
         return flag(m == nullptr || one(a).names_tenant(*m));
       }},
      {"bound_without_tenant", kTexts, [](const Ask& a) { return texts_value(bound_without_tenant(a)); }},
      {"maps_groups", "bool", [](const Ask& a) { return flag(one(a).mapping(Kind::groups) != nullptr); }},
      {"username_form", kText, [](const Ask& a) { return owned(form_text(one(a).mapping(Kind::username))); }},
      {"groups_form", kText, [](const Ask& a) { return owned(form_text(one(a).mapping(Kind::groups))); }},
      {"username_claims", kTexts,
       [](const Ask& a) {
         const MappingEntry* m = one(a).mapping(Kind::username);
         return texts_value(m == nullptr ? std::vector<std::string>() : m->claims);
       }},
      {"accepts_unverified_email", "bool",
       [](const Ask& a) { return flag(one(a).accepts_unverified_email); }},
      {"accepts_unstated_email", "bool", [](const Ask& a) { return flag(one(a).accepts_unstated_email); }},
      {"checked_claims", kTexts, [](const Ask& a) { return texts_value(one(a).checked_claims); }},
      {"claim_rule_count", "int",
       [](const Ask& a) { return number(one(a).jwt->claim_validation_rules.size()); }},
      {"user_rule_count", "int",
       [](const Ask& a) { return number(one(a).jwt->user_validation_rules.size()); }},
      {"same_username_prefix", kText,
       [](const Ask& a) { return owned(issuer_of_sibling(a, one(a).same_username_prefix)); }},
      {"same_groups_prefix", kText,
       [](const Ask& a) { return owned(issuer_of_sibling(a, one(a).same_groups_prefix)); }},
      {"only_one", "bool", [](const Ask& a) { return flag(a.server->config->jwt.size() == 1); }},
  };
  return rows;
}

std::span<const FactRow> mapping_rows() {
  static const FactRow rows[] = {
      {"kind", kText, [](const Ask& a) { return text_value(to_string(mapping(a).kind)); }},
      {"path", kText, [](const Ask& a) { return owned(mapping_path(a)); }},
      {"prefix_path", kText,
       [](const Ask& a) {
         const bool groups = mapping(a).kind == Kind::groups;
         return owned(path_of(a, groups ? "claimMappings.groups.prefix" : "claimMappings.username.prefix"));
       }},
      {"is_username", "bool", [](const Ask& a) { return flag(mapping(a).kind == Kind::username); }},
      {"is_groups", "bool", [](const Ask& a) { return flag(mapping(a).kind == Kind::groups); }},
      {"claim", kText, [](const Ask& a) { return owned(text_of(mapping(a).claim)); }},
      {"expression", kText, [](const Ask& a) { return text_value(mapping(a).expression->value); }},
      {"by_expression", "bool", [](const Ask& a) { return flag(!mapping(a).expression->value.empty()); }},
      {"claims", kTexts, [](const Ask& a) { return texts_value(mapping(a).claims); }},
      {"form", kText, [](const Ask& a) { return owned(form_text(&mapping(a))); }},
      {"prefix", kText, [](const Ask& a) { return owned(prefix_text(mapping(a))); }},
      {"unprefixed", "bool", [](const Ask& a) { return flag(is_unprefixed(mapping(a))); }},
      {"prefix_problem", kText, [](const Ask& a) { return owned(odd_prefix(prefix_text(mapping(a)))); }},
      {"without_separator", "bool", [](const Ask& a) { return flag(without_separator(mapping(a))); }},
      {"system_reachable", "bool", system_reachable},
      {"system_name", kText, [](const Ask& a) { return text_value(mapping(a).system_name); }},
      {"names_tenant", "bool", [](const Ask& a) { return flag(one(a).names_tenant(mapping(a))); }},
      {"mutable_claims", kTexts,
       [](const Ask& a) { return claims_where(a, [&](const std::string& c) { return is_mutable(a, c); }); }},
      {"shared_claims", kTexts,
       [](const Ask& a) { return claims_where(a, [](const std::string& c) { return is_not_unique(c); }); }},
      {"self_assigned_claims", kTexts,
       [](const Ask& a) {
         return claims_where(a, [&](const std::string& c) { return one(a).claim_is(c, "self-assigned"); });
       }},
      {"influenced_claims", kTexts,
       [](const Ask& a) {
         return claims_where(a,
                             [&](const std::string& c) { return one(a).claim_is(c, "attacker-influenced"); });
       }},
      {"per_run_claims", kTexts,
       [](const Ask& a) {
         return claims_where(a, [&](const std::string& c) { return one(a).claim_is(c, "per-run"); });
       }},
      {"always_fails", "bool", [](const Ask& a) { return flag(mapping(a).outlook->always_fails); }},
      {"why", kText, [](const Ask& a) { return text_value(mapping(a).outlook->why); }},
  };
  return rows;
}

std::span<const FactRow> validation_rows() {
  static const FactRow rows[] = {
      {"index", "int", [](const Ask& a) { return number(a.validation->index); }},
      {"path", kText, [](const Ask& a) { return owned(validation_path(a)); }},
      {"of_user", "bool", [](const Ask& a) { return flag(a.validation->of_user); }},
      {"claim", kText, [](const Ask& a) { return owned(text_of(a.validation->claim)); }},
      {"required_value", kText, [](const Ask& a) { return owned(text_of(a.validation->required_value)); }},
      {"expression", kText, [](const Ask& a) { return text_value(a.validation->expression->value); }},
      {"never_holds", "bool", [](const Ask& a) { return flag(a.validation->outlook->never_holds); }},
      {"why", kText, [](const Ask& a) { return text_value(a.validation->outlook->why); }},
  };
  return rows;
}

std::span<const PlaceFact> authentication_place_facts() {
  static const PlaceFact facts[] = {
      {"same_audience_elsewhere", elsewhere_place},
      {"same_username_prefix", username_sibling_place},
      {"same_groups_prefix", groups_sibling_place},
  };
  return facts;
}

}  // namespace oidc_audit::rules
