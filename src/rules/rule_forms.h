#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::rules {

struct ServerConfig;

/// How a configuration of authentication can demand something of tokens, in the form that its reader takes:
/// text for remedies, "set ..." or, where it cannot, what to do instead. Lines behind the first are indented.

/// That a claim has a value; `value` is what stands for it in the example.
std::string require_claim(const ServerConfig& server, std::string_view claim, std::string_view value);
/// That an expression over `claims` holds.
std::string require_expression(const ServerConfig& server, std::string_view expression,
                               std::string_view message);
/// That no name of Kubernetes' own is produced.
std::string refuse_system_names(const ServerConfig& server);

}  // namespace oidc_audit::rules
