#pragma once

#include <string>
#include <string_view>

namespace oidc_audit::cli {

class CommandSpec;

/// Help of the program as a whole: what it is for, the commands, global options. `program` is how the
/// usage line calls it.
std::string program_help(const CommandSpec& root, std::string_view program);

/// Help of one command. `path` is its full name, `providers show`.
std::string command_help(const CommandSpec& spec, std::string_view program, std::string_view path);

/// The help of every command as one Markdown page (docs/cli.md).
std::string markdown_reference();

}  // namespace oidc_audit::cli
