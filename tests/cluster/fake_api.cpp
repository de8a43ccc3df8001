#include "fake_api.h"

#include "base/files.h"

namespace oidc_audit::test {

template <typename T>
T ClientWorld::with_client(const std::function<T(cluster::ApiClient&)>& use) {
  const MemoryFiles memory(files);
  cluster::ExecOptions exec;
  exec.processes = processes;
  exec.forbidden = no_exec;
  cluster::ExecPlugins plugins(exec, [this] { return now; });
  cluster::Credentials credentials(config, memory, plugins);
  const cluster::GetEnv env = [this](const std::string& name) -> std::optional<std::string> {
    const auto it = environment.find(name);
    if (it == environment.end()) return std::nullopt;
    return it->second;
  };
  cluster::ApiClient client(config, credentials, env, "oidc-audit-test", limits);
  T out = use(client);
  warnings = client.warnings();
  return out;
}

Result<cluster::ApiAnswer> ClientWorld::ask(cluster::ApiRequest request) {
  return with_client<Result<cluster::ApiAnswer>>([&](cluster::ApiClient& client) {
    Result<cluster::ApiAnswer> out = Error(ErrorKind::network, "nothing came back");
    client.send(std::move(request), [&](Result<cluster::ApiAnswer> answer) { out = std::move(answer); });
    client.run();
    if (client.failure()) return Result<cluster::ApiAnswer>(*client.failure());
    return out;
  });
}

Result<cluster::ApiAnswer> ClientWorld::ask(const std::string& path) {
  cluster::ApiRequest request;
  request.path = path;
  return ask(std::move(request));
}

Result<cluster::ClusterDump> ClientWorld::read(const cluster::ReadPlan& plan) {
  return with_client<Result<cluster::ClusterDump>>(
      [&](cluster::ApiClient& client) { return cluster::read_cluster(client, plan); });
}

FakeReply json_reply(std::string body) {
  FakeReply reply;
  reply.body = std::move(body);
  return reply;
}

FakeReply status_reply(int status, const std::string& reason, const std::string& message) {
  FakeReply reply;
  reply.status = status;
  reply.body = R"({"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":")" +
               message + R"(","reason":")" + reason + R"(","code":)" + std::to_string(status) + "}";
  return reply;
}

std::string list_json(const std::string& kind, const std::vector<std::string>& names, const std::string& next,
                      const std::string& namespace_name) {
  std::string out = R"({"kind":")" + kind + R"(","apiVersion":"v1","metadata":{"resourceVersion":"7")";
  if (!next.empty()) out += R"(,"continue":")" + next + R"(","remainingItemCount":3)";
  out += R"(},"items":[)";
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += (i == 0 ? "" : ",") + (R"({"metadata":{"name":")" + names[i] + "\"");
    if (!namespace_name.empty()) out += R"(,"namespace":")" + namespace_name + "\"";
    out += R"(,"uid":"u"}})";
  }
  return out + "]}";
}

std::string query_value(const std::string& target, const std::string& name) {
  const std::size_t question = target.find('?');
  if (question == std::string::npos) return {};
  std::string rest = "&" + target.substr(question + 1);
  const std::size_t at = rest.find("&" + name + "=");
  if (at == std::string::npos) return {};
  rest = rest.substr(at + name.size() + 2);
  return rest.substr(0, rest.find('&'));
}

}  // namespace oidc_audit::test
