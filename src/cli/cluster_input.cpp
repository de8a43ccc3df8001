#include "cli/cluster_input.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"
#include "cli/cluster_connection.h"
#include "diag/collector.h"
#include "rbac/inventory.h"
#include "source/source_manager.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kShownNamespaces = 5;

std::string some_of(const std::vector<std::string>& names) {
  const std::size_t shown = std::min(names.size(), kShownNamespaces);
  std::string text = join(std::span(names).first(shown), ", ");
  if (shown < names.size()) text += fmt::format(" and {} more", names.size() - shown);
  return text;
}

}  // namespace

Issue gap_issue(const cluster::Gap& gap, const std::string& label) {
  Issue issue;
  issue.level = IssueLevel::error;
  issue.code = "list-" + cluster::to_string(gap.reason);
  std::string what = gap.object.empty() ? gap.resource : gap.resource + " " + gap.object;
  if (!gap.namespaces.empty()) {
    what += " of namespace " + some_of(gap.namespaces);
  } else if (!gap.read_namespaces.empty()) {
    what += " outside of namespace " + some_of(gap.read_namespaces);
  }
  switch (gap.reason) {
    case cluster::GapReason::forbidden:
      issue.message = fmt::format("cluster {}: {} may not be {}: {}", label, what,
                                  gap.object.empty() ? "listed" : "read", gap.message);
      issue.hint = fmt::format("allow `{}` on {}, or accept a partial answer with --allow-partial",
                               gap.object.empty() ? "list" : "get", gap.resource);
      break;
    case cluster::GapReason::not_served:
      issue.message = fmt::format("cluster {}: {} are not served: {}", label, what, gap.message);
      issue.hint = "does this server use RBAC at all?";
      break;
    case cluster::GapReason::failed:
      issue.message = fmt::format("cluster {}: {} could not be read: {}", label, what, gap.message);
      break;
  }
  return issue;
}

ClusterInput::ClusterInput() = default;
ClusterInput::~ClusterInput() = default;
ClusterInput::ClusterInput(ClusterInput&&) noexcept = default;
ClusterInput& ClusterInput::operator=(ClusterInput&&) noexcept = default;

bool ClusterInput::is_complete(const std::string& resource) const {
  return std::none_of(gaps.begin(), gaps.end(),
                      [&](const cluster::Gap& gap) { return gap.resource == resource; });
}

bool ClusterInput::has_anything() const { return inventory->counts().buffers != 0; }

rules::Completeness ClusterInput::complete() const {
  rules::Completeness out;
  out.cluster_roles = is_complete("clusterroles");
  out.roles = is_complete("roles");
  out.bindings = is_complete("clusterrolebindings") && is_complete("rolebindings");
  out.service_accounts = is_complete("serviceaccounts");
  out.namespaces = is_complete("namespaces");
  return out;
}

ClusterInput take_dump(cluster::ClusterDump dump, SourceManager& sources, Collector& issues) {
  ClusterInput out;
  out.label = std::move(dump.label);
  out.server_version = std::move(dump.server_version);
  out.taken_at = std::move(dump.taken_at);
  out.inventory = std::make_unique<rbac::Inventory>(sources);
  Collector found;
  rbac::LoadOptions load;
  load.format = document::Format::json;
  load.cluster = out.label;
  const auto add = [&](std::string name, std::string text) -> std::optional<BufferId> {
    auto added = sources.add(std::move(name), std::move(text));
    if (added.ok()) return added.value();
    dump.gaps.push_back({"lists", cluster::GapReason::failed, added.error().message(), {}, {}});
    return std::nullopt;
  };
  for (cluster::ListPage& page : dump.pages) {
    const std::string name = fmt::format("cluster/{}/{}", out.label, page.resource);
    if (const auto buffer = add(name, std::move(page.text))) out.inventory->add(*buffer, load, found);
  }
  out.inventory->finish(found);
  for (std::string& text : dump.discovery) {
    if (const auto buffer = add(fmt::format("cluster/{}/discovery", out.label), std::move(text)))
      out.discovery.push_back(*buffer);
  }
  for (Issue& issue : found.take_issues()) issues.add(std::move(issue));
  out.gaps = std::move(dump.gaps);
  for (const cluster::Gap& gap : out.gaps) issues.add(gap_issue(gap, out.label));
  return out;
}

}  // namespace oidc_audit::cli
