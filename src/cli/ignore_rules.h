#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace oidc_audit::cli {

/// Patterns of one .gitignore-like file, or of --exclude: git's syntax (gitignore(5)) with `*`, `?`,
/// `[...]`, `**`, `!`, a leading or inner slash that anchors and a trailing one that means directories.
/// Matching takes time in the product of the lengths at most.
class IgnoreRules {
 public:
  IgnoreRules() = default;
  /// `base` is the absolute directory that the patterns are relative to.
  IgnoreRules(std::string base, std::string_view text);

  void add(std::string_view pattern);

  bool empty() const { return patterns_.empty(); }

  /// True: ignored; false: a `!` pattern takes it back in; nullopt: nothing is said. Of several patterns
  /// the last one counts. `path` is absolute; one outside of `base` matches by its last part only.
  std::optional<bool> match(std::string_view path, bool is_directory) const;

  /// The same for a file that was not found by walking down to it: a directory between `base` and the file
  /// that is ignored takes the file with it, and nothing takes it back in.
  std::optional<bool> match_named(std::string_view path) const;

 private:
  struct Pattern {
    std::vector<std::string> segments;  // the glob between slashes; `**` stands alone
    bool negated = false;
    bool directory_only = false;
    bool anchored = false;  // matches the whole relative path, else the last part alone
  };
  std::string base_;
  std::vector<Pattern> patterns_;
};

/// A glob without slashes against one part of a path.
bool glob_matches(std::string_view glob, std::string_view text);

}  // namespace oidc_audit::cli
