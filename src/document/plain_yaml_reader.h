#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "document/builder.h"

namespace oidc_audit::document {

/// Reads the YAML document in bytes [begin, end) of the buffer when it is written as most manifests are:
/// block mappings and sequences, scalars without properties, flow collections of these. Where it returns true
/// the builder has got the calls that read_yaml() would have made, much faster, and the document is in
/// `documents`. False: something there is beyond it, be it right or wrong; nothing is kept of the
/// document and read_yaml() decides. REQUIRES: as read_yaml().
bool read_plain_yaml(std::string_view text, std::uint32_t begin, std::uint32_t end, DocumentBuilder& builder,
                     std::vector<Document>& documents);

}  // namespace oidc_audit::document
