#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "diag/collector.h"
#include "document/lazy_stream.h"
#include "oidc/catalogue.h"
#include "oidc/config_source.h"
#include "rbac/inventory.h"
#include "rules/engine.h"

namespace oidc_audit::rules_test {

/// Manifests and a configuration, read; rules, run.
struct Scan {
  SourceManager sources;
  std::unique_ptr<rbac::Inventory> inventory;
  rules::Config config;
  std::vector<oidc::FoundConfig> configs;
  rules::RunResult result;

  explicit Scan(std::string_view manifests, std::string_view config_text = {}) {
    const auto config_buffer = sources.add("config.yaml", std::string(config_text));
    config = rules::read_config(sources, config_buffer.value()).config;
    inventory = std::make_unique<rbac::Inventory>(sources);
    Collector issues;
    const BufferId buffer = sources.add("a.yaml", std::string(manifests)).value();
    inventory->add(buffer, rbac::LoadOptions{}, issues);
    document::LazyStream documents(sources, buffer);
    configs = oidc::find_configs(sources, documents, oidc::kNewestKubernetesMinor);
    inventory->finish(issues);
  }

  Scan& run(const rules::RuleSet& rules) {
    rules::RunOptions options;
    for (const oidc::FoundConfig& found : configs)
      options.servers.push_back(rules::server_config(found, oidc::kNewestKubernetesMinor));
    if (options.servers.size() == 1) options.servers.front().joined = true;
    result = rules::run(rules, *inventory, sources, config, oidc::Catalogue::builtin(), options);
    return *this;
  }

  /// The text a finding points at.
  std::string_view underlined(const Finding& finding) const {
    return finding.location.range ? sources.text(*finding.location.range) : std::string_view();
  }
};

/// A rule set with one rule, from rule.yaml text of which the boring keys may be left out.
inline rules::RuleSet one_rule(std::string text, std::vector<Issue>* issues = nullptr) {
  const auto add = [&text](std::string_view key, std::string_view line) {
    if (("\n" + text).find("\n" + std::string(key) + ":") == std::string::npos)
      text += std::string(line) + "\n";
  };
  if (!text.empty() && text.back() != '\n') text += '\n';
  add("id", "id: test-rule");
  add("title", "title: A test");
  add("severity", "severity: high");
  add("confidence", "confidence: high");
  add("since", "since: 0.1.0");
  add("each", "each: subject");
  add("when", "when: 'true'");
  add("message", "message: found");
  add("rationale", "rationale: because");
  add("remediation", "remediation: mend it");
  MemoryFiles files({{"p/pack.yaml", "id: p\ntitle: P\n"}, {"p/test-rule/rule.yaml", text}});
  static SourceManager sources;  // issues point into it
  rules::RuleSet set;
  auto result = set.add_directory(files, "p", sources);
  if (issues != nullptr && result.ok()) *issues = std::move(result).value();
  return set;
}

inline std::string binding(std::string_view subject, std::string_view kind = "ClusterRoleBinding",
                           std::string_view role = "edit", std::string_view space = {}) {
  std::string out =
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: " + std::string(kind) + "\nmetadata:\n  name: b\n";
  if (!space.empty()) out += "  namespace: " + std::string(space) + "\n";
  out += "roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: " + std::string(role) +
         "}\nsubjects:\n";
  out += "- {kind: User, apiGroup: rbac.authorization.k8s.io, name: \"" + std::string(subject) + "\"}\n---\n";
  return out;
}

}  // namespace oidc_audit::rules_test
