#pragma once

#include <optional>
#include <string>

#include "oidc/config_errors.h"

namespace oidc_audit::oidc {

// Parts of validate_and_compile() (apiserver/pkg/apis/apiserver/validation) that no expression stands in.

/// `path` is that of the issuer, `around` what stands for it when it was not written.
void validate_issuer(const Issuer& issuer, const std::string& path, std::optional<SourceRange> around,
                     ConfigErrors& errors);

/// The key of an extra attribute: a domain-prefixed path in lower case.
void validate_extra_key(const ConfigText& key, const std::string& field, ConfigErrors& errors);

}  // namespace oidc_audit::oidc
