// The boolean facts of a subject that its own text and the configuration decide.

#include <algorithm>
#include <array>

#include "base/glob.h"
#include "base/strings.h"
#include "base/unicode.h"
#include "base/unicode_text.h"
#include "oidc/value_class.h"
#include "rules/spelling.h"
#include "rules/subject_analysis.h"

namespace oidc_audit::rules {
namespace {

using oidc::Candidate;
using oidc::Departure;
using oidc::Likelihood;
using oidc::PrefixKind;
using oidc::PrefixProblem;

// What companies put before the names of their own identity provider, and of the platforms they use.
constexpr std::array<std::string_view, 15> kIdpPrefixes = {
    "oidc:", "okta:",   "aad:",    "azure:",  "entra:", "keycloak:", "ldap:", "sso:",
    "idp:",  "github:", "gitlab:", "google:", "tfc:",   "gha:",      "gh:"};
// Those that say which platform's jobs are meant.
constexpr std::array<std::string_view, 16> kCiPrefixes = {
    "tfc:", "tfe:",    "hcp:",       "terraform:", "hcp-terraform:", "tfc/",
    "gha:", "gh:",     "github:",    "gha/",       "github/",        "github-actions:",
    "gl:",  "gitlab:", "gitlab-ci:", "gitlab/"};

// A name that is spelled as one with ids: GitHub's withdrawn form, and that of Forgejo.
bool is_lookalike_id(const SubjectAnalysis& a) {
  if (a.grammar == "lookalike-hyphen-id") return true;
  if (a.provider == nullptr || a.provider->id != "forgejo-actions") return false;
  const auto has_number = [](std::string_view text) {
    const std::size_t hyphen = text.find_last_not_of("0123456789");
    return hyphen != std::string_view::npos && hyphen > 0 && text[hyphen] == '-' && hyphen + 1 < text.size();
  };
  constexpr std::string_view kKey = "repo:";
  const std::size_t key = a.name.find(kKey);
  if (key == std::string_view::npos) return false;
  const std::string_view rest = a.name.substr(key + kKey.size());
  const std::size_t slash = rest.find('/');
  const std::size_t end = rest.find(':');
  if (slash == std::string_view::npos || end == std::string_view::npos || end < slash) return false;
  const std::string_view repository = rest.substr(slash + 1, end - slash - 1);
  return has_number(rest.substr(0, slash)) && has_number(repository) &&
         repository.find('/') == std::string_view::npos;
}

template <std::size_t N>
bool is_one_of(std::string_view text, const std::array<std::string_view, N>& words) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

}  // namespace

void SubjectAnalyzer::name_traits(const SubjectAnalysis& a, Traits& out) const {
  const auto set = [&out](SubjectBit bit, bool value) { out.set(static_cast<std::size_t>(bit), value); };
  using enum SubjectBit;
  const oidc::Prefix& prefix = a.parsed.prefix;
  const bool malformed = prefix.kind == PrefixKind::malformed || prefix.problem != PrefixProblem::none;
  set(prefixed, !a.prefix.empty() && prefix.kind != PrefixKind::malformed);
  set(configured_prefix, prefix.kind == PrefixKind::configured);
  set(idp_prefix, is_one_of(a.name.substr(0, a.name.find(':') + 1), kIdpPrefixes));
  set(ci_prefix, is_one_of(to_lower_ascii(a.prefix), kCiPrefixes));
  const std::string_view issuer = issuer_of(a);
  set(known_issuer,
      !issuer.empty() && (configured_issuer(issuer) || catalogue_.find_issuer(issuer).provider != nullptr));
  set(shared_issuer, this->shared_issuer(a));
  set(malformed_prefix, malformed);
  set(lookalike_issuer, a.facts.lookalike.has_value());
  set(lookalike_configured, a.facts.lookalike.has_value() && configured_issuer(issuer));
  const bool broker =
      std::find(config_.brokers.begin(), config_.brokers.end(), issuer) != config_.brokers.end() ||
      std::any_of(config_.issuers.begin(), config_.issuers.end(),
                  [&](const IssuerConfig& i) { return i.broker && i.url == issuer; });
  set(foreign_grammar, a.facts.foreign_grammar != nullptr && !broker);
  const bool complete = a.candidate != nullptr && a.candidate->likelihood != Likelihood::shape;
  set(recognised, complete);
  if (a.facts.near) {
    const oidc::NearMatch& near = *a.facts.near;
    set(truncated, near.has(Departure::truncated) && a.facts.other_slashes.empty());
    set(impossible, near.has(Departure::impossible_value));
    set(fixed_word_case, near.has(Departure::wrong_case));
  }
  set(slash_error, !a.facts.other_slashes.empty());
  if (a.candidate != nullptr && a.candidate->obsolete) set(impossible, true);
  if (a.facts.truncated_default && !a.ref_type.empty() && a.ref.empty()) set(truncated, true);
  const bool impossible_id = !impossible_text(a).empty();
  if (impossible_id) {
    set(impossible, true);
    set(fixed_word_case, false);
    set(slash_error, false);
  }
  const bool limited = complete && a.subject->kind == rbac::SubjectKind::user && !a.as_other_kind;
  set(too_long, limited && a.local.size() > length_limit(a));
  // Semaphore cuts the ref in `sub127` at 35 characters: two refs can share the cut form.
  set(length_collision, complete && a.grammar == "sub127" && a.ref.size() >= 35);
  // No platform writes a UUID in capitals.
  if (a.facts.uuid && a.local != to_lower_ascii(a.local)) set(fixed_word_case, true);
  set(has_wildcard, !a.facts.wildcards.empty());
  for (const oidc::Wildcard& w : a.facts.wildcards) {
    using oidc::WildcardPlace;
    // An anchor or an escaped character stands for nothing else, and in an address the domain is the tenant.
    const std::string_view text = a.name.substr(w.begin, w.end - w.begin);
    if (text == "^" || text == "$" || text == "\\.") continue;
    if (a.facts.email && w.end <= a.name.find('@')) continue;
    const bool at_start = w.begin == a.name.size() - a.local.size();
    const auto delimiter = [&](std::size_t at) {
      return at >= a.name.size() || a.name[at] == ':' || a.name[at] == '/';
    };
    const bool part = w.place == WildcardPlace::in_tenant &&
                      (!delimiter(w.end) || (w.begin > 0 && !at_start && !delimiter(w.begin - 1)));
    if (part) {
      set(wildcard_partial_tenant, true);
    } else if (w.place == WildcardPlace::before_tenant || w.place == WildcardPlace::in_tenant || at_start) {
      set(wildcard_covers_tenant, true);
    } else if (w.place == WildcardPlace::after_tenant_text) {
      set(wildcard_partial_tenant, true);
    }
  }
  set(has_placeholder, !a.facts.placeholders.empty());
  set(percent_error, !a.facts.encoding.empty());
  set(nothing_after_prefix, prefix.problem == PrefixProblem::empty_subject);
  const std::string_view local = a.local;
  const bool empty_part = local.ends_with(':') || local.ends_with('/') ||
                          local.find("::") != std::string_view::npos ||
                          local.find("/:") != std::string_view::npos ||
                          (local.find("//") != std::string_view::npos && !a.facts.other_slashes.empty());
  // An ARN has empty parts, and a job of Jenkins a slash at its end, whatever else is wrong with them.
  if (complete && a.provider->id == "jenkins" && local.find("/job/") != std::string_view::npos &&
      !local.ends_with('/')) {
    set(slash_error, true);
  }
  // Nobody ends a name of any kind with a delimiter, but for URLs.
  const bool open_end = a.name.size() > 1 && (a.name.ends_with(':') || a.name.ends_with('/')) &&
                        a.name.find("://") == std::string_view::npos && !complete;
  set(empty_segment,
      open_end || (empty_part && a.facts.encoding.empty() && !local.starts_with("arn:") && !complete &&
                   !impossible_id && a.provider != nullptr && !local.empty() && a.facts.wildcards.empty()));
  set(whitespace, !a.trimmed.empty());
  set(invisible, !a.characters.printable() && has_invisible(a.name));
  set(mixed_script, a.characters.non_ascii && has_mixed_scripts(a.name));
  set(not_nfc, a.characters.non_ascii && !is_nfc(a.name));
  set(upper_case, a.characters.upper);
  set(lookalike_id, is_lookalike_id(a));
  set(names_origin, a.name.find("origin") != std::string_view::npos);
}

void SubjectAnalyzer::tenant_traits(const SubjectAnalysis& a, Traits& out) const {
  const auto set = [&out](SubjectBit bit, bool value) { out.set(static_cast<std::size_t>(bit), value); };
  using enum SubjectBit;
  const bool shared = this->shared_issuer(a);
  const std::string_view tenant = a.tenant_value();
  // The called workflow's owner is not the tenant: anybody may call it.
  const bool of_callee = a.tenant != nullptr && a.tenant->name.starts_with("job_workflow_ref");
  const bool in_name = !tenant.empty() && !of_callee;
  const bool known_shape = a.candidate != nullptr || a.facts.near.has_value();
  const bool people = a.provider != nullptr && a.provider->people;
  set(has_tenant, in_name || (a.provider != nullptr && !shared && !issuer_of(a).empty()));
  // A name that is damaged elsewhere, or cut, says nothing about whether a tenant was left out.
  const bool dropped =
      a.facts.near ? a.facts.near->has(Departure::missing_start)
                   : a.candidate != nullptr || (a.facts.issuer_provider != nullptr && !a.local.empty());
  const bool missing = shared && !in_name && !people && dropped && a.facts.wildcards.empty() &&
                       (known_shape || a.facts.issuer_provider != nullptr) &&
                       a.subject->kind == rbac::SubjectKind::user && !tenant_pinned(issuer_of(a));
  set(tenant_missing, missing);
  const bool optional = a.candidate != nullptr || (a.facts.near && a.facts.near->tenant_optional) ||
                        (a.provider != nullptr && a.provider->tenant_optional);
  set(tenantless_live, missing && optional);
  if (const auto* allowed = allowed_tenants(a.provider);
      allowed != nullptr && in_name && a.facts.wildcards.empty()) {
    set(tenant_restricted, true);
    const bool exact = std::find(allowed->begin(), allowed->end(), tenant) != allowed->end();
    const std::string folded = fold_case(tenant);
    const bool by_case = std::any_of(allowed->begin(), allowed->end(),
                                     [&](const std::string& t) { return fold_case(t) == folded; });
    set(tenant_stranger, !exact && !by_case);
    set(tenant_case_differs, !exact && by_case);
  }
  for (const auto& [provider, tenants] : config_.organizations) {
    if (std::find(tenants.begin(), tenants.end(), a.local) != tenants.end())
      set(is_allowed_tenant_name, true);
  }
  if (a.candidate != nullptr && a.provider != nullptr) {
    // Named tenants need an id of the tenant, and named projects one beside the tenant's.
    bool named = false, by_id = false, per_run = false, tenant_named = false, project_by_id = false;
    const std::string_view tenant_segment = a.tenant != nullptr ? a.tenant->name : std::string_view();
    for (const oidc::Segment& s : a.segments) {
      const bool id = s.has(oidc::kImmutableId);
      const bool of_tenant = s.name == tenant_segment || s.has(oidc::kTenantSegment);
      named |= s.has(oidc::kMutableName);
      by_id |= id;
      per_run |= s.has(oidc::kPerRun);
      tenant_named |= s.has(oidc::kMutableName) && s.name == tenant_segment;
      project_by_id |= id && !of_tenant;
    }
    const bool tenant_by_id = a.tenant != nullptr && a.find(a.tenant->immutable_claim) != nullptr;
    const bool unstable = !by_id || (tenant_named ? !tenant_by_id : !project_by_id && !per_run);
    set(mutable_names,
        named && unstable && !people && a.facts.wildcards.empty() && a.facts.placeholders.empty());
  }
}

void SubjectAnalyzer::people_traits(const SubjectAnalysis& a, Traits& out) const {
  const auto set = [&out](SubjectBit bit, bool value) { out.set(static_cast<std::size_t>(bit), value); };
  using enum SubjectBit;
  const bool user = a.subject->kind == rbac::SubjectKind::user;
  const bool group = a.subject->kind == rbac::SubjectKind::group;
  const oidc::SubjectFacts& f = a.facts;
  set(email, f.email);
  set(public_mail, f.public_mail_domain);
  set(guest, f.guest);
  const bool people = a.provider != nullptr && a.provider->people;
  // A group that anybody may found or join is as little vouched for as an address.
  const bool open_group = group && f.email && f.email_domain == "googlegroups.com";
  // A bare word is a login, as brokers such as Pinniped pass it on, or the name of a certificate.
  const bool login = f.plain_word && !f.uuid && !f.digits && a.candidate == nullptr &&
                     (people || a.parsed.prefix.kind == PrefixKind::none) && a.prefix.empty() &&
                     out.test(static_cast<std::size_t>(external));
  // `alice@github`, as tsidp writes it.
  const std::size_t sign = a.local.find('@');
  const bool short_address = sign != std::string_view::npos && sign > 0 && sign + 1 < a.local.size() &&
                             a.local.find_first_of("@:/|# ", sign + 1) == std::string_view::npos &&
                             a.local.substr(0, sign).find_first_of(":/|# ") == std::string_view::npos;
  set(mutable_human_name, a.facts.wildcards.empty() &&
                              (open_group || (user && (f.email || f.guest || login ||
                                                       (people && (f.plain_word || short_address) &&
                                                        !f.uuid && !f.digits && a.candidate == nullptr)))));
  static constexpr std::array<std::string_view, 19> kGeneric = {
      "admin",  "admins",      "administrators", "ops",        "devops",         "sre",   "dev",
      "devs",   "developers",  "platform",       "k8s-admins", "cluster-admins", "users", "everyone",
      "owners", "maintainers", "root",           "operators",  "engineering"};
  const std::string lower = to_lower_ascii(a.local);
  const bool has_prefix = !a.prefix.empty();
  const bool several_issuers = config_.issuers.size() > 1;
  set(generic_group, group && !has_prefix && !a.name.starts_with("system:") &&
                         (std::find(kGeneric.begin(), kGeneric.end(), lower) != kGeneric.end() ||
                          (several_issuers && a.candidate == nullptr && !a.name.empty())));
  set(unprefixed_group, group && !has_prefix && !a.name.starts_with("system:"));
  static constexpr std::array<std::string_view, 9> kEverybody = {
      "everyone",      "all users",    "all-users",   "all_users", "allusers",
      "authenticated", "domain users", "all company", "ci_job"};
  set(catch_all, group && !a.name.starts_with("system:") &&
                     std::find(kEverybody.begin(), kEverybody.end(), lower) != kEverybody.end() &&
                     (lower != "ci_job" || a.prefix == "gitlab:"));
  if (group && a.candidate != nullptr && a.candidate->catch_all) set(catch_all, true);
  if (group) {
    const bool google = f.email && (a.facts.email_domain == "googlegroups.com" || f.public_mail_domain);
    bool from_broker = lower == "allgithubusers";
    for (const Candidate& c : a.parsed.candidates) {
      if (c.likelihood != Likelihood::shape && c.provider->id != "dex") break;  // it says whose it is
      from_broker |= c.provider->id == "dex" && c.segments.size() > 1;
    }
    set(self_service_group, google || from_broker);
  }
  set(uuid, f.uuid || (!a.prefix.empty() && oidc::is_uuid(lower)));
  const bool named =
      config_.names.find(a.name) != config_.names.end() || config_.names.find(a.local) != config_.names.end();
  set(has_alias, named);
  const bool plain_prefix = a.parsed.prefix.kind != PrefixKind::none || a.prefix == "oidc:";
  const bool digits =
      plain_prefix && !a.local.empty() && a.local.find_first_not_of("0123456789") == std::string_view::npos;
  set(numeric_looking, f.number_like || f.yaml_word || f.digits || digits);
  set(rounded_number, f.rounded_number);
  set(opaque, a.candidate != nullptr && a.candidate->opaque);
  // Names of Kubernetes itself under the wrong kind count as well.
  const bool kubernetes_group = user && is_builtin_name(rbac::SubjectKind::group, a.name);
  const bool kubernetes_user = group && is_builtin_name(rbac::SubjectKind::user, a.name);
  set(group_shaped, kubernetes_group || (user && a.as_other_kind));
  set(subject_shaped, kubernetes_user || (group && a.as_other_kind));
  if (user && out.test(static_cast<std::size_t>(external)) && !has_prefix) {
    const bool word = std::find(kGeneric.begin(), kGeneric.end(), lower) != kGeneric.end() &&
                      lower != "admin" && lower != "root";
    const bool path = a.name.size() > 1 && a.name.front() == '/' && a.candidate == nullptr;
    if (word || path) set(group_shaped, true);
  }
  if (a.subject->kind == rbac::SubjectKind::service_account) {
    const bool issuer_space =
        a.subject->namespace_name.value.find_first_of(":/.@#") != std::string_view::npos;
    const bool foreign = a.candidate != nullptr && a.candidate->likelihood != Likelihood::shape;
    const bool valid = out.test(static_cast<std::size_t>(has_valid_service_account_name));
    set(external_as_service_account, !valid || issuer_space || (foreign && a.segments.size() > 1));
  }
}

void SubjectAnalyzer::context_traits(const SubjectAnalysis& a, Traits& out) const {
  const auto set = [&out](SubjectBit bit, bool value) { out.set(static_cast<std::size_t>(bit), value); };
  using enum SubjectBit;
  const bool job = a.candidate != nullptr && a.candidate->likelihood != Likelihood::shape &&
                   !a.provider->people && !a.provider->broker && a.context != "human";
  set(workload, job);
  if (a.candidate == nullptr) return;
  const auto starts = [&](std::string_view text) { return a.ref.starts_with(text); };
  const bool preview = a.provider->id == "vercel" && (a.context == "preview" || a.environment == "preview");
  const bool change =
      a.ref_type == "pull_request" || a.context == "pull_request" || a.context == "merge_request" ||
      a.ref_type == "merge_request" || a.ref_type == "pull-request" || starts("refs/pull/") ||
      starts("refs/merge-requests/") || preview || a.find("scm_pull_request_target_branch") != nullptr;
  set(pull_request, change);
  set(read_phase, a.phase == "plan");
  const bool tag = a.ref_type == "tag" || starts("refs/tags/");
  const bool branch = !tag && !change && !a.ref.empty();
  set(tag_ref, tag);
  set(branch_ref, branch);
  std::string_view name = a.ref;
  if (name.starts_with("refs/heads/")) name.remove_prefix(11);
  const bool is_protected =
      branch && std::any_of(config_.protected_refs.begin(), config_.protected_refs.end(),
                            [&](const std::string& pattern) {
                              return glob_matches(pattern, name, Glob::star) ||
                                     glob_matches(pattern, a.ref, Glob::star);
                            });
  set(protected_ref, is_protected);
  set(unprotected_branch, branch && !is_protected);
  set(no_context, job && a.candidate->unscoped);
  set(debug_session, a.candidate->debug_session);
  set(job_chosen, a.candidate->job_chosen);
  set(per_run, std::any_of(a.segments.begin(), a.segments.end(),
                           [](const oidc::Segment& s) { return s.has(oidc::kPerRun); }));
}

Traits SubjectAnalyzer::traits(const SubjectAnalysis& a) const {
  Traits out;
  const auto set = [&out](SubjectBit bit, bool value) { out.set(static_cast<std::size_t>(bit), value); };
  using enum SubjectBit;
  const rbac::Subject& s = *a.subject;
  const bool user = s.kind == rbac::SubjectKind::user;
  const bool group = s.kind == rbac::SubjectKind::group;
  const bool account = s.kind == rbac::SubjectKind::service_account;
  set(is_user, user);
  set(is_group, group);
  set(is_service_account, account);
  set(unknown_kind, s.kind == rbac::SubjectKind::other);
  // The server fills in an apiGroup that a User or Group leaves out or empty (defaults.go); written as the
  // empty text it is a mistake all the same. That of an account must be empty.
  set(wrong_api_group, account ? !s.api_group.empty()
                               : (user || group) && s.api_group != "rbac.authorization.k8s.io" &&
                                     (!s.api_group.empty() || s.api_group.range.has_value()));
  const bool system = a.name.starts_with("system:");
  set(system_name, (user || group) && system);
  set(external, is_external(s));
  set(builtin_name, is_builtin_name(s.kind, a.name));
  set(spells_service_account, user && a.name.starts_with("system:serviceaccount:") &&
                                  std::count(a.name.begin(), a.name.end(), ':') == 3);
  set(without_namespace, account && s.namespace_name.empty());
  set(default_service_account, account && a.name == "default");
  if (account) {
    const bool valid =
        !a.name.empty() && a.name.size() <= 253 &&
        a.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-.") == std::string_view::npos &&
        a.name.front() != '-' && a.name.front() != '.' && a.name.back() != '-' && a.name.back() != '.';
    set(has_valid_service_account_name, valid);
  }
  name_traits(a, out);
  people_traits(a, out);
  if (user || group) {
    tenant_traits(a, out);
    context_traits(a, out);
  }
  return out;
}

}  // namespace oidc_audit::rules
