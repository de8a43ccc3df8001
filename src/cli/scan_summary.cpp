#include "cli/scan_summary.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <string>
#include <string_view>

#include "cli/auth_lint.h"
#include "cli/inputs.h"
#include "rbac/inventory.h"

namespace oidc_audit::cli {

namespace {

constexpr std::array<std::string_view, 6> kKinds = {
    "ClusterRoleBinding", "RoleBinding", "ClusterRole", "Role", "ServiceAccount", "Namespace"};

bool is_external(const rbac::Subject& subject) {
  const bool named = subject.kind == rbac::SubjectKind::user || subject.kind == rbac::SubjectKind::group;
  return named && subject.name.value.substr(0, 7) != "system:";
}

struct Counted {
  report::Summary& summary;
  std::map<std::string, std::size_t, std::less<>> objects;

  void add_documents(const rbac::InventoryCounts& counts) {
    summary.documents = counts.documents;
    summary.documents_failed = counts.failed_documents;
    summary.templates = counts.templates;
    summary.patches = counts.patches;
    summary.other_objects =
        std::accumulate(counts.skipped_kinds.begin(), counts.skipped_kinds.end(), counts.other_documents,
                        [](std::size_t sum, const auto& kind) { return sum + kind.second; });
  }

  void add_objects(const rbac::Inventory& inventory) {
    const rbac::InventoryCounts& counts = inventory.counts();
    for (const auto& [kind, count] : counts.objects) objects[kind] += count;
    for (const rbac::Binding& binding : inventory.bindings()) {
      summary.subjects += binding.subjects.size();
      summary.subjects_external += static_cast<std::size_t>(
          std::count_if(binding.subjects.begin(), binding.subjects.end(), is_external));
    }
  }
};

report::ClusterSummary summarize_cluster(const ClusterInput& cluster) {
  report::ClusterSummary out;
  out.name = cluster.label;
  out.server_version = cluster.server_version;
  out.taken_at = cluster.taken_at;
  out.anything = cluster.has_anything();
  for (const cluster::Gap& gap : cluster.gaps)
    out.incomplete.push_back(
        {gap.resource, to_string(gap.reason), gap.message, gap.namespaces, gap.read_namespaces});
  return out;
}

}  // namespace

report::Summary summarize(const Inputs& inputs) {
  report::Summary summary;
  summary.files_read = inputs.counts.files;
  summary.files_unreadable = inputs.counts.unreadable;
  summary.clusters_failed = inputs.counts.clusters_failed;
  Counted counted{summary, {}};
  counted.add_documents(inputs.inventory->counts());
  counted.add_objects(*inputs.inventory);
  for (const ClusterInput& cluster : inputs.clusters) {
    counted.add_objects(*cluster.inventory);
    summary.clusters.push_back(summarize_cluster(cluster));
  }
  const auto add = [&summary](std::string_view kind, std::size_t count) {
    if (count != 0) summary.objects.emplace_back(kind, count);
  };
  for (const std::string_view kind : kKinds) {
    if (const auto it = counted.objects.find(kind); it != counted.objects.end()) add(kind, it->second);
  }
  for (const auto& [kind, count] : counted.objects) {
    if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) add(kind, count);
  }
  summary.complete = !inputs.incomplete;
  return summary;
}

void count_configurations(const ServerConfigs& servers, report::Summary& summary) {
  std::map<std::string, std::size_t, std::less<>> counts;
  std::size_t looked_at = servers.entry_documents;
  for (const oidc::FoundConfig& found : servers.found) {
    if (!found.range) continue;  // flags are no input
    // These are kept as objects and counted with those.
    if (found.source.kind == oidc::ConfigSourceKind::authentication_configuration ||
        found.source.kind == oidc::ConfigSourceKind::kubeadm) {
      continue;
    }
    ++looked_at;
    ++counts[found.kind];
  }
  if (!servers.access_entries.entries.empty()) counts["AccessEntry"] += servers.access_entries.entries.size();
  summary.other_objects -= std::min(looked_at, summary.other_objects);
  summary.objects.insert(summary.objects.end(), counts.begin(), counts.end());
}

}  // namespace oidc_audit::cli
