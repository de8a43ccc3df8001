#pragma once

#include <string>
#include <vector>

namespace oidc_audit {
class Files;
}

namespace oidc_audit::cli {

struct Inputs;

/// For every buffer of `inputs` its path relative to the repository's root, as SARIF wants it. The root is
/// `given_root`, else the directory above (or at) the working directory that holds `.git`, else the working
/// directory; a file outside of it is put relative to the repository that it lies in. What lies in none
/// keeps its absolute path without the leading slash, and is added to `outside`.
std::vector<std::string> sarif_paths(const Inputs& inputs, const Files& files, const std::string& given_root,
                                     std::vector<std::string>& outside);

}  // namespace oidc_audit::cli
