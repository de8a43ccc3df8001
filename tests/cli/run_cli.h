#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/files.h"
#include "cli/run.h"

namespace oidc_audit::test {

struct CliResult {
  int status = -1;
  std::string out;
  std::string err;
};

/// What a run is given besides its words. The clock stands at 2026-01-02T03:04:05Z.
struct CliWorld {
  std::string input;                               ///< standard input
  std::map<std::string, std::string> environment;  ///< nothing of the real one is seen
  cli::Terminal terminal;
  Files* files = nullptr;              ///< null: the machine's own
  std::string program = "oidc-audit";  ///< argv[0]
};

/// Runs the program in this process with `args` behind its name.
CliResult run_cli(const std::vector<std::string>& args, const CliWorld& world = {});

/// A directory of its own under the system's temporary one, removed at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  /// Writes a file below it, with the directories it needs; gives back its path.
  std::string write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

/// Changes the working directory for as long as it lives.
class InDirectory {
 public:
  explicit InDirectory(const std::string& path);
  ~InDirectory();
  InDirectory(const InDirectory&) = delete;
  InDirectory& operator=(const InDirectory&) = delete;

 private:
  std::string before_;
};

}  // namespace oidc_audit::test
