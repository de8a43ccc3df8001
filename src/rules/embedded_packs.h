#pragma once

#include <span>

#include "base/embedded.h"

namespace oidc_audit::embedded {

/// pack.yaml and rule.yaml of every pack below rules/packs; made by the build.
std::span<const File> rule_packs();

}  // namespace oidc_audit::embedded
