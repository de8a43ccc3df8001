#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace oidc_audit {

enum class FileType { none, file, directory, other };

struct DirEntry {
  std::string name;  ///< last component only
  FileType type;     ///< of what a symbolic link points at
  bool is_symlink;
};

/// A narrow view of the file system, so that tests can do without one. Paths are UTF-8 with '/'.
/// Errors are ErrorKind::unreadable and say what the system said.
class Files {
 public:
  virtual ~Files() = default;
  virtual FileType type(const std::string& path) const = 0;
  /// The whole content. Fails with ErrorKind::limit when it is larger than `max_bytes`.
  virtual Result<std::string> read(const std::string& path, std::size_t max_bytes) const = 0;
  /// Sorted by name.
  virtual Result<std::vector<DirEntry>> list(const std::string& path) const = 0;
  /// Absolute path without links, for recognising loops and duplicates.
  virtual Result<std::string> canonical(const std::string& path) const = 0;
  /// Either the whole content is there under that name afterwards, or what was there before still is.
  virtual Result<void> write_atomically(const std::string& path, std::string_view content) = 0;
};

/// The machine's own file system.
std::unique_ptr<Files> make_system_files();

/// A tree in memory; directories exist where a file is below them.
class MemoryFiles final : public Files {
 public:
  MemoryFiles() = default;
  explicit MemoryFiles(std::map<std::string, std::string> content) : content_(std::move(content)) {}
  FileType type(const std::string& path) const override;
  Result<std::string> read(const std::string& path, std::size_t max_bytes) const override;
  Result<std::vector<DirEntry>> list(const std::string& path) const override;
  Result<std::string> canonical(const std::string& path) const override;
  Result<void> write_atomically(const std::string& path, std::string_view content) override;
  const std::map<std::string, std::string>& content() const { return content_; }

 private:
  std::map<std::string, std::string> content_;
};

}  // namespace oidc_audit
