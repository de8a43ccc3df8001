#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "cluster/kubeconfig.h"

namespace oidc_audit {
class Processes;
}

namespace oidc_audit::cluster {

/// What a credential plugin gave. Holds secrets: never printed.
struct ExecCredential {
  std::string token;
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::optional<Timestamp> expiry;
};

/// Under which circumstances plugins are run.
struct ExecOptions {
  Processes* processes = nullptr;  ///< null: none may be run
  bool forbidden = false;          ///< --no-exec
  bool stdin_is_terminal = false;
  bool stdin_is_input = false;  ///< the program reads its standard input itself
};

/// The object that a plugin is given in KUBERNETES_EXEC_INFO. Source: client-go
/// plugin/pkg/client/auth/exec (exec.go) and pkg/apis/clientauthentication/v1.
std::string exec_info_json(const ClientConfig& config, bool interactive);

/// Reads what a plugin wrote. Messages hold nothing of it.
Result<ExecCredential> read_exec_credential(const std::string& output, const std::string& api_version);

/// Runs credential plugins of user entries, and remembers for the run of the program what came of it: a
/// credential until it expires or a server refuses it, a failure for good. Users that are alike share.
/// Clusters that are read at the same time may share it too: one plugin runs at a time, as it may ask on the
/// terminal.
class ExecPlugins {
 public:
  /// `now` tells the time that expiry is judged by.
  ExecPlugins(ExecOptions options, std::function<Timestamp()> now)
      : options_(options), now_(std::move(now)) {}

  /// REQUIRES: config.exec. Errors: configuration when plugins are forbidden or the terminal it needs is
  /// missing, unreadable when the plugin cannot be run or gives nothing of use.
  Result<ExecCredential> credential(const ClientConfig& config);
  /// A server answered 401 to it: the next credential() runs the plugin again.
  void forget(const ClientConfig& config);

 private:
  struct Remembered {
    std::optional<ExecCredential> credential;
    std::optional<Error> failure;
  };
  Result<ExecCredential> run(const ClientConfig& config) const;

  ExecOptions options_;
  std::function<Timestamp()> now_;
  std::mutex mutex_;
  std::map<std::string, Remembered> remembered_;
};

}  // namespace oidc_audit::cluster
