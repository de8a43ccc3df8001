#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "diag/issue.h"
#include "diag/severity.h"
#include "document/tree.h"
#include "source/source_manager.h"

namespace oidc_audit::rules {

/// An issuer that the API server trusts, as far as names depend on it.
struct IssuerConfig {
  std::string url;
  /// What the server puts before the claim. nullopt: the default (`URL#` for users, nothing for groups).
  std::optional<std::string> username_prefix;
  std::optional<std::string> groups_prefix;
  bool broker = false;              ///< passes on subjects of other issuers
  bool kubernetes_cluster = false;  ///< the service account issuer of another cluster
  bool plain_groups = true;         ///< false: no group of it is the claim as it is
  bool tenant_pinned = false;       ///< rules of the server let in one tenant of a shared issuer alone
};

/// What a rule does in this project. Absent parts leave the rule as it is.
struct RuleOverride {
  std::optional<bool> enabled;
  std::optional<Severity> severity;
  std::optional<SourceRange> range;  ///< of the key, for "unknown rule"
};

/// A finding that was looked at and accepted, kept outside the manifests.
struct ConfigSuppression {
  std::string rule;     ///< id or alias
  std::string object;   ///< `Kind/[namespace/]name`, `*` matches any run of characters; empty: any
  std::string subject;  ///< name of a subject, likewise
  std::string path;     ///< file, a glob as in `exclude`; empty: any
  std::string reason;
  std::optional<SourceRange> range;
};

/// `.oidc-audit.yaml`, see docs/configuration.md. Default-made: what holds without a file.
struct Config {
  std::map<std::string, std::vector<std::string>, std::less<>> organizations;  ///< by provider id
  std::optional<SourceRange> organizations_range;
  std::vector<IssuerConfig> issuers;
  std::vector<std::string> prefixes;  ///< username and group prefixes other than those of `issuers`
  std::vector<std::string> protected_refs;
  std::vector<std::string> brokers;  ///< issuer URLs
  bool expanding_front_end = false;
  std::optional<bool> complete_input;
  std::map<std::string, std::string, std::less<>> names;    ///< what a GUID stands for
  std::vector<std::pair<std::string, RuleOverride>> rules;  ///< by id or alias, in the order written
  std::vector<ConfigSuppression> suppressions;
  std::vector<std::string> exclude;     ///< paths, for whoever collects inputs
  std::vector<std::string> rule_packs;  ///< directories, relative to the file
  std::optional<Severity> fail_on;
  std::optional<Severity> min_severity;
  std::string namespace_name;      ///< of namespaced objects that name none
  std::string kubernetes_version;  ///< `1.36`
  std::string auth_config;         ///< file with the server's configuration, relative to this one

  Config() : protected_refs{"main", "master", "release/*"} {}

  /// Every prefix that names may start with: those of the issuers, then `prefixes`; none empty, each once.
  std::vector<std::string> all_prefixes() const;
};

/// A configuration and what is wrong with its text. With an issue of level error it must not be used: the run
/// ends as bad usage.
struct ConfigResult {
  Config config;
  std::vector<Issue> issues;
  bool ok() const;
};

/// Reads the configuration in `buffer`. Unknown keys and values of the wrong type are errors at their place,
/// with the nearest known word as a hint.
ConfigResult read_config(const SourceManager& sources, BufferId buffer);

/// The same from a document that was read already.
ConfigResult read_config(document::Value root);

}  // namespace oidc_audit::rules
