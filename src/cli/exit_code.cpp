#include "cli/exit_code.h"

#include "base/error.h"

namespace oidc_audit::cli {

ExitCode exit_code_for(const Error& error) {
  switch (error.kind()) {
    case ErrorKind::usage:
    case ErrorKind::configuration:
    case ErrorKind::unsupported:
      return ExitCode::usage;
    case ErrorKind::unreadable:
    case ErrorKind::malformed:
    case ErrorKind::limit:
    case ErrorKind::network:
      break;
  }
  return ExitCode::unreadable;
}

ExitCode worse(ExitCode a, ExitCode b) {
  const auto rank = [](ExitCode code) {
    switch (code) {
      case ExitCode::ok:
        return 0;
      case ExitCode::findings:
        return 1;
      case ExitCode::unreadable:
        return 2;
      case ExitCode::usage:
        break;
    }
    return 3;
  };
  return rank(a) < rank(b) ? b : a;
}

}  // namespace oidc_audit::cli
