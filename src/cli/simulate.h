#pragma once

#include <optional>
#include <string>

#include "cli/exit_code.h"
#include "cli/identity.h"
#include "cli/policy_inputs.h"
#include "rbac/attributes.h"
#include "report/decision_report.h"

namespace oidc_audit::cli {

struct Context;

/// Options of `simulate` as they were given.
struct SimulateOptions {
  PolicyFlags policy;
  IdentityOptions identity;
  std::optional<std::string> verb;
  std::optional<std::string> what;
  std::optional<std::string> namespace_name;
  bool all_namespaces = false;
  std::string subresource;
  std::optional<std::string> api_group;
  std::optional<std::string> review;
  std::optional<std::string> requests;
  bool explain = false;
  bool verify = false;  ///< ask the server, too
  std::string match = "literal";
};

/// What one answer is to tell beyond the decision.
struct AnswerParts {
  bool near_misses = false;
  bool further_checks = false;
  bool patterns = false;
  const sim::IdentitySource* source = nullptr;
};

/// Asks the authorizer and collects what a report needs. The result borrows `request` and `decision`.
report::DecisionReport make_answer(const PolicyInputs& loaded, const rbac::Attributes& request,
                                   const rbac::Decision& decision, const AnswerParts& parts,
                                   const PolicyFlags& flags);

/// Asks the server about what was answered, if --verify says so. True when it disagrees or gives no verdict.
bool verify_answer(const SimulateOptions& options, const PolicyInputs& loaded,
                   report::DecisionReport& answer);

/// `simulate --requests`: one answer a line, in order.
ExitCode run_batch(const SimulateOptions& options, const PolicyInputs& loaded, Context& context);

}  // namespace oidc_audit::cli
