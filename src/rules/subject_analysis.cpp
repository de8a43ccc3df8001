#include "rules/subject_analysis.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "base/unicode.h"
#include "base/unicode_text.h"

namespace oidc_audit::rules {
namespace {

using oidc::Candidate;
using oidc::Likelihood;
using oidc::PrefixKind;
using oidc::PrefixProblem;

oidc::NameKind name_kind(rbac::SubjectKind kind) {
  switch (kind) {
    case rbac::SubjectKind::user:
      return oidc::NameKind::user;
    case rbac::SubjectKind::group:
      return oidc::NameKind::group;
    case rbac::SubjectKind::service_account:
    case rbac::SubjectKind::other:
      return oidc::NameKind::unknown;
  }
  return oidc::NameKind::unknown;
}

// A short word, a separator and more: what people put before names of their own issuer (`oidc:platform`).
std::string_view short_prefix(std::string_view name) {
  for (std::size_t i = 0; i < name.size() && i < 32; ++i) {
    const char c = name[i];
    if (c == ':' || c == '#' || c == '|' || c == '/' || c == '\\') {
      return i > 0 && i + 1 < name.size() && name[i + 1] != '/' ? name.substr(0, i + 1) : std::string_view();
    }
    const bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                      c == '-' || c == '_' || c == '.';
    if (!word) return {};
  }
  return {};
}

// `oidc:`, not `Team:`: a prefix for machines, behind which nobody puts a space.
bool is_lower_word(std::string_view prefix) {
  return !prefix.empty() &&
         std::none_of(prefix.begin(), prefix.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

// A complete reading of plain characters has nothing that SubjectAnalysis::facts could add.
bool needs_facts(const oidc::ParsedName& parsed, const CharacterSet& characters, std::string_view name) {
  const Candidate* c = parsed.recognised();
  if (c == nullptr || c->likelihood == Likelihood::passed_on || c->likelihood == Likelihood::shape)
    return true;
  if (parsed.prefix.kind == PrefixKind::malformed || parsed.prefix.problem != PrefixProblem::none)
    return true;
  // A host of the operator's own may imitate a known one.
  if (!parsed.issuer.empty() && c->scope != oidc::IssuerScope::shared) return true;
  if (c->custom_template) return true;
  return !characters.printable() || characters.pattern || characters.percent || characters.upper ||
         (characters.space && has_stray_space(name));
}

template <typename Reading>
void take(SubjectAnalysis& out, const Reading& reading) {
  const auto view = [](const std::optional<std::string>& text) {
    return text ? std::string_view(*text) : std::string_view();
  };
  out.provider = reading.provider;
  out.segments = reading.segments;
  out.tenant = &reading.tenant;
  out.phase = view(reading.phase);
  out.ref = view(reading.ref);
  out.ref_type = view(reading.ref_type);
  out.environment = view(reading.environment);
  out.context = view(reading.context);
  out.grammar = reading.kind;
}

// The branch in the path of a Jenkins job: what stands below a multibranch project. A job in a folder looks
// the same unless the part is more than a name or stands deeper.
std::string_view branch_of_job(const SubjectAnalysis& a) {
  const oidc::Segment* path = a.find("job_path");
  if (path == nullptr || !path->has(oidc::kAttackerInfluenced)) return {};
  const std::string_view value = path->value;
  const std::size_t slash = value.rfind('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view last = value.substr(slash + 1);
  const bool deep = value.find('/') != slash;
  return deep || last.find("%2F") != std::string_view::npos ? last : std::string_view();
}

std::string squeezed(std::string_view name) {
  // Spaces beside a delimiter, at the ends or in a row: what remains is the name that was meant.
  std::string plain = squeeze_space(name);
  std::string out;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    const auto delimiter = [](char c) { return c == ':' || c == '/' || c == '#'; };
    const bool beside =
        (i > 0 && delimiter(plain[i - 1])) || (i + 1 < plain.size() && delimiter(plain[i + 1]));
    if (plain[i] != ' ' || !beside) out += plain[i];
  }
  return out;
}

}  // namespace

std::string_view host_of(std::string_view url) {
  const std::size_t scheme = url.find("://");
  std::string_view rest = scheme == std::string_view::npos ? url : url.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/#?"));
}

bool is_builtin_name(rbac::SubjectKind kind, std::string_view name) {
  // user.go, serviceaccount/util.go, bootstraptoken, node identifier, bootstrap policy and control plane
  // components of kubeadm; what OpenShift, GKE and k3s give out themselves.
  static constexpr std::array<std::string_view, 25> kUsers = {"system:anonymous",
                                                              "system:apiserver",
                                                              "system:kube-controller-manager",
                                                              "system:kube-scheduler",
                                                              "system:kube-proxy",
                                                              "system:kube-aggregator",
                                                              "system:kube-apiserver",
                                                              "system:volume-scheduler",
                                                              "system:cloud-controller-manager",
                                                              "system:admin",
                                                              "system:konnectivity-server",
                                                              "system:node-problem-detector",
                                                              "system:k3s-controller",
                                                              "system:k3s-supervisor",
                                                              "system:rke2-controller",
                                                              "system:gcp-controller-manager",
                                                              "system:gke-controller",
                                                              "system:gke-common-webhooks",
                                                              "system:clustermetrics",
                                                              "system:glbc",
                                                              "system:l7-lb-controller",
                                                              "system:managed-certificate-controller",
                                                              "system:kubestore-collector",
                                                              "system:resource-tracker",
                                                              "system:openshift-master"};
  static constexpr std::array<std::string_view, 11> kGroups = {"system:masters",
                                                               "system:authenticated",
                                                               "system:unauthenticated",
                                                               "system:serviceaccounts",
                                                               "system:nodes",
                                                               "system:monitoring",
                                                               "system:bootstrappers",
                                                               "system:node-proxier",
                                                               "system:cluster-admins",
                                                               "system:cluster-readers",
                                                               "system:authenticated:oauth"};
  if (!name.starts_with("system:")) return false;
  if (kind == rbac::SubjectKind::user) {
    return name.starts_with("system:node:") || name.starts_with("system:serviceaccount:") ||
           name.starts_with("system:bootstrap:") ||
           std::find(kUsers.begin(), kUsers.end(), name) != kUsers.end();
  }
  if (kind == rbac::SubjectKind::group) {
    return name.starts_with("system:serviceaccounts:") || name.starts_with("system:bootstrappers:") ||
           std::find(kGroups.begin(), kGroups.end(), name) != kGroups.end();
  }
  return false;
}

bool is_catch_all(const rbac::Subject& subject) {
  const std::string_view name = subject.name.value;
  return (subject.kind == rbac::SubjectKind::group &&
          (name == "system:authenticated" || name == "system:unauthenticated")) ||
         (subject.kind == rbac::SubjectKind::user && name == "system:anonymous");
}

std::string impossible_text(const SubjectAnalysis& a) {
  if (!a.facts.issuer_conflict.empty()) return a.facts.issuer_conflict;
  constexpr std::string_view kEntra = "https://login.microsoftonline.com/";
  if (a.parsed.issuer.starts_with(kEntra)) {
    const std::string_view rest = a.parsed.issuer.substr(kEntra.size());
    const std::string_view tenant = rest.substr(0, rest.find('/'));
    if (tenant == "common" || tenant == "organizations") {
      return "the issuer's tenant `" + std::string(tenant) + "`, where every token carries a tenant id";
    }
  }
  if (a.local.starts_with("arn:")) {  // arn:PARTITION:iam::ACCOUNT:...
    const std::size_t begin = a.local.find("::");
    const std::size_t end = begin == std::string_view::npos ? begin : a.local.find(':', begin + 2);
    if (end == std::string_view::npos) return {};
    const std::string_view account = a.local.substr(begin + 2, end - begin - 2);
    const bool digits = account.find_first_not_of("0123456789") == std::string_view::npos;
    if (digits && account.size() != 12) {
      return "the account `" + std::string(account) + "`, where only 12 digits are possible";
    }
  }
  constexpr std::string_view kSpiffe = "spiffe://";
  if (a.local.starts_with(kSpiffe)) {
    const std::string_view id = a.local.substr(kSpiffe.size());
    const std::string_view domain = id.substr(0, id.find('/'));
    if (std::any_of(domain.begin(), domain.end(), [](char c) { return c >= 'A' && c <= 'Z'; }))
      return "the trust domain `" + std::string(domain) + "`, where only lower case is possible";
    if (id.ends_with('/')) return "a slash at the end, which no SPIFFE ID has";
  }
  return {};
}

std::size_t length_limit(const SubjectAnalysis& a) {
  // An identity token of a Terraform stack is refused beyond this length, those of workspaces are not.
  if (a.provider != nullptr && a.provider->id == "hcp-terraform" && a.grammar.starts_with("stack"))
    return 127;
  if (a.provider != nullptr && a.provider->max_subject_bytes != 0) return a.provider->max_subject_bytes;
  return 255;  // OpenID Connect Core 1.0, section 2: sub is at most 255 ASCII characters
}

const oidc::Segment* SubjectAnalysis::find(std::string_view segment) const noexcept {
  for (const oidc::Segment& s : segments) {
    if (s.name == segment) return &s;
  }
  return nullptr;
}

SubjectAnalyzer::SubjectAnalyzer(const Config& config, const oidc::Catalogue& catalogue)
    : config_(config), catalogue_(catalogue), prefixes_(config.all_prefixes()) {}

const std::vector<std::string>* SubjectAnalyzer::allowed_tenants(const oidc::Provider* provider) const {
  if (provider == nullptr) return nullptr;
  if (const auto it = config_.organizations.find(provider->id); it != config_.organizations.end())
    return &it->second;
  if (const auto it = config_.organizations.find("*"); it != config_.organizations.end()) return &it->second;
  return nullptr;
}

bool SubjectAnalyzer::is_external(const rbac::Subject& subject) const {
  if (subject.kind != rbac::SubjectKind::user && subject.kind != rbac::SubjectKind::group) return false;
  const std::string_view name = subject.name.value;
  return !name.starts_with("system:") ||
         std::any_of(prefixes_.begin(), prefixes_.end(),
                     [&](const std::string& prefix) { return name.starts_with(prefix); });
}

bool SubjectAnalyzer::configured_issuer(std::string_view url) const {
  return !url.empty() && std::any_of(config_.issuers.begin(), config_.issuers.end(),
                                     [&](const IssuerConfig& issuer) { return issuer.url == url; });
}

bool SubjectAnalyzer::tenant_pinned(std::string_view url) const {
  return !url.empty() &&
         std::any_of(config_.issuers.begin(), config_.issuers.end(),
                     [&](const IssuerConfig& issuer) { return issuer.tenant_pinned && issuer.url == url; });
}

std::string_view SubjectAnalyzer::issuer_of(const SubjectAnalysis& a) const {
  if (!a.parsed.issuer.empty()) return a.parsed.issuer;
  if (a.parsed.prefix.kind != PrefixKind::configured) return {};
  const std::string_view prefix = a.parsed.prefix.text;
  for (const IssuerConfig& issuer : config_.issuers) {
    const auto& own =
        a.subject->kind == rbac::SubjectKind::group ? issuer.groups_prefix : issuer.username_prefix;
    if (own && *own == prefix) return issuer.url;
  }
  return {};
}

void SubjectAnalyzer::analyze(const rbac::Subject& subject, SubjectAnalysis& a) const {
  a.subject = &subject;
  a.name = subject.name.value;
  a.characters = characters_of(a.name);
  const CharacterSet& characters = a.characters;
  const bool plain = characters.printable() && !characters.space;
  if (plain && !is_external(subject) &&
      (subject.kind != rbac::SubjectKind::service_account || (!characters.colon && !characters.slash))) {
    a.local = a.name;  // Kubernetes' own names: no provider has a say in them
    return;
  }
  oidc::ParseOptions options;
  options.kind = name_kind(subject.kind);
  options.prefixes = prefixes_;
  a.parsed = catalogue_.parse(a.name, options);
  // With a configured prefix the issuer is known though the name does not say it.
  if (const std::string_view issuer = issuer_of(a); !issuer.empty() && a.parsed.issuer.empty()) {
    options.issuer = issuer;
    a.parsed = catalogue_.parse(a.name, options);
  }
  a.candidate = a.parsed.recognised();
  const bool external_kind =
      subject.kind == rbac::SubjectKind::user || subject.kind == rbac::SubjectKind::group;
  if (a.candidate == nullptr && external_kind && !a.name.starts_with("system:")) {
    oidc::ParseOptions other = options;
    other.kind = options.kind == oidc::NameKind::group ? oidc::NameKind::user : oidc::NameKind::group;
    a.otherwise = catalogue_.parse(a.name, other);
    if (const Candidate* c = a.otherwise.recognised(); c != nullptr && c->likelihood != Likelihood::shape) {
      a.candidate = c;
      a.as_other_kind = true;
    }
  }
  if (needs_facts(a.parsed, characters, a.name)) {
    a.facts = catalogue_.facts(a.parsed, options);
    a.has_facts = true;
  }
  if (a.candidate != nullptr) {
    take(a, *a.candidate);
    if (a.ref.empty()) a.ref = branch_of_job(a);
  } else if (a.facts.near) {
    take(a, *a.facts.near);
  } else {
    a.provider = a.facts.issuer_provider;
  }
  a.prefix = a.parsed.prefix.text;
  a.local = a.parsed.prefix.kind == PrefixKind::none ? a.name : a.parsed.rest;
  const bool weak = a.candidate == nullptr || a.candidate->likelihood == Likelihood::shape;
  if (a.prefix.empty() && weak && !a.facts.near) {
    a.prefix = short_prefix(a.name);
    a.local = a.name.substr(a.prefix.size());
  }
  if (characters.space || !characters.printable()) {
    if (has_stray_space(a.name) || (a.local.starts_with(' ') && a.parsed.rest != a.name) ||
        (a.local.starts_with(' ') && is_lower_word(a.prefix))) {
      a.trimmed = squeezed(a.name);
    } else if (characters.space && a.candidate == nullptr && a.provider != nullptr &&
               a.facts.encoding.empty()) {
      // A single space is wrong where only the name without it is one of the provider's.
      std::string without = squeezed(a.name);
      if (without == a.name) std::erase(without, ' ');
      const oidc::ParsedName again = catalogue_.parse(without, options);
      const Candidate* c = again.recognised();
      if (c != nullptr && c->likelihood != Likelihood::shape) a.trimmed = std::move(without);
    }
  }
}

bool SubjectAnalyzer::shared_issuer(const SubjectAnalysis& a) const {
  if (issuer_of(a).empty() && a.provider != nullptr) {
    // Unprefixed: whoever can get a token of an issuer that everybody shares can claim the name.
    return std::any_of(a.provider->issuers.begin(), a.provider->issuers.end(),
                       [](const oidc::IssuerInfo& i) { return i.scope == oidc::IssuerScope::shared; });
  }
  std::optional<oidc::IssuerScope> scope;
  if (a.candidate != nullptr) scope = a.candidate->scope;
  if (!scope && a.facts.near) scope = a.facts.near->scope;
  if (!scope) scope = a.facts.issuer_scope;
  return scope == oidc::IssuerScope::shared;
}

}  // namespace oidc_audit::rules
