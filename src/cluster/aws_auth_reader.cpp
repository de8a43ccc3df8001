#include "cluster/aws_auth_reader.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace oidc_audit::cluster {

namespace {

constexpr const char* kPath = "/api/v1/namespaces/kube-system/configmaps/aws-auth";
constexpr std::size_t kMaxBytes = 4U << 20;  // an object in etcd has at most 1.5 MiB

bool is_config_map(const std::string& body) {
  const nlohmann::json object = nlohmann::json::parse(body, nullptr, false);
  if (!object.is_object()) return false;
  const auto kind = object.find("kind");
  return kind != object.end() && *kind == "ConfigMap";
}

}  // namespace

bool is_eks_version(std::string_view version) { return version.find("-eks-") != std::string_view::npos; }

void AwsAuthReader::start(ApiClient& client) {
  ApiRequest request;
  request.path = kPath;
  request.max_body_bytes = kMaxBytes;
  client.send(std::move(request), [this](Result<ApiAnswer> answer) { answer_ = std::move(answer); });
}

void AwsAuthReader::finish(AwsAuth wanted, ClusterDump& dump) {
  if (!answer_) return;
  Gap gap;
  gap.resource = "configmaps";
  if (!answer_->ok()) {
    gap.message = answer_->error().message();
  } else {
    ApiAnswer answer = std::move(*answer_).value();
    if (answer.status == 404) return;
    if (answer.status == 200 && is_config_map(answer.body)) {
      dump.pages.push_back({"configmaps", "kube-system", std::move(answer.body)});
      return;
    }
    gap.message = answer.status == 200 ? "the server's answer is no ConfigMap" : refusal_text(answer);
    if (answer.status == 403) gap.reason = GapReason::forbidden;
  }
  if (wanted == AwsAuth::if_eks && !is_eks_version(dump.server_version)) {
    dump.remarks.push_back("kube-system/aws-auth was not read, and it counts in EKS only: " + gap.message);
    return;
  }
  gap.object = "kube-system/aws-auth";
  dump.gaps.push_back(std::move(gap));
}

}  // namespace oidc_audit::cluster
