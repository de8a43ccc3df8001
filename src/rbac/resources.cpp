#include "rbac/resources.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "rbac/releases.h"

namespace oidc_audit::rbac {

namespace {

std::vector<std::string_view> list(std::string_view field) {
  if (field.empty()) return {};
  return split(field, ',');
}

std::string full_name(const ApiResource& resource) {
  std::string name(resource.resource);
  if (!resource.group.empty()) {
    name += '.';
    name += resource.group;
  }
  return name;
}

bool has(const std::vector<std::string_view>& values, std::string_view value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

/// nonStandardResourceNames of cani.go, and what needs no warning because everybody means it.
bool is_nonstandard_name(std::string_view name) { return name == "users" || name == "groups"; }

}  // namespace

bool ApiResource::has_subresource(std::string_view name) const { return has(subresources, name); }

ResourceCatalog::ResourceCatalog(std::optional<int> kubernetes_minor) {
  for (std::string_view line : split(nearest_release(kubernetes_minor).resources, '\n')) {
    if (line.empty()) continue;
    ApiResource resource;
    resource.is_virtual = line.front() == '!';
    if (resource.is_virtual) line.remove_prefix(1);
    const std::vector<std::string_view> fields = split(line, '|');
    resource.group = fields[0];
    resource.versions = list(fields[1]);
    resource.resource = fields[2];
    resource.singular = fields[3];
    resource.kind = fields[4];
    resource.namespaced = fields[5] == "N";
    resource.short_names = list(fields[6]);
    resource.verbs = list(fields[7]);
    resource.subresources = list(fields[8]);
    add(std::move(resource));
  }
}

void ResourceCatalog::add(ApiResource resource) {
  const ApiResource& kept = resources_.emplace_back(std::move(resource));
  order_.push_back(&kept);
  by_name_[kept.resource].push_back(&kept);
  if (!kept.singular.empty() && kept.singular != kept.resource) by_name_[kept.singular].push_back(&kept);
  for (const std::string_view name : kept.short_names) by_short_name_[name].push_back(&kept);
}

std::string_view ResourceCatalog::keep(std::string_view text) { return texts_.emplace_back(text); }

void ResourceCatalog::add(const CustomResource& custom) {
  if (find(custom.group, custom.plural) != nullptr) return;
  ApiResource resource;
  resource.group = custom.group;
  resource.versions = custom.served_versions;
  resource.resource = custom.plural;
  resource.kind = custom.kind;
  resource.singular = custom.singular.empty() ? keep(to_lower_ascii(custom.kind)) : custom.singular;
  resource.namespaced = custom.namespaced;
  resource.short_names = custom.short_names;
  resource.verbs = {"create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"};
  resource.subresources = custom.subresources;
  add(std::move(resource));
}

const ApiResource* ResourceCatalog::find(std::string_view group, std::string_view resource) const {
  const auto it = by_name_.find(resource);
  if (it == by_name_.end()) return nullptr;
  for (const ApiResource* candidate : it->second)
    if (candidate->group == group && candidate->resource == resource) return candidate;
  return nullptr;
}

// Discovery.

std::size_t ResourceCatalog::add_resource_list(const document::Value& root) {
  const std::string_view group_version = root.find("groupVersion").text();
  const std::size_t slash = group_version.find('/');
  const std::string_view group =
      slash == std::string_view::npos ? std::string_view() : group_version.substr(0, slash);
  const std::string_view version =
      slash == std::string_view::npos ? group_version : group_version.substr(slash + 1);
  std::vector<std::pair<std::string_view, std::string_view>> subresources;
  std::vector<ApiResource> found;
  for (const document::Value item : root.find("resources").items()) {
    const std::string_view name = item.find("name").text();
    if (const std::size_t sub = name.find('/'); sub != std::string_view::npos) {
      subresources.emplace_back(name.substr(0, sub), name.substr(sub + 1));
      continue;
    }
    if (name.empty() || find(group, name) != nullptr) continue;
    ApiResource resource;
    resource.group = keep(group);
    resource.versions = {keep(version)};
    resource.resource = keep(name);
    resource.kind = keep(item.find("kind").text());
    const std::string_view singular = item.find("singularName").text();
    resource.singular = keep(singular.empty() ? to_lower_ascii(resource.kind) : std::string(singular));
    resource.namespaced = item.find("namespaced").as_bool().value_or(false);
    for (const document::Value short_name : item.find("shortNames").items())
      resource.short_names.push_back(keep(short_name.text()));
    for (const document::Value verb : item.find("verbs").items()) resource.verbs.push_back(keep(verb.text()));
    found.push_back(std::move(resource));
  }
  for (const auto& [parent, sub] : subresources) {
    for (ApiResource& resource : found)
      if (resource.resource == parent) resource.subresources.push_back(keep(sub));
  }
  const std::size_t count = found.size();
  for (ApiResource& resource : found) add(std::move(resource));
  return count;
}

std::size_t ResourceCatalog::add_group_discovery(const document::Value& group) {
  const std::string_view name = group.find("metadata").find("name").text();
  std::size_t count = 0;
  for (const document::Value version : group.find("versions").items()) {
    for (const document::Value item : version.find("resources").items()) {
      const std::string_view plural = item.find("resource").text();
      if (plural.empty() || find(name, plural) != nullptr) continue;
      ApiResource resource;
      resource.group = keep(name);
      resource.versions = {keep(version.find("version").text())};
      resource.resource = keep(plural);
      resource.kind = keep(item.find("responseKind").find("kind").text());
      const std::string_view singular = item.find("singularResource").text();
      resource.singular = keep(singular.empty() ? to_lower_ascii(resource.kind) : std::string(singular));
      resource.namespaced = item.find("scope").text() == "Namespaced";
      for (const document::Value short_name : item.find("shortNames").items())
        resource.short_names.push_back(keep(short_name.text()));
      for (const document::Value verb : item.find("verbs").items())
        resource.verbs.push_back(keep(verb.text()));
      for (const document::Value sub : item.find("subresources").items())
        resource.subresources.push_back(keep(sub.find("subresource").text()));
      add(std::move(resource));
      ++count;
    }
  }
  return count;
}

Result<std::size_t> ResourceCatalog::add_discovery(const document::Value& root) {
  const std::string_view kind = root.find("kind").text();
  if (kind == "APIResourceList") return add_resource_list(root);
  if (kind == "APIGroupDiscovery") return add_group_discovery(root);
  const document::Value items = root.is_sequence() ? root : root.find("items");
  if (!items.is_sequence() || (!kind.empty() && kind != "List" && kind != "APIGroupDiscoveryList"))
    return Error(
        ErrorKind::malformed,
        "this is no answer of a server's discovery: neither APIResourceList nor APIGroupDiscoveryList",
        "`kubectl get --raw /apis/GROUP/VERSION` prints an APIResourceList");
  std::size_t count = 0;
  for (const document::Value item : items.items()) {
    const bool group = item.find("versions").is_sequence();
    count += group ? add_group_discovery(item) : add_resource_list(item);
  }
  return count;
}

// Look-up.

const ApiResource* ResourceCatalog::lookup(std::string_view name, std::string_view version,
                                           std::string_view group, bool group_given,
                                           std::vector<std::string>& warnings) const {
  const auto served = [version](const ApiResource& r) { return version.empty() || has(r.versions, version); };
  const auto choose = [&](const std::vector<const ApiResource*>& candidates) -> const ApiResource* {
    if (!group_given) {
      for (const ApiResource* candidate : candidates)
        if (served(*candidate)) return candidate;
      return nullptr;
    }
    for (const ApiResource* candidate : candidates)
      if (candidate->group == group && served(*candidate)) return candidate;
    if (group.empty()) return nullptr;
    for (const ApiResource* candidate : candidates)
      if (candidate->group.starts_with(group) && served(*candidate)) return candidate;
    return nullptr;
  };
  if (const auto it = by_name_.find(name); it != by_name_.end()) return choose(it->second);
  const auto it = by_short_name_.find(name);
  if (it == by_short_name_.end()) return nullptr;
  const ApiResource* const chosen = choose(it->second);
  if (chosen != nullptr && !group_given) {
    for (const ApiResource* other : it->second) {
      if (other == chosen) continue;
      warnings.push_back(fmt::format("short name `{}` could also match `{}`", name, full_name(*other)));
    }
  }
  return chosen;
}

std::string ResourceCatalog::nearest_type(std::string_view type) const {
  std::vector<std::string_view> names;
  for (const ApiResource* resource : order_) {
    names.push_back(resource->resource);
    if (!resource->singular.empty()) names.push_back(resource->singular);
  }
  const std::optional<std::string_view> found = nearest(type, names);
  if (!found) return {};
  std::vector<std::string> none;
  const ApiResource* const resource = lookup(*found, {}, {}, false, none);
  return resource == nullptr ? std::string() : full_name(*resource);
}

ResolvedType ResourceCatalog::resolve(std::string_view type) const {
  ResolvedType resolved;
  if (type == "*") {
    resolved.resource = "*";
    return resolved;
  }
  const std::string lower = to_lower_ascii(type);
  const std::string_view text = lower;
  const std::size_t first = text.find('.');
  const std::size_t second = first == std::string_view::npos ? first : text.find('.', first + 1);
  if (second != std::string_view::npos)
    resolved.known = lookup(text.substr(0, first), text.substr(first + 1, second - first - 1),
                            text.substr(second + 1), true, resolved.warnings);
  const std::string_view name = text.substr(0, first);
  const std::string_view group =
      first == std::string_view::npos ? std::string_view() : text.substr(first + 1);
  if (resolved.known == nullptr)
    resolved.known =
        lookup(name, {}, group, first != std::string_view::npos && !group.empty(), resolved.warnings);
  if (resolved.known != nullptr) {
    resolved.resource = resolved.known->resource;
    resolved.api_group = resolved.known->group;
    return resolved;
  }
  if (group.empty()) {
    resolved.resource = type;
    if (is_nonstandard_name(text)) return resolved;
    resolved.warnings.push_back(
        fmt::format("no resource type `{}` is known; it was asked about in the core group", type));
    const std::string near = nearest_type(text);
    resolved.hint = near.empty() ? "name the group of a custom resource: TYPE.GROUP, or --api-group"
                                 : fmt::format("did you mean `{}`? For a custom resource: TYPE.GROUP", near);
    return resolved;
  }
  resolved.resource = name;
  resolved.api_group = group;
  resolved.warnings.push_back(fmt::format(
      "no resource type `{}` is known in group `{}`; it was asked about as written", name, group));
  std::vector<std::string> none;
  if (const ApiResource* elsewhere = lookup(name, {}, {}, false, none); elsewhere != nullptr) {
    resolved.hint = fmt::format("`{}` is served as `{}`", name, full_name(*elsewhere));
  } else {
    resolved.hint =
        "give the CustomResourceDefinition with -f, or a dump of the server's discovery, to have it checked";
  }
  return resolved;
}

ResolvedType ResourceCatalog::resolve_in_group(std::string_view type, std::string_view group) const {
  ResolvedType resolved;
  resolved.api_group = group;
  resolved.resource = type;
  if (type == "*" || group == "*") return resolved;
  const std::string lower = to_lower_ascii(type);
  std::vector<const ApiResource*> candidates;
  if (const auto it = by_name_.find(lower); it != by_name_.end()) candidates = it->second;
  if (const auto it = by_short_name_.find(lower); it != by_short_name_.end())
    candidates.insert(candidates.end(), it->second.begin(), it->second.end());
  for (const ApiResource* candidate : candidates) {
    if (candidate->group != group) continue;
    resolved.known = candidate;
    resolved.resource = candidate->resource;
    return resolved;
  }
  const std::string shown = group.empty() ? "the core group" : fmt::format("group `{}`", group);
  resolved.warnings.push_back(
      fmt::format("no resource type `{}` is known in {}; it was asked about as written", type, shown));
  if (!candidates.empty())
    resolved.hint = fmt::format("`{}` is served as `{}`", type, full_name(*candidates.front()));
  return resolved;
}

}  // namespace oidc_audit::rbac
