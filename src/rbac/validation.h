#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rbac/model.h"
#include "rbac/object_issues.h"

namespace oidc_audit::rbac {

/// What an API server checks before it stores an object (rbac/validation/validation.go, after the defaulting
/// of rbac/v1/defaults.go). Each violation is an issue in the server's words at the value concerned; the
/// object gets marked rejected. The object has to be set in `issues` before.
void validate(const Role& role, ObjectIssues& issues);
void validate(const Binding& binding, ObjectIssues& issues);
void validate(const ServiceAccount& account, ObjectIssues& issues);
void validate(const Namespace& space, ObjectIssues& issues);

/// Why `name` is no path segment (apimachinery validate/content/path.go); empty when it is one.
std::vector<std::string> path_segment_problems(std::string_view name);
/// Why it is no DNS-1123 label or subdomain (util/validation.go); empty when it is one.
std::vector<std::string> dns1123_label_problems(std::string_view name);
std::vector<std::string> dns1123_subdomain_problems(std::string_view name);
/// Why it is no label key or label value.
std::vector<std::string> qualified_name_problems(std::string_view name);
std::vector<std::string> label_value_problems(std::string_view value);

}  // namespace oidc_audit::rbac
