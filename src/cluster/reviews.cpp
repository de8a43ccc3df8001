#include "cluster/reviews.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/unicode.h"
#include "cluster/api_client.h"

namespace oidc_audit::cluster {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownBytes = 2000;

std::string text_of(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool flag_of(const Json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_boolean() && it->get<bool>();
}

std::vector<std::string> texts_of(const Json& list) {
  std::vector<std::string> out;
  if (!list.is_array()) return out;
  for (const Json& item : list) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

/// Sends a review; gives back its `status`.
Result<Json> review(ApiClient& client, const std::string& path, const std::string& kind,
                    const std::string& api_version, Json spec) {
  Json object = Json::object();
  object["apiVersion"] = api_version;
  object["kind"] = kind;
  object["spec"] = std::move(spec);
  ApiRequest request;
  request.path = path;
  request.body = object.dump(-1, ' ', false, Json::error_handler_t::replace);
  Result<ApiAnswer> got = Error(ErrorKind::network, "no answer came");
  client.send(std::move(request), [&got](Result<ApiAnswer> answer) { got = std::move(answer); });
  client.run();
  if (client.failure()) return *client.failure();
  if (!got.ok()) return std::move(got).error();
  const ApiAnswer& answer = got.value();
  if (answer.status != 200 && answer.status != 201)
    return Error(ErrorKind::network, fmt::format("the server gives no {}: {}", kind, refusal_text(answer)),
                 answer.status == 403 ? "the user of the kubeconfig needs `create` on it" : "");
  const Json root = Json::parse(answer.body, nullptr, false);
  if (!root.is_object() || text_of(root, "kind") != kind || !root.contains("status") ||
      !root["status"].is_object())
    return Error(ErrorKind::network, fmt::format("the server's answer is no {}", kind));
  return root["status"];
}

}  // namespace

Result<AccessVerdict> ask_access(ApiClient& client, const AccessReview& asked) {
  Json spec = Json::object();
  if (asked.is_resource) {
    Json attributes = Json::object();
    attributes["namespace"] = asked.namespace_name;
    attributes["verb"] = asked.verb;
    attributes["group"] = asked.api_group;
    attributes["resource"] = asked.resource;
    attributes["subresource"] = asked.subresource;
    attributes["name"] = asked.name;
    spec["resourceAttributes"] = std::move(attributes);
  } else {
    spec["nonResourceAttributes"] = Json{{"path", asked.path}, {"verb", asked.verb}};
  }
  spec["user"] = asked.user.name;
  spec["groups"] = asked.user.groups;
  if (!asked.user.uid.empty()) spec["uid"] = asked.user.uid;
  if (!asked.user.extra.empty()) {
    Json extra = Json::object();
    for (const auto& [key, values] : asked.user.extra) extra[key] = values;
    spec["extra"] = std::move(extra);
  }
  ASSIGN_OR_RETURN(const Json status,
                   review(client, "/apis/authorization.k8s.io/v1/subjectaccessreviews", "SubjectAccessReview",
                          "authorization.k8s.io/v1", std::move(spec)));
  AccessVerdict out;
  out.allowed = flag_of(status, "allowed");
  out.denied = flag_of(status, "denied");
  out.reason = text_of(status, "reason").substr(0, kShownBytes);
  out.evaluation_error = text_of(status, "evaluationError").substr(0, kShownBytes);
  return out;
}

Result<UserInfo> ask_who_am_i(ApiClient& client) {
  ASSIGN_OR_RETURN(const Json status,
                   review(client, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "SelfSubjectReview",
                          "authentication.k8s.io/v1", Json::object()));
  UserInfo out;
  const auto info = status.find("userInfo");
  if (info == status.end() || !info->is_object())
    return Error(ErrorKind::network, "the server's SelfSubjectReview names no user");
  out.name = text_of(*info, "username");
  out.uid = text_of(*info, "uid");
  if (const auto groups = info->find("groups"); groups != info->end()) out.groups = texts_of(*groups);
  if (const auto extra = info->find("extra"); extra != info->end() && extra->is_object()) {
    for (const auto& [key, values] : extra->items()) out.extra.emplace_back(key, texts_of(values));
  }
  std::sort(out.extra.begin(), out.extra.end());
  return out;
}

}  // namespace oidc_audit::cluster
