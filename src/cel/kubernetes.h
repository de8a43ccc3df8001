#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/user_info.h"
#include "cel/env.h"
#include "cel/value.h"

namespace oidc_audit::cel {

/// The environment of claim validation rules and claim mappings: one variable, `claims`, of type
/// map(string, any) (authentication/cel compile.go).
Env claims_env(Release release = {});
/// The environment of user validation rules: one variable, `user`, of type kubernetes.UserInfo.
Env user_env(Release release = {});
/// The environment of matchConditions of webhook authorizers: one variable, `request`, of type
/// kubernetes.SubjectAccessReviewSpec (authorization/cel compile.go).
Env match_conditions_env(Release release = {});

/// The value of `claims` for a JSON object. From 1.34 on, each claim is decoded when it is first asked
/// for (a claim that cannot be decoded is an error only then), numbers are doubles, and keys are
/// unescaped on lookup (pkg/cel/lazy). Before, an ordinary map with int numbers. Fails (malformed) when
/// the text is not a JSON object.
Result<Value> claims_value(std::string_view json, Release release = {});
/// The claim that a name written in an expression means, since 1.34 (`foo__dot__bar` is `foo.bar`); nothing
/// when it holds an escape that there is not (pkg/cel/escaping.go Unescape).
std::optional<std::string> unescape_name(std::string_view name);
/// The value of `user`. Before 1.34 names are not unescaped in lookups.
Value user_value(const UserInfo& user, Release release = {});
/// The value of `request` from the JSON of a SubjectAccessReviewSpec. Fails when it is not one.
Result<Value> request_value(std::string_view json);

}  // namespace oidc_audit::cel
