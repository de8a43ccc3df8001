#pragma once

#include <string>

#include "diag/finding.h"

namespace oidc_audit::report {

/// What tells a finding from others in the next report: SHA-256, in hexadecimal, over rule, scope, object and
/// subject (or the place in the object). Survives moves of files and a change of order among subjects.
std::string binding_fingerprint(const Finding& finding);

}  // namespace oidc_audit::report
