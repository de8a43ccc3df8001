#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "diag/issue.h"
#include "diag/rule_info.h"
#include "document/tree.h"
#include "rules/expression.h"

namespace oidc_audit::rules {

/// What a rule is asked of.
enum class Each : std::uint8_t {
  object,
  binding,
  subject,
  role,
  role_rule,
  iam_mapping,      ///< an entry of the ConfigMap `aws-auth`
  authentication,   ///< a configuration of authentication as a whole
  authenticator,    ///< an entry of its `jwt`
  claim_mapping,    ///< username, groups, uid or an entry of extra of an authenticator
  validation_rule,  ///< an entry of claimValidationRules or userValidationRules of one
};
std::string_view to_string(Each each);

/// Adjustments of a severity; bits.
enum Adjustment : std::uint8_t {
  kAdjustAdmin = 1,
  kAdjustReadOnly = 2,
  kAdjustNamespaced = 4,
  kAdjustAll = 7
};

struct SeverityCase {
  Expression condition;
  Severity then = Severity::medium;
  std::optional<std::uint8_t> adjust;  ///< nullopt: as the rule says
};

struct ConfidenceCase {
  Expression condition;
  Confidence then = Confidence::medium;
};

struct RelatedSpec {
  std::string of;  ///< `role`, `binding`, or a fact that names another subject
  Template message;
  SourceRange range;
};

/// One rule.yaml as it was read: keys are known and of the right type, templates are taken apart, expressions
/// are not compiled.
struct Rule {
  RuleInfo info;
  Each each = Each::subject;
  std::vector<std::pair<std::string, Expression>> lets;
  Expression when;
  Template at;
  std::vector<Effect> effects;    ///< when they are a plain list
  Expression effects_expression;  ///< else
  std::uint8_t adjust = kAdjustAll;
  std::vector<SeverityCase> severity_cases;
  std::vector<ConfidenceCase> confidence_cases;
  bool capped = true;
  Template message;
  Template remediation;
  std::vector<RelatedSpec> related;
  bool enabled_by_default = true;
  std::string deprecated;  ///< why; such a rule is never asked
  std::vector<std::string> config_keys;
  SourceRange range;  ///< of the id
};

/// Reads one rule. With an issue of level error the rule must not be used. `folder` is the name of the folder
/// it stands in, which must be its id; empty: not checked.
Rule read_rule(document::Value root, std::string_view pack, std::string_view folder,
               std::vector<Issue>& issues);

}  // namespace oidc_audit::rules
