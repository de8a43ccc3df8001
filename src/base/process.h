#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace oidc_audit {

struct ProcessRequest {
  std::string program;  ///< a path, or a bare name that is looked up in PATH
  std::vector<std::string> args;
  /// Set on top of this process's own environment; of one name the later counts.
  std::vector<std::pair<std::string, std::string>> environment;
  bool pass_stdin = false;  ///< else it reads an empty standard input
  std::chrono::milliseconds timeout{600'000};
  std::size_t max_output_bytes = 1U << 20;
};

struct ProcessResult {
  bool found = true;    ///< false: there is no such program, and the rest means nothing
  int exit_status = 0;  ///< 128 + number of the signal that ended it
  std::string output;   ///< standard output
};

/// The one way in which other programs are run. No shell is involved; standard error goes through to the
/// user.
class Processes {
 public:
  virtual ~Processes() = default;
  /// Runs a program to its end. Fails (unreadable) when it cannot be started although it is there, and
  /// (limit) when it takes too long or writes too much; it is killed then.
  virtual Result<ProcessResult> run(const ProcessRequest& request) = 0;
};

/// The machine's own.
std::unique_ptr<Processes> make_system_processes();

}  // namespace oidc_audit
