#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "cli/exit_code.h"

namespace oidc_audit::cli {

struct Context;

/// Takes one value of an option, in the order of the command line; its error is reported as bad usage
/// with the option's name in front.
using SetValue = std::function<Result<void>(std::string_view value)>;

/// Fails (usage) with a suggestion when `text` is none of the words.
Result<void> check_choice(std::string_view text, std::span<const std::string> choices);

/// One option or positional argument as it was declared; what help, documentation, completion and the
/// parser are made from.
struct OptionDecl {
  std::vector<std::string> names;  ///< with dashes: `-f`, `--filename`; a positional's is its value_name
  std::string value_name;          ///< `PATH`; empty for a flag
  std::string help;                ///< starts with a small letter, no final period
  std::vector<std::string> choices;
  std::string default_text;  ///< shown in help; empty: none
  std::string group;         ///< heading in help; empty: `Options`
  bool positional = false;
  bool repeatable = false;
  bool required = false;
  bool hidden = false;
  SetValue set;
};

struct Example {
  std::string comment;
  std::string command;  ///< without the program's name: `scan deploy/`
};

/// A command as it is declared: what it is called, what it takes and what it does. Declaring costs
/// nothing beyond some strings, and only the command that was asked for is declared.
///
///   void declare_scan(CommandSpec& spec) {
///     auto options = std::make_shared<ScanOptions>();
///     spec.description("...").example("Scan a folder", "scan deploy/");
///     spec.output_formats({"text", "json"});
///     spec.option("-n,--namespace", "NAME", options->namespace_name, "namespace of ...");
///     spec.flag("--allow-partial", options->allow_partial, "...");
///     spec.run([options](Context& context) { return run_scan(*options, context); });
///   }
///
/// References given here must live as long as the function given to run(), hence the shared struct.
/// A command without run() needs one of its subcommands.
class CommandSpec {
 public:
  CommandSpec(std::string name, std::string summary) : name_(std::move(name)), summary_(std::move(summary)) {}

  CommandSpec& description(std::string text);
  CommandSpec& example(std::string comment, std::string command);
  /// Formats that -o/--output takes, the default one first. Without this there is no -o.
  CommandSpec& output_formats(std::initializer_list<std::string_view> formats);

  /// `names` is a comma-separated list, `-f,--filename`. The returned reference is good until the next
  /// declaration and may be used to set `default_text`, `group`, `hidden`, `required`.
  OptionDecl& flag(std::string_view names, bool& value, std::string help);
  OptionDecl& option(std::string_view names, std::string value_name, std::string& value, std::string help);
  OptionDecl& option(std::string_view names, std::string value_name, std::optional<std::string>& value,
                     std::string help);
  /// May be given several times; one value each.
  OptionDecl& option(std::string_view names, std::string value_name, std::vector<std::string>& values,
                     std::string help);
  /// An integer not below `minimum`.
  OptionDecl& option(std::string_view names, std::string value_name, std::int64_t& value,
                     std::int64_t minimum, std::string help);
  /// One of a closed set of words; anything else is refused with the nearest one suggested.
  OptionDecl& choice(std::string_view names, std::string value_name,
                     std::initializer_list<std::string_view> choices, std::string& value, std::string help);
  /// Whatever else: `set` sees every value.
  OptionDecl& custom(std::string_view names, std::string value_name, SetValue set, std::string help);

  /// Required.
  OptionDecl& positional(std::string value_name, std::string& value, std::string help);
  /// May be left out.
  OptionDecl& positional(std::string value_name, std::optional<std::string>& value, std::string help);
  /// Takes all that remain; the last one. Set `required` on what is returned when there must be one.
  OptionDecl& positionals(std::string value_name, std::vector<std::string>& values, std::string help);

  /// `providers list`: a command below this one.
  CommandSpec& subcommand(std::string name, std::string summary);

  void run(std::function<ExitCode(Context&)> body) { body_ = std::move(body); }

  const std::string& name() const { return name_; }
  const std::string& summary() const { return summary_; }
  const std::string& description() const { return description_; }
  const std::vector<Example>& examples() const { return examples_; }
  const std::vector<std::string>& formats() const { return formats_; }
  const std::deque<OptionDecl>& options() const { return options_; }
  const std::deque<CommandSpec>& subcommands() const { return subcommands_; }
  std::deque<CommandSpec>& subcommands() { return subcommands_; }
  const std::function<ExitCode(Context&)>& body() const { return body_; }

 private:
  OptionDecl& add(std::string_view names, std::string value_name, std::string help, SetValue set);

  std::string name_;
  std::string summary_;
  std::string description_;
  std::vector<Example> examples_;
  std::vector<std::string> formats_;
  std::deque<OptionDecl> options_;
  std::deque<CommandSpec> subcommands_;
  std::function<ExitCode(Context&)> body_;
};

/// One row of the table of commands (commands.cpp): the only place that lists them.
struct CommandEntry {
  std::string_view name;
  std::string_view summary;  ///< one line, starts with a capital letter, no final period
  void (*declare)(CommandSpec& spec);
};

std::span<const CommandEntry> commands();

}  // namespace oidc_audit::cli
