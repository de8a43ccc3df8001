#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "cluster/kubeconfig.h"

namespace oidc_audit::cluster {

// The entries of one kubeconfig file as they stand, paths resolved against the file's folder.

struct ClusterEntry {
  std::string name;
  std::string server;
  std::string tls_server_name;
  bool insecure_skip_tls_verify = false;
  std::string certificate_authority;
  std::string certificate_authority_data;  ///< decoded
  std::string proxy_url;
  bool disable_compression = false;
  std::string exec_config_json;
};

struct UserEntry {
  std::string name;
  std::string client_certificate;
  std::string client_certificate_data;
  std::string client_key;
  std::string client_key_data;
  std::string token;
  std::string token_file;
  std::string username;
  std::string password;
  std::string auth_provider;  ///< its name
  Impersonation as;
  std::optional<ExecPlugin> exec;
};

struct ContextEntry {
  std::string name;
  std::string cluster;
  std::string user;
  std::string namespace_name;
};

struct KubeconfigFile {
  std::vector<ClusterEntry> clusters;
  std::vector<UserEntry> users;
  std::vector<ContextEntry> contexts;
  std::string current_context;
};

/// Decodes one file (YAML or JSON). Unknown fields are passed over; a value of the wrong type, two entries of
/// one name and data that is not base64 are errors with line and column.
Result<KubeconfigFile> read_kubeconfig(const std::string& path, std::string text);

/// What the files that `flags` and the environment name come down to, by the rules of load_client_config();
/// the flags that choose an entry are not looked at. Empty when there is no file.
Result<KubeconfigFile> merged_kubeconfig(const KubeFlags& flags, const Files& files, const GetEnv& env);

/// Adds what `later` has and `merged` lacks: entries by name as a whole, scalars where they are empty.
void merge_kubeconfig(KubeconfigFile& merged, KubeconfigFile later);

}  // namespace oidc_audit::cluster
