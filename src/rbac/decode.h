#pragma once

#include <string_view>

#include "document/tree.h"
#include "rbac/model.h"
#include "rbac/object_issues.h"

namespace oidc_audit::rbac {

/// Turns located values into the typed model, as the API server's decoder reads them: values of another
/// type than the field's are refused and, where that makes sense, taken all the same. Texts of the result are
/// those of the values. The result's meta has to be set as the object of `issues` before.

/// `apiVersion`, `kind` and the place must be in `meta` already.
void decode_meta(document::Value object, Meta& meta, ObjectIssues& issues);

/// What a role or binding lacks tells a kustomize patch.
enum class Completeness { complete, patch };

Completeness decode_role(document::Value object, Role& role, ObjectIssues& issues);
Completeness decode_binding(document::Value object, Binding& binding, ObjectIssues& issues);

/// The text of a scalar that must be a string, with its place.
Text decode_string(document::Value value, const FieldPath& path, ObjectIssues& issues);

}  // namespace oidc_audit::rbac
