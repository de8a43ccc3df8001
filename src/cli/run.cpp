#include "cli/run.h"

#include <fmt/format.h>

#include <exception>
#include <new>
#include <ostream>
#include <utility>
#include <vector>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/completion.h"
#include "cli/context.h"
#include "cli/global_options.h"
#include "cli/help.h"
#include "cli/man_page.h"
#include "cli/parser.h"
#include "cli/version.h"

namespace oidc_audit::cli {

namespace {

/// What the command line came down to.
struct Invocation {
  GlobalOptions options;
  Requests requests;
  CommandSpec root{"oidc-audit", ""};
  std::optional<CommandSpec> top;  // the command of the table, declared
  CommandSpec* spec = nullptr;     // it or one of its subcommands
  std::string path;                // `providers show`
};

bool is_plugin(std::span<const std::string> args) {
  const std::string name = args.empty() ? std::string() : args[0].substr(args[0].rfind('/') + 1);
  return name.rfind("kubectl-", 0) == 0;
}

std::string program_name(std::span<const std::string> args) {
  return is_plugin(args) ? "kubectl oidc-audit" : "oidc-audit";
}

Error unknown_command(const std::string& word, const std::vector<std::string_view>& names, const Files& files,
                      const std::string& program) {
  std::string hint;
  if (const auto near = nearest(word, names)) {
    hint = fmt::format("did you mean `{}`?", *near);
  } else if (word == "-" || files.type(word) != FileType::none) {
    hint = fmt::format("to look at a file or folder: `{} scan {}`", program, word);
  } else {
    hint = fmt::format("`{} --help` lists the commands", program);
  }
  return Error(ErrorKind::usage, fmt::format("unknown command `{}`", word), std::move(hint));
}

Result<void> enter_command(Invocation& invocation, const std::string& word, const Files& files,
                           const std::string& program) {
  std::vector<std::string_view> names;
  for (const CommandEntry& entry : commands()) {
    if (entry.name == word) {
      invocation.top.emplace(std::string(entry.name), std::string(entry.summary));
      declare(*invocation.top, entry, invocation.options, invocation.requests);
      invocation.spec = &*invocation.top;
      invocation.path = word;
      return {};
    }
    names.push_back(entry.name);
  }
  return unknown_command(word, names, files, program);
}

CommandSpec* find_subcommand(CommandSpec& spec, const std::string& word) {
  for (CommandSpec& sub : spec.subcommands()) {
    if (sub.name() == word) return &sub;
  }
  return nullptr;
}

// Gives the words that are no options to the positional arguments in order.
Result<void> take_words(Invocation& invocation, Parser& parser, const Files& files,
                        const std::string& program) {
  std::size_t given = 0;
  std::vector<const OptionDecl*> positionals;
  const auto enter = [&](CommandSpec& spec) {
    invocation.spec = &spec;
    positionals.clear();
    for (const OptionDecl& decl : spec.options()) {
      if (decl.positional) positionals.push_back(&decl);
    }
  };
  enter(*invocation.spec);
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<std::string> word, parser.next_word(*invocation.spec));
    if (!word) break;
    if (given == 0 && !invocation.spec->subcommands().empty()) {
      if (CommandSpec* sub = find_subcommand(*invocation.spec, *word)) {
        invocation.path += " " + *word;
        enter(*sub);
        continue;
      }
    }
    if (positionals.empty() && !invocation.spec->subcommands().empty()) {
      std::vector<std::string_view> names;
      for (const CommandSpec& sub : invocation.spec->subcommands()) names.push_back(sub.name());
      return unknown_command(*word, names, files, program);
    }
    const bool to_last =
        given >= positionals.size() && !positionals.empty() && positionals.back()->repeatable;
    if (given >= positionals.size() && !to_last) {
      return Error(ErrorKind::usage, fmt::format("unexpected argument `{}`", *word));
    }
    const OptionDecl& decl = to_last ? *positionals.back() : *positionals[given];
    if (auto set = decl.set(*word); !set.ok()) return std::move(set).error().with_context(decl.value_name);
    ++given;
  }
  if (invocation.requests.help) return {};
  if (!invocation.spec->body()) {
    return Error(ErrorKind::usage, fmt::format("`{}` needs a command", invocation.path));
  }
  for (std::size_t i = given; i < positionals.size(); ++i) {
    if (positionals[i]->required) {
      return Error(ErrorKind::usage, fmt::format("missing argument {}", positionals[i]->value_name));
    }
  }
  return {};
}

Result<void> check_output(GlobalOptions& options, const CommandSpec& spec) {
  if (spec.formats().empty()) {
    // Asked for before the command's name, where its formats were not known yet.
    if (options.output.empty() && options.output_file.empty()) return {};
    return Error(ErrorKind::usage, fmt::format("`{}` has one form of output: --output and --output-file "
                                               "do not apply",
                                               spec.name()));
  }
  if (options.output.empty()) options.output = spec.formats().front();
  auto checked = check_choice(options.output, spec.formats());
  if (!checked.ok()) return std::move(checked).error().with_context("option `--output`");
  return {};
}

std::string help_text(const Invocation& invocation, const std::string& program) {
  return invocation.spec == nullptr ? program_help(invocation.root, program)
                                    : command_help(*invocation.spec, program, invocation.path);
}

// What is no report: help, the version, words that complete.
ExitCode print(std::string_view text, const Host& host, const Messages& messages) {
  Output output(host.io.out, host.files, {});
  output.write(text);
  if (auto finished = output.finish(); !finished.ok()) {
    messages.error(finished.error());
    return ExitCode::unreadable;
  }
  return ExitCode::ok;
}

// `help`, `help COMMAND [SUBCOMMAND]`, `help --markdown`, `help --man`.
Result<void> read_help_command(Invocation& invocation, Parser& parser, const Files& files,
                               const std::string& program, HelpRequest& request) {
  CommandSpec spec{std::string(kHelpName), std::string(kHelpSummary)};
  declare_help(spec, request);
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<std::string> word, parser.next_word(spec));
    if (!word) return {};
    if (invocation.spec == nullptr) {
      RETURN_IF_ERROR(enter_command(invocation, *word, files, program));
    } else if (CommandSpec* sub = find_subcommand(*invocation.spec, *word)) {
      invocation.spec = sub;
      invocation.path += " " + *word;
    } else {
      return Error(ErrorKind::usage, fmt::format("`{}` has no command `{}`", invocation.path, *word));
    }
  }
}

ExitCode run_body(Invocation& invocation, const Host& host, const Messages& messages,
                  const std::string& program) {
  Output output(host.io.out, host.files, invocation.options.output_file);
  Messages own = messages;
  Context context{
      .options = invocation.options,
      .in = host.io.in,
      .out = output,
      .messages = own,
      .files = host.files,
      .clock = host.clock,
      .environment = host.environment,
      .terminal = host.terminal,
      .program = program,
      .color_out = !output.to_file() &&
                   use_color(invocation.options.color, host.environment, host.terminal.out_is_terminal),
      .width = output.to_file() ? 0 : text_width(host.environment, host.terminal),
  };
  const ExitCode status = invocation.spec->body()(context);
  if (status == ExitCode::usage && output.nothing_for_file()) return status;
  if (auto finished = output.finish(); !finished.ok()) {
    messages.error(finished.error());
    return ExitCode::unreadable;
  }
  return status;
}

bool names_a_command(std::span<const std::string> words) {
  for (const std::string& word : words) {
    for (const CommandEntry& entry : commands()) {
      if (entry.name == word) return true;
    }
    if (word == "help") return true;
  }
  return false;
}

/// `kubectl oidc-audit` with options alone scans the cluster that kubectl would speak to.
std::vector<std::string> scan_of_current_context(std::span<const std::string> args) {
  std::vector<std::string> words(args.begin(), args.end());
  words.insert(words.begin() + 1, {"scan", "--live"});
  return words;
}

ExitCode run_unguarded(std::span<const std::string> args, const Host& host) {
  const std::string program = program_name(args);
  Invocation invocation;
  add_global_options(invocation.root, invocation.options, invocation.requests, true);
  const std::span<const std::string> words = args.empty() ? args : args.subspan(1);
  Parser parser(words, host.files);
  const auto make_messages = [&] {
    const bool color = use_color(invocation.options.color, host.environment, host.terminal.err_is_terminal);
    return Messages(host.io.err, color, invocation.options.quiet, invocation.options.verbosity);
  };
  const auto show = [&](std::string_view text) { return print(text, host, make_messages()); };
  // Asked by the scripts of shells, whose words are not yet a command line.
  if (!words.empty() && words.front() == "__complete") {
    const CompletionWorld world{host.files, host.environment};
    return show(completion_lines(complete(words.subspan(1), world)));
  }
  const auto refuse = [&](const Error& error) {
    if (invocation.requests.help) return show(help_text(invocation, program));
    const std::string fallback = fmt::format("`{}{}{} --help` shows what it takes", program,
                                             invocation.path.empty() ? "" : " ", invocation.path);
    make_messages().error(error.message(), error.hint().empty() ? fallback : error.hint());
    return exit_code_for(error);
  };

  auto word = parser.next_word(invocation.root);
  const bool no_command = word.ok() ? !word.value() : !names_a_command(words);
  if (is_plugin(args) && no_command && !invocation.requests.version && !invocation.requests.help)
    return run_unguarded(scan_of_current_context(args), host);
  if (!word.ok()) return refuse(word.error());
  if (!word.value()) {
    if (invocation.requests.version) {
      return show(fmt::format("oidc-audit {}\n", kVersion));
    }
    if (invocation.requests.help) return show(help_text(invocation, program));
    host.io.err << help_text(invocation, program) << std::flush;
    return ExitCode::usage;
  }
  if (*word.value() == kHelpName) {
    HelpRequest request;
    auto read = read_help_command(invocation, parser, host.files, program, request);
    invocation.requests.help = invocation.requests.help || request.help;
    if (!read.ok()) return refuse(read.error());
    if (request.man) return show(man_page());
    return show(request.markdown ? markdown_reference() : help_text(invocation, program));
  }
  if (auto entered = enter_command(invocation, *word.value(), host.files, program); !entered.ok()) {
    return refuse(entered.error());
  }
  if (auto taken = take_words(invocation, parser, host.files, program); !taken.ok()) {
    return refuse(taken.error());
  }
  if (invocation.requests.help) return show(help_text(invocation, program));
  if (auto checked = check_output(invocation.options, *invocation.spec); !checked.ok()) {
    return refuse(checked.error());
  }
  return run_body(invocation, host, make_messages(), program);
}

}  // namespace

ExitCode Context::fail(const Error& error) const {
  messages.error(error);
  return exit_code_for(error);
}

ExitCode run_in(std::span<const std::string> args, const Host& host) {
  // Nothing below throws on purpose; what the standard library throws must not end in a terminate.
  try {
    return run_unguarded(args, host);
  } catch (const std::bad_alloc&) {
    host.io.err << "oidc-audit: error: out of memory\n" << std::flush;
  } catch (const std::exception& exception) {
    host.io.err << "oidc-audit: error: internal error: " << exception.what() << '\n' << std::flush;
  }
  return ExitCode::unreadable;
}

}  // namespace oidc_audit::cli
