#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "diag/finding.h"
#include "diag/issue.h"
#include "rbac/inventory.h"
#include "rules/config.h"
#include "rules/rule_set.h"
#include "source/source_manager.h"

namespace oidc_audit::rules {

/// Anything at all that apply_suppressions() would look at. Linear in the comments and annotations.
bool has_suppressions(const rbac::Inventory& inventory, std::span<const document::Comment> comments,
                      const SourceManager& sources, const Config& config);

/// Moves what comments, annotations and the configuration accept out of `findings` into `suppressed`, and
/// says which of them name an unknown rule, give no reason or suppress nothing. `asked` are the rules that
/// ran: of others it is not known whether they would have found something. `comments` are those beside the
/// inventory's own; one that both have counts once.
void apply_suppressions(const RuleSet& rules, std::span<const LoadedRule* const> asked,
                        const rbac::Inventory& inventory, std::span<const document::Comment> comments,
                        const SourceManager& sources, const Config& config, std::vector<Finding>& findings,
                        std::vector<Finding>& suppressed, std::vector<Issue>& issues);

/// `oidc-audit: ignore[a, b] reason` in a comment; what a comment says, taken apart.
struct IgnoreComment {
  std::vector<std::string_view> rules;
  std::string_view reason;
};
/// nullopt when the comment says nothing of the kind. A comment that tries and is malformed has no rules.
std::optional<IgnoreComment> parse_ignore_comment(std::string_view comment);

}  // namespace oidc_audit::rules
