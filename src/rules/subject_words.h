#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "oidc/subject.h"
#include "rules/group_mapping.h"

namespace oidc_audit::rules {

struct Ask;

// What the words about a subject say, for the rows of vocabulary_subject.cpp. All of the subject that is
// asked about; text that does not exist is empty.

/// The first flaw of this kind of the nearest reading; null: none.
const oidc::Flaw* flaw(const Ask& ask, oidc::Departure departure);
/// Bytes [begin, end) of the name.
std::string_view slice(const Ask& ask, std::uint32_t begin, std::uint32_t end);
std::string_view kind_suggestion(const Ask& ask);
std::string prefix_problem(const Ask& ask);
std::string fixed_prefix(const Ask& ask);
std::string closest_live(const Ask& ask);
std::string explanation(const Ask& ask);
GroupMapping mapping(const Ask& ask);
std::string_view tenant_meant(const Ask& ask);
std::string_view alias(const Ask& ask);
bool narrower_possible(const Ask& ask);
std::string fork_reason(const Ask& ask);
std::string project_of(const SubjectAnalysis& analysis);
/// The space that is wrong stands inside of a value, not beside a delimiter or at an end.
bool has_space_in_value(const Ask& ask);
std::string group_shape(const Ask& ask);
std::string self_service_source(const Ask& ask);

/// Its issuer stands in the name and is none of the server's.
bool issuer_unconfigured(const Ask& ask);

}  // namespace oidc_audit::rules
