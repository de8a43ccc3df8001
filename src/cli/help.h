#pragma once

#include <span>
#include <string>
#include <string_view>

namespace oidc_audit::cli {

class CommandSpec;
struct OptionDecl;

inline constexpr std::string_view kHelpName = "help";
inline constexpr std::string_view kHelpSummary = "Print the help of a command";

/// What `help` was asked for instead of the help of a command.
struct HelpRequest {
  bool markdown = false;  ///< the reference of all commands
  bool man = false;       ///< the same as a manual page
  bool help = false;
};

/// Declares the options of `help`, which is no row of the table of commands: it takes their names.
void declare_help(CommandSpec& spec, HelpRequest& request);

struct ExitStatusRow {
  int status;
  std::string_view meaning;  ///< small letter, no final period
};
std::span<const ExitStatusRow> exit_statuses();

/// `--namespace NAME` as help shows it behind the names: what it does, its choices and default.
std::string option_help(const OptionDecl& decl);

/// Help of the program as a whole: what it is for, the commands, global options. `program` is how the
/// usage line calls it.
std::string program_help(const CommandSpec& root, std::string_view program);

/// Help of one command. `path` is its full name, `providers show`.
std::string command_help(const CommandSpec& spec, std::string_view program, std::string_view path);

/// The help of every command as one Markdown page (docs/cli.md).
std::string markdown_reference();

}  // namespace oidc_audit::cli
