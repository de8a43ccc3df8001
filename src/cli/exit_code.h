#pragma once

namespace oidc_audit {
class Error;
}

namespace oidc_audit::cli {

/// What the process ends with; docs/exit-codes.md tells users.
enum class ExitCode {
  ok = 0,          ///< nothing at or above --fail-on; allowed; authenticated
  findings = 1,    ///< findings; refused; not authenticated
  usage = 2,       ///< bad usage or configuration; nothing was run
  unreadable = 3,  ///< some input could not be read or looked at; beats `findings`
};

/// What an Error that ends a command means for the process.
ExitCode exit_code_for(const Error& error);

/// The one that counts of two parts of a run: usage over unreadable over findings over ok.
ExitCode worse(ExitCode a, ExitCode b);

}  // namespace oidc_audit::cli
