#include "rbac/validation.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "base/go_quote.h"
#include "base/strings.h"
#include "base/unicode.h"

namespace oidc_audit::rbac {

namespace {

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

const FieldPath kRoot;

/// The three kinds of field error (apimachinery field/errors.go) in the server's format.
class FieldErrors {
 public:
  FieldErrors(ObjectIssues& issues, const Meta& meta) : issues_(issues), meta_(meta) {}

  void required(const FieldPath& path, const std::optional<SourceRange>& range, std::string_view code,
                std::string_view detail, std::string hint = {}) {
    std::string message = path.text() + ": Required value";
    if (!detail.empty()) message += fmt::format(": {}", detail);
    issues_.refuse(path, range ? range : meta_.range, code, std::move(message), std::move(hint));
  }

  void invalid(const FieldPath& path, const Text& value, std::string_view code, std::string_view detail) {
    issues_.refuse(path, value.range ? value.range : meta_.range, code,
                   fmt::format("{}: Invalid value: {}: {}", path.text(), go_quote(value.value), detail));
  }

  void invalid_list(const FieldPath& path, const std::vector<Text>& values, std::string_view code,
                    std::string_view detail) {
    std::string shown = "[";
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (i > 0) shown += ',';
      if (shown.size() > 200) {
        shown += "...";
        break;
      }
      shown += go_quote(values[i].value);
    }
    const auto& range = values.front().range;
    issues_.refuse(path, range ? range : meta_.range, code,
                   fmt::format("{}: Invalid value: {}]: {}", path.text(), shown, detail));
  }

  void unsupported(const FieldPath& path, const Text& value, const std::optional<SourceRange>& enclosing,
                   std::string_view code, std::span<const std::string_view> supported) {
    std::string list;
    for (const std::string_view one : supported) {
      if (!list.empty()) list += ", ";
      list += go_quote(one);
    }
    std::string hint;
    if (const auto meant = meant_by(value.value, supported); !meant.empty()) {
      hint = fmt::format("did you mean `{}`?", meant);
    }
    auto range = value.range ? value.range : enclosing;
    if (!range) range = meta_.range;
    issues_.refuse(path, range, code,
                   fmt::format("{}: Unsupported value: {}: supported values: {}", path.text(),
                               go_quote(value.value), list),
                   std::move(hint));
  }

 private:
  // Case and plural are what people get wrong.
  static std::string_view meant_by(std::string_view word, std::span<const std::string_view> supported) {
    const std::string folded = to_lower_ascii(word);
    for (const std::string_view one : supported) {
      const std::string lower = to_lower_ascii(one);
      if (!one.empty() && (folded == lower || folded == lower + "s")) return one;
    }
    if (word.empty()) return {};
    return nearest(word, supported).value_or(std::string_view());
  }

  ObjectIssues& issues_;
  const Meta& meta_;
};

std::optional<SourceRange> first_of(const std::optional<SourceRange>& a,
                                    const std::optional<SourceRange>& b) {
  return a ? a : b;
}

void validate_labels(const std::vector<std::pair<Text, Text>>& labels, const FieldPath& path,
                     FieldErrors& errors) {
  for (const auto& [key, value] : labels) {
    for (const std::string& problem : qualified_name_problems(key.value)) {
      errors.invalid(path, key, "invalid-label", problem);
    }
    for (const std::string& problem : label_value_problems(value.value)) {
      errors.invalid(path, value, "invalid-label", problem);
    }
  }
}

template <typename NameProblems>
void validate_meta(const Meta& meta, bool namespaced, const NameProblems& name_problems,
                   FieldErrors& errors) {
  const FieldPath metadata = kRoot.field("metadata");
  const FieldPath name = metadata.field("name");
  if (meta.name.empty()) {
    if (!meta.generate_name) {
      errors.required(name, first_of(meta.name.range, meta.kind.range), "name-required",
                      "name or generateName is required");
    }
  } else {
    for (const std::string& problem : name_problems(meta.name.value)) {
      errors.invalid(name, meta.name, "invalid-name", problem);
    }
  }
  const FieldPath space = metadata.field("namespace");
  if (namespaced && meta.namespace_known && !meta.namespace_name.empty()) {
    for (const std::string& problem : dns1123_label_problems(meta.namespace_name.value)) {
      errors.invalid(space, meta.namespace_name, "invalid-namespace", problem);
    }
  }
  validate_labels(meta.labels, metadata.field("labels"), errors);
}

void validate_rule(const PolicyRule& rule, bool namespaced, const FieldPath& path, FieldErrors& errors) {
  if (rule.verbs.empty()) {
    errors.required(path.field("verbs"), rule.range, "invalid-rule", "verbs must contain at least one value");
  }
  if (!rule.non_resource_urls.empty()) {
    const FieldPath urls = path.field("nonResourceURLs");
    if (namespaced) {
      errors.invalid_list(urls, rule.non_resource_urls, "invalid-rule",
                          "namespaced rules cannot apply to non-resource URLs");
    }
    if (!rule.api_groups.empty() || !rule.resources.empty() || !rule.resource_names.empty()) {
      errors.invalid_list(urls, rule.non_resource_urls, "invalid-rule",
                          "rules cannot apply to both regular resources and non-resource URLs");
    }
    return;
  }
  if (rule.api_groups.empty()) {
    errors.required(path.field("apiGroups"), rule.range, "invalid-rule",
                    "resource rules must supply at least one api group",
                    "the core group is written apiGroups: [\"\"]");
  }
  if (rule.resources.empty()) {
    errors.required(path.field("resources"), rule.range, "invalid-rule",
                    "resource rules must supply at least one resource");
  }
}

void validate_requirement(const LabelRequirement& requirement, const FieldPath& path,
                          const std::optional<SourceRange>& range, FieldErrors& errors,
                          ObjectIssues& issues) {
  const auto place = first_of(requirement.op.range, range);
  if (requirement.op == "In" || requirement.op == "NotIn") {
    if (requirement.values.empty()) {
      errors.required(path.field("values"), place, "invalid-selector",
                      "must be specified when `operator` is 'In' or 'NotIn'");
    }
  } else if (requirement.op == "Exists" || requirement.op == "DoesNotExist") {
    if (!requirement.values.empty()) {
      issues.refuse(path.field("values"), requirement.values.front().range, "invalid-selector",
                    path.field("values").text() +
                        ": Forbidden: may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
    }
  } else {
    errors.invalid(path.field("operator"), Text{requirement.op.value, place}, "invalid-selector",
                   "not a valid selector operator");
  }
  for (const std::string& problem : qualified_name_problems(requirement.key.value)) {
    errors.invalid(path.field("key"), Text{requirement.key.value, first_of(requirement.key.range, range)},
                   "invalid-selector", problem);
  }
  for (std::size_t i = 0; i < requirement.values.size(); ++i) {
    const FieldPath values = path.field("values");
    for (const std::string& problem : label_value_problems(requirement.values[i].value)) {
      errors.invalid(values.item(i), requirement.values[i], "invalid-selector", problem);
    }
  }
}

void validate_selector(const LabelSelector& selector, const FieldPath& path, FieldErrors& errors,
                       ObjectIssues& issues) {
  for (const auto& [key, value] : selector.match_labels) {
    const FieldPath labels = path.field("matchLabels");
    for (const std::string& problem : qualified_name_problems(key.value)) {
      errors.invalid(labels, key, "invalid-selector", problem);
    }
    for (const std::string& problem : label_value_problems(value.value)) {
      errors.invalid(labels, value, "invalid-selector", problem);
    }
  }
  const FieldPath expressions = path.field("matchExpressions");
  for (std::size_t i = 0; i < selector.match_expressions.size(); ++i) {
    validate_requirement(selector.match_expressions[i], expressions.item(i), selector.range, errors, issues);
  }
}

void validate_role_ref(const Binding& binding, FieldErrors& errors) {
  static constexpr std::array<std::string_view, 1> kGroups = {kGroup};
  static constexpr std::array<std::string_view, 2> kRoleKinds = {"Role", "ClusterRole"};
  const RoleRef& ref = binding.role_ref;
  const FieldPath path = kRoot.field("roleRef");
  if (!ref.api_group.empty() && !(ref.api_group == kGroup)) {
    errors.unsupported(path.field("apiGroup"), ref.api_group, ref.range, "invalid-role-ref", kGroups);
  }
  const bool cluster = binding.kind == BindingKind::cluster_role_binding;
  const std::span<const std::string_view> kinds = std::span(kRoleKinds).subspan(cluster ? 1 : 0);
  const bool known = ref.kind && (!cluster || *ref.kind == RoleKind::cluster_role);
  if (!known) errors.unsupported(path.field("kind"), ref.kind_text, ref.range, "invalid-role-ref", kinds);
  if (ref.name.empty()) {
    errors.required(path.field("name"), first_of(ref.name.range, ref.range), "invalid-role-ref", "");
    return;
  }
  for (const std::string& problem : path_segment_problems(ref.name.value)) {
    errors.invalid(path.field("name"), ref.name, "invalid-role-ref", problem);
  }
}

void validate_subject(const Subject& subject, bool namespaced, const FieldPath& path, FieldErrors& errors) {
  static constexpr std::array<std::string_view, 3> kKinds = {"ServiceAccount", "User", "Group"};
  static constexpr std::array<std::string_view, 1> kGroups = {kGroup};
  static constexpr std::array<std::string_view, 1> kNoGroup = {""};
  if (subject.name.empty()) {
    errors.required(path.field("name"), first_of(subject.name.range, subject.range), "invalid-subject-name",
                    "");
  }
  switch (subject.kind) {
    case SubjectKind::service_account:
      if (!subject.name.empty()) {
        for (const std::string& problem : dns1123_subdomain_problems(subject.name.value)) {
          errors.invalid(path.field("name"), subject.name, "invalid-subject-name", problem);
        }
      }
      if (!subject.api_group.empty()) {
        errors.unsupported(path.field("apiGroup"), subject.api_group, subject.range, "invalid-subject-group",
                           kNoGroup);
      }
      if (!namespaced && subject.namespace_name.empty()) {
        errors.required(path.field("namespace"), first_of(subject.namespace_name.range, subject.range),
                        "invalid-subject-namespace", "");
      }
      break;
    case SubjectKind::user:
    case SubjectKind::group:
      if (!subject.api_group.empty() && !(subject.api_group == kGroup)) {
        errors.unsupported(path.field("apiGroup"), subject.api_group, subject.range, "invalid-subject-group",
                           kGroups);
      }
      break;
    case SubjectKind::other:
      errors.unsupported(path.field("kind"), subject.kind_text, subject.range, "invalid-subject-kind",
                         kKinds);
      break;
  }
}

}  // namespace

void validate(const Role& role, ObjectIssues& issues) {
  FieldErrors errors(issues, role.meta);
  const bool namespaced = role.kind == RoleKind::role;
  validate_meta(role.meta, namespaced, path_segment_problems, errors);
  const FieldPath rules = kRoot.field("rules");
  for (std::size_t i = 0; i < role.rules.size(); ++i) {
    validate_rule(role.rules[i], namespaced, rules.item(i), errors);
  }
  if (!role.has_aggregation_rule) return;
  const FieldPath aggregation = kRoot.field("aggregationRule");
  const FieldPath selectors = aggregation.field("clusterRoleSelectors");
  if (role.cluster_role_selectors.empty()) {
    errors.required(selectors, role.aggregation_range, "invalid-selector",
                    "at least one clusterRoleSelector required if aggregationRule is non-nil");
  }
  for (std::size_t i = 0; i < role.cluster_role_selectors.size(); ++i) {
    validate_selector(role.cluster_role_selectors[i], selectors.item(i), errors, issues);
  }
}

void validate(const Binding& binding, ObjectIssues& issues) {
  FieldErrors errors(issues, binding.meta);
  const bool namespaced = binding.kind == BindingKind::role_binding;
  validate_meta(binding.meta, namespaced, path_segment_problems, errors);
  validate_role_ref(binding, errors);
  const FieldPath subjects = kRoot.field("subjects");
  for (std::size_t i = 0; i < binding.subjects.size(); ++i) {
    validate_subject(binding.subjects[i], namespaced, subjects.item(i), errors);
  }
}

void validate(const ServiceAccount& account, ObjectIssues& issues) {
  FieldErrors errors(issues, account.meta);
  validate_meta(account.meta, true, dns1123_subdomain_problems, errors);
}

void validate(const Namespace& space, ObjectIssues& issues) {
  FieldErrors errors(issues, space.meta);
  validate_meta(space.meta, false, dns1123_label_problems, errors);
}

}  // namespace oidc_audit::rbac
