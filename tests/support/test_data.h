#pragma once

#include <optional>
#include <string>

namespace oidc_audit::test {

/// Root of the source tree, without a trailing slash.
std::string source_dir();

/// The optional shared test data: environment OIDC_AUDIT_SHARED, else the CMake option of that name.
/// Empty when neither names an existing folder. In CI (environment CI=true) its absence is a failure,
/// raised here, so that a run cannot pass by skipping.
std::optional<std::string> shared_dir();

/// The conformance cases: environment OIDC_AUDIT_CONFORMANCE, else the CMake option, else `conformance`
/// inside shared_dir().
std::optional<std::string> conformance_dir();

/// Whole file as bytes; throws std::runtime_error when it cannot be read.
std::string read_file(const std::string& path);

}  // namespace oidc_audit::test
