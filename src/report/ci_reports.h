#pragma once

#include <span>
#include <string>

#include "report/report.h"

namespace oidc_audit::report {

/// A GitLab Code Quality report: a JSON array with an element a finding, worst first. `paths` are those of
/// SarifOptions. Fingerprints are unique, since GitLab shows one of equal ones.
/// Source: docs.gitlab.com/ci/testing/code_quality, app/validators/json_schemas/codeclimate.json.
std::string gitlab_codequality_report(const ScanReport& report, std::span<const std::string> paths);

/// Workflow commands of GitHub Actions that annotate the lines of findings, worst first: the ten of each kind
/// that a step may have, then a line that says how many more there are.
/// Source: docs.github.com "Workflow commands", actions/toolkit packages/core/src/command.ts.
std::string github_report(const ScanReport& report, std::span<const std::string> paths);

}  // namespace oidc_audit::report
