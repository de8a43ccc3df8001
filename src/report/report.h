#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "diag/finding.h"
#include "diag/issue.h"
#include "diag/rule_info.h"
#include "source/source_manager.h"

namespace oidc_audit::report {

/// A list that a cluster did not give, or not whole.
struct MissingList {
  std::string resource;
  std::string reason;  ///< `forbidden`, `not-served`, `failed`
  std::string message;
  std::vector<std::string> namespaces;  ///< of which it is missing; empty: all but `read_namespaces`
  std::vector<std::string> read_namespaces;
};

/// A cluster that was looked at.
struct ClusterSummary {
  std::string name;
  std::string server_version;  ///< empty: it did not tell
  std::string taken_at;        ///< RFC 3339
  bool anything = true;        ///< false: it gave no list at all
  std::vector<MissingList> incomplete;
};

/// What a scan looked at and what came of it, in numbers.
struct Summary {
  std::size_t files_read = 0;
  std::size_t files_unreadable = 0;
  std::size_t documents = 0;
  std::size_t documents_failed = 0;  ///< of those, could not be read
  std::size_t templates = 0;         ///< skipped
  std::size_t patches = 0;           ///< kustomize patches, skipped
  std::size_t other_objects = 0;     ///< of kinds that do not matter, and documents that are no objects
  /// Objects by kind, in the order to print; those of which there are none are left out.
  std::vector<std::pair<std::string, std::size_t>> objects;
  std::size_t subjects = 0;           ///< of bindings, each mention counted
  std::size_t subjects_external = 0;  ///< of those, users and groups that come from outside the cluster
  std::vector<ClusterSummary> clusters;
  std::size_t clusters_failed = 0;  ///< did not answer at all
  std::size_t rules_run = 0;
  std::size_t suppressed = 0;     ///< findings taken back by suppressions
  std::size_t below_minimum = 0;  ///< findings under --min-severity, not shown
  bool looked_at_something() const {
    return files_read != 0 || documents != 0 ||
           std::any_of(clusters.begin(), clusters.end(),
                       [](const auto& cluster) { return cluster.anything; });
  }
  bool complete = true;  ///< false: something could not be read or looked at
};

/// Everything a report of a scan is made from. Borrowed; reports compute nothing but places and layout.
struct ScanReport {
  const SourceManager& sources;
  std::span<const Finding> findings;    ///< in report_order
  std::span<const Finding> suppressed;  ///< likewise; looked at and accepted
  std::span<const Issue> issues;        ///< in report_order
  std::span<const RuleInfo> rules;      ///< all that were enabled, sorted by id
  Summary summary;
  std::string version;  ///< of the program
};

/// Findings by severity, indexed by Severity.
std::array<std::size_t, 5> count_by_severity(std::span<const Finding> findings);
/// `2 findings: 1 high, 1 low`.
std::string count_text(std::span<const Finding> findings);

struct TextOptions {
  bool color = false;
  int width = 0;         ///< columns of the terminal; 0: unknown, nothing is folded
  bool summary = true;   ///< the last lines
  bool verbose = false;  ///< rule titles, confidence and aliases too
};

/// Takes a report piece by piece, so that a large one is never in memory as a whole.
using Sink = std::function<void(std::string_view piece)>;

/// For people: one block a finding in compiler style, then the summary.
void text_report(const ScanReport& report, const TextOptions& options, const Sink& sink);

/// One line (two with a hint) for an issue, with its place: `file:line:col: warning: message [code]`.
std::string issue_text(const SourceManager& sources, const Issue& issue, bool color);

/// `oidc-audit/scan/1`, see docs/json-output.md.
void json_report(const ScanReport& report, const Sink& sink);

struct SarifOptions {
  /// By BufferId: path of the file relative to the repository's root, `/` separated, not yet encoded.
  std::vector<std::string> paths;
  std::string category;  ///< `oidc-audit/manifests/`; empty: none is written
  int exit_code = 0;
};

/// SARIF 2.1.0 as GitHub code scanning, GitLab and Azure DevOps read it.
std::string sarif_report(const ScanReport& report, const SarifOptions& options);

}  // namespace oidc_audit::report
