#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/files.h"
#include "cli/exit_code.h"
#include "cli/messages.h"
#include "cli/output.h"
#include "cli/run.h"

namespace oidc_audit::cli {

enum class ColorChoice { automatic, always, never };

/// Options that every command understands, before or after the command's name.
struct GlobalOptions {
  /// One of the formats that the command declared with CommandSpec::output_formats; its first one when
  /// nothing was said.
  std::string output;
  std::string output_file;  ///< empty: standard output
  ColorChoice color = ColorChoice::automatic;
  bool quiet = false;
  int verbosity = 0;        ///< how often -v was given
  std::string config_file;  ///< --config; empty: `.oidc-audit.yaml` found upward from the working directory
};

/// What a command is run with. Lives for one run.
struct Context {
  GlobalOptions options;
  std::istream& in;
  Output& out;         ///< results; see Output
  Messages& messages;  ///< everything else, to standard error
  Files& files;
  const Clock& clock;
  const Environment& environment;
  Terminal terminal;
  std::string program;     ///< as the usage line calls it: `oidc-audit` or `kubectl oidc-audit`
  bool color_out = false;  ///< --color, NO_COLOR, CLICOLOR_FORCE, FORCE_COLOR, TERM and the terminal, decided
  int width = 0;           ///< columns to fold text to; 0: do not fold

  /// Says the error and gives the exit status that stands for it.
  ExitCode fail(const Error& error) const;
};

}  // namespace oidc_audit::cli
