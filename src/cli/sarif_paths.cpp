#include "cli/sarif_paths.h"

#include <optional>

#include "base/files.h"
#include "cli/inputs.h"

namespace oidc_audit::cli {

namespace {

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || path == "/") return {};
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string repository_of(const std::string& directory, const Files& files) {
  for (std::string at = directory; !at.empty(); at = parent_of(at)) {
    if (files.type(at == "/" ? "/.git" : at + "/.git") != FileType::none) return at;
  }
  return {};
}

std::optional<std::string> relative_to(const std::string& path, const std::string& root) {
  if (root.empty()) return std::nullopt;
  const std::string prefix = root == "/" ? root : root + "/";
  if (path.compare(0, prefix.size(), prefix) != 0) return std::nullopt;
  return path.substr(prefix.size());
}

}  // namespace

std::vector<std::string> sarif_paths(const Inputs& inputs, const Files& files, const std::string& given_root,
                                     std::vector<std::string>& outside) {
  const auto here = files.canonical(".");
  const std::string directory = here.ok() ? here.value() : std::string();
  std::string root;
  if (given_root.empty()) {
    root = repository_of(directory, files);
    if (root.empty()) root = directory;
  } else {
    const auto canonical = files.canonical(given_root);
    root = canonical.ok() ? canonical.value() : given_root;
  }
  std::vector<std::string> paths(inputs.sources.size());
  for (std::size_t i = 0; i < paths.size(); ++i) paths[i] = inputs.sources.name(static_cast<BufferId>(i));
  for (const InputFile& file : inputs.files) {
    std::string& path = paths[static_cast<std::size_t>(file.buffer)];
    if (file.canonical.empty()) continue;
    auto relative = relative_to(file.canonical, root);
    if (!relative && given_root.empty()) {
      relative = relative_to(file.canonical, repository_of(parent_of(file.canonical), files));
    }
    if (relative) {
      path = *relative;
    } else {
      outside.push_back(file.name);
      path = file.canonical;
    }
  }
  return paths;
}

}  // namespace oidc_audit::cli
