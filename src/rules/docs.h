#pragma once

#include <string>
#include <utility>
#include <vector>

#include "rules/rule_set.h"

namespace oidc_audit::rules {

/// The documentation page of a rule, in Markdown.
std::string rule_page(const Rule& rule);

/// File names and contents of all pages: README.md, the index, and ID.md for each rule.
std::vector<std::pair<std::string, std::string>> rule_pages(const RuleSet& rules);

}  // namespace oidc_audit::rules
