#include "cli/global_options.h"

#include <charconv>

#include "cli/command.h"

namespace oidc_audit::cli {

namespace {

constexpr const char* kGroup = "Global options";

bool is_set(const Environment& environment, const std::string& name) {
  const auto value = environment(name);
  return value && !value->empty();
}

bool is_forced(const Environment& environment, const std::string& name) {
  const auto value = environment(name);
  return value && !value->empty() && *value != "0";
}

Result<void> set_color(ColorChoice& color, std::string_view text) {
  static const std::vector<std::string> kWords = {"auto", "always", "never"};
  RETURN_IF_ERROR(check_choice(text, kWords));
  color = text == "auto"     ? ColorChoice::automatic
          : text == "always" ? ColorChoice::always
                             : ColorChoice::never;
  return {};
}

}  // namespace

void add_global_options(CommandSpec& spec, GlobalOptions& options, Requests& requests, bool root) {
  if (root || !spec.formats().empty()) {
    OptionDecl& output = spec.option("-o,--output", "FORMAT", options.output, "format of the result");
    output.choices = spec.formats();
    if (!spec.formats().empty()) output.default_text = spec.formats().front();
    output.group = kGroup;
    spec.option("--output-file", "FILE", options.output_file,
                "write the result to FILE, whole or not at all, instead of standard output")
        .group = kGroup;
  }
  spec.option("--config", "FILE", options.config_file,
              "configuration; default: `.oidc-audit.yaml` found upward from the working directory")
      .group = kGroup;
  OptionDecl& color = spec.custom(
      "--color", "WHEN", [&options](std::string_view text) { return set_color(options.color, text); },
      "whether to color text; NO_COLOR is honoured");
  color.choices = {"auto", "always", "never"};
  color.default_text = "auto";
  color.group = kGroup;
  spec.flag("-q,--quiet", options.quiet, "print no summary, notes or warnings; findings and errors remain")
      .group = kGroup;
  OptionDecl& verbose = spec.custom(
      "-v,--verbose", "",
      [&options](std::string_view text) -> Result<void> {
        if (text != "false") ++options.verbosity;
        return {};
      },
      "say more: what was read and skipped, and why; may be repeated");
  verbose.group = kGroup;
  verbose.repeatable = true;
  spec.flag("-h,--help", requests.help, "print this help").group = kGroup;
  if (root) spec.flag("-V,--version", requests.version, "print the version").group = kGroup;
}

namespace {

void add_to_all(CommandSpec& spec, GlobalOptions& options, Requests& requests) {
  add_global_options(spec, options, requests, false);
  for (CommandSpec& sub : spec.subcommands()) add_to_all(sub, options, requests);
}

}  // namespace

void declare(CommandSpec& spec, const CommandEntry& entry, GlobalOptions& options, Requests& requests) {
  entry.declare(spec);
  add_to_all(spec, options, requests);
}

bool use_color(ColorChoice choice, const Environment& environment, bool is_terminal) {
  if (choice != ColorChoice::automatic) return choice == ColorChoice::always;
  if (is_set(environment, "NO_COLOR")) return false;
  if (is_forced(environment, "CLICOLOR_FORCE") || is_forced(environment, "FORCE_COLOR")) return true;
  if (!is_terminal) return false;
  const auto term = environment("TERM");
  return term && !term->empty() && *term != "dumb";
}

int text_width(const Environment& environment, const Terminal& terminal) {
  if (const auto columns = environment("COLUMNS")) {
    int width = 0;
    const char* end = columns->data() + columns->size();
    const auto [stop, code] = std::from_chars(columns->data(), end, width);
    if (code == std::errc() && stop == end && width > 0) return width;
  }
  return terminal.width;
}

}  // namespace oidc_audit::cli
