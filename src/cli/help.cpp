#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <vector>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/global_options.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kWidth = 96;
constexpr std::size_t kHelpColumn = 30;

// Words of `text` in lines of at most kWidth columns; every line but the first begins with `indent` spaces.
// Lines of the text itself are kept apart.
std::string fold(std::string_view text, std::size_t indent, std::size_t first_column) {
  std::string out;
  bool first_line = true;
  for (const std::string_view line : split(text, '\n')) {
    if (!first_line) {
      out += '\n';
      if (!line.empty()) out.append(indent, ' ');
    }
    std::size_t column = first_line ? first_column : indent;
    first_line = false;
    bool first_word = true;
    for (const std::string_view word : split(line, ' ')) {
      if (!first_word && column + 1 + word.size() > kWidth) {
        out += '\n';
        out.append(indent, ' ');
        column = indent;
        first_word = true;
      }
      if (!first_word) {
        out += ' ';
        ++column;
      }
      out += word;
      column += word.size();
      first_word = false;
    }
  }
  return out;
}

std::string left_side(const OptionDecl& decl) {
  if (decl.positional) return decl.value_name;
  std::string text;
  // A lone long option is put below the long ones of the others.
  if (decl.names.front().size() > 2) text += "    ";
  text += join(decl.names, ", ");
  if (!decl.value_name.empty()) text += " " + decl.value_name;
  return text;
}

void append_rows(std::string& out, const CommandSpec& spec, std::string_view heading, bool positional,
                 std::string_view group) {
  bool any = false;
  for (const OptionDecl& decl : spec.options()) {
    if (decl.hidden || decl.positional != positional || decl.group != group) continue;
    if (!any) out += fmt::format("\n{}:\n", heading);
    any = true;
    std::string row = "  " + left_side(decl);
    if (row.size() + 2 > kHelpColumn) {
      out += row + "\n";
      row.clear();
    }
    row.resize(kHelpColumn, ' ');
    out += row + fold(option_help(decl), kHelpColumn, kHelpColumn) + "\n";
  }
}

void append_options(std::string& out, const CommandSpec& spec) {
  append_rows(out, spec, "Arguments", true, "");
  append_rows(out, spec, "Options", false, "");
  std::vector<std::string> groups;
  for (const OptionDecl& decl : spec.options()) {
    if (!decl.group.empty() && std::find(groups.begin(), groups.end(), decl.group) == groups.end()) {
      groups.push_back(decl.group);
    }
  }
  for (const std::string& group : groups) append_rows(out, spec, group, false, group);
}

std::string usage_line(const CommandSpec& spec, std::string_view program, std::string_view path) {
  std::string usage = fmt::format("Usage: {} {}", program, path);
  if (!spec.subcommands().empty()) usage += spec.body() ? " [COMMAND]" : " COMMAND";
  usage += " [OPTIONS]";
  for (const OptionDecl& decl : spec.options()) {
    if (!decl.positional || decl.hidden) continue;
    std::string word = decl.value_name;
    if (decl.repeatable) word += "...";
    if (!decl.required) word = "[" + word + "]";
    usage += " " + word;
  }
  return usage + "\n";
}

void append_names(std::string& out, const std::vector<std::pair<std::string_view, std::string_view>>& rows) {
  std::size_t width = 0;
  for (const auto& row : rows) width = std::max(width, row.first.size());
  for (const auto& row : rows) {
    out += fmt::format("  {:<{}}  {}\n", row.first, width, fold(row.second, width + 4, width + 4));
  }
}

constexpr std::array kExitStatuses = {
    ExitStatusRow{0, "nothing at or above --fail-on; allowed; authenticated"},
    ExitStatusRow{1, "findings; refused; not authenticated"},
    ExitStatusRow{2, "bad usage or configuration; nothing was run"},
    ExitStatusRow{3, "some input could not be read or looked at"},
};

void append_markdown(std::string& out, const CommandSpec& spec, const std::string& path) {
  out += fmt::format("\n## {}\n\n{}.\n\n```\n{}```\n", path, spec.summary(),
                     command_help(spec, "oidc-audit", path));
  for (const CommandSpec& sub : spec.subcommands()) append_markdown(out, sub, path + " " + sub.name());
}

}  // namespace

std::span<const ExitStatusRow> exit_statuses() { return kExitStatuses; }

void declare_help(CommandSpec& spec, HelpRequest& request) {
  spec.flag("--markdown", request.markdown, "print the reference of all commands");
  spec.flag("--man", request.man, "print the manual page, for man(1)");
  spec.flag("-h,--help", request.help, "print this help");
}

std::string option_help(const OptionDecl& decl) {
  std::string text = decl.help;
  if (!decl.choices.empty()) text += fmt::format("; one of {}", join(decl.choices, ", "));
  if (decl.repeatable && !decl.positional && !decl.value_name.empty()) text += "; may be repeated";
  if (!decl.default_text.empty()) text += fmt::format(" (default: {})", decl.default_text);
  return text;
}

std::string program_help(const CommandSpec& root, std::string_view program) {
  std::string out = fmt::format(
      "Audits, lints and simulates Kubernetes RBAC bindings that trust external OIDC identities.\n\n"
      "Usage: {} COMMAND [OPTIONS]\n\nCommands:\n",
      program);
  std::vector<std::pair<std::string_view, std::string_view>> rows;
  for (const CommandEntry& entry : commands()) rows.emplace_back(entry.name, entry.summary);
  rows.emplace_back(kHelpName, kHelpSummary);
  append_names(out, rows);
  append_options(out, root);
  out += "\nExit status:\n";
  for (const ExitStatusRow& row : exit_statuses()) out += fmt::format("  {}  {}\n", row.status, row.meaning);
  if (program.substr(0, 7) == "kubectl") {
    out += "\nWithout any words the cluster of the current context is scanned (`scan --live`).\n";
  }
  out += fmt::format("\n`{} COMMAND --help` tells what a command takes, with examples.\n", program);
  return out;
}

std::string command_help(const CommandSpec& spec, std::string_view program, std::string_view path) {
  std::string out = spec.summary() + ".\n";
  if (!spec.description().empty()) out += "\n" + fold(spec.description(), 0, 0) + "\n";
  out += "\n" + usage_line(spec, program, path);
  if (!spec.subcommands().empty()) {
    out += "\nCommands:\n";
    std::vector<std::pair<std::string_view, std::string_view>> rows;
    for (const CommandSpec& sub : spec.subcommands()) rows.emplace_back(sub.name(), sub.summary());
    append_names(out, rows);
  }
  if (!spec.examples().empty()) {
    out += "\nExamples:\n";
    for (const Example& example : spec.examples()) {
      out += fmt::format("  # {}\n  {} {}\n", example.comment, program, example.command);
    }
  }
  append_options(out, spec);
  return out;
}

std::string markdown_reference() {
  std::string out =
      "# Command line\n\n"
      "Made from the program's own help by `oidc-audit help --markdown`; do not edit.\n\n```\n";
  GlobalOptions options;
  Requests requests;
  CommandSpec root("oidc-audit", "");
  add_global_options(root, options, requests, true);
  out += program_help(root, "oidc-audit") + "```\n";
  for (const CommandEntry& entry : commands()) {
    CommandSpec spec{std::string(entry.name), std::string(entry.summary)};
    declare(spec, entry, options, requests);
    append_markdown(out, spec, spec.name());
  }
  return out;
}

}  // namespace oidc_audit::cli
