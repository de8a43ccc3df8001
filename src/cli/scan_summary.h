#pragma once

#include "report/report.h"

namespace oidc_audit::cli {

struct Inputs;

/// What was looked at, in numbers; what rules found is left to the caller.
report::Summary summarize(const Inputs& inputs);

}  // namespace oidc_audit::cli
