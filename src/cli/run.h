#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>

#include "cli/exit_code.h"

namespace oidc_audit {
class Clock;
class Files;
}  // namespace oidc_audit

namespace oidc_audit::cli {

/// The streams of a run. Results go to `out`, everything else to `err`.
struct Io {
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
};

/// Value of an environment variable; nullopt when it is not set.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// What is known of the terminals behind the streams.
struct Terminal {
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int width = 0;  ///< columns of `out`; 0 when it is no terminal or unknown
};

/// Everything a run may touch, so that tests can give it a world of its own.
struct Host {
  Io io;
  Files& files;
  const Clock& clock;
  Environment environment;
  Terminal terminal;
};

/// Runs the program. `args` begins with the program's name (argv[0]), which decides what the usage line
/// says. Never throws; whatever goes wrong is said on `io.err`.
ExitCode run(std::span<const std::string> args, Io io);

/// The same in a given world.
ExitCode run_in(std::span<const std::string> args, const Host& host);

}  // namespace oidc_audit::cli
