#pragma once

#include <string>
#include <string_view>

#include "oidc/subject.h"

namespace oidc_audit::rules {

/// What is wrong with an issuer in front of `#`, as half a sentence; empty for none.
std::string_view prefix_problem_text(oidc::PrefixProblem problem);

/// Why an audience does not say which cluster a token is for: a word that every cluster would take, or the
/// audience of another service; empty when it can be a cluster's own.
std::string audience_problem(std::string_view audience);

/// What is wrong with a prefix that people wrote: quotes, white space, a dash that was meant as none; empty:
/// nothing.
std::string odd_prefix(std::string_view prefix);

}  // namespace oidc_audit::rules
