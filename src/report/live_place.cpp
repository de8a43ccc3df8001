#include "report/live_place.h"

#include <vector>

#include "base/strings.h"
#include "report/uri.h"

namespace oidc_audit::report {

namespace {

std::string resource_of(const ObjectRef& object) { return to_lower_ascii(object.kind) + "s"; }

std::string label_of(const ObjectRef& object) { return object.cluster.empty() ? "live" : object.cluster; }

std::vector<std::string> parts_of(const ObjectRef& object) {
  std::vector<std::string> parts = {"cluster", label_of(object), resource_of(object)};
  if (!object.namespace_name.empty()) parts.push_back(object.namespace_name);
  parts.push_back(object.name + ".yaml");
  return parts;
}

}  // namespace

std::string live_path(const ObjectRef& object) { return join(parts_of(object), "/"); }

std::string live_uri(const ObjectRef& object) {
  std::vector<std::string> parts = parts_of(object);
  for (std::string& part : parts) part = uri_part(part);
  return join(parts, "/");
}

std::string live_name(const ObjectRef& object) {
  const std::size_t slash = object.api_version.find('/');
  std::string out = label_of(object) + "/" + resource_of(object);
  if (slash != std::string::npos) out += "." + object.api_version.substr(0, slash);
  if (!object.namespace_name.empty()) out += "/" + object.namespace_name;
  return out + "/" + object.name;
}

}  // namespace oidc_audit::report
