#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"

namespace oidc_audit::cluster {
class ApiClient;
struct ClientConfig;
struct ClusterDump;
struct ReadPlan;
}  // namespace oidc_audit::cluster

namespace oidc_audit::cli {

struct ClusterOptions;
struct Context;

/// A live cluster that was chosen on the command line: where it is and who asks it. Nothing is sent before
/// something is asked for.
class ClusterConnection {
 public:
  ~ClusterConnection();
  ClusterConnection(const ClusterConnection&) = delete;
  ClusterConnection& operator=(const ClusterConnection&) = delete;

  const std::string& label() const { return label_; }
  const cluster::ClientConfig& config() const;
  cluster::ApiClient& client();

 private:
  struct Parts;
  friend Result<std::vector<std::unique_ptr<ClusterConnection>>> choose_clusters(const ClusterOptions&,
                                                                                 Context&, bool,
                                                                                 std::vector<Error>&,
                                                                                 const std::string&);
  ClusterConnection(std::string label, std::unique_ptr<Parts> parts);

  std::string label_;
  std::unique_ptr<Parts> parts_;
};

/// Resolves the contexts that `options` choose, each once, in the order given or that of the kubeconfig.
/// `stdin_is_input`: the command reads standard input, so that no credential plugin can. What is to be warned
/// of is printed. With --all-contexts, a context that cannot be used is told in `unusable` and the others are
/// given back. `token` not empty: it takes the place of all credentials and impersonation. Fails
/// (configuration, usage) when any of them cannot be used.
Result<std::vector<std::unique_ptr<ClusterConnection>>> choose_clusters(const ClusterOptions& options,
                                                                        Context& context, bool stdin_is_input,
                                                                        std::vector<Error>& unusable,
                                                                        const std::string& token = {});

/// Reads what `plan` says from clusters, several at a time, so that one that is slow or away does not hold up
/// the others; with progress on a terminal. What came of each is in their order. Server warnings are printed.
std::vector<Result<cluster::ClusterDump>> read_live(
    const std::vector<std::unique_ptr<ClusterConnection>>& connections, const cluster::ReadPlan& plan,
    Context& context);

}  // namespace oidc_audit::cli
