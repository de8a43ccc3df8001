#pragma once

#include <optional>

#include "document/tree.h"
#include "oidc/config_source.h"

namespace oidc_audit::oidc {

/// A managed platform's own form of the configuration, when the document is one; nullopt otherwise:
///
/// * Amazon EKS: what `aws eks describe-identity-provider-config` prints, the input of
///   `associate-identity-provider-config`, `identityProviders` of an eksctl ClusterConfig;
/// * Google: ClientConfig of Identity Service for GKE (authentication.gke.io/v2alpha1);
/// * Red Hat OpenShift: Authentication (config.openshift.io/v1) with `type: OIDC`; with another type, and
///   OAuth, it is one without tokens;
/// * Azure AKS: a JWT authenticator, as given to `az aks jwtauthenticator add` or as `show` prints it, and
///   all of a cluster as `list` prints them.
///
/// Only the fields that decide who a token is are taken; secrets beside them are never kept.
std::optional<ConfigSource> read_platform_config(document::Value root);

/// Whether a document that nobody named as a configuration is one for certain: what has no kind must have
/// the fields that only the platform's tools write.
bool is_platform_config(document::Value root);

}  // namespace oidc_audit::oidc
