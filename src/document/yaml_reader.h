#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "diag/issue.h"
#include "document/builder.h"

namespace oidc_audit::document {

/// Reads the YAML documents that stand in bytes [begin, end) of a buffer through yaml-cpp's events and
/// reports them to the builder, with the end of everything worked out from the text. REQUIRES: the
/// bytes are what find_bad_yaml_byte() lets pass. Documents that were complete before a failure are in
/// `roots`; the failure is returned.
std::optional<Issue> read_yaml(BufferId buffer, std::string_view text, std::uint32_t begin, std::uint32_t end,
                               DocumentBuilder& builder, std::vector<Document>& documents);

}  // namespace oidc_audit::document
