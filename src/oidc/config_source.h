#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "oidc/auth_config.h"
#include "oidc/legacy_flags.h"

namespace oidc_audit::document {
class LazyStream;
}

namespace oidc_audit::oidc {

/// What kind of file a configuration of authentication was found in.
enum class ConfigSourceKind {
  authentication_configuration,  ///< what --authentication-config names
  static_pod,                    ///< manifest of a kube-apiserver
  kubeadm,                       ///< ClusterConfiguration, extraArgs as a map or as a list
  distribution,                  ///< config.yaml of k3s or RKE2
  eks_identity_provider,         ///< the OIDC provider of an Amazon EKS cluster
  gke_client_config,             ///< ClientConfig of Identity Service for GKE
  openshift_authentication,      ///< Authentication of OpenShift
  aks_jwt_authenticator,         ///< JWT authenticator of Azure AKS
};
std::string_view to_string(ConfigSourceKind kind);

/// A configuration, and where it came from.
struct ConfigSource {
  ConfigSourceKind kind = ConfigSourceKind::authentication_configuration;
  LoadedConfig loaded;
  /// A platform that signs people in by other means alone: there is no token to map.
  bool without_tokens = false;
  std::vector<std::string> notes;  ///< for people: what was found, what could not be looked at
};

/// Gives the content of a file that flags name; nullopt when it cannot be read here (it is a path on the
/// server).
using ReadNamedFile = std::function<std::optional<std::string>(const std::string& path)>;

/// The arguments of a kube-apiserver that a document holds.
struct FoundArguments {
  ConfigSourceKind kind = ConfigSourceKind::static_pod;
  std::vector<ServerArgument> arguments;
};

/// A configuration of authentication, and what findings call it.
struct FoundConfig {
  ConfigSource source;
  std::string api_version;           ///< of the document, as written; may be empty
  std::string kind;                  ///< likewise, or what the form is called that has none
  std::string name;                  ///< `metadata.name`, where it has one
  std::optional<SourceRange> range;  ///< the document; nullopt: it was not read from text
};

/// Reads whatever was given as a configuration: an AuthenticationConfiguration, a file that holds the
/// arguments of a kube-apiserver, or a managed platform's own form (see platform_config.h). When those name
/// an AuthenticationConfiguration, `read_named` is asked for it, and its text is added to `sources`. Of
/// several the first counts; what is none of them is an AuthenticationConfiguration that cannot be loaded.
FoundConfig load_config_source(SourceManager& sources, document::LazyStream& documents, int kubernetes_minor,
                               const ReadNamedFile& read_named = {});

/// The configuration that was loaded from flags alone.
FoundConfig config_of_flags(LoadedConfig loaded);

/// Every configuration in a buffer: each AuthenticationConfiguration, the files with arguments of a
/// kube-apiserver that hold some of --oidc-* or --authentication-config, and the forms of managed platforms,
/// also as items of a list. Files that only look like one of these are nobody's. A buffer without any word of
/// them is not read at all.
std::vector<FoundConfig> find_configs(SourceManager& sources, document::LazyStream& documents,
                                      int kubernetes_minor, const ReadNamedFile& read_named = {});

}  // namespace oidc_audit::oidc
