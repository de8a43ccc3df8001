#pragma once

#include <span>
#include <string_view>

#include "diag/rule_info.h"
#include "report/json_writer.h"

namespace oidc_audit::report {

/// `error` for critical and high, `warning` for medium, `note` below.
std::string_view sarif_level(Severity severity);

/// The `tool.driver` object with the metadata of all rules, found or not, in their order. Says nothing that
/// depends on the input.
void write_sarif_driver(JsonWriter& json, std::span<const RuleInfo> rules, std::string_view version);

}  // namespace oidc_audit::report
