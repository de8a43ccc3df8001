#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "document/tree.h"
#include "oidc/compiled_provider.h"

namespace oidc_audit::oidc {

// Parts of a provider's file that say what a subject's segments mean. `place` is their pointer, for errors
// (configuration).

/// `{segment}`, or a list of choices, each with a map of words; nothing when absent.
Result<std::optional<ValueRule>> read_value(document::Value spec, const std::string& place);

/// `context`, `phase`, `ref`, `ref-type` and `environment` of a mapping.
Result<void> read_values(document::Value spec, const std::string& place, std::optional<ValueRule>& context,
                         std::optional<ValueRule>& phase, std::optional<ValueRule>& ref,
                         std::optional<ValueRule>& ref_type, std::optional<ValueRule>& environment);

/// `tenant`: one rule or a list, the first that fits counts.
Result<std::vector<TenantRule>> read_tenants(document::Value spec, const std::string& place);

/// Names and the globs their values must match.
Result<Condition> read_condition(document::Value spec, const std::string& place);

Result<KindRule> read_kind(std::string_view kind, document::Value spec, const std::string& place);

}  // namespace oidc_audit::oidc
