#include "rbac/request.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/strings.h"

namespace oidc_audit::rbac {

namespace {

constexpr std::string_view kRbac = "rbac.authorization.k8s.io";

// validVerbs of cani.go, and the families that came later.
constexpr std::array<std::string_view, 16> kResourceVerbs = {
    "get", "list", "watch",       "create", "update",  "patch", "delete",   "deletecollection",
    "use", "bind", "impersonate", "*",      "approve", "sign",  "escalate", "attest"};
constexpr std::array<std::string_view, 8> kPathVerbs = {"get",     "put",    "post",  "head",
                                                        "options", "delete", "patch", "*"};
constexpr std::array<std::string_view, 4> kVerbFamilies = {
    "impersonate:", "impersonate-on:", "associated-node:", "arbitrary-node:"};

template <std::size_t N>
bool has(const std::array<std::string_view, N>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

void check_verb(std::string_view verb, bool is_resource, Request& request) {
  if (is_resource ? has(kResourceVerbs, verb) : has(kPathVerbs, verb)) return;
  if (is_resource && (verb == "proxy" || verb == "request-serviceaccounts-token-audience")) return;
  for (const std::string_view family : kVerbFamilies)
    if (is_resource && verb.starts_with(family)) return;
  const std::string lower = to_lower_ascii(verb);
  std::string hint;
  if (lower != verb && (is_resource ? has(kResourceVerbs, lower) : has(kPathVerbs, lower))) {
    hint = fmt::format("verbs are compared as they are; did you mean `{}`?", lower);
  } else if (is_resource && (lower == "post" || lower == "put")) {
    hint = fmt::format("the verb of a {} request for a resource is `{}`", lower == "post" ? "POST" : "PUT",
                       lower == "post" ? "create" : "update");
  } else if (is_resource && (lower == "exec" || lower == "log" || lower == "logs" || lower == "scale")) {
    hint = fmt::format("`{}` is a subresource: see --subresource", lower == "logs" ? "log" : lower);
  } else if (!is_resource && (lower == "list" || lower == "watch")) {
    hint = "a path has the verb of its HTTP method";
  } else {
    const auto near = is_resource ? nearest(lower, kResourceVerbs) : nearest(lower, kPathVerbs);
    if (near) hint = fmt::format("did you mean `{}`?", *near);
  }
  request.warnings.push_back({fmt::format("verb `{}` is not a known verb", verb), std::move(hint)});
}

bool names_one_object(std::string_view name) {
  return name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('%') == std::string_view::npos;
}

Result<Request> read_path_request(const RequestWords& words) {
  if (!words.subresource.empty()) return Error(ErrorKind::usage, "--subresource cannot be used with a path");
  if (words.api_group) return Error(ErrorKind::usage, "--api-group cannot be used with a path");
  Request request;
  request.attributes.is_resource = false;
  request.attributes.verb = words.verb;
  request.attributes.path = words.what;
  check_verb(words.verb, false, request);
  const std::size_t query = words.what.find('?');
  if (query != std::string::npos)
    request.warnings.push_back(
        {"the query is no part of the path that is authorized", "leave out what begins with `?`"});
  const Attributes served = request_of_url("GET", std::string_view(words.what).substr(0, query));
  if (served.is_resource)
    request.warnings.push_back(
        {fmt::format("the server takes `{}` for a request of resource `{}`, not for a path", words.what,
                     combined_resource(served)),
         fmt::format("ask about `{}{}{}`", served.resource, served.name.empty() ? "" : "/", served.name)});
  return request;
}

void set_namespace(const RequestWords& words, Request& request) {
  Attributes& attributes = request.attributes;
  const bool named_namespace = attributes.api_group.empty() && attributes.resource == "namespaces" &&
                               !attributes.name.empty() && attributes.verb != "list" &&
                               attributes.verb != "watch";
  if (named_namespace && (attributes.subresource.empty() || attributes.subresource == "status" ||
                          attributes.subresource == "finalize")) {
    // requestinfo.go: /api/v1/namespaces/NAME carries NAME as its namespace, too.
    attributes.namespace_name = attributes.name;
    return;
  }
  if (words.all_namespaces) return;
  if (request.known != nullptr && !request.known->namespaced) {
    if (words.namespace_name && words.namespace_name->empty()) return;
    request.warnings.push_back(
        {fmt::format("resource `{}` is not namespace scoped; it was asked about at the cluster scope",
                     attributes.resource),
         {}});
    return;
  }
  attributes.namespace_name = words.namespace_name.value_or("default");
}

void set_name(std::string name, Request& request) {
  Attributes& attributes = request.attributes;
  const std::string_view verb = attributes.verb;
  if (name.empty()) return;
  if (verb == "deletecollection") {
    request.warnings.push_back(
        {"a deletecollection request carries no name, whatever its selectors; the name was left out", {}});
    return;
  }
  if (verb == "list" || verb == "watch") {
    if (!names_one_object(name)) {
      request.warnings.push_back(
          {fmt::format("`{}` cannot be a metadata.name that authorization looks at; the name was left out",
                       name),
           {}});
      return;
    }
    request.hints.push_back(
        {fmt::format("asked as {} with the field selector metadata.name={}", verb, name), {}});
  }
  if (verb == "create" && attributes.subresource.empty())
    request.hints.push_back(
        {"a name counts for create only when PUT or server-side apply makes the object; a POST carries none",
         {}});
  if (request.known != nullptr && attributes.subresource.empty() && request.known->has_subresource(name))
    request.hints.push_back(
        {fmt::format("`{}` was taken for the name of an object", name),
         fmt::format("for the subresource: {} --subresource {}", attributes.resource, name)});
  attributes.name = std::move(name);
}

}  // namespace

Result<Request> read_request(const RequestWords& words, const ResourceCatalog& catalog) {
  if (words.verb.empty()) return Error(ErrorKind::usage, "the verb is empty");
  if (words.what.empty()) return Error(ErrorKind::usage, "the resource is empty");
  if (words.all_namespaces && words.namespace_name)
    return Error(ErrorKind::usage, "--namespace and --all-namespaces contradict each other");
  if (words.what.front() == '/') return read_path_request(words);

  const std::size_t slash = words.what.find('/');
  const std::string type = words.what.substr(0, slash);
  if (type.empty()) return Error(ErrorKind::usage, "the resource is empty");
  Request request;
  Attributes& attributes = request.attributes;
  attributes.verb = words.verb;
  check_verb(words.verb, true, request);
  ResolvedType resolved =
      words.api_group ? catalog.resolve_in_group(type, *words.api_group) : catalog.resolve(type);
  attributes.api_group = std::move(resolved.api_group);
  attributes.resource = std::move(resolved.resource);
  attributes.subresource = words.subresource;
  request.known = resolved.known;
  for (std::size_t i = 0; i < resolved.warnings.size(); ++i)
    request.warnings.push_back(
        {resolved.warnings[i], i + 1 == resolved.warnings.size() ? resolved.hint : std::string()});
  if (request.known != nullptr && !words.subresource.empty() && !request.known->is_virtual &&
      !request.known->subresources.empty() && !request.known->has_subresource(words.subresource)) {
    const auto near = nearest(words.subresource, request.known->subresources);
    request.warnings.push_back(
        {fmt::format("`{}` is not a known subresource of `{}`", words.subresource, attributes.resource),
         near ? fmt::format("did you mean `{}`?", *near) : std::string()});
  }
  set_name(slash == std::string::npos ? std::string() : words.what.substr(slash + 1), request);
  set_namespace(words, request);
  return request;
}

namespace {

Result<std::string> text_of(const document::Value& object, std::string_view key) {
  const document::Value value = object.find(key);
  if (!value.exists() || value.is_null()) return std::string();
  if (!value.is_string())
    return Error(ErrorKind::malformed, fmt::format("field `{}` of the review is not a string", key));
  return std::string(value.text());
}

Result<std::vector<std::string>> texts_of(const document::Value& object, std::string_view key) {
  std::vector<std::string> out;
  const document::Value value = object.find(key);
  if (!value.exists() || value.is_null()) return out;
  if (!value.is_sequence())
    return Error(ErrorKind::malformed, fmt::format("field `{}` of the review is not a list", key));
  for (const document::Value item : value.items()) {
    if (!item.is_string())
      return Error(ErrorKind::malformed,
                   fmt::format("an element of `{}` of the review is not a string", key));
    out.emplace_back(item.text());
  }
  return out;
}

Result<void> read_resource_attributes(const document::Value& block, Attributes& out) {
  ASSIGN_OR_RETURN(out.verb, text_of(block, "verb"));
  ASSIGN_OR_RETURN(out.api_group, text_of(block, "group"));
  ASSIGN_OR_RETURN(out.resource, text_of(block, "resource"));
  ASSIGN_OR_RETURN(out.subresource, text_of(block, "subresource"));
  ASSIGN_OR_RETURN(out.name, text_of(block, "name"));
  ASSIGN_OR_RETURN(out.namespace_name, text_of(block, "namespace"));
  return {};
}

}  // namespace

Result<Review> read_review(const document::Value& root) {
  const std::string_view kind = root.find("kind").text();
  Review review;
  review.self = kind == "SelfSubjectAccessReview";
  const bool local = kind == "LocalSubjectAccessReview";
  if (!review.self && !local && kind != "SubjectAccessReview")
    return Error(
        ErrorKind::malformed,
        "this is neither a SubjectAccessReview, LocalSubjectAccessReview nor SelfSubjectAccessReview");
  const document::Value spec = root.find("spec");
  if (!spec.is_mapping()) return Error(ErrorKind::malformed, "the review has no spec");
  const document::Value resource = spec.find("resourceAttributes");
  const document::Value path = spec.find("nonResourceAttributes");
  if (resource.is_mapping() == path.is_mapping())
    return Error(ErrorKind::malformed,
                 "exactly one of spec.resourceAttributes and spec.nonResourceAttributes must be specified");
  Attributes& out = review.attributes;
  if (resource.is_mapping()) {
    RETURN_IF_ERROR(read_resource_attributes(resource, out));
    if (local && out.namespace_name != root.find("metadata").find("namespace").text())
      return Error(ErrorKind::malformed,
                   "spec.resourceAttributes.namespace must match metadata.namespace in a "
                   "LocalSubjectAccessReview");
  } else {
    if (local)
      return Error(ErrorKind::malformed, "a LocalSubjectAccessReview takes spec.resourceAttributes only");
    out.is_resource = false;
    ASSIGN_OR_RETURN(out.verb, text_of(path, "verb"));
    ASSIGN_OR_RETURN(out.path, text_of(path, "path"));
  }
  if (review.self) return review;
  ASSIGN_OR_RETURN(out.user.name, text_of(spec, "user"));
  ASSIGN_OR_RETURN(out.user.uid, text_of(spec, "uid"));
  // v1beta1 called the list `group`.
  ASSIGN_OR_RETURN(out.user.groups, texts_of(spec, spec.find("groups").exists() ? "groups" : "group"));
  if (out.user.name.empty() && out.user.groups.empty())
    return Error(ErrorKind::malformed, "at least one of spec.user and spec.groups must be specified");
  return review;
}

namespace {

SecondaryCheck check(const Attributes& request, std::string when, std::string message) {
  return {std::move(when), request, std::move(message)};
}

bool is_connect(std::string_view subresource) {
  return subresource == "exec" || subresource == "attach" || subresource == "portforward";
}

void add_connect_checks(const Attributes& request, std::vector<SecondaryCheck>& out) {
  if (request.verb == "get") {
    SecondaryCheck further =
        check(request, "on servers since 1.35",
              fmt::format(
                  "a websocket client opens pods/{0} by GET; since 1.35 the server asks for `create` as well",
                  request.subresource));
    further.attributes.verb = "create";
    out.push_back(std::move(further));
  } else if (request.verb == "create") {
    SecondaryCheck further =
        check(request, "for websocket clients (kubectl since 1.31)",
              fmt::format("a websocket client opens pods/{0} by GET and so needs `get` as well; SPDY clients "
                          "need `create` alone",
                          request.subresource));
    further.attributes.verb = "get";
    out.push_back(std::move(further));
  }
}

void add_rbac_checks(const Attributes& request, std::vector<SecondaryCheck>& out) {
  const bool write = request.verb == "create" || request.verb == "update" || request.verb == "patch";
  if (!write || request.api_group != kRbac || !request.subresource.empty()) return;
  if (request.resource == "roles" || request.resource == "clusterroles") {
    SecondaryCheck further = check(request, "unless the user holds every permission that the role grants",
                                   "writing a role needs `escalate`, or all permissions that stand in it");
    further.attributes.verb = "escalate";
    if (request.verb == "create") further.attributes.name.clear();
    out.push_back(std::move(further));
  }
  if (request.resource == "rolebindings" || request.resource == "clusterrolebindings") {
    for (const std::string_view role : {"clusterroles", "roles"}) {
      if (role == "roles" && request.resource == "clusterrolebindings") continue;
      SecondaryCheck further = check(
          request, "unless the user holds every permission that the bound role grants",
          fmt::format("writing a binding needs `bind` on the bound role (asked here for all {}), or all "
                      "permissions of that role",
                      role));
      further.attributes.verb = "bind";
      further.attributes.resource = role;
      further.attributes.name.clear();
      out.push_back(std::move(further));
    }
  }
}

void add_certificate_checks(const Attributes& request, std::vector<SecondaryCheck>& out) {
  if (request.api_group != "certificates.k8s.io" || (request.verb != "update" && request.verb != "patch"))
    return;
  const bool requests = request.resource == "certificatesigningrequests";
  std::string_view verb;
  if (requests && request.subresource == "approval") verb = "approve";
  if (requests && request.subresource == "status") verb = "sign";
  if (request.resource == "clustertrustbundles") verb = "attest";
  if (verb.empty()) return;
  SecondaryCheck further = check(
      request, "for the signer of the object",
      fmt::format("the server also asks for `{}` on signers with the signer's name (asked here for all)",
                  verb));
  further.attributes.verb = verb;
  further.attributes.resource = "signers";
  further.attributes.subresource.clear();
  further.attributes.name.clear();
  further.attributes.namespace_name.clear();
  out.push_back(std::move(further));
}

}  // namespace

std::vector<SecondaryCheck> secondary_checks(const Attributes& request) {
  std::vector<SecondaryCheck> out;
  if (!request.is_resource) return out;
  if (request.api_group.empty() && request.resource == "pods" && is_connect(request.subresource))
    add_connect_checks(request, out);
  const bool rbac = request.api_group == kRbac;
  if ((request.verb == "update" || request.verb == "patch") && request.subresource.empty()) {
    SecondaryCheck further =
        check(request, "when the object does not exist yet",
              fmt::format("{} of an object that is not there makes it, which needs `create` with its name",
                          request.verb == "patch" ? "server-side apply" : "PUT"));
    further.attributes.verb = "create";
    out.push_back(std::move(further));
  }
  if (rbac) add_rbac_checks(request, out);
  add_certificate_checks(request, out);
  return out;
}

}  // namespace oidc_audit::rbac
