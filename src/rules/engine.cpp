#include "rules/engine.h"

#include <algorithm>
#include <numeric>

#include "diag/collector.h"
#include "oidc/iam_names.h"
#include "rbac/inventory.h"
#include "rules/asker.h"
#include "rules/iam.h"
#include "rules/suppressions.h"
#include "rules/world.h"

namespace oidc_audit::rules {
namespace {

template <typename T>
std::vector<const T*> pointers(std::span<const T> objects) {
  std::vector<const T*> out;
  out.reserve(objects.size());
  for (const T& object : objects) out.push_back(&object);
  return out;
}

}  // namespace

RunResult run(const RuleSet& rules, const rbac::Inventory& inventory, const SourceManager& sources,
              const Config& config, const oidc::Catalogue& catalogue, const RunOptions& options) {
  const Objects objects{pointers(inventory.roles()), pointers(inventory.bindings()),
                        pointers(inventory.service_accounts()), pointers(inventory.namespaces())};
  const Authentication authentication(options.servers, catalogue);
  const Config joined = with_server(config, authentication);
  oidc::IamMappings iam;
  if (options.access_entries != nullptr) iam = *options.access_entries;
  const std::size_t entries_given = iam.entries.size();
  const std::size_t issues_given = iam.issues.size();
  add_iam_mappings(inventory, sources, iam);
  const oidc::IamNames iam_names(iam);
  World world(objects, joined, catalogue, options.complete, &authentication, &iam_names);
  std::vector<ActiveRule> active = active_rules(rules, config, options);
  std::vector<const LoadedRule*> asked;
  for (const ActiveRule& rule : active) asked.push_back(rule.rule);
  Asker asker(rules, std::move(active), world);
  // A suppression may be of something that would be hidden, so then all is made first.
  const bool suppressing = has_suppressions(inventory, options.comments, sources, config);
  if (!suppressing) asker.hide_below(options.minimum);
  asker.ask_subjects();
  asker.ask_bindings();
  asker.ask_roles();
  asker.ask_objects();
  std::vector<IamEntry> mapped = iam_entries(iam);
  if (!options.ask_servers) {
    mapped.erase(mapped.begin(), mapped.begin() + static_cast<std::ptrdiff_t>(entries_given));
    iam.issues.erase(iam.issues.begin(), iam.issues.begin() + static_cast<std::ptrdiff_t>(issues_given));
  }
  asker.ask_iam(mapped);
  if (options.ask_servers) asker.ask_authentication();
  RunResult result;
  result.rules_asked = asked.size();
  Collector collector;
  for (Finding& finding : asker.take_findings()) collector.add(std::move(finding));
  result.findings = collector.take_findings();
  std::vector<Issue> issues = asker.take_issues();
  issues.insert(issues.end(), iam.issues.begin(), iam.issues.end());
  apply_suppressions(rules, asked, inventory, options.comments, sources, config, result.findings,
                     result.suppressed, issues);
  result.hidden = asker.hidden();
  if (suppressing) {
    std::erase_if(result.findings, [&](const Finding& finding) {
      if (finding.severity >= options.minimum) return false;
      ++result.hidden[static_cast<std::size_t>(finding.severity)];
      return true;
    });
  }
  for (Issue& issue : issues) collector.add(std::move(issue));
  result.issues = collector.take_issues();
  return result;
}

std::optional<Severity> worst(const RunResult& result) {
  std::optional<Severity> out;
  for (std::size_t i = 0; i < result.hidden.size(); ++i) {
    if (result.hidden[i] != 0) out = static_cast<Severity>(i);
  }
  for (const Finding& finding : result.findings) out = std::max(out, std::optional(finding.severity));
  return out;
}

std::size_t hidden_count(const RunResult& result) {
  return std::accumulate(result.hidden.begin(), result.hidden.end(), std::size_t{0});
}

std::vector<Finding> check_subject(const RuleSet& rules, rbac::SubjectKind kind, std::string_view name,
                                   const Config& config, const oidc::Catalogue& catalogue) {
  rbac::Binding binding;
  binding.kind = rbac::BindingKind::cluster_role_binding;
  binding.meta.api_version.value = "rbac.authorization.k8s.io/v1";
  binding.meta.kind.value = "ClusterRoleBinding";
  rbac::Subject subject;
  subject.kind = kind;
  switch (kind) {
    case rbac::SubjectKind::user:
      subject.kind_text.value = "User";
      break;
    case rbac::SubjectKind::group:
      subject.kind_text.value = "Group";
      break;
    case rbac::SubjectKind::service_account:
      subject.kind_text.value = "ServiceAccount";
      break;
    case rbac::SubjectKind::other:
      break;
  }
  subject.name.value = name;
  binding.subjects.push_back(subject);
  Objects objects;
  objects.bindings.push_back(&binding);
  World world(objects, config, catalogue);
  Asker asker(rules, active_rules(rules, config, {}), world);
  asker.ask_name();
  Collector collector;
  for (Finding& finding : asker.take_findings()) collector.add(std::move(finding));
  return collector.take_findings();
}

}  // namespace oidc_audit::rules
