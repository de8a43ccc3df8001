#include <span>
#include <vector>

#include "cli/command.h"

namespace oidc_audit::cli {

// Each command has a file of its own, NAME_command.cpp, with its declare_ function: one declaration here
// and one row below, in the order in which help shows them.
void declare_scan(CommandSpec& spec);
void declare_subject(CommandSpec& spec);
void declare_providers(CommandSpec& spec);
void declare_rules(CommandSpec& spec);
void declare_simulate(CommandSpec& spec);
void declare_who_can(CommandSpec& spec);
void declare_what_can(CommandSpec& spec);
void declare_explain_binding(CommandSpec& spec);
void declare_whoami(CommandSpec& spec);
void declare_auth_config(CommandSpec& spec);
void declare_snapshot(CommandSpec& spec);
void declare_drift(CommandSpec& spec);
void declare_cel(CommandSpec& spec);
void declare_completion(CommandSpec& spec);

std::span<const CommandEntry> commands() {
  static const std::vector<CommandEntry> kCommands = {
      {"scan", "Find risky bindings of external identities in RBAC files", declare_scan},
      {"subject", "Explain subject names of bindings", declare_subject},
      {"providers", "List and show the providers that are understood", declare_providers},
      {"rules", "List, show and test rules", declare_rules},
      {"simulate", "Answer whether an identity may do something, and why", declare_simulate},
      {"who-can", "List who may do something", declare_who_can},
      {"what-can", "List what an identity may do", declare_what_can},
      {"explain-binding", "Tell who gets what through a binding", declare_explain_binding},
      {"drift", "Compare manifests with a live cluster by what they grant", declare_drift},
      {"snapshot", "Keep what clusters hold for an audit without them", declare_snapshot},
      {"whoami", "Say who an API server says a token is, or why it is nobody", declare_whoami},
      {"auth-config", "Check and convert the configuration of authentication", declare_auth_config},
      {"cel", "Try a CEL expression as the API server would compile and run it", declare_cel},
      {"completion", "Print a script that completes command lines in bash, zsh or fish", declare_completion},
  };
  return kCommands;
}

}  // namespace oidc_audit::cli
