#pragma once

#include "cli/context.h"

namespace oidc_audit::cli {

class CommandSpec;
struct CommandEntry;

/// What -h and --version ask for instead of a run.
struct Requests {
  bool help = false;
  bool version = false;
};

/// Declares on `spec` the options that every command understands. Those that make no sense for it (-o on
/// a command without formats) are left out.
void add_global_options(CommandSpec& spec, GlobalOptions& options, Requests& requests, bool root);

/// Declares the command of a row of the table, with the global options on it and all its subcommands.
void declare(CommandSpec& spec, const CommandEntry& entry, GlobalOptions& options, Requests& requests);

/// Whether text on a stream is coloured: --color, then NO_COLOR, CLICOLOR_FORCE and FORCE_COLOR (set and
/// not empty; the latter two not `0`), then TERM and the terminal.
bool use_color(ColorChoice choice, const Environment& environment, bool is_terminal);

/// Columns to fold text to: COLUMNS, else the terminal's; 0 when neither is known.
int text_width(const Environment& environment, const Terminal& terminal);

}  // namespace oidc_audit::cli
