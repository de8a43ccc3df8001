#pragma once

#include <optional>

#include "document/tree.h"
#include "oidc/config_source.h"

namespace oidc_audit::oidc {

/// The arguments of a kube-apiserver in one document, when it is a static pod manifest, a kubeadm
/// ClusterConfiguration (of either form) or a k3s or RKE2 config.yaml; nullopt when it is none of them.
std::optional<FoundArguments> arguments_of(document::Value root);

/// A configuration in `root`, named as the object names itself; its source is still to be read.
FoundConfig headed(document::Value root, SourceRange range);
/// Names a form that says of itself neither kind nor name. REQUIRES: its source was read.
void name_form(document::Value root, FoundConfig& found);

/// The configuration that a server makes from arguments.
ConfigSource from_arguments(SourceManager& sources, const FoundArguments& found, int kubernetes_minor,
                            const ReadNamedFile& read);

}  // namespace oidc_audit::oidc
