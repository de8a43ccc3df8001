#include "rules/authentication_probe.h"

#include <algorithm>

#include "base/strings.h"
#include "oidc/known_values.h"
#include "rules/prefix_words.h"

namespace oidc_audit::rules {

namespace {

using oidc::Facts;
using oidc::Known;
using oidc::TextShape;
using Kind = MappingEntry::Kind;

constexpr std::string_view kStranger = "stranger-7f3a09c1";

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

}  // namespace

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

namespace {

// What a pattern is sure to match, as text: `octo` of `^octo.*$`.
std::string plain_part(std::string_view pattern) {
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  return std::string(pattern.substr(0, pattern.find_first_of(".*+?()[]{}|\\$^")));
}

// A tenant of a stranger that the rules let through because they only look at the beginning, the end or a
// part of the one they mean.

}  // namespace

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

namespace {

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

}  // namespace

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

}  // namespace oidc_audit::rules
