#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/embedded.h"
#include "base/files.h"
#include "diag/issue.h"
#include "diag/rule_info.h"
#include "rules/config.h"
#include "rules/prefilter.h"
#include "rules/program_set.h"
#include "rules/rule.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {
class Catalogue;
}

namespace oidc_audit::rules {

struct PackInfo {
  std::string id;
  std::string title;
  std::string description;
};

/// A rule ready to be asked. Its code is compiled when the rule is first needed; a rule that no fact of the
/// input calls for is never compiled.
struct LoadedRule {
  Rule rule;
  Prefilter filter;
  mutable RuleCode code;
  mutable bool broken = false;  ///< does not compile: said once, then never asked
};

/// The rules of all packs of a run, sorted by id. Not safe to use from several threads.
class RuleSet {
 public:
  RuleSet();
  ~RuleSet();
  RuleSet(RuleSet&&) noexcept;
  RuleSet& operator=(RuleSet&&) noexcept;

  /// The packs in the program.
  static RuleSet builtin();

  /// Adds the packs below `directory`: a directory of packs, or one pack (it has a pack.yaml). Reads into
  /// `sources` so that issues have places; every expression is type-checked. A rule with an issue of level
  /// error is left out. Fails when the directory holds no rule at all or cannot be read.
  Result<std::vector<Issue>> add_directory(const Files& files, const std::string& directory,
                                           SourceManager& sources);

  /// Adds embedded files: pack.yaml and rule.yaml as JSON. For `builtin` and tests.
  std::vector<Issue> add_embedded(std::span<const embedded::File> files);

  std::span<const std::unique_ptr<LoadedRule>> rules() const noexcept { return rules_; }
  std::span<const PackInfo> packs() const noexcept { return packs_; }
  /// What reports say about all loaded rules, in the order of rules().
  const std::vector<RuleInfo>& infos() const noexcept { return infos_; }

  /// The rule of an id, or of an alias that only it has; null for none and for several.
  const LoadedRule* find(std::string_view id_or_alias) const;
  /// Whether a word is the rule's id, or an alias of it. An alias names every rule that has it: a pattern may
  /// take a rule about bindings and one about the server's configuration.
  static bool is_named(const LoadedRule& rule, std::string_view id_or_alias);
  /// Whether any rule is.
  bool knows(std::string_view id_or_alias) const;
  /// The id nearest to a word that is none, for hints.
  std::optional<std::string> nearest_id(std::string_view word) const;

  /// Compiles every expression of every rule and says what is wrong: what tests run over the embedded packs.
  std::vector<Issue> check() const;

  /// Makes sure that `when` (and with `all`, the rest) of a rule is compiled; false when it is broken.
  bool ready(const LoadedRule& rule, bool all, std::vector<Issue>& issues) const;

  /// Problems of a configuration that only the rules and the catalogue can tell: rules and providers it names
  /// that do not exist. All of level error.
  std::vector<Issue> check_config(const Config& config, const oidc::Catalogue& catalogue) const;

 private:
  void add_rule(Rule rule);
  void finish();

  std::vector<std::unique_ptr<LoadedRule>> rules_;
  std::vector<RuleInfo> infos_;
  std::vector<PackInfo> packs_;
  std::unique_ptr<SourceManager> embedded_sources_;
  std::unique_ptr<RuleCompiler> compiler_;
};

/// The highest severity that findings of the rule can have.
Severity highest_severity(const Rule& rule);

}  // namespace oidc_audit::rules
