#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cel/program.h"
#include "diag/issue.h"
#include "rules/rule.h"
#include "rules/vocabulary.h"

namespace oidc_audit::rules {

/// A template with its expressions compiled; parallel to Template::parts.
struct TemplateCode {
  std::vector<std::optional<cel::Program>> parts;
  std::uint32_t uses = 0;  ///< Variable bits
};

/// A rule's expressions, compiled. `when` comes first, because most rules never get further.
struct RuleCode {
  std::vector<cel::Program> lets;
  std::vector<std::uint32_t> let_uses;  ///< Variable bits, those of lets they use included
  std::optional<cel::Program> when;
  std::uint32_t when_uses = 0;

  bool complete = false;  ///< what follows is there
  std::optional<cel::Program> effects;
  std::uint32_t effects_use = 0;
  std::vector<cel::Program> severity_cases;
  std::vector<std::uint32_t> severity_cases_use;  ///< Variable bits of each
  std::vector<cel::Program> confidence_cases;
  TemplateCode at, message, remediation;
  std::vector<TemplateCode> related;
};

/// Compiles rules of one vocabulary. Keeps the environment that rules without `let` share.
class RuleCompiler {
 public:
  RuleCompiler();
  ~RuleCompiler();
  RuleCompiler(RuleCompiler&&) noexcept;
  RuleCompiler& operator=(RuleCompiler&&) noexcept;

  /// `let` and `when`. Problems become issues at their places; then `when` stays empty.
  void compile_condition(const Rule& rule, RuleCode& code, std::vector<Issue>& issues);
  /// Everything else. REQUIRES: compile_condition() succeeded.
  void compile_rest(const Rule& rule, RuleCode& code, std::vector<Issue>& issues);

 private:
  const cel::Env& env_for(const Rule& rule, const RuleCode& code);

  std::unique_ptr<cel::Env> shared_;
  std::unique_ptr<cel::Env> own_;  // of the rule with `let` compiled last
  std::string own_rule_;           // its id: rules move about while they are read
  std::size_t own_lets_ = 0;
};

/// Evaluates a rule's programs against what an Ask says at the moment.
class Evaluator {
 public:
  explicit Evaluator(const Ask& ask);

  /// Begin with a rule, or with another thing to ask about: values of `let` are forgotten.
  void begin(const RuleCode& code);
  cel::Value eval(const cel::Program& program);
  /// False for errors, which are kept in error().
  bool is_true(const cel::Program& program);
  std::string render(const Template& source, const TemplateCode& code);

  /// Text of the first error met since begin(); empty: none.
  const std::string& error() const noexcept { return error_; }

 private:
  void need_lets(const cel::Program& program, std::size_t depth);

  const RuleCode* code_ = nullptr;
  std::vector<cel::Value> values_;
  std::vector<bool> let_ready_;
  std::string error_;
};

}  // namespace oidc_audit::rules
