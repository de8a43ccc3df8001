#include <span>
#include <vector>

#include "cli/command.h"

namespace oidc_audit::cli {

// Each command has a file of its own, NAME_command.cpp, with its declare_ function: one declaration here
// and one row below, in the order in which help shows them.

std::span<const CommandEntry> commands() {
  static const std::vector<CommandEntry> kCommands = {};
  return kCommands;
}

}  // namespace oidc_audit::cli
