#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "diag/finding.h"
#include "rules/engine.h"
#include "rules/program_set.h"
#include "rules/rule_set.h"
#include "rules/vocabulary.h"
#include "rules/world.h"

namespace oidc_audit::rules {

/// Variables that are the same for every binding of a name; bit i is Variable i.
inline constexpr std::uint32_t kOfName = kOfRun | 1U << static_cast<unsigned>(Variable::subject);

/// Whether and how a loaded rule is asked in this run.
struct ActiveRule {
  const LoadedRule* rule = nullptr;
  std::optional<Severity> severity;  ///< from the configuration
  Prefilter filter = {};             ///< the rule's, in this run

  // Answers that are the same for all that the run asks about, kept once they are known.
  std::optional<std::vector<Effect>> effects = {};
  std::vector<std::optional<bool>> severity_cases = {};
};

/// The rules that the configuration leaves enabled, by what they are asked of.
std::vector<ActiveRule> active_rules(const RuleSet& rules, const Config& config, const RunOptions& options);

/// Asks rules about one thing after another and makes the findings. One object a run.
class Asker {
 public:
  Asker(const RuleSet& rules, std::vector<ActiveRule> active, World& world);

  void ask_subjects();
  void ask_bindings();
  void ask_roles();
  void ask_objects();
  void ask_iam(std::span<const IamEntry> entries);
  void ask_authentication();

  /// Findings below it are counted, and no more.
  void hide_below(Severity minimum) { minimum_ = minimum; }
  const SeverityCounts& hidden() const noexcept { return hidden_; }

  /// What rules say of the only subject there is, without its binding.
  void ask_name();

  std::vector<Finding> take_findings() { return std::move(findings_); }
  std::vector<Issue> take_issues() { return std::move(issues_); }

 private:
  struct Candidate {
    ActiveRule* rule;
    bool once;  // `when` does not depend on the binding: it was true
  };
  std::vector<ActiveRule*> of(Each each);
  void ask_entry(std::uint32_t index, std::span<ActiveRule* const> rules);
  void complete_traits(const SubjectAnalysis& analysis, SubjectEntry& entry);
  void find_live_bindings();
  bool holds(const ActiveRule& rule);
  std::optional<bool> depends_on_name_alone(const ActiveRule& rule);
  void hit(ActiveRule& rule);
  void note_error(const LoadedRule& rule);
  Severity severity(ActiveRule& rule, std::span<const Effect> effects);
  bool severity_case(ActiveRule& rule, std::size_t index);
  std::span<const Effect> effects(ActiveRule& rule);
  Location place(const LoadedRule& rule);
  std::vector<RelatedLocation> related(const LoadedRule& rule);
  void set_binding(std::uint32_t index);
  void set_role(std::uint32_t index);

  const RuleSet& rules_;
  std::vector<ActiveRule> active_;
  World& world_;
  Ask ask_;
  Evaluator evaluator_;
  bool alone_ = false;  // the name by itself
  std::unordered_set<std::string, StringHash, std::equal_to<>> tenants_;
  bool has_groups_ = false;
  std::vector<Effect> effects_;   // of the hit, where they depend on what is asked about
  std::set<std::string> failed_;  // rules whose evaluation failed: said once
  Severity minimum_ = Severity::info;
  SeverityCounts hidden_{};
  std::vector<Finding> findings_;
  std::vector<Issue> issues_;
};

}  // namespace oidc_audit::rules
