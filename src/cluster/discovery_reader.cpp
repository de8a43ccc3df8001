#include "cluster/discovery_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/unicode.h"

namespace oidc_audit::cluster {

namespace {

constexpr const char* kAggregated =
    "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,"
    "application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
constexpr std::size_t kMostGroups = 2'000;

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

const nlohmann::json& list_of(const nlohmann::json& object, const char* name) {
  static const nlohmann::json kNone = nlohmann::json::array();
  const auto it = object.find(name);
  return it != object.end() && it->is_array() ? *it : kNone;
}

/// A group and version in a path must not lead anywhere else.
bool is_plain(const std::string& text) {
  return !text.empty() &&
         text.find_first_not_of(
             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
             "-./") == std::string::npos &&
         text.find("..") == std::string::npos;
}

}  // namespace

void DiscoveryReader::start(ApiClient& client, std::size_t max_body_bytes) {
  client_ = &client;
  max_body_bytes_ = max_body_bytes;
  ask("/api", true);
  ask("/apis", true);
}

void DiscoveryReader::ask(const std::string& path, bool aggregated) {
  ApiRequest request;
  request.path = path;
  if (aggregated) request.accept = kAggregated;
  request.max_body_bytes = max_body_bytes_;
  client_->send(std::move(request),
                [this, path](Result<ApiAnswer> answer) { take(path, std::move(answer)); });
}

void DiscoveryReader::take(const std::string& path, Result<ApiAnswer> answer) {
  if (!answer.ok() || answer.value().status != 200) {
    failures_.push_back(fmt::format("discovery of {}: {}", path,
                                    answer.ok() ? refusal_text(answer.value()) : answer.error().message()));
    return;
  }
  const std::string& body = answer.value().body;
  const std::string_view head = std::string_view(body).substr(0, 4096);
  if (head.find("\"APIVersions\"") != std::string_view::npos ||
      head.find("\"APIGroupList\"") != std::string_view::npos) {
    ask_versions(path, body);
  } else {
    found_.emplace_back(path, std::move(answer.value().body));
  }
}

void DiscoveryReader::ask_versions(const std::string& path, const std::string& body) {
  const nlohmann::json object = nlohmann::json::parse(body, nullptr, false);
  if (!object.is_object()) return;
  std::vector<std::string> versions;
  for (const auto& version : list_of(object, "versions")) {
    if (version.is_string()) versions.push_back(version.get<std::string>());
  }
  for (const auto& group : list_of(object, "groups")) {
    if (!group.is_object()) continue;
    for (const auto& version : list_of(group, "versions")) {
      if (version.is_object()) versions.push_back(text_of(version, "groupVersion"));
    }
  }
  if (versions.size() > kMostGroups) versions.resize(kMostGroups);
  for (const std::string& version : versions) {
    if (is_plain(version)) ask(fmt::format("{}/{}", path, version), false);
  }
}

std::vector<std::string>& DiscoveryReader::texts() {
  std::sort(found_.begin(), found_.end());
  for (auto& [path, text] : found_) texts_.push_back(std::move(text));
  found_.clear();
  std::sort(failures_.begin(), failures_.end());
  return texts_;
}

std::string read_git_version(std::string_view body) {
  const nlohmann::json object = nlohmann::json::parse(body, nullptr, false);
  if (!object.is_object()) return {};
  return escape_for_display(std::string_view(text_of(object, "gitVersion")).substr(0, 100));
}

}  // namespace oidc_audit::cluster
