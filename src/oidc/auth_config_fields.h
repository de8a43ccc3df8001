#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "document/tree.h"
#include "oidc/auth_config.h"

namespace oidc_audit::oidc {

/// What is wrong with the fields of a configuration.
struct FieldErrors {
  std::vector<ConfigError> strict;        ///< unknown fields, in the order of the text
  std::optional<ConfigError> type_error;  ///< the first one: the decoder of the server stops there
};

/// Fills the structures of apiserver/v1 types.go, or of the older `version`, from the tree of a document,
/// with the fields that servers of 1.`kubernetes_minor` know.
FieldErrors fill_auth_config(document::Value root, std::string_view version, int kubernetes_minor,
                             AuthConfig& config);

/// How encoding/json calls a value of this kind in its errors.
std::string_view json_word(document::NodeKind kind);

}  // namespace oidc_audit::oidc
