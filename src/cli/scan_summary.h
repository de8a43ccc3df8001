#pragma once

#include "report/report.h"

namespace oidc_audit::cli {

struct Inputs;
struct ServerConfigs;

/// What was looked at, in numbers; what rules found is left to the caller.
report::Summary summarize(const Inputs& inputs);

/// Counts what no Kubernetes object is and was looked at all the same: configurations of authentication in
/// other forms, and access entries.
void count_configurations(const ServerConfigs& servers, report::Summary& summary);

}  // namespace oidc_audit::cli
