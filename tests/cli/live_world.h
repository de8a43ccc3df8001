#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fake_server.h"
#include "run_cli.h"

namespace oidc_audit::test {

/// What a fake API server holds and says. Lists that are not named are empty.
struct FakeCluster {
  std::map<std::string, std::vector<std::string>> items;  ///< JSON of objects by resource
  std::map<std::string, int> refused;                     ///< status by resource
  std::string version = "v1.37.2";
  std::string verdict;   ///< `status` of SubjectAccessReviews
  std::string identity;  ///< `userInfo` of SelfSubjectReviews; empty: 401
};

/// Fake clusters with a kubeconfig that names a context for each.
class LiveWorld {
 public:
  explicit LiveWorld(std::map<std::string, FakeCluster> clusters);

  CliResult run(std::vector<std::string> args);
  FakeServer& server(const std::string& name) { return *servers_.at(name); }
  TempDir& folder() { return folder_; }
  CliWorld& world() { return world_; }

 private:
  std::map<std::string, FakeCluster> clusters_;
  std::map<std::string, std::unique_ptr<FakeServer>> servers_;
  TempDir folder_;
  CliWorld world_;
};

std::string cluster_role_json(const std::string& name, const std::string& rules);
std::string cluster_role_binding_json(const std::string& name, const std::string& role,
                                      const std::string& user, const std::string& annotations = "{}");

}  // namespace oidc_audit::test
