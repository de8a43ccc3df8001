#include "rbac/decode.h"

#include <fmt/format.h>

#include <array>
#include <string>
#include <vector>

#include "base/strings.h"
#include "base/unicode.h"

namespace oidc_audit::rbac {

namespace {

using document::Member;
using document::NodeKind;
using document::Value;

const FieldPath kRoot;

constexpr std::size_t kShownBytes = 80;

std::string_view article(NodeKind kind) { return kind == NodeKind::integer ? "an" : "a"; }

std::string_view kind_name(NodeKind kind) {
  return kind == NodeKind::floating ? "floating-point number" : document::to_string(kind);
}

void refuse_type(Value value, std::string_view wanted, const FieldPath& path, ObjectIssues& issues) {
  const std::string_view text = value.text().substr(0, kShownBytes);
  const NodeKind kind = value.kind();
  const bool scalar = kind != NodeKind::mapping && kind != NodeKind::sequence;
  std::string message;
  std::string hint;
  if (scalar) {
    message = fmt::format("{}: `{}` is {} {}, not a {}, as the Kubernetes tools read it", path.text(),
                          escape_for_display(text), article(kind), kind_name(kind), wanted);
    if (wanted == "string") hint = fmt::format("put it in quotes: \"{}\"", escape_for_display(text));
    if (wanted == "list") hint = "write a list, even for one value";
  } else {
    message = fmt::format("{}: found a {} where a {} is needed", path.text(), kind_name(kind), wanted);
  }
  issues.refuse(path, value.range(), "wrong-type", std::move(message), std::move(hint));
}

void warn_unknown(const Member& member, const FieldPath& parent, std::span<const std::string_view> known,
                  ObjectIssues& issues) {
  const std::string_view key = member.key.text();
  const FieldPath path = parent.field(key);
  const auto meant = nearest(key, known);
  issues.warn(path, member.key.range(), "unknown-field",
              fmt::format("unknown field `{}`", escape_for_display(path.text())),
              meant ? fmt::format("did you mean `{}`?", *meant) : std::string());
}

bool want_mapping(Value value, const FieldPath& path, ObjectIssues& issues) {
  if (value.is_mapping()) return true;
  if (!value.is_null()) refuse_type(value, "mapping", path, issues);
  return false;
}

bool want_list(Value value, const FieldPath& path, ObjectIssues& issues) {
  if (value.is_sequence()) return true;
  if (!value.is_null()) refuse_type(value, "list", path, issues);
  return false;
}

std::vector<Text> decode_strings(Value value, const FieldPath& path, ObjectIssues& issues) {
  std::vector<Text> out;
  if (!want_list(value, path, issues)) {
    // `verbs: get` plainly means one; the server refuses it, the rules see it.
    if (value.is_string()) out.push_back({value.text(), value.range()});
    return out;
  }
  out.reserve(value.size());
  for (const Value item : value.items()) {
    out.push_back(decode_string(item, path.item(out.size()), issues));
  }
  return out;
}

std::vector<std::pair<Text, Text>> decode_string_map(Value value, const FieldPath& path,
                                                     ObjectIssues& issues) {
  std::vector<std::pair<Text, Text>> out;
  if (!want_mapping(value, path, issues)) return out;
  out.reserve(value.size());
  for (const Member member : value.members()) {
    const std::string_view key = member.key.text();
    out.emplace_back(Text{key, member.key.range()}, decode_string(member.value, path.field(key), issues));
  }
  return out;
}

PolicyRule decode_rule(Value value, const FieldPath& path, ObjectIssues& issues) {
  static constexpr std::array<std::string_view, 5> kFields = {"verbs", "apiGroups", "resources",
                                                              "resourceNames", "nonResourceURLs"};
  PolicyRule rule;
  rule.range = value.range();
  if (!want_mapping(value, path, issues)) return rule;
  for (const Member member : value.members()) {
    const std::string_view key = member.key.text();
    std::vector<Text>* list = nullptr;
    if (key == "verbs") {
      list = &rule.verbs;
    } else if (key == "apiGroups") {
      list = &rule.api_groups;
    } else if (key == "resources") {
      list = &rule.resources;
    } else if (key == "resourceNames") {
      list = &rule.resource_names;
    } else if (key == "nonResourceURLs") {
      list = &rule.non_resource_urls;
    } else {
      warn_unknown(member, path, kFields, issues);
      continue;
    }
    *list = decode_strings(member.value, path.field(key), issues);
  }
  return rule;
}

LabelRequirement decode_requirement(Value value, const FieldPath& path, ObjectIssues& issues) {
  static constexpr std::array<std::string_view, 3> kFields = {"key", "operator", "values"};
  LabelRequirement out;
  if (!want_mapping(value, path, issues)) return out;
  for (const Member member : value.members()) {
    const std::string_view key = member.key.text();
    if (key == "key") {
      out.key = decode_string(member.value, path.field(key), issues);
    } else if (key == "operator") {
      out.op = decode_string(member.value, path.field(key), issues);
    } else if (key == "values") {
      out.values = decode_strings(member.value, path.field(key), issues);
    } else {
      warn_unknown(member, path, kFields, issues);
    }
  }
  return out;
}

LabelSelector decode_selector(Value value, const FieldPath& path, ObjectIssues& issues) {
  static constexpr std::array<std::string_view, 2> kFields = {"matchLabels", "matchExpressions"};
  LabelSelector out;
  out.range = value.range();
  if (!want_mapping(value, path, issues)) return out;
  for (const Member member : value.members()) {
    const std::string_view key = member.key.text();
    const FieldPath at = path.field(key);
    if (key == "matchLabels") {
      out.match_labels = decode_string_map(member.value, at, issues);
    } else if (key == "matchExpressions") {
      if (!want_list(member.value, at, issues)) continue;
      for (const Value item : member.value.items()) {
        out.match_expressions.push_back(
            decode_requirement(item, at.item(out.match_expressions.size()), issues));
      }
    } else {
      warn_unknown(member, path, kFields, issues);
    }
  }
  return out;
}

void decode_aggregation(Value value, Role& role, const FieldPath& path, ObjectIssues& issues) {
  static constexpr std::array<std::string_view, 1> kFields = {"clusterRoleSelectors"};
  if (!want_mapping(value, path, issues)) return;
  role.has_aggregation_rule = true;
  role.aggregation_range = value.range();
  for (const Member member : value.members()) {
    const std::string_view key = member.key.text();
    const FieldPath at = path.field(key);
    if (key != "clusterRoleSelectors") {
      warn_unknown(member, path, kFields, issues);
    } else if (want_list(member.value, at, issues)) {
      for (const Value item : member.value.items()) {
        role.cluster_role_selectors.push_back(
            decode_selector(item, at.item(role.cluster_role_selectors.size()), issues));
      }
    }
  }
}

SubjectKind subject_kind(std::string_view kind) {
  if (kind == "User") return SubjectKind::user;
  if (kind == "Group") return SubjectKind::group;
  return kind == "ServiceAccount" ? SubjectKind::service_account : SubjectKind::other;
}

constexpr std::string_view kGroup = "rbac.authorization.k8s.io";

// v1alpha1/conversion.go: subjects had an apiVersion, and User `*` meant everybody with a valid token.
void convert_v1alpha1(Subject& subject, const Text& api_version, const FieldPath& path,
                      ObjectIssues& issues) {
  if (subject.api_group.empty()) {
    if (subject.kind == SubjectKind::user || subject.kind == SubjectKind::group) {
      subject.api_group = {kGroup, api_version.range};
    } else if (subject.kind == SubjectKind::other) {
      const std::size_t slash = api_version.value.find('/');
      if (slash != std::string_view::npos) {
        subject.api_group = {api_version.value.substr(0, slash), api_version.range};
      }
    }
  }
  if (subject.kind == SubjectKind::user && subject.name == "*") {
    issues.warn(
        path.field("name"), subject.name.range, "v1alpha1-user-star",
        "v1alpha1 reads the user `*` as the group `system:authenticated`: everybody with a valid token",
        "name the group, in rbac.authorization.k8s.io/v1");
    subject.kind = SubjectKind::group;
    subject.kind_text.value = "Group";
    subject.name.value = "system:authenticated";
  }
}

Subject decode_subject(Value value, bool v1alpha1, const FieldPath& path, ObjectIssues& issues) {
  static constexpr std::array<std::string_view, 4> kFields = {"kind", "apiGroup", "name", "namespace"};
  Subject out;
  out.range = value.range();
  if (!want_mapping(value, path, issues)) return out;
  Text api_version;
  for (const Member member : value.members()) {
    const std::string_view key = member.key.text();
    if (key == "kind") {
      out.kind_text = decode_string(member.value, path.field(key), issues);
    } else if (key == "apiGroup") {
      out.api_group = decode_string(member.value, path.field(key), issues);
    } else if (key == "name") {
      out.name = decode_string(member.value, path.field(key), issues);
    } else if (key == "namespace") {
      out.namespace_name = decode_string(member.value, path.field(key), issues);
    } else if (key == "apiVersion" && v1alpha1) {
      api_version = decode_string(member.value, path.field(key), issues);
    } else {
      warn_unknown(member, path, kFields, issues);
    }
  }
  out.kind = subject_kind(out.kind_text.value);
  if (v1alpha1) convert_v1alpha1(out, api_version, path, issues);
  return out;
}

void decode_role_ref(Value value, RoleRef& out, const FieldPath& path, ObjectIssues& issues) {
  static constexpr std::array<std::string_view, 3> kFields = {"apiGroup", "kind", "name"};
  out.range = value.range();
  if (!want_mapping(value, path, issues)) return;
  for (const Member member : value.members()) {
    const std::string_view key = member.key.text();
    if (key == "apiGroup") {
      out.api_group = decode_string(member.value, path.field(key), issues);
    } else if (key == "kind") {
      out.kind_text = decode_string(member.value, path.field(key), issues);
    } else if (key == "name") {
      out.name = decode_string(member.value, path.field(key), issues);
    } else {
      warn_unknown(member, path, kFields, issues);
    }
  }
  if (out.kind_text == "Role") out.kind = RoleKind::role;
  if (out.kind_text == "ClusterRole") out.kind = RoleKind::cluster_role;
}

bool is_top_field(std::string_view key) {
  // kustomize and kubectl know keys that the server never sees.
  return key == "apiVersion" || key == "kind" || key == "metadata" || key.substr(0, 1) == "$";
}

}  // namespace

Text decode_string(Value value, const FieldPath& path, ObjectIssues& issues) {
  if (value.is_string()) return {value.text(), value.range()};
  if (!value.exists()) return {};
  if (value.is_null()) return {{}, value.range()};
  refuse_type(value, "string", path, issues);
  return {value.text(), value.range()};
}

void decode_meta(Value object, Meta& meta, ObjectIssues& issues) {
  meta.range = object.range();
  const Value metadata = object.find("metadata");
  const FieldPath path = kRoot.field("metadata");
  if (!metadata.exists() || !want_mapping(metadata, path, issues)) return;
  for (const Member member : metadata.members()) {
    const std::string_view key = member.key.text();
    if (key == "name") {
      meta.name = decode_string(member.value, path.field(key), issues);
    } else if (key == "namespace") {
      meta.namespace_name = decode_string(member.value, path.field(key), issues);
    } else if (key == "labels") {
      meta.labels = decode_string_map(member.value, path.field(key), issues);
    } else if (key == "annotations") {
      meta.annotations = decode_string_map(member.value, path.field(key), issues);
    } else if (key == "uid" || key == "resourceVersion") {
      meta.from_server = meta.from_server || !member.value.text().empty();
    } else if (key == "generateName") {
      meta.generate_name = !member.value.text().empty();
    }
  }
}

Completeness decode_role(Value object, Role& role, ObjectIssues& issues) {
  static constexpr std::array<std::string_view, 5> kFields = {"apiVersion", "kind", "metadata", "rules",
                                                              "aggregationRule"};
  bool complete = false;
  for (const Member member : object.members()) {
    const std::string_view key = member.key.text();
    const FieldPath path = kRoot.field(key);
    if (key == "rules") {
      complete = true;
      if (!want_list(member.value, path, issues)) continue;
      role.rules.reserve(member.value.size());
      for (const Value item : member.value.items()) {
        role.rules.push_back(decode_rule(item, path.item(role.rules.size()), issues));
      }
    } else if (key == "aggregationRule" && role.kind == RoleKind::cluster_role) {
      complete = true;
      decode_aggregation(member.value, role, path, issues);
    } else if (!is_top_field(key)) {
      warn_unknown(member, kRoot, kFields, issues);
    }
  }
  return complete || role.meta.from_server ? Completeness::complete : Completeness::patch;
}

Completeness decode_binding(Value object, Binding& binding, ObjectIssues& issues) {
  static constexpr std::array<std::string_view, 5> kFields = {"apiVersion", "kind", "metadata", "roleRef",
                                                              "subjects"};
  const bool v1alpha1 = binding.meta.api_version.value == "rbac.authorization.k8s.io/v1alpha1";
  bool complete = false;
  for (const Member member : object.members()) {
    const std::string_view key = member.key.text();
    const FieldPath path = kRoot.field(key);
    if (key == "roleRef") {
      complete = true;
      decode_role_ref(member.value, binding.role_ref, path, issues);
    } else if (key == "subjects") {
      if (!want_list(member.value, path, issues)) continue;
      binding.subjects.reserve(member.value.size());
      for (const Value item : member.value.items()) {
        binding.subjects.push_back(
            decode_subject(item, v1alpha1, path.item(binding.subjects.size()), issues));
      }
    } else if (!is_top_field(key)) {
      warn_unknown(member, kRoot, kFields, issues);
    }
  }
  return complete || binding.meta.from_server ? Completeness::complete : Completeness::patch;
}

}  // namespace oidc_audit::rbac
