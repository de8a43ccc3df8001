#include "cli/scan_summary.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

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

}  // namespace

report::Summary summarize(const Inputs& inputs) {
  report::Summary summary;
  const rbac::InventoryCounts& counts = inputs.inventory->counts();
  summary.files_read = inputs.counts.files;
  summary.files_unreadable = inputs.counts.unreadable;
  summary.documents = counts.documents;
  summary.documents_failed = counts.failed_documents;
  summary.templates = counts.templates;
  summary.patches = counts.patches;
  summary.other_objects =
      std::accumulate(counts.skipped_kinds.begin(), counts.skipped_kinds.end(), counts.other_documents,
                      [](std::size_t sum, const auto& kind) { return sum + kind.second; });
  const auto add = [&summary](std::string_view kind, std::size_t count) {
    if (count != 0) summary.objects.emplace_back(kind, count);
  };
  for (const std::string_view kind : kKinds) {
    if (const auto it = counts.objects.find(kind); it != counts.objects.end()) add(kind, it->second);
  }
  for (const auto& [kind, count] : counts.objects) {
    if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end()) add(kind, count);
  }
  for (const rbac::Binding& binding : inputs.inventory->bindings()) {
    summary.subjects += binding.subjects.size();
    summary.subjects_external += static_cast<std::size_t>(
        std::count_if(binding.subjects.begin(), binding.subjects.end(), is_external));
  }
  summary.complete = !inputs.incomplete;
  return summary;
}

}  // namespace oidc_audit::cli
