#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/files.h"

namespace oidc_audit::cli {

/// What to look for. The rules are ripgrep's: what is named is taken whatever it is called and whoever
/// ignores it; below a directory, hidden entries and what .ignore and (in a git repository) .gitignore
/// and .git/info/exclude name are left out, and symbolic links are not followed.
struct FindOptions {
  std::vector<std::string> paths;     ///< without `-`
  std::vector<std::string> required;  ///< files that are taken behind those, whatever is excluded
  /// Globs in .gitignore's syntax, relative to the working directory. They beat every ignore file.
  std::vector<std::string> exclude;
  /// The same, relative to `config_directory` (absolute); `exclude` beats them.
  std::vector<std::string> config_exclude;
  std::string config_directory;
  bool force_exclude = false;  ///< `exclude` also counts for files that are named
  bool no_ignore = false;
  bool hidden = false;
  bool follow = false;  ///< follow symbolic links to directories and files; loops are reported
};

struct FoundFile {
  std::string path;       ///< to open it and to call it by; no leading `./`, no doubled slash
  std::string canonical;  ///< absolute, links resolved
};

struct FindError {
  std::string path;
  Error error;
};

struct FindResult {
  std::vector<FoundFile> files;      ///< in the order of `paths`, sorted below each; none twice
  std::vector<FindError> errors;     ///< what could not be looked at
  std::vector<std::string> skipped;  ///< remarks for -v: what was left out and why
};

/// Files that are named or that end in .yaml, .yml or .json below a directory that is.
FindResult find_files(const FindOptions& options, const Files& files);

}  // namespace oidc_audit::cli
