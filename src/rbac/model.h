#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "diag/location.h"
#include "source/source_range.h"

namespace oidc_audit::rbac {

/// A string of the input with its place. The text belongs to the Inventory (or whoever made the object)
/// and lives as long as it.
struct Text {
  std::string_view value;
  std::optional<SourceRange> range;

  bool empty() const noexcept { return value.empty(); }
  friend bool operator==(const Text& a, std::string_view b) noexcept { return a.value == b; }
};

/// rbac.authorization.k8s.io PolicyRule. Absent and empty lists are the same here.
struct PolicyRule {
  std::vector<Text> verbs;
  std::vector<Text> api_groups;
  std::vector<Text> resources;
  std::vector<Text> resource_names;
  std::vector<Text> non_resource_urls;
  std::optional<SourceRange> range;
};

struct LabelRequirement {
  Text key;
  Text op;  ///< In, NotIn, Exists, DoesNotExist; anything else is reported and matches nothing
  std::vector<Text> values;
};

struct LabelSelector {
  std::vector<std::pair<Text, Text>> match_labels;
  std::vector<LabelRequirement> match_expressions;
  std::optional<SourceRange> range;
};

struct Meta {
  Text api_version;
  Text kind;
  Text name;
  Text namespace_name;          ///< empty: cluster-scoped, or unknown (see namespace_known)
  bool namespace_known = true;  ///< false for a namespaced object that names none
  bool from_server = false;     ///< carries metadata.uid or resourceVersion: a dump of a live object
  bool rejected = false;        ///< an API server refuses it as it stands; an Issue says why
  bool generate_name = false;   ///< has metadata.generateName: the server makes the name up
  bool builtin = false;         ///< taken from the embedded defaults, not from input
  std::vector<std::pair<Text, Text>> labels;       ///< in input order
  std::vector<std::pair<Text, Text>> annotations;  ///< in input order
  std::optional<SourceRange> range;                ///< the whole object
  std::string_view cluster;  ///< label of the live cluster it came from; empty for files. Text as in `name`

  ObjectRef ref() const;
};

enum class RoleKind : std::uint8_t { role, cluster_role };
enum class BindingKind : std::uint8_t { role_binding, cluster_role_binding };
/// `other`: any text the API would refuse; such a subject matches nobody.
enum class SubjectKind : std::uint8_t { user, group, service_account, other };

struct Role {
  Meta meta;
  RoleKind kind = RoleKind::role;
  std::vector<PolicyRule> rules;
  bool has_aggregation_rule = false;
  std::vector<LabelSelector> cluster_role_selectors;
  std::optional<SourceRange> aggregation_range;
};

struct Subject {
  SubjectKind kind = SubjectKind::other;
  Text kind_text;
  Text api_group;
  Text namespace_name;
  Text name;
  std::optional<SourceRange> range;
};

struct RoleRef {
  Text api_group;
  Text kind_text;
  Text name;
  std::optional<SourceRange> range;
  /// Role or ClusterRole; nullopt for anything else.
  std::optional<RoleKind> kind;
};

struct Binding {
  Meta meta;
  BindingKind kind = BindingKind::role_binding;
  RoleRef role_ref;
  std::vector<Subject> subjects;
};

struct ServiceAccount {
  Meta meta;
};

struct Namespace {
  Meta meta;
};

}  // namespace oidc_audit::rbac
