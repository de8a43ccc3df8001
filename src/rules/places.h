#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "diag/location.h"
#include "rbac/model.h"

namespace oidc_audit::rules {

/// The place of a JSON pointer in an object that was decoded. A step that does not exist ends the pointer;
/// the range is that of the smallest value on the way that has one.
Location place_in_subject(const rbac::Binding& binding, std::uint32_t subject, std::string_view pointer);
Location place_in_binding(const rbac::Binding& binding, std::string_view pointer);
Location place_in_role(const rbac::Role& role, std::string_view pointer);
Location place_in_rule(const rbac::Role& role, std::uint32_t rule, std::string_view pointer);
Location place_in_object(const rbac::Meta& meta, std::string_view pointer);

}  // namespace oidc_audit::rules
