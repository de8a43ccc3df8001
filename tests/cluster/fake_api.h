#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cluster/api_client.h"
#include "cluster/cluster_reader.h"
#include "cluster/exec_plugin.h"
#include "fake_server.h"

namespace oidc_audit::test {

/// A client of a fake server with nothing of the machine's own in it.
struct ClientWorld {
  cluster::ClientConfig config;
  std::map<std::string, std::string> environment;
  std::map<std::string, std::string> files;
  cluster::ClientLimits limits;
  Processes* processes = nullptr;
  bool no_exec = false;
  Timestamp now{1'767'323'045, 0};

  ClientWorld() { limits.blind_wait = std::chrono::milliseconds(1); }
  explicit ClientWorld(const std::string& server) : ClientWorld() { config.server = server; }

  /// What one request brings; the client's failure when it ended everything.
  Result<cluster::ApiAnswer> ask(cluster::ApiRequest request);
  Result<cluster::ApiAnswer> ask(const std::string& path);
  Result<cluster::ClusterDump> read(const cluster::ReadPlan& plan);

  std::vector<std::string> warnings;  ///< of the last request

 private:
  template <typename T>
  T with_client(const std::function<T(cluster::ApiClient&)>& use);
};

/// An answer of status 200.
FakeReply json_reply(std::string body);
/// A `Status` object.
FakeReply status_reply(int status, const std::string& reason, const std::string& message = "no");

/// A list of objects by name: `{"kind":"RoleList",...}`.
std::string list_json(const std::string& kind, const std::vector<std::string>& names,
                      const std::string& next = {}, const std::string& namespace_name = {});

/// Value of a query parameter of a target; empty when it is not there.
std::string query_value(const std::string& target, const std::string& name);

}  // namespace oidc_audit::test
