#include "rules/authentication.h"

#include <algorithm>

#include "base/strings.h"
#include "oidc/config_source.h"
#include "oidc/known_values.h"
#include "rules/prefix_words.h"

namespace oidc_audit::rules {
namespace {

using oidc::Facts;
using oidc::Known;
using oidc::TextShape;
using Kind = MappingEntry::Kind;

constexpr std::string_view kStranger = "stranger-7f3a09c1";

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

bool refuses(const AuthenticatorEntry& entry, const Facts& facts) {
  return oidc::authenticator_outlook(*entry.jwt, entry.server->kubernetes_minor, facts).refuses();
}

Known text(std::string value) { return Known::of_text(TextShape::exact(std::move(value))); }

// Subjects of the provider with a stranger's tenant in place of their own.
std::vector<std::string> strangers_subjects(const AuthenticatorEntry& entry,
                                            const oidc::Catalogue& catalogue) {
  constexpr std::size_t kMost = 16;
  std::vector<std::string> out;
  for (const oidc::ProviderDocs::Example& example : entry.docs.examples) {
    if (example.group || out.size() >= kMost) continue;
    oidc::ParseOptions options;
    options.issuer = example.issuer;
    const oidc::ParsedName parsed = catalogue.parse(example.name, options);
    const oidc::Candidate* candidate = parsed.recognised();
    std::string name = example.name;
    if (candidate != nullptr) {
      for (auto s = candidate->segments.rbegin(); s != candidate->segments.rend(); ++s) {
        if (!s->has(oidc::kTenantSegment) && s->name != candidate->tenant.name) continue;
        name.replace(s->begin, s->end - s->begin, kStranger);
      }
    }
    out.push_back(std::move(name));
  }
  return out;
}

Facts strangers_facts(const AuthenticatorEntry& entry) {
  Facts facts;
  for (const oidc::ProviderDocs::ClaimDoc& claim : entry.docs.claims) {
    if (claim.has("tenant") && claim.name != "sub" && claim.name != "aud") {
      facts.claims.emplace(claim.name, text(std::string(kStranger)));
    }
  }
  return facts;
}

// Whether the audience proves the tenant: the platform writes it, and it is no word that others use.
bool pinned_by_audience(const AuthenticatorEntry& entry) {
  if (!entry.claim_is("aud", "tenant")) return false;
  const auto& audiences = entry.jwt->issuer.audiences;
  return !audiences.empty() &&
         std::none_of(audiences.begin(), audiences.end(), [](const oidc::ConfigText& audience) {
           return !audience_problem(audience.value).empty();
         });
}

// A rule demands one value of a claim that nothing is known of: it may well be the tenant's.
bool demands_unknown_claim(const AuthenticatorEntry& entry) {
  static constexpr std::string_view kStandard[] = {"iss", "sub", "aud", "exp",
                                                   "iat", "nbf", "azp", "email_verified"};
  const auto unknown = [&](std::string_view claim) {
    return std::find(std::begin(kStandard), std::end(kStandard), claim) == std::end(kStandard) &&
           std::none_of(entry.docs.claims.begin(), entry.docs.claims.end(),
                        [&](const auto& doc) { return doc.name == claim; });
  };
  for (const oidc::ClaimValidationRule& rule : entry.jwt->claim_validation_rules) {
    if (!rule.claim.empty() && unknown(rule.claim.value)) return true;
    if (rule.expression.empty()) continue;
    for (const auto& [claim, value] :
         oidc::demanded_claims(rule.expression.value, entry.server->kubernetes_minor)) {
      if (unknown(claim)) return true;
    }
  }
  return false;
}

bool is_pinned(const AuthenticatorEntry& entry, const oidc::Catalogue& catalogue) {
  if (pinned_by_audience(entry)) return true;
  if (entry.jwt->claim_validation_rules.empty() && entry.jwt->user_validation_rules.empty()) return false;
  // Nothing is known of this provider's claims: a rule about any of its own counts.
  if (!entry.knows_tenant_claims()) {
    return std::any_of(entry.checked_claims.begin(), entry.checked_claims.end(),
                       [](const std::string& claim) {
                         return claim != "email_verified" && claim != "exp" && claim != "iat" &&
                                claim != "nbf" && claim != "aud" && claim != "iss";
                       });
  }
  if (demands_unknown_claim(entry)) return true;
  Facts facts = strangers_facts(entry);
  const std::vector<std::string> subjects = strangers_subjects(entry, catalogue);
  if (subjects.empty()) return refuses(entry, facts);
  return std::all_of(subjects.begin(), subjects.end(), [&](const std::string& subject) {
    facts.claims.insert_or_assign("sub", text(subject));
    return refuses(entry, facts);
  });
}

// What a pattern is sure to match, as text: `octo` of `^octo.*$`.
std::string plain_part(std::string_view pattern) {
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  return std::string(pattern.substr(0, pattern.find_first_of(".*+?()[]{}|\\$^")));
}

// A tenant of a stranger that the rules let through because they only look at the beginning, the end or a
// part of the one they mean.
std::string loose_tenant(const AuthenticatorEntry& entry) {
  constexpr std::size_t kMostValues = 64;
  std::vector<std::string> values;
  for (const oidc::ClaimValidationRule& rule : entry.jwt->claim_validation_rules) {
    if (rule.expression.empty()) continue;
    for (const std::string& written : oidc::texts_in(rule.expression.value, entry.server->kubernetes_minor)) {
      const std::string beginning = plain_part(written);
      for (const std::string* of : {&written, &beginning}) {
        const std::string& one = *of;
        if (of == &beginning && beginning == written) continue;
        if (one.size() < 2 || values.size() >= kMostValues) continue;
        // Behind a delimiter the name is complete; in front of one as well.
        if (std::string_view("/:@#").find(one.back()) == std::string_view::npos)
          values.push_back(one + "-evil");
        if (std::string_view("@./:").find(one.front()) == std::string_view::npos)
          values.push_back("evil-" + one);
      }
    }
  }
  for (const oidc::ProviderDocs::ClaimDoc& claim : entry.docs.claims) {
    const bool read =
        std::binary_search(entry.checked_claims.begin(), entry.checked_claims.end(), claim.name);
    if (!claim.has("tenant") || !read) continue;
    const auto lets_in = [&](const std::string& value) {
      Facts facts;
      facts.claims.emplace(claim.name, text(value));
      return !refuses(entry, facts);
    };
    if (lets_in(std::string(kStranger))) continue;  // it does not decide at all
    for (const std::string& value : values) {
      if (lets_in(value)) return value;
    }
  }
  return {};
}

void look_at_email(AuthenticatorEntry& entry) {
  const MappingEntry* username = entry.mapping(Kind::username);
  if (username == nullptr ||
      std::find(username->claims.begin(), username->claims.end(), "email") == username->claims.end()) {
    return;
  }
  // Let in, with a username that the address is still part of.
  const auto accepts = [&entry](const Facts& facts) {
    const oidc::AuthenticatorOutlook outlook =
        oidc::authenticator_outlook(*entry.jwt, entry.server->kubernetes_minor, facts);
    const std::optional<TextShape> shape = outlook.username.value.as_text();
    return !outlook.refuses() &&
           (!shape ||
            std::any_of(shape->parts().begin(), shape->parts().end(), [](const TextShape::Part& part) {
              return part.hole && (part.text.empty() || part.text == "email");
            }));
  };
  Facts no;
  no.claims.emplace("email_verified", Known::of(cel::Value::boolean(false)));
  entry.accepts_unverified_email = accepts(no);
  Facts unstated;
  unstated.absent.insert("email_verified");
  entry.accepts_unstated_email = accepts(unstated);
}

// Claims whose values cannot begin with `system:`.
bool is_harmless_claim(const AuthenticatorEntry& entry, std::string_view claim,
                       const oidc::Catalogue& catalogue) {
  if (claim == "email" || claim == "hd" || claim == "iss") return true;
  for (const oidc::ProviderDocs::ClaimDoc& doc : entry.docs.claims) {
    if (doc.name == claim && (doc.has("number") || doc.has("boolean"))) return true;
    // The provider gives out ids, and an id is no free text.
    if (doc.name == claim && doc.has("immutable") && claim != "sub") return true;
  }
  if (claim != "sub" || entry.provider == nullptr) return false;
  const std::string name = "system:serviceaccount:kube-system:x";
  oidc::ParseOptions options;
  options.issuer = entry.jwt->issuer.url.value;
  const oidc::ParsedName parsed = catalogue.parse(name, options);
  const oidc::Candidate* candidate = parsed.recognised();
  return candidate == nullptr || candidate->provider != entry.provider;
}

void look_for_system_names(AuthenticatorEntry& entry, const oidc::Catalogue& catalogue) {
  static constexpr std::string_view kUsers[] = {"system:kube-controller-manager", "system:admin",
                                                "system:serviceaccount:kube-system:x", "system:node:x"};
  static constexpr std::string_view kGroups[] = {"system:masters", "system:nodes", "system:monitoring"};
  for (MappingEntry& mapping : entry.mappings) {
    const bool group = mapping.kind == Kind::groups;
    if (!group && mapping.kind != Kind::username) continue;
    const std::optional<TextShape> shape = mapping.shape();
    if (!shape || !shape->may_start_with("system:")) continue;
    const auto hole = std::find_if(shape->parts().begin(), shape->parts().end(),
                                   [](const TextShape::Part& part) { return part.hole; });
    const bool free = shape->head().size() < std::string_view("system:").size();
    if (free && hole != shape->parts().end() && !hole->text.empty() &&
        is_harmless_claim(entry, hole->text, catalogue)) {
      continue;
    }
    for (const std::string_view name :
         group ? std::span<const std::string_view>(kGroups) : std::span<const std::string_view>(kUsers)) {
      if (!shape->matches(name)) continue;
      const bool refused = group ? oidc::refuses_group(*entry.jwt, name, entry.server->kubernetes_minor)
                                 : oidc::refuses_username(*entry.jwt, name, entry.server->kubernetes_minor);
      if (refused) continue;
      mapping.system_name = std::string(name);
      break;
    }
    // A prefix that is Kubernetes' own leads to names of it whatever follows.
    if (mapping.system_name.empty() && shape->head().starts_with("system:")) {
      mapping.system_name = shape->to_string();
    }
  }
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
  if (found.kind.empty()) out.object.kind = "config.yaml";  // of k3s and RKE2, which has no kind
  out.range = SourceRange{found.range.buffer, found.range.begin, found.range.begin};
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
