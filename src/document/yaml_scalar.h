#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "document/tree.h"

namespace oidc_audit::document {

/// What an unquoted, untagged YAML scalar is to the Kubernetes tool chain, which reads YAML 1.1 with
/// go-yaml's additions (sigs.k8s.io/yaml, goyaml.v2/resolve.go `resolve`): `yes` is a boolean, `0123`
/// an octal integer, `1_000` an integer, a date stays a string.
NodeKind resolve_plain_scalar(std::string_view text) noexcept;

/// The integer `text` stands for by the same rules: signs, `_`, 0x, 0o, 0b, leading-zero octal. Fails
/// (nullopt) when it is none or does not fit.
std::optional<std::int64_t> parse_yaml_integer(std::string_view text) noexcept;

/// The number `text` stands for; .inf and .nan included.
std::optional<double> parse_yaml_float(std::string_view text) noexcept;

}  // namespace oidc_audit::document
