#include <fmt/format.h>

#include <algorithm>

#include "rbac/aggregation.h"
#include "sim/candidates.h"

namespace oidc_audit::sim {

namespace {

// What an aggregationRule asks for, as the labels to write; empty when it asks with expressions alone.
std::string wanted_labels(const rbac::Role& role) {
  for (const rbac::LabelSelector& selector : role.cluster_role_selectors) {
    if (selector.match_labels.empty()) continue;
    std::string out;
    for (const auto& [key, value] : selector.match_labels) {
      if (!out.empty()) out += ", ";
      out += fmt::format("{}: \"{}\"", key.value, value.value);
    }
    return out;
  }
  return {};
}

bool is_selected(const rbac::Role& aggregating, const rbac::Role& role) {
  return std::any_of(aggregating.cluster_role_selectors.begin(), aggregating.cluster_role_selectors.end(),
                     [&](const rbac::LabelSelector& selector) {
                       return !rbac::selector_error(selector) && rbac::selector_matches(selector, role);
                     });
}

// The narrowest role of the input that grants the request and whose labels the selectors miss.
const rbac::Role* unselected_part(const Refusal& refusal, const rbac::Role& aggregating) {
  constexpr std::size_t kMostBreadth = 200;  // what grants all and sundry was not meant as a part
  const rbac::Role* best = nullptr;
  for (const rbac::Role* part : refusal.authorizer.policy().roles()) {
    if (part->kind != rbac::RoleKind::cluster_role || part->meta.builtin || part->has_aggregation_rule)
      continue;
    if (part->meta.name.value == aggregating.meta.name.value || !would_grant(*part, refusal.request))
      continue;
    if (breadth_of(*part) > kMostBreadth || is_selected(aggregating, *part)) continue;
    if (best == nullptr || std::pair(breadth_of(*part), part->meta.name.value) <
                               std::pair(breadth_of(*best), best->meta.name.value)) {
      best = part;
    }
  }
  return best;
}

}  // namespace

bool aggregation_miss(const Refusal& refusal, const rbac::Role& role, std::vector<Candidate>& out) {
  const rbac::Role* written = refusal.authorizer.policy().as_written(&role);
  if (written == nullptr || written->meta.builtin || !written->has_aggregation_rule) return false;
  const std::string labels = wanted_labels(*written);
  const rbac::Role* part = unselected_part(refusal, *written);
  if (part == nullptr && !role.rules.empty()) return false;
  const std::string wanted = labels.empty() ? "the labels that its selectors ask for" : "`" + labels + "`";
  Candidate candidate;
  candidate.miss.cause = Cause::aggregation;
  candidate.tier = kTierGrant;
  const std::string name = to_string(written->meta.ref());
  if (part != nullptr) {
    candidate.miss.object = to_string(part->meta.ref());
    candidate.miss.pointer = "/metadata/labels";
    candidate.miss.range =
        part->meta.labels.empty() ? part->meta.name.range : part->meta.labels.front().first.range;
    candidate.miss.message = fmt::format(
        "{} is put together from ClusterRoles with {}, and this one does not carry it", name, wanted);
    candidate.miss.fix = fmt::format("give ClusterRole `{}` the label {}", part->meta.name.value, wanted);
    candidate.breadth = breadth_of(*part);
  } else {
    candidate.miss.object = name;
    candidate.miss.pointer = "/aggregationRule";
    candidate.miss.range = written->aggregation_range;
    candidate.miss.message =
        fmt::format("no ClusterRole here carries {}, so the aggregated role holds no rule", wanted);
    candidate.miss.fix = fmt::format("make a ClusterRole with a rule for {} and the label {}",
                                     describe_request(refusal.request), wanted);
  }
  out.push_back(std::move(candidate));
  return true;
}

}  // namespace oidc_audit::sim
