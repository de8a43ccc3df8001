#include "rules/authentication.h"

#include <algorithm>

#include "base/strings.h"
#include "oidc/config_source.h"
#include "oidc/known_values.h"
#include "rules/authentication_probe.h"
#include "rules/prefix_words.h"

namespace oidc_audit::rules {
namespace {

using oidc::Known;
using oidc::TextShape;
using Kind = MappingEntry::Kind;

void add_mapping(AuthenticatorEntry& entry, Kind kind, const oidc::PrefixedClaimOrExpression& from,
                 const oidc::MappingOutlook& outlook) {
  if (!outlook.mapped) return;
  MappingEntry made;
  made.kind = kind;
  made.claim = &from.claim;
  made.prefix = from.prefix ? &*from.prefix : nullptr;
  made.expression = &from.expression;
  made.outlook = &outlook;
  made.claims = oidc::mapped_claims(from, entry.server->kubernetes_minor);
  made.plain_shape = oidc::mapping_shape(from, entry.server->kubernetes_minor);
  entry.mappings.push_back(std::move(made));
}

void add_mappings(AuthenticatorEntry& entry) {
  const oidc::ClaimMappings& from = entry.jwt->claim_mappings;
  const int minor = entry.server->kubernetes_minor;
  add_mapping(entry, Kind::username, from.username, entry.outlook.username);
  add_mapping(entry, Kind::groups, from.groups, entry.outlook.groups);
  if (entry.outlook.uid.mapped) {
    MappingEntry uid;
    uid.kind = Kind::uid;
    uid.claim = &from.uid.claim;
    uid.expression = &from.uid.expression;
    uid.outlook = &entry.outlook.uid;
    uid.claims = uid.claim->empty() ? oidc::claims_read(uid.expression->value, minor)
                                    : std::vector<std::string>{uid.claim->value};
    entry.mappings.push_back(std::move(uid));
  }
  for (std::uint32_t i = 0; i < from.extra.size(); ++i) {
    MappingEntry extra;
    extra.kind = Kind::extra;
    extra.index = i;
    extra.expression = &from.extra[i].value_expression;
    extra.outlook = &entry.outlook.extra[i];
    extra.claims = oidc::claims_read(extra.expression->value, minor);
    entry.mappings.push_back(std::move(extra));
  }
}

void add_validations(AuthenticatorEntry& entry) {
  const oidc::JwtAuthenticator& jwt = *entry.jwt;
  std::vector<std::string>& checked = entry.checked_claims;
  for (std::uint32_t i = 0; i < jwt.claim_validation_rules.size(); ++i) {
    const oidc::ClaimValidationRule& rule = jwt.claim_validation_rules[i];
    entry.validations.push_back(
        {false, i, &rule.claim, &rule.required_value, &rule.expression, &entry.outlook.claim_rules[i]});
    if (!rule.claim.empty()) checked.push_back(rule.claim.value);
    if (!rule.expression.empty()) {
      for (std::string& claim : oidc::claims_read(rule.expression.value, entry.server->kubernetes_minor)) {
        checked.push_back(std::move(claim));
      }
    }
  }
  std::sort(checked.begin(), checked.end());
  checked.erase(std::unique(checked.begin(), checked.end()), checked.end());
  for (std::uint32_t i = 0; i < jwt.user_validation_rules.size(); ++i) {
    const oidc::UserValidationRule& rule = jwt.user_validation_rules[i];
    entry.validations.push_back({true, i, nullptr, nullptr, &rule.expression, &entry.outlook.user_rules[i]});
  }
}

void look_at_issuer(AuthenticatorEntry& entry, const oidc::Catalogue& catalogue) {
  const std::string& url = entry.jwt->issuer.url.value;
  const oidc::Catalogue::IssuerMatch match = catalogue.find_issuer(url);
  entry.provider = match.provider;
  entry.issuer = match.issuer;
  entry.shared_issuer = match.issuer != nullptr && match.issuer->scope == oidc::IssuerScope::shared;
  if (match.provider != nullptr) {
    Result<oidc::ProviderDocs> docs = catalogue.docs(match.provider->id);
    if (docs.ok()) entry.docs = std::move(docs).value();
  }
  // The catalogue knows issuers as the prefixes of names.
  const std::string name = url + "#x";
  const oidc::ParsedName parsed = catalogue.parse(name);
  const oidc::PrefixProblem problem = parsed.prefix.problem;
  if (problem != oidc::PrefixProblem::none && problem != oidc::PrefixProblem::empty_subject) {
    entry.issuer_problem = prefix_problem_text(problem);
    entry.issuer_fix = parsed.prefix.corrected;
    if (entry.issuer_fix.ends_with('#')) entry.issuer_fix.pop_back();
  }
  const oidc::SubjectFacts facts = catalogue.facts(parsed);
  if (facts.lookalike) entry.lookalike_of = std::string(facts.lookalike->known);
}

// What every name of a mapping begins with.
std::string_view head_of(const AuthenticatorEntry& entry, Kind kind) {
  const MappingEntry* mapping = entry.mapping(kind);
  return mapping == nullptr ? std::string_view() : mapping->head();
}

}  // namespace

std::optional<TextShape> MappingEntry::shape() const {
  const Known& value = outlook->value;
  if (std::optional<TextShape> text = value.as_text()) return text;
  return oidc::element_shape(value);
}

std::string_view MappingEntry::head() const { return plain_shape ? plain_shape->head() : std::string_view(); }

std::string_view to_string(MappingEntry::Kind kind) {
  static constexpr std::string_view kNames[] = {"username", "groups", "uid", "extra"};
  return kNames[static_cast<std::size_t>(kind)];
}

ServerConfig server_config(const oidc::FoundConfig& found, int kubernetes_minor) {
  ServerConfig out;
  out.config = &found.source.loaded.config;
  out.object = {found.api_version, found.kind, {}, found.name};
  if (found.range) out.range = SourceRange{found.range->buffer, found.range->begin, found.range->begin};
  out.source = found.source.kind;
  out.kubernetes_minor = kubernetes_minor;
  return out;
}

const MappingEntry* AuthenticatorEntry::mapping(MappingEntry::Kind kind) const {
  for (const MappingEntry& one : mappings) {
    if (one.kind == kind) return &one;
  }
  return nullptr;
}

bool AuthenticatorEntry::claim_is(std::string_view claim, std::string_view word) const {
  return std::any_of(docs.claims.begin(), docs.claims.end(),
                     [&](const auto& doc) { return doc.name == claim && doc.has(word); });
}

bool AuthenticatorEntry::knows_tenant_claims() const {
  return std::any_of(docs.claims.begin(), docs.claims.end(),
                     [](const auto& claim) { return claim.has("tenant"); });
}

bool AuthenticatorEntry::names_tenant(const MappingEntry& mapping) const {
  // Where nothing is known of a provider's claims, its subject is taken to say whose it is.
  if (!knows_tenant_claims())
    return std::find(mapping.claims.begin(), mapping.claims.end(), "sub") != mapping.claims.end();
  return std::any_of(mapping.claims.begin(), mapping.claims.end(),
                     [&](const std::string& claim) { return claim_is(claim, "tenant"); });
}

Authentication::Authentication(std::span<const ServerConfig> servers, const oidc::Catalogue& catalogue)
    : servers_(servers) {
  std::size_t count = 0;
  for (const ServerConfig& server : servers) count += server.config->jwt.size();
  entries_.reserve(count);  // mappings point into their entry
  for (const ServerConfig& server : servers) {
    if (server.joined) joined_ = &server;
    const auto begin = static_cast<std::uint32_t>(entries_.size());
    for (std::uint32_t i = 0; i < server.config->jwt.size(); ++i) {
      AuthenticatorEntry& entry = entries_.emplace_back();
      entry.server = &server;
      entry.index = i;
      entry.jwt = &server.config->jwt[i];
      entry.outlook = oidc::authenticator_outlook(*entry.jwt, server.kubernetes_minor);
      look_at_issuer(entry, catalogue);
      add_mappings(entry);
      add_validations(entry);
      entry.tenant_pinned = is_pinned(entry, catalogue);
      if (entry.shared_issuer) entry.loose_tenant = loose_tenant(entry);
      look_at_email(entry);
      look_for_system_names(entry, catalogue);
    }
    compare_prefixes(begin);
  }
  add_forms(Kind::username, user_forms_);
  add_forms(Kind::groups, group_forms_);
}

void Authentication::add_forms(Kind kind, std::vector<NameForm>& forms) const {
  for (const AuthenticatorEntry& entry : joined_entries()) {
    const MappingEntry* mapping = entry.mapping(kind);
    if (mapping != nullptr && !entry.outlook.refuses()) forms.push_back({&entry, mapping, mapping->shape()});
  }
}

void Authentication::compare_prefixes(std::uint32_t begin) {
  // Of two prefixes of which one is the beginning of the other, the names of one issuer can be the other's.
  for (const Kind kind : {Kind::username, Kind::groups}) {
    for (std::uint32_t i = begin; i < entries_.size(); ++i) {
      if (entries_[i].mapping(kind) == nullptr) continue;
      const std::string_view own = head_of(entries_[i], kind);
      if (own.empty()) continue;  // a finding of its own
      for (std::uint32_t j = begin; j < i; ++j) {
        if (entries_[j].mapping(kind) == nullptr) continue;
        const std::string_view other = head_of(entries_[j], kind);
        if (other.empty() || !(own.starts_with(other) || other.starts_with(own))) continue;
        (kind == Kind::username ? entries_[i].same_username_prefix : entries_[i].same_groups_prefix) =
            entries_[j].index;
        break;
      }
    }
  }
}

std::span<const AuthenticatorEntry> Authentication::joined_entries() const noexcept {
  if (joined_ == nullptr || joined_->config->jwt.empty()) return {};
  const auto begin = std::find_if(entries_.begin(), entries_.end(), [this](const AuthenticatorEntry& entry) {
    return entry.server == joined_;
  });
  return std::span(entries_).subspan(static_cast<std::size_t>(begin - entries_.begin()),
                                     joined_->config->jwt.size());
}

const AuthenticatorEntry* Authentication::same_audience_elsewhere(const AuthenticatorEntry& entry) const {
  for (const AuthenticatorEntry& other : entries_) {
    if (other.server == entry.server || other.jwt->issuer.url.value != entry.jwt->issuer.url.value) continue;
    for (const oidc::ConfigText& audience : other.jwt->issuer.audiences) {
      for (const oidc::ConfigText& own : entry.jwt->issuer.audiences) {
        if (own.value == audience.value) return &other;
      }
    }
  }
  return nullptr;
}

Config with_server(const Config& config, const Authentication& authentication) {
  Config out = config;
  for (const AuthenticatorEntry& entry : authentication.joined_entries()) {
    const std::string& url = entry.jwt->issuer.url.value;
    auto known = std::find_if(out.issuers.begin(), out.issuers.end(),
                              [&](const IssuerConfig& issuer) { return issuer.url == url; });
    if (known == out.issuers.end()) {
      out.issuers.push_back({});
      known = out.issuers.end() - 1;
      known->url = url;
    }
    known->tenant_pinned = entry.tenant_pinned;
    known->plain_groups = false;
    known->username_prefix.reset();
    known->groups_prefix.reset();
    for (const Kind kind : {Kind::username, Kind::groups}) {
      const MappingEntry* mapping = entry.mapping(kind);
      if (mapping == nullptr) continue;
      const std::optional<TextShape>& shape = mapping->plain_shape;
      const std::string head(mapping->head());
      // Behind a prefix the name is the claim itself; what an expression joins is a form of its own.
      const bool whole =
          shape && shape->parts().size() == (head.empty() ? 1U : 2U) && shape->parts().back().hole;
      if (whole || head.empty()) {
        (kind == Kind::username ? known->username_prefix : known->groups_prefix) = head;
        known->plain_groups |= kind == Kind::groups;
      } else {
        out.prefixes.push_back(head);
      }
    }
  }
  return out;
}

}  // namespace oidc_audit::rules
