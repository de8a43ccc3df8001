#include "rbac/pattern_access.h"

#include <algorithm>
#include <tuple>

#include "base/glob.h"

namespace oidc_audit::rbac {

namespace {

bool applies_as_pattern(const Subject& subject, const UserInfo& user, std::string_view place) {
  if (subject_applies(subject, user, place)) return true;
  if (subject.name.value.find_first_of("*?") == std::string_view::npos) return false;
  if (subject.kind == SubjectKind::user) return glob_matches(subject.name.value, user.name);
  if (subject.kind != SubjectKind::group) return false;
  return std::any_of(user.groups.begin(), user.groups.end(),
                     [&](const std::string& group) { return glob_matches(subject.name.value, group); });
}

}  // namespace

std::vector<Grant> grants_with_patterns(const Policy& policy, const Attributes& request) {
  std::vector<Grant> grants;
  for (std::size_t i = 0; i < policy.bindings().size(); ++i) {
    const Binding& binding = *policy.bindings()[i];
    const bool namespaced = binding.kind == BindingKind::role_binding;
    const std::string_view place = namespaced ? binding.meta.namespace_name.value : std::string_view();
    if (namespaced && (place.empty() || place != request.namespace_name)) continue;
    const Role* const role = policy.role_of(i);
    if (role == nullptr) continue;
    const auto subject =
        std::find_if(binding.subjects.begin(), binding.subjects.end(),
                     [&](const Subject& s) { return applies_as_pattern(s, request.user, place); });
    if (subject == binding.subjects.end()) continue;
    const auto number = static_cast<std::size_t>(subject - binding.subjects.begin());
    for (std::size_t r = 0; r < role->rules.size(); ++r)
      if (rule_allows(role->rules[r], request))
        grants.push_back({&binding, number, role, r, grant_reason(binding, number)});
  }
  const auto key = [](const Grant& grant) {
    return std::tuple(grant.binding->kind == BindingKind::role_binding,
                      grant.binding->meta.namespace_name.value, grant.binding->meta.name.value);
  };
  std::stable_sort(grants.begin(), grants.end(),
                   [&key](const Grant& a, const Grant& b) { return key(a) < key(b); });
  return grants;
}

}  // namespace oidc_audit::rbac
