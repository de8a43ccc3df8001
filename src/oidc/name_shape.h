#pragma once

#include <string_view>
#include <vector>

#include "oidc/subject.h"

namespace oidc_audit::oidc {

/// Fills what can be told from the text behind the prefix alone: e-mail, UUID, numbers, words.
void describe_shape(std::string_view rest, SubjectFacts& facts);

/// Placeholders that nobody replaced. `base` is added to the offsets; `exempt` is one that the grammar means.
std::vector<Placeholder> find_placeholders(std::string_view text, std::uint32_t base,
                                           std::string_view exempt);

/// `*`, `?` and regular-expression constructs, without their places. `base` is added to the offsets.
std::vector<Wildcard> find_wildcards(std::string_view text, std::uint32_t base);

/// Domains at which anybody can have an address.
bool is_public_mail_domain(std::string_view domain);

}  // namespace oidc_audit::oidc
