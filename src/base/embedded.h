#pragma once

#include <span>
#include <string_view>

namespace oidc_audit::embedded {

/// A file of the rules folder that the build put into the program.
struct File {
  std::string_view path;  ///< relative to the embedded folder, with '/'
  std::string_view json;  ///< its content as one line of JSON
};

}  // namespace oidc_audit::embedded
