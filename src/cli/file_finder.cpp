#include "cli/file_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_set>
#include <utility>

#include "cli/ignore_rules.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMaxIgnoreFileBytes = 1U << 20;
constexpr std::size_t kMaxDepth = 255;
constexpr std::array<std::string_view, 3> kExtensions = {".yaml", ".yml", ".json"};

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {};
  return slash == 0 ? (path == "/" ? std::string() : "/") : path.substr(0, slash);
}

std::string join_path(const std::string& directory, const std::string& name) {
  if (directory.empty()) return name;
  return directory.back() == '/' ? directory + name : directory + "/" + name;
}

// `./a//b/` as reports call it: `a/b`; the working directory itself is empty.
std::string tidy(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '/' && !out.empty() && out.back() == '/') continue;
    out += c;
  }
  while (out.size() > 1 && out.substr(0, 2) == "./") out.erase(0, 2);
  if (out.size() > 1 && out.back() == '/') out.pop_back();
  return out == "." ? std::string() : out;
}

bool has_known_extension(std::string_view name) {
  return std::any_of(kExtensions.begin(), kExtensions.end(), [name](std::string_view extension) {
    return name.size() > extension.size() && name.substr(name.size() - extension.size()) == extension;
  });
}

/// What one directory says is to be ignored, linked to its parent. Kept in an arena by the walk.
struct Level {
  const Level* parent = nullptr;
  IgnoreRules ignore;     // .ignore
  IgnoreRules gitignore;  // .gitignore, in a repository
  IgnoreRules info;       // .git/info/exclude, at the root of a repository
  bool in_repository = false;
  bool is_root = false;
};

struct Directory {
  std::string path;       // as shown; empty: the working directory
  std::string canonical;  // absolute
  const Level* level;
  std::size_t depth;
};

class Walk {
 public:
  Walk(const FindOptions& options, const Files& files) : options_(options), files_(files) {
    std::string here;
    if (auto canonical = files.canonical("."); canonical.ok()) here = canonical.value();
    exclude_ = IgnoreRules(here, {});
    for (const std::string& glob : options.exclude) exclude_.add(glob);
    config_exclude_ = IgnoreRules(options.config_directory, {});
    for (const std::string& glob : options.config_exclude) config_exclude_.add(glob);
  }

  FindResult run() {
    for (const std::string& path : options_.paths) visit_named(path, options_.force_exclude);
    for (const std::string& path : options_.required) visit_named(path, false);
    return std::move(result_);
  }

 private:
  void visit_named(const std::string& given, bool may_exclude) {
    const FileType type = files_.type(given);
    auto canonical = files_.canonical(given);
    if (type == FileType::directory) {
      if (!canonical.ok()) return fail(given, canonical.error());
      walk(tidy(given), canonical.value());
      return;
    }
    if (type == FileType::none) {
      return fail(given, Error(ErrorKind::unreadable, fmt::format("`{}`: no such file or directory", given)));
    }
    // A pipe (`<(helm template ...)`) has no canonical name that could be opened.
    const std::string real = canonical.ok() ? canonical.value() : given;
    if (may_exclude && excluded_by_name(real)) {
      return skip(given, "excluded");
    }
    add(tidy(given), real);
  }

  void walk(std::string path, std::string canonical) {
    std::vector<Directory> pending;
    const Level* parents = levels_above(canonical);
    pending.push_back({std::move(path), std::move(canonical), parents, 0});
    while (!pending.empty()) {
      const Directory directory = std::move(pending.back());
      pending.pop_back();
      visit(directory, pending);
    }
  }

  void visit(const Directory& directory, std::vector<Directory>& pending) {
    if (!seen_directories_.insert(directory.canonical).second) return;
    auto entries = files_.list(directory.path.empty() ? "." : directory.path);
    if (!entries.ok()) return fail(directory.path, entries.error());
    const Level* level = options_.no_ignore ? nullptr : enter(directory.canonical, directory.level);
    std::vector<Directory> below;
    // Files of a directory come before those of its subdirectories; both are sorted.
    for (const DirEntry& entry : entries.value()) {
      const std::string path = join_path(directory.path, entry.name);
      if (entry.is_symlink && !options_.follow) {
        if (entry.type == FileType::directory || has_known_extension(entry.name)) {
          skip(path, "a symbolic link; --follow follows them");
        }
        continue;
      }
      const bool is_directory = entry.type == FileType::directory;
      if (!is_directory && !has_known_extension(entry.name)) continue;
      const std::string absolute = join_path(directory.canonical, entry.name);
      if (left_out(level, entry, path, absolute)) continue;
      if (entry.type == FileType::none) {
        fail(path, Error(ErrorKind::unreadable, fmt::format("`{}`: the link leads nowhere", path)));
      } else if (entry.type == FileType::other) {
        skip(path, "not a regular file");
      } else if (is_directory) {
        descend(directory, entry, path, absolute, level, below);
      } else {
        auto canonical = entry.is_symlink ? files_.canonical(path) : Result<std::string>(absolute);
        add(path, canonical.ok() ? canonical.value() : absolute);
      }
    }
    // The stack gives them back in reverse.
    for (auto it = below.rbegin(); it != below.rend(); ++it) pending.push_back(std::move(*it));
  }

  void descend(const Directory& directory, const DirEntry& entry, const std::string& path,
               const std::string& absolute, const Level* level, std::vector<Directory>& below) {
    if (directory.depth >= kMaxDepth) {
      return fail(path, Error(ErrorKind::limit,
                              fmt::format("`{}` is more than {} directories deep", path, kMaxDepth)));
    }
    std::string canonical = absolute;
    if (entry.is_symlink) {
      auto real = files_.canonical(path);
      if (!real.ok()) return fail(path, real.error());
      canonical = std::move(real).value();
      const std::string prefix = canonical == "/" ? canonical : canonical + "/";
      if ((directory.canonical + "/").compare(0, prefix.size(), prefix) == 0) {
        return fail(path,
                    Error(ErrorKind::unreadable,
                          fmt::format("`{}`: symbolic link loop: it leads to a directory above it", path)));
      }
    }
    below.push_back({path, std::move(canonical), level, directory.depth + 1});
  }

  std::optional<bool> excluded(const std::string& path, bool is_directory) const {
    const auto said = exclude_.match(path, is_directory);
    return said ? said : config_exclude_.match(path, is_directory);
  }

  bool excluded_by_name(const std::string& path) const {
    const auto said = exclude_.match_named(path);
    return (said ? said : config_exclude_.match_named(path)).value_or(false);
  }

  bool left_out(const Level* level, const DirEntry& entry, const std::string& path,
                const std::string& absolute) {
    const bool is_directory = entry.type == FileType::directory;
    if (const auto said = excluded(absolute, is_directory)) {
      if (*said) skip(path, "excluded");
      return *said;
    }
    if (const auto said = ignored(level, absolute, is_directory)) {
      if (*said) skip(path, "ignored by an ignore file; --no-ignore takes it");
      return *said;
    }
    if (entry.name.front() != '.' || options_.hidden) return false;
    // Nobody wants to hear of .git.
    if (entry.name != ".git") skip(path, "hidden; --hidden takes it");
    return true;
  }

  // .ignore beats .gitignore beats .git/info/exclude; in each, deeper directories beat those above.
  static std::optional<bool> ignored(const Level* level, const std::string& path, bool is_directory) {
    for (const auto member : {&Level::ignore, &Level::gitignore, &Level::info}) {
      for (const Level* at = level; at != nullptr; at = at->parent) {
        if (const auto said = (at->*member).match(path, is_directory)) return said;
        // What a repository says ends at its root.
        if (at->is_root && member != &Level::ignore) break;
      }
    }
    return std::nullopt;
  }

  const Level* levels_above(const std::string& canonical) {
    if (options_.no_ignore) return nullptr;
    std::vector<std::string> above;
    for (std::string at = parent_of(canonical); !at.empty(); at = parent_of(at)) above.push_back(at);
    const Level* level = nullptr;
    for (auto it = above.rbegin(); it != above.rend(); ++it) level = enter(*it, level);
    return level;
  }

  const Level* enter(const std::string& canonical, const Level* parent) {
    auto level = std::make_unique<Level>();
    level->parent = parent;
    level->is_root = files_.type(join_path(canonical, ".git")) != FileType::none;
    level->in_repository = level->is_root || (parent != nullptr && parent->in_repository);
    level->ignore = read_rules(canonical, ".ignore");
    if (level->in_repository) level->gitignore = read_rules(canonical, ".gitignore");
    if (level->is_root) level->info = read_rules(canonical, ".git/info/exclude");
    levels_.push_back(std::move(level));
    return levels_.back().get();
  }

  IgnoreRules read_rules(const std::string& directory, const std::string& name) {
    const std::string path = join_path(directory, name);
    if (files_.type(path) != FileType::file) return {};
    auto text = files_.read(path, kMaxIgnoreFileBytes);
    if (!text.ok()) {
      skip(path, text.error().message());
      return {};
    }
    return IgnoreRules(directory, text.value());
  }

  void add(std::string path, std::string canonical) {
    if (!seen_files_.insert(canonical).second) return skip(path, "the same file was taken already");
    result_.files.push_back({std::move(path), std::move(canonical)});
  }

  void fail(const std::string& path, const Error& error) { result_.errors.push_back({path, error}); }
  void skip(const std::string& path, std::string_view why) {
    result_.skipped.push_back(fmt::format("`{}`: {}", path, why));
  }

  const FindOptions& options_;
  const Files& files_;
  IgnoreRules exclude_;
  IgnoreRules config_exclude_;
  std::vector<std::unique_ptr<Level>> levels_;
  std::unordered_set<std::string> seen_files_;
  std::unordered_set<std::string> seen_directories_;
  FindResult result_;
};

}  // namespace

FindResult find_files(const FindOptions& options, const Files& files) { return Walk(options, files).run(); }

}  // namespace oidc_audit::cli
