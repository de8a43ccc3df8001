#include "rules/subject_words.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "base/unicode.h"
#include "base/unicode_text.h"
#include "oidc/value_class.h"
#include "rules/prefix_words.h"
#include "rules/spelling.h"
#include "rules/vocabulary.h"

namespace oidc_audit::rules {
namespace {

using oidc::Departure;

const SubjectAnalysis& subject(const Ask& ask) { return *ask.analysis; }

std::string_view origin_owner(const SubjectAnalysis& a) {
  for (const std::string_view name : {"vcs_origin", "vcs-origin", "origin"}) {
    const oidc::Segment* s = a.find(name);
    if (s == nullptr) continue;
    const std::size_t slash = s->value.find('/');  // github.com/owner/repo
    if (slash == std::string_view::npos) return {};
    const std::string_view rest = s->value.substr(slash + 1);
    return rest.substr(0, rest.find('/'));
  }
  return {};
}

}  // namespace

const oidc::Flaw* flaw(const Ask& ask, Departure departure) {
  const auto& near = subject(ask).facts.near;
  if (!near) return nullptr;
  for (const oidc::Flaw& f : near->flaws) {
    if (f.departure == departure) return &f;
  }
  return nullptr;
}

std::string_view slice(const Ask& ask, std::uint32_t begin, std::uint32_t end) {
  const std::string_view name = subject(ask).name;
  return begin <= end && end <= name.size() ? name.substr(begin, end - begin) : std::string_view();
}

std::string prefix_problem(const Ask& ask) {
  const oidc::Prefix& prefix = subject(ask).parsed.prefix;
  if (prefix.problem == oidc::PrefixProblem::none) {
    return prefix.kind == oidc::PrefixKind::malformed ? "it is no issuer URL with `#`" : "";
  }
  return std::string(prefix_problem_text(prefix.problem));
}

std::string_view kind_suggestion(const Ask& ask) {
  const std::string_view kind = subject(ask).subject->kind_text.value;
  constexpr std::string_view kKinds[] = {"User", "Group", "ServiceAccount"};
  std::string folded = to_lower_ascii(kind);
  std::erase_if(folded, [](char c) { return c == '-' || c == '_' || c == ' '; });
  if (folded.ends_with('s')) folded.pop_back();
  if (folded == "serviceaccount" || folded == "sa") return "ServiceAccount";
  for (const std::string_view k : kKinds) {
    if (to_lower_ascii(k) == folded) return k;
  }
  const auto near = nearest(kind, kKinds);
  return near.value_or("");
}

std::string fixed_prefix(const Ask& ask) {
  const oidc::Prefix& prefix = subject(ask).parsed.prefix;
  if (prefix.corrected.empty()) return {};
  return prefix.corrected + std::string(subject(ask).parsed.rest);
}

std::string closest_live(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  if (a.facts.near && !a.facts.near->completed.empty()) return a.facts.near->completed;
  if (std::string fixed = fixed_prefix(ask); !fixed.empty()) return fixed;
  if (a.facts.encoding.size() == 1) {
    const oidc::EncodingFlaw& e = a.facts.encoding.front();
    return std::string(a.name.substr(0, e.begin)) + e.expected + std::string(a.name.substr(e.end));
  }
  if (!a.trimmed.empty()) return a.trimmed;
  if (has_mixed_scripts(a.name)) {
    std::string plain = skeleton(a.name);
    const bool ascii =
        std::all_of(plain.begin(), plain.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    // The skeleton writes `m` as `rn`: only a name whose ASCII letters survive it can be offered.
    if (ascii && a.name.find('m') == std::string_view::npos &&
        a.name.find_first_of("01I|") == std::string_view::npos) {
      return plain;
    }
  }
  if (std::string nfc = to_nfc(a.name); nfc != a.name) return nfc;
  return {};
}

std::string explanation(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  std::string out(a.provider != nullptr ? a.provider->title : "");
  for (const oidc::Segment& s : a.segments) {
    out += out.empty() ? "" : (out == a.provider->title ? ": " : ", ");
    out += fmt::format("{} `{}`", s.name, s.value);
  }
  return out;
}

GroupMapping mapping(const Ask& ask) {
  return group_mapping(subject(ask), ask.world->analyzer().allowed_tenants(subject(ask).provider));
}

std::string_view tenant_meant(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  const auto* allowed = ask.world->analyzer().allowed_tenants(a.provider);
  if (allowed == nullptr || a.tenant_value().empty()) return {};
  const std::string folded = fold_case(a.tenant_value());
  for (const std::string& tenant : *allowed) {
    if (fold_case(tenant) == folded) return tenant;
  }
  const std::vector<std::string_view> candidates(allowed->begin(), allowed->end());
  return nearest(a.tenant_value(), candidates).value_or("");
}

std::string_view alias(const Ask& ask) {
  const auto& names = ask.world->config().names;
  for (const std::string_view key : {subject(ask).name, subject(ask).local}) {
    if (const auto it = names.find(key); it != names.end()) return it->second;
  }
  return {};
}

// Whether the provider has subjects that name a ref, an environment or a phase.
bool narrower_possible(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  if (a.provider == nullptr) return false;
  const Result<oidc::ProviderDocs> docs = ask.world->analyzer().catalogue().docs(a.provider->id);
  if (!docs.ok()) return false;
  static constexpr std::string_view kNarrow[] = {"ref",      "environment", "run_phase", "operation",
                                                 "branch",   "tag",         "phase",     "deployment",
                                                 "ref_type", "vcs_ref",     "vcs-ref"};
  const auto& segments = docs.value().segments;
  return std::any_of(segments.begin(), segments.end(), [&](const auto& s) {
    return a.find(s.name) == nullptr &&
           std::find(std::begin(kNarrow), std::end(kNarrow), s.name) != std::end(kNarrow);
  });
}

// Owners of code that the configuration allows: of the subject's own provider, unless it lists the UUIDs of
// tenants there, else of the platform that hosts the code.
std::vector<std::string_view> allowed_owners(const SubjectAnalysis& a, const Config& config) {
  struct Host {
    std::string_view name;
    std::string_view provider;
  };
  static constexpr Host kHosts[] = {{"github.com/", "github-actions"},
                                    {"gitlab.com/", "gitlab-ci"},
                                    {"bitbucket.org/", "bitbucket-pipelines"}};
  std::vector<std::string_view> ids = {a.provider->id};
  for (const std::string_view segment : {"vcs_origin", "origin"}) {
    const oidc::Segment* const origin = a.find(segment);
    if (origin == nullptr) continue;
    for (const Host& host : kHosts) {
      if (origin->value.starts_with(host.name)) ids.push_back(host.provider);
    }
  }
  ids.push_back("*");
  for (const std::string_view id : ids) {
    const auto listed = config.organizations.find(id);
    if (listed == config.organizations.end()) continue;
    std::vector<std::string_view> out;
    for (const std::string& owner : listed->second) {
      if (!oidc::is_uuid(owner)) out.push_back(owner);
    }
    if (!out.empty()) return out;
  }
  return {};
}

// CircleCI builds pushed branches under their own names, and pull requests of forks as `pull/NUMBER`.
bool is_ref_of_fork(const SubjectAnalysis& a) {
  if (a.provider->id != "circleci") return false;
  std::string_view ref = a.ref;
  for (const std::string_view start : {"refs/heads/pull/", "refs/pull/"}) {
    if (!ref.starts_with(start)) continue;
    ref.remove_prefix(start.size());
    const std::string_view number = ref.substr(0, ref.find('/'));
    return !number.empty() && number.find_first_not_of("0123456789") == std::string_view::npos;
  }
  return false;
}

// The owner that most bindings of the same tenant name, where a subject carries the origin of its code.
std::string fork_reason(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  const std::string_view owner = origin_owner(a);
  if (owner.empty()) return {};
  const std::vector<std::string_view> allowed = allowed_owners(a, ask.world->config());
  if (!allowed.empty()) {
    if (std::find(allowed.begin(), allowed.end(), owner) != allowed.end()) return {};
    return fmt::format("its code comes from `{}`, which is none of the allowed owners", owner);
  }
  if (is_ref_of_fork(a)) {
    return fmt::format("its ref `{}` is that of a pull request, which anybody can open from a fork", a.ref);
  }
  std::vector<std::pair<std::string, std::size_t>> owners;
  const SubjectSet& set = ask.world->subjects();
  constexpr std::size_t kMost = 256;  // subjects compared: enough to know whose the others are
  std::size_t seen = 0;
  for (std::uint32_t e = 0; e < set.size() && seen < kMost; ++e) {
    const std::string_view name = set[e].subject->name.value;
    if (name.find("origin") == std::string_view::npos) continue;
    ++seen;
    SubjectAnalysis other;
    ask.world->analyzer().analyze(*set[e].subject, other);
    const std::string_view theirs = origin_owner(other);
    if (other.provider != a.provider || theirs.empty()) continue;
    const auto it =
        std::find_if(owners.begin(), owners.end(), [&](const auto& o) { return o.first == theirs; });
    if (it == owners.end()) {
      owners.emplace_back(std::string(theirs), 1);
    } else {
      ++it->second;
    }
  }
  const auto most = std::max_element(owners.begin(), owners.end(),
                                     [](const auto& x, const auto& y) { return x.second < y.second; });
  if (most == owners.end() || most->first == owner || most->second < 2) return {};
  return fmt::format("its code comes from `{}`, that of the other bindings from `{}`", owner, most->first);
}

std::string project_of(const SubjectAnalysis& a) {
  for (const std::string_view name : {"project", "repository", "repo", "project_path", "pipeline",
                                      "workspace", "app", "service", "stack"}) {
    if (const oidc::Segment* s = a.find(name)) return std::string(s->value);
  }
  return {};
}

bool has_space_in_value(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  if (a.trimmed.empty() || a.local.starts_with(' ') || has_stray_space(a.name)) return false;
  const auto delimiter = [](char c) { return c == ':' || c == '/' || c == '#'; };
  for (std::size_t at = a.name.find(' '); at != std::string_view::npos; at = a.name.find(' ', at + 1)) {
    if (at > 0 && at + 1 < a.name.size() && !delimiter(a.name[at - 1]) && !delimiter(a.name[at + 1]))
      return true;
  }
  return false;
}

std::string group_shape(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  if (!ask.entry->traits.test(static_cast<std::size_t>(SubjectBit::group_shaped))) return {};
  if (a.as_other_kind && a.provider != nullptr) return fmt::format("a group of {}", a.provider->title);
  if (a.name.starts_with('/')) return "a group path";
  return "a usual name of groups";
}

std::string self_service_source(const Ask& ask) {
  const SubjectAnalysis& a = subject(ask);
  if (!ask.entry->traits.test(static_cast<std::size_t>(SubjectBit::self_service_group))) return {};
  if (a.facts.email) return "a group of a public mail service, which anybody may found or join";
  if (to_lower_ascii(a.local) == "allgithubusers") return "Pinniped, for every account of GitHub";
  return "a broker such as Dex, for organizations and teams that anybody may found";
}

bool issuer_unconfigured(const Ask& ask) {
  const Authentication* authentication = ask.world->authentication();
  const std::string_view issuer = subject(ask).parsed.issuer;
  if (authentication == nullptr || authentication->joined() == nullptr || issuer.empty()) return false;
  const auto entries = authentication->joined_entries();
  return std::none_of(entries.begin(), entries.end(),
                      [&](const AuthenticatorEntry& entry) { return entry.jwt->issuer.url.value == issuer; });
}

}  // namespace oidc_audit::rules
