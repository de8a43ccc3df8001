#include "base/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace oidc_audit {

namespace {

namespace fs = std::filesystem;

Error system_error(const std::string& path, int code) {
  return Error(ErrorKind::unreadable, fmt::format("`{}`: {}", path, std::generic_category().message(code)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() {
    const int fd = fd_;
    fd_ = -1;
    return fd;
  }

 private:
  int fd_;
};

FileType type_of(fs::file_type type) {
  switch (type) {
    case fs::file_type::regular:
      return FileType::file;
    case fs::file_type::directory:
      return FileType::directory;
    case fs::file_type::none:
    case fs::file_type::not_found:
      return FileType::none;
    case fs::file_type::symlink:
    case fs::file_type::block:
    case fs::file_type::character:
    case fs::file_type::fifo:
    case fs::file_type::socket:
    case fs::file_type::unknown:
      break;
  }
  return FileType::other;
}

Result<void> write_all(int fd, const std::string& path, std::string_view content) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error(path, errno);
    }
    content.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

class SystemFiles final : public Files {
 public:
  FileType type(const std::string& path) const override {
    std::error_code code;
    return type_of(fs::status(path, code).type());
  }

  Result<std::string> read(const std::string& path, std::size_t max_bytes) const override {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.get() < 0) return system_error(path, errno);
    struct stat info {};
    if (::fstat(file.get(), &info) != 0) return system_error(path, errno);
    if (S_ISDIR(info.st_mode)) return system_error(path, EISDIR);
    const auto too_large = [&] {
      return Error(ErrorKind::limit, fmt::format("`{}` is larger than {} bytes", path, max_bytes));
    };
    std::string text;
    std::size_t filled = 0;
    const auto expected = static_cast<std::size_t>(std::max<off_t>(info.st_size, 0));
    if (expected > max_bytes) return too_large();
    text.resize(expected + 1);  // one more byte, so that the end is seen without growing
    for (;;) {
      if (filled == text.size()) text.resize(text.size() + std::max<std::size_t>(text.size() / 2, 65536));
      const ssize_t n = ::read(file.get(), text.data() + filled, text.size() - filled);
      if (n < 0) {
        if (errno == EINTR) continue;
        return system_error(path, errno);
      }
      if (n == 0) break;
      filled += static_cast<std::size_t>(n);
      if (filled > max_bytes) return too_large();
    }
    text.resize(filled);
    return text;
  }

  Result<std::vector<DirEntry>> list(const std::string& path) const override {
    std::error_code code;
    fs::directory_iterator it(path, code);
    if (code) return system_error(path, code.value());
    std::vector<DirEntry> entries;
    for (; it != fs::directory_iterator(); it.increment(code)) {
      std::error_code ignored;
      const bool symlink = it->is_symlink(ignored);
      entries.push_back({it->path().filename().string(), type_of(it->status(ignored).type()), symlink});
      if (code) break;
    }
    if (code) return system_error(path, code.value());
    std::sort(entries.begin(), entries.end(),
              [](const DirEntry& a, const DirEntry& b) { return a.name < b.name; });
    return entries;
  }

  Result<std::string> canonical(const std::string& path) const override {
    std::error_code code;
    const fs::path result = fs::canonical(path, code);
    if (code) return system_error(path, code.value());
    return result.string();
  }

  Result<void> write_atomically(const std::string& path, std::string_view content) override {
    // A link is followed, so that it goes on pointing at the new content.
    std::error_code code;
    const fs::path resolved = fs::canonical(path, code);
    const std::string target = code ? path : resolved.string();
    struct stat old {};
    const bool existed = ::stat(target.c_str(), &old) == 0;
    if (existed && !S_ISREG(old.st_mode)) {
      // A pipe or terminal (/dev/stdout) cannot be replaced; it is written to.
      const Descriptor direct(::open(target.c_str(), O_WRONLY | O_CLOEXEC));
      if (direct.get() < 0) return system_error(path, errno);
      return write_all(direct.get(), path, content);
    }
    std::string temporary = target + ".XXXXXX";
    Descriptor file(::mkstemp(temporary.data()));
    if (file.get() < 0) return system_error(path, errno);
    const mode_t mask = ::umask(0);
    ::umask(mask);
    const mode_t mode = existed ? (old.st_mode & 07777U) : (0666U & ~mask);
    const auto fail = [&](Error error) {
      ::unlink(temporary.c_str());
      return error;
    };
    if (::fchmod(file.get(), mode) != 0) return fail(system_error(path, errno));
    if (auto written = write_all(file.get(), path, content); !written.ok())
      return fail(std::move(written).error());
    if (::fsync(file.get()) != 0 && errno != EINVAL) return fail(system_error(path, errno));
    if (::close(file.release()) != 0) return fail(system_error(path, errno));
    if (::rename(temporary.c_str(), target.c_str()) != 0) return fail(system_error(path, errno));
    return {};
  }
};

std::string without_trailing_slash(const std::string& path) {
  return path.size() > 1 && path.back() == '/' ? path.substr(0, path.size() - 1) : path;
}

}  // namespace

std::unique_ptr<Files> make_system_files() { return std::make_unique<SystemFiles>(); }

FileType MemoryFiles::type(const std::string& path) const {
  if (content_.count(path) != 0) return FileType::file;
  const std::string prefix = path == "." ? "" : without_trailing_slash(path) + "/";
  const auto it = content_.lower_bound(prefix);
  return it != content_.end() && it->first.compare(0, prefix.size(), prefix) == 0 ? FileType::directory
                                                                                  : FileType::none;
}

Result<std::string> MemoryFiles::read(const std::string& path, std::size_t max_bytes) const {
  const auto it = content_.find(path);
  if (it == content_.end()) return system_error(path, ENOENT);
  if (it->second.size() > max_bytes) {
    return Error(ErrorKind::limit, fmt::format("`{}` is larger than {} bytes", path, max_bytes));
  }
  return it->second;
}

Result<std::vector<DirEntry>> MemoryFiles::list(const std::string& path) const {
  if (type(path) != FileType::directory) return system_error(path, ENOTDIR);
  const std::string prefix = path == "." ? "" : without_trailing_slash(path) + "/";
  std::vector<DirEntry> entries;
  for (auto it = content_.lower_bound(prefix); it != content_.end(); ++it) {
    if (it->first.compare(0, prefix.size(), prefix) != 0) break;
    const std::string rest = it->first.substr(prefix.size());
    const std::size_t slash = rest.find('/');
    const std::string name = rest.substr(0, slash);
    if (!entries.empty() && entries.back().name == name) continue;
    entries.push_back({name, slash == std::string::npos ? FileType::file : FileType::directory, false});
  }
  return entries;
}

Result<std::string> MemoryFiles::canonical(const std::string& path) const {
  if (type(path) == FileType::none) return system_error(path, ENOENT);
  return without_trailing_slash(path);
}

Result<void> MemoryFiles::write_atomically(const std::string& path, std::string_view content) {
  content_[path] = std::string(content);
  return {};
}

}  // namespace oidc_audit
