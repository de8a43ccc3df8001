#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace oidc_audit {
class Files;
}

namespace oidc_audit::cluster {

/// Value of an environment variable; nullopt when it is not set.
using GetEnv = std::function<std::optional<std::string>(const std::string& name)>;

/// Whom requests are made as (the `Impersonate-*` headers).
struct Impersonation {
  std::string user;
  std::string uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;

  bool empty() const { return user.empty() && uid.empty() && groups.empty() && extra.empty(); }
};

/// An exec credential plugin as a user entry describes it.
struct ExecPlugin {
  std::string command;  ///< absolute or bare; a relative path was resolved against its file
  std::vector<std::string> args;
  std::vector<std::pair<std::string, std::string>> env;
  std::string api_version;
  std::string install_hint;
  std::string interactive_mode;  ///< Never, IfAvailable, Always
  bool provide_cluster_info = false;
  std::string cluster_config_json;  ///< of the cluster's extension for plugins; `null` if there is none
};

/// kubectl's ConfigFlags as far as they are offered. Empty and nullopt mean "not given".
struct KubeFlags {
  std::string kubeconfig;
  std::string context;
  std::string cluster;
  std::string user;  ///< --kubeconfig-user: the entry of the kubeconfig
  std::string server;
  std::string certificate_authority;
  std::string client_certificate;
  std::string client_key;
  std::string tls_server_name;
  std::string namespace_name;
  std::string request_timeout;
  bool insecure_skip_tls_verify = false;
  bool disable_compression = false;
  Impersonation as;
};

/// Everything a client needs for one cluster. Holds secrets: never printed.
struct ClientConfig {
  std::string context;  ///< empty for in-cluster
  std::string namespace_name = "default";
  bool in_cluster = false;

  std::string server;
  std::string tls_server_name;
  bool insecure_skip_tls_verify = false;
  std::string ca_pem;  ///< empty: the system's roots
  std::string proxy_url;
  bool disable_compression = false;
  long request_timeout_ms = 0;  ///< 0: none

  std::string token;
  std::string token_file;  ///< wins over token; read when a request is made
  std::string client_certificate_pem;
  std::string client_key_pem;
  std::string username;
  std::string password;
  std::optional<ExecPlugin> exec;
  Impersonation impersonation;

  std::vector<std::string> warnings;  ///< for people: TLS is not verified, and the like
};

/// Finds and merges kubeconfig files and resolves one context, as client-go's deferred loading does, with two
/// deliberate differences: a reference to an entry that does not exist is refused (client-go would send the
/// request anonymously or to localhost), and there is no fallback to http://localhost:8080. Without any
/// configuration the service account of a pod is used when there is one. Errors are of kind configuration or
/// unreadable. Source: client-go tools/clientcmd (loader.go, merged_client_builder.go, client_config.go).
Result<ClientConfig> load_client_config(const KubeFlags& flags, const Files& files, const GetEnv& env);

/// Names of all contexts in the order of the files, the current one's index second (-1: none).
struct ContextNames {
  std::vector<std::string> names;
  std::string current;
};
Result<ContextNames> list_contexts(const KubeFlags& flags, const Files& files, const GetEnv& env);

/// `30`, `30s`, `1m30s`, `500ms` in milliseconds (Go's durations; a bare number is seconds).
Result<long> parse_timeout(const std::string& text);

}  // namespace oidc_audit::cluster
