#include <array>

#include "cli/command.h"

namespace oidc_audit::cli {

// Each command has a file of its own, NAME_command.cpp, with its declare_ function.
void declare_scan(CommandSpec& spec);

namespace {

// In the order in which help shows them.
constexpr std::array kCommands = {
    CommandEntry{"scan", "Find risky bindings of external identities in RBAC files", declare_scan},
};

}  // namespace

std::span<const CommandEntry> commands() { return kCommands; }

}  // namespace oidc_audit::cli
