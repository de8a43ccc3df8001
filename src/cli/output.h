#pragma once

#include <iosfwd>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/result.h"

namespace oidc_audit::cli {

/// Where results go: standard output as it is written, or a file that appears whole at the end. The
/// framework calls finish(); a command only writes. A command that is going to fail with
/// ExitCode::usage writes nothing, so that no half document is left behind.
class Output {
 public:
  /// `file` empty: `out`.
  Output(std::ostream& out, Files& files, std::string file)
      : out_(out), files_(files), file_(std::move(file)) {}

  void write(std::string_view text);
  /// True when a file was asked for.
  bool to_file() const { return !file_.empty(); }

  /// Whether there is no file to write, or nothing to write to it.
  bool nothing_for_file() const { return buffer_.empty(); }

  /// Flushes, or writes the file. Fails (unreadable) when not everything could be written.
  Result<void> finish();

 private:
  std::ostream& out_;
  Files& files_;
  std::string file_;
  std::string buffer_;
};

}  // namespace oidc_audit::cli
