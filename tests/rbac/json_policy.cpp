#include "rbac/json_policy.h"

#include <nlohmann/json.hpp>

#include "base/strings.h"
#include "support/test_data.h"

namespace oidc_audit::rbac::test {

using nlohmann::json;

struct JsonReader {
  Objects& objects;

  Text text(const json& object, const char* key) const {
    const auto it = object.find(key);
    if (it == object.end() || !it->is_string()) return {};
    return objects.text(it->get<std::string>());
  }

  std::vector<Text> texts(const json& object, const char* key) const {
    std::vector<Text> out;
    const auto it = object.find(key);
    if (it == object.end() || !it->is_array()) return out;
    for (const json& element : *it) out.push_back(objects.text(element.get<std::string>()));
    return out;
  }

  std::vector<std::pair<Text, Text>> pairs(const json& object, const char* key) const {
    std::vector<std::pair<Text, Text>> out;
    const auto it = object.find(key);
    if (it == object.end() || !it->is_object()) return out;
    for (const auto& [name, value] : it->items())
      out.emplace_back(objects.text(name), objects.text(value.get<std::string>()));
    return out;
  }

  Meta meta(const json& object) const {
    Meta out;
    const json& metadata = object.at("metadata");
    out.api_version = text(object, "apiVersion");
    out.kind = text(object, "kind");
    out.name = text(metadata, "name");
    out.namespace_name = text(metadata, "namespace");
    out.namespace_known = !out.namespace_name.empty();
    out.from_server = metadata.contains("uid") || metadata.contains("resourceVersion");
    out.labels = pairs(metadata, "labels");
    out.annotations = pairs(metadata, "annotations");
    return out;
  }

  LabelSelector selector(const json& object) const {
    LabelSelector out;
    out.match_labels = pairs(object, "matchLabels");
    for (const json& expression : object.value("matchExpressions", json::array()))
      out.match_expressions.push_back(
          {text(expression, "key"), text(expression, "operator"), texts(expression, "values")});
    return out;
  }

  void add_role(const json& object, RoleKind kind) const {
    Role role;
    role.kind = kind;
    role.meta = meta(object);
    if (object.contains("rules") && object["rules"].is_array()) {
      for (const json& rule : object["rules"])
        role.rules.push_back({texts(rule, "verbs"), texts(rule, "apiGroups"), texts(rule, "resources"),
                              texts(rule, "resourceNames"), texts(rule, "nonResourceURLs"), std::nullopt});
    }
    if (object.contains("aggregationRule")) {
      role.has_aggregation_rule = true;
      for (const json& s : object["aggregationRule"].value("clusterRoleSelectors", json::array()))
        role.cluster_role_selectors.push_back(selector(s));
    }
    objects.roles.push_back(std::move(role));
  }

  void add_binding(const json& object, BindingKind kind) const {
    Binding binding;
    binding.kind = kind;
    binding.meta = meta(object);
    const json& ref = object.at("roleRef");
    binding.role_ref.api_group = text(ref, "apiGroup");
    binding.role_ref.kind_text = text(ref, "kind");
    binding.role_ref.name = text(ref, "name");
    if (binding.role_ref.kind_text == "Role") binding.role_ref.kind = RoleKind::role;
    if (binding.role_ref.kind_text == "ClusterRole") binding.role_ref.kind = RoleKind::cluster_role;
    if (object.contains("subjects") && object["subjects"].is_array()) {
      for (const json& s : object["subjects"]) {
        Subject subject;
        subject.kind_text = text(s, "kind");
        subject.api_group = text(s, "apiGroup");
        subject.namespace_name = text(s, "namespace");
        subject.name = text(s, "name");
        if (subject.kind_text == "User") subject.kind = SubjectKind::user;
        if (subject.kind_text == "Group") subject.kind = SubjectKind::group;
        if (subject.kind_text == "ServiceAccount") subject.kind = SubjectKind::service_account;
        binding.subjects.push_back(subject);
      }
    }
    objects.bindings.push_back(std::move(binding));
  }

  void add(const json& object) const {
    const std::string kind = object.value("kind", "");
    if (kind == "ClusterRole") add_role(object, RoleKind::cluster_role);
    if (kind == "Role") add_role(object, RoleKind::role);
    if (kind == "ClusterRoleBinding") add_binding(object, BindingKind::cluster_role_binding);
    if (kind == "RoleBinding") add_binding(object, BindingKind::role_binding);
    if (object.contains("items"))
      for (const json& item : object["items"]) add(item);
  }
};

Text Objects::text(std::string value) { return Text{texts_->emplace_back(std::move(value)), std::nullopt}; }

void Objects::add_json(std::string_view text) { JsonReader{*this}.add(json::parse(text)); }

void Objects::add_file(const std::string& path) { add_json(oidc_audit::test::read_file(path)); }

namespace {

std::vector<Text> list(Objects& objects, std::string_view text) {
  std::vector<Text> out;
  if (text.empty()) return out;
  if (text == "''") return {Text{"", std::nullopt}};
  for (const std::string_view part : split(text, ',')) out.push_back(objects.text(std::string(part)));
  return out;
}

}  // namespace

PolicyRule make_rule(Objects& objects, std::string_view verbs, std::string_view groups,
                     std::string_view resources, std::string_view names, std::string_view urls) {
  return {list(objects, verbs), list(objects, groups), list(objects, resources),
          list(objects, names), list(objects, urls),   std::nullopt};
}

Attributes request_from_json(std::string_view text) {
  const json object = json::parse(text);
  Attributes out;
  out.user.name = object.value("user", "");
  out.user.groups = object.value("groups", std::vector<std::string>{});
  out.verb = object.value("verb", "");
  out.is_resource = !object.contains("path");
  out.path = object.value("path", "");
  out.api_group = object.value("apiGroup", "");
  out.resource = object.value("resource", "");
  out.subresource = object.value("subresource", "");
  out.name = object.value("name", "");
  out.namespace_name = object.value("namespace", "");
  return out;
}

Attributes resource_request(std::string user, std::string verb, std::string group, std::string resource,
                            std::string namespace_name, std::string name, std::string subresource) {
  Attributes out;
  out.user.name = std::move(user);
  out.verb = std::move(verb);
  out.api_group = std::move(group);
  out.resource = std::move(resource);
  out.namespace_name = std::move(namespace_name);
  out.name = std::move(name);
  out.subresource = std::move(subresource);
  return out;
}

Attributes path_request(std::string user, std::string verb, std::string path) {
  Attributes out;
  out.user.name = std::move(user);
  out.verb = std::move(verb);
  out.is_resource = false;
  out.path = std::move(path);
  return out;
}

}  // namespace oidc_audit::rbac::test
