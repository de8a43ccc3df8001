#include "cli/config_file.h"

#include <fmt/format.h>

#include <utility>

#include "cli/context.h"
#include "cli/inputs.h"
#include "source/source_manager.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMaxConfigBytes = std::size_t{1} << 20;
constexpr const char* kName = ".oidc-audit.yaml";

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos || path == "/") return {};
  return slash == 0 ? "/" : path.substr(0, slash);
}

// The working directory's own file is called by its bare name in messages.
std::string find_upward(const Files& files) {
  if (files.type(kName) == FileType::file) return kName;
  const auto here = files.canonical(".");
  if (!here.ok()) return {};
  for (std::string at = parent_of(here.value()); !at.empty(); at = parent_of(at)) {
    std::string path = at == "/" ? at + kName : at + "/" + kName;
    if (files.type(path) == FileType::file) return path;
  }
  return {};
}

}  // namespace

std::string path_beside(const LoadedConfig& loaded, const std::string& path, const Files& files) {
  if (path.starts_with('/')) return path;
  std::string directory = parent_of(loaded.path);
  // Of a link, what it leads to counts.
  const auto here = files.canonical(directory.empty() ? "." : directory);
  if (here.ok() && here.value() != loaded.directory) directory = loaded.directory;
  if (directory.empty()) return path;
  return directory == "/" ? directory + path : directory + "/" + path;
}

Result<LoadedConfig> load_config(Context& context, SourceManager& sources) {
  LoadedConfig loaded;
  loaded.path =
      context.options.config_file.empty() ? find_upward(context.files) : context.options.config_file;
  if (loaded.path.empty()) return loaded;
  auto text = context.files.read(loaded.path, kMaxConfigBytes);
  if (!text.ok()) {
    // Nothing was run: bad configuration, not unreadable input.
    return Error(ErrorKind::configuration,
                 fmt::format("reading the configuration: {}", text.error().message()), text.error().hint());
  }
  auto canonical = context.files.canonical(loaded.path);
  loaded.directory = parent_of(canonical.ok() ? canonical.value() : loaded.path);
  auto buffer = sources.add(loaded.path, std::move(text).value());
  if (!buffer.ok()) return std::move(buffer).error();
  rules::ConfigResult result = rules::read_config(sources, buffer.value());
  print_issues(sources, result.issues, context);
  if (!result.ok()) {
    return Error(ErrorKind::configuration, fmt::format("configuration `{}` cannot be used", loaded.path));
  }
  context.messages.verbose(1, fmt::format("configuration: `{}`", loaded.path));
  loaded.config = std::move(result.config);
  return loaded;
}

}  // namespace oidc_audit::cli
