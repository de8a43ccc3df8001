#include "live_world.h"

#include <fmt/format.h>

#include "base/strings.h"

namespace oidc_audit::test {

namespace {

const std::map<std::string, std::string> kListKinds = {{"clusterroles", "ClusterRoleList"},
                                                       {"roles", "RoleList"},
                                                       {"clusterrolebindings", "ClusterRoleBindingList"},
                                                       {"rolebindings", "RoleBindingList"},
                                                       {"serviceaccounts", "ServiceAccountList"},
                                                       {"namespaces", "NamespaceList"}};

FakeReply status(int code, const std::string& reason, const std::string& message) {
  FakeReply reply;
  reply.status = code;
  reply.body = fmt::format(R"({{"kind":"Status","status":"Failure","message":"{}","reason":"{}","code":{}}})",
                           message, reason, code);
  return reply;
}

FakeReply answer(const FakeCluster& cluster, const FakeRequest& request) {
  FakeReply reply;
  const std::string path = request.path();
  const std::string last = path.substr(path.rfind('/') + 1);
  if (path == "/version") {
    reply.body = fmt::format(R"({{"gitVersion":"{}"}})", cluster.version);
  } else if (path == "/api" || path == "/apis") {
    reply.body = R"({"kind":"APIGroupDiscoveryList","apiVersion":"apidiscovery.k8s.io/v2","items":[]})";
  } else if (last == "subjectaccessreviews") {
    if (cluster.verdict.empty()) return status(403, "Forbidden", "you may not ask");
    reply.status = 201;
    reply.body = fmt::format(R"({{"kind":"SubjectAccessReview","status":{}}})", cluster.verdict);
  } else if (last == "selfsubjectreviews") {
    if (cluster.identity.empty()) return status(401, "Unauthorized", "Unauthorized");
    reply.status = 201;
    reply.body =
        fmt::format(R"({{"kind":"SelfSubjectReview","status":{{"userInfo":{}}}}})", cluster.identity);
  } else if (const auto kind = kListKinds.find(last); kind != kListKinds.end()) {
    if (const auto refused = cluster.refused.find(last); refused != cluster.refused.end())
      return status(refused->second, "Forbidden", "no list of " + last);
    const auto items = cluster.items.find(last);
    reply.body = fmt::format(
        R"({{"kind":"{}","apiVersion":"rbac.authorization.k8s.io/v1","metadata":{{"resourceVersion":"1"}},"items":[{}]}})",
        kind->second, items == cluster.items.end() ? "" : join(items->second, ","));
    if (last == "namespaces" || last == "serviceaccounts")
      reply.body = replace_all(reply.body, "rbac.authorization.k8s.io/v1", "v1");
  } else {
    return status(404, "NotFound", "not found");
  }
  return reply;
}

}  // namespace

LiveWorld::LiveWorld(std::map<std::string, FakeCluster> clusters) : clusters_(std::move(clusters)) {
  const FakeCa ca;
  const FakeTls tls{ca.issue("server", "IP:127.0.0.1"), {}};
  folder_.write("ca.crt", ca.certificate());
  std::string entries;
  std::string contexts;
  for (const auto& [name, cluster] : clusters_) {
    servers_[name] = std::make_unique<FakeServer>(
        [&held = clusters_.at(name)](const FakeRequest& request) { return answer(held, request); }, &tls);
    entries += fmt::format("- {{name: {}, cluster: {{server: '{}', certificate-authority: ca.crt}}}}\n", name,
                           servers_[name]->url());
    contexts += fmt::format("- {{name: {0}, context: {{cluster: {0}, user: me}}}}\n", name);
  }
  world_.environment["KUBECONFIG"] = folder_.write(
      "config", fmt::format("apiVersion: v1\nkind: Config\nclusters:\n{}users:\n- {{name: me, user: {{token: "
                            "t0ps3cret}}}}\ncontexts:\n{}current-context: {}\n",
                            entries, contexts, clusters_.begin()->first));
}

CliResult LiveWorld::run(std::vector<std::string> args) {
  const InDirectory here(folder_.path());
  return run_cli(args, world_);
}

std::string cluster_role_json(const std::string& name, const std::string& rules) {
  return fmt::format(R"({{"metadata":{{"name":"{}","uid":"1"}},"rules":[{}]}})", name, rules);
}

std::string cluster_role_binding_json(const std::string& name, const std::string& role,
                                      const std::string& user, const std::string& annotations) {
  return fmt::format(
      R"({{"metadata":{{"name":"{}","uid":"2","annotations":{}}},)"
      R"("roleRef":{{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"{}"}},)"
      R"("subjects":[{{"kind":"User","apiGroup":"rbac.authorization.k8s.io","name":"{}"}}]}})",
      name, annotations, role, user);
}

}  // namespace oidc_audit::test
