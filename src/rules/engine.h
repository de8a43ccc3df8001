#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/finding.h"
#include "diag/issue.h"
#include "document/tree.h"
#include "rbac/model.h"
#include "rules/authentication.h"
#include "rules/completeness.h"
#include "rules/config.h"
#include "rules/rule_set.h"
#include "source/source_manager.h"

namespace oidc_audit::rbac {
class Inventory;
}
namespace oidc_audit::oidc {
struct IamMappings;
}

namespace oidc_audit::rules {

struct RunOptions {
  /// Ask this rule alone, whatever the configuration says about it; empty: all that are enabled.
  std::string only_rule;
  /// Which kinds are known to be there completely; nullopt: judged by the objects.
  std::optional<Completeness> complete;
  /// Findings below it are counted in RunResult::hidden and left out.
  Severity minimum = Severity::info;
  /// Configurations of authentication that are asked about too; borrowed. One that is `joined` also tells
  /// which names tokens can carry.
  std::vector<ServerConfig> servers;
  /// Access entries of the cluster, beside the ConfigMap `aws-auth` of the inventory; borrowed, may be null.
  const oidc::IamMappings* access_entries = nullptr;
  /// Comments of the files that `servers` and `access_entries` stand in: the inventory keeps none of a Pod,
  /// or of what is no Kubernetes object. Those that it has too count once.
  std::vector<document::Comment> comments;
  /// Whether rules are asked about `servers` and `access_entries` themselves; false where another run has
  /// done so.
  bool ask_servers = true;
};

/// By severity, the lowest first.
using SeverityCounts = std::array<std::size_t, 5>;

struct RunResult {
  std::vector<Finding> findings;    ///< in report order, suppressed ones left out
  std::vector<Finding> suppressed;  ///< in report order
  SeverityCounts hidden{};          ///< neither shown nor suppressed: below RunOptions::minimum
  std::vector<Issue> issues;    ///< broken rules, evaluations that failed, unused and unknown suppressions
  std::size_t rules_asked = 0;  ///< enabled
};

/// The highest severity of what was found, shown or not; nullopt when nothing was.
std::optional<Severity> worst(const RunResult& result);
/// How many findings are not shown.
std::size_t hidden_count(const RunResult& result);

/// Asks all enabled rules about everything in the inventory.
RunResult run(const RuleSet& rules, const rbac::Inventory& inventory, const SourceManager& sources,
              const Config& config, const oidc::Catalogue& catalogue, const RunOptions& options = {});

/// What rules say about a name by itself, without a binding: those that ask for nothing else. Severities are
/// those of a role that is not known.
std::vector<Finding> check_subject(const RuleSet& rules, rbac::SubjectKind kind, std::string_view name,
                                   const Config& config, const oidc::Catalogue& catalogue);

}  // namespace oidc_audit::rules
