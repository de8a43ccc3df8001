#include "sim/subject_parts.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "oidc/catalogue.h"

namespace oidc_audit::sim {

namespace {

bool same(const std::optional<std::string>& normalised, std::string_view value) {
  return normalised && !normalised->empty() &&
         (*normalised == value || std::string_view(*normalised).ends_with(value));
}

/// What a segment stands for: told by the reading's own normalised fields, then by names that providers
/// share.
template <typename Reading>
PartRole role_of(const Reading& candidate, const oidc::Segment& segment) {
  if (segment.has(oidc::kTenantSegment) || segment.name == candidate.tenant.name) return PartRole::tenant;
  static constexpr std::array<std::string_view, 7> kPhases = {
      "run_phase", "phase", "operation", "scope", "run_type", "deployment_phase", "action"};
  if (candidate.phase && std::find(kPhases.begin(), kPhases.end(), segment.name) != kPhases.end())
    return PartRole::phase;
  static constexpr std::array<std::string_view, 30> kContexts = {"ref",
                                                                 "ref_type",
                                                                 "environment",
                                                                 "event",
                                                                 "event_name",
                                                                 "branch",
                                                                 "context",
                                                                 "tag",
                                                                 "commit",
                                                                 "commit_sha",
                                                                 "git_ref",
                                                                 "pull_request",
                                                                 "step",
                                                                 "ref_protected",
                                                                 "environment_protected",
                                                                 "head_ref",
                                                                 "base_ref",
                                                                 "job_workflow_ref",
                                                                 "workflow_ref",
                                                                 "deployment_tier",
                                                                 "workflow",
                                                                 "actor",
                                                                 "actor_id",
                                                                 "vcs_ref",
                                                                 "runner_environment",
                                                                 "scm_ref",
                                                                 "scm_user_name",
                                                                 "initiator",
                                                                 "user_login",
                                                                 "sha"};
  if (std::find(kContexts.begin(), kContexts.end(), segment.name) != kContexts.end())
    return PartRole::context;
  // Who started a job is part of how it ran; among people it is who they are.
  if (segment.name == "user_id" && !candidate.provider->people) return PartRole::context;
  if (same(candidate.ref, segment.value) || same(candidate.ref_type, segment.value) ||
      same(candidate.environment, segment.value) || same(candidate.context, segment.value)) {
    return PartRole::context;
  }
  return PartRole::other;
}

// In the path of a multibranch job the last part is a branch; a job in a folder looks the same unless it
// stands deeper or holds more than a name. Empty: no branch.
std::string_view job_without_branch(const oidc::Segment& segment) {
  if (segment.name != "job_path" || !segment.has(oidc::kAttackerInfluenced)) return {};
  const std::size_t slash = segment.value.rfind('/');
  if (slash == std::string_view::npos) return {};
  const bool deep = segment.value.find('/') != slash;
  return deep || segment.value.find('%', slash) != std::string_view::npos ? segment.value.substr(0, slash)
                                                                          : std::string_view();
}

template <typename Reading>
void take(const Reading& reading, NameParts& parts) {
  parts.provider = reading.provider->id;
  parts.kind = reading.kind;
  parts.tenant = reading.tenant.value.value_or("");
  for (const oidc::Segment& segment : reading.segments) {
    const std::string_view job = job_without_branch(segment);
    if (!job.empty()) {
      parts.parts.push_back({std::string(segment.name), std::string(job), PartRole::other});
      parts.parts.push_back({"branch", std::string(segment.value.substr(job.size() + 1)), PartRole::context});
      continue;
    }
    parts.parts.push_back({std::string(segment.name), std::string(segment.value), role_of(reading, segment)});
  }
  // An event without a segment of its own (`pull_request`) tells itself apart by the kind of run; where the
  // phase is what tells runs apart (as `plan`, or as the provider's own `preview`), it has been named
  // already.
  const bool named =
      reading.context && std::any_of(parts.parts.begin(), parts.parts.end(), [&](const NamePart& part) {
        return part.role == PartRole::phase && to_lower_ascii(part.value) == *reading.context;
      });
  if (reading.context && reading.context != reading.phase && !named)
    parts.parts.push_back({"event", *reading.context, PartRole::context});
}

// A name that no token can carry, as the form that it comes nearest to; also behind a word such as `gha:`.
void damaged(const oidc::Catalogue& catalogue, const oidc::ParseOptions& options,
             const oidc::ParsedName& parsed, NameParts& parts) {
  const oidc::SubjectFacts facts = catalogue.facts(parsed, options);
  if (facts.near) {
    parts.damaged = true;
    take(*facts.near, parts);
    return;
  }
  const std::size_t colon = parts.core.find(':');
  if (!parts.prefix.empty() || colon == std::string::npos || parts.core.starts_with("http")) return;
  const std::string_view rest = parsed.name.substr(colon + 1);
  const oidc::ParsedName behind = catalogue.parse(rest, options);
  const oidc::SubjectFacts more = catalogue.facts(behind, options);
  if (!more.near) return;
  parts.damaged = true;
  parts.prefix = parts.core.substr(0, colon + 1);
  parts.core = rest;
  take(*more.near, parts);
}

}  // namespace

NameParser catalogue_parser(const oidc::Catalogue& catalogue, std::vector<std::string> prefixes) {
  return [&catalogue, prefixes = std::move(prefixes)](std::string_view name) {
    oidc::ParseOptions options;
    options.prefixes = prefixes;
    const oidc::ParsedName parsed = catalogue.parse(name, options);
    NameParts parts;
    parts.prefix = parsed.prefix.text;
    parts.core = parsed.rest;
    const oidc::Candidate* candidate = parsed.recognised();
    if (candidate != nullptr) {
      take(*candidate, parts);
    } else if (std::count(name.begin(), name.end(), ':') > 1) {
      damaged(catalogue, options, parsed, parts);
    }
    return parts;
  };
}

}  // namespace oidc_audit::sim
