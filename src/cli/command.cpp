#include "cli/command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/strings.h"

namespace oidc_audit::cli {

namespace {

Result<void> set_flag(bool& value, std::string_view text) {
  if (text.empty() || text == "true") {
    value = true;
  } else if (text == "false") {
    value = false;
  } else {
    return Error(ErrorKind::usage, fmt::format("`{}` is not true or false", text));
  }
  return {};
}

Result<void> set_number(std::int64_t& value, std::int64_t minimum, std::string_view text) {
  std::int64_t number = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (code != std::errc() || end != text.data() + text.size()) {
    return Error(ErrorKind::usage, fmt::format("`{}` is not a whole number", text));
  }
  if (number < minimum) return Error(ErrorKind::usage, fmt::format("{} is less than {}", number, minimum));
  value = number;
  return {};
}

}  // namespace

Result<void> check_choice(std::string_view text, std::span<const std::string> choices) {
  if (std::find(choices.begin(), choices.end(), text) != choices.end()) return {};
  const std::vector<std::string_view> views(choices.begin(), choices.end());
  std::string hint;
  if (const auto near = nearest(text, views)) hint = fmt::format("did you mean `{}`?", *near);
  return Error(ErrorKind::usage, fmt::format("`{}` is not one of {}", text, join(choices, ", ")),
               std::move(hint));
}

CommandSpec& CommandSpec::description(std::string text) {
  description_ = std::move(text);
  return *this;
}

CommandSpec& CommandSpec::example(std::string comment, std::string command) {
  examples_.push_back({std::move(comment), std::move(command)});
  return *this;
}

CommandSpec& CommandSpec::output_formats(std::initializer_list<std::string_view> formats) {
  formats_.assign(formats.begin(), formats.end());
  return *this;
}

OptionDecl& CommandSpec::add(std::string_view names, std::string value_name, std::string help, SetValue set) {
  OptionDecl& decl = options_.emplace_back();
  if (!names.empty()) {
    for (const std::string_view name : split(names, ',')) decl.names.emplace_back(name);
  }
  decl.value_name = std::move(value_name);
  decl.help = std::move(help);
  decl.set = std::move(set);
  decl.positional = names.empty();
  return decl;
}

OptionDecl& CommandSpec::flag(std::string_view names, bool& value, std::string help) {
  return add(names, {}, std::move(help), [&value](std::string_view text) { return set_flag(value, text); });
}

OptionDecl& CommandSpec::option(std::string_view names, std::string value_name, std::string& value,
                                std::string help) {
  return add(names, std::move(value_name), std::move(help), [&value](std::string_view text) -> Result<void> {
    value = text;
    return {};
  });
}

OptionDecl& CommandSpec::option(std::string_view names, std::string value_name,
                                std::optional<std::string>& value, std::string help) {
  return add(names, std::move(value_name), std::move(help), [&value](std::string_view text) -> Result<void> {
    value = std::string(text);
    return {};
  });
}

OptionDecl& CommandSpec::option(std::string_view names, std::string value_name,
                                std::vector<std::string>& values, std::string help) {
  OptionDecl& decl =
      add(names, std::move(value_name), std::move(help), [&values](std::string_view text) -> Result<void> {
        values.emplace_back(text);
        return {};
      });
  decl.repeatable = true;
  return decl;
}

OptionDecl& CommandSpec::option(std::string_view names, std::string value_name, std::int64_t& value,
                                std::int64_t minimum, std::string help) {
  return add(names, std::move(value_name), std::move(help),
             [&value, minimum](std::string_view text) { return set_number(value, minimum, text); });
}

OptionDecl& CommandSpec::choice(std::string_view names, std::string value_name,
                                std::initializer_list<std::string_view> choices, std::string& value,
                                std::string help) {
  std::vector<std::string> words(choices.begin(), choices.end());
  OptionDecl& decl = add(names, std::move(value_name), std::move(help),
                         [&value, words](std::string_view text) -> Result<void> {
                           RETURN_IF_ERROR(check_choice(text, words));
                           value = text;
                           return {};
                         });
  decl.choices = std::move(words);
  decl.default_text = value;
  return decl;
}

OptionDecl& CommandSpec::custom(std::string_view names, std::string value_name, SetValue set,
                                std::string help) {
  return add(names, std::move(value_name), std::move(help), std::move(set));
}

OptionDecl& CommandSpec::positional(std::string value_name, std::string& value, std::string help) {
  OptionDecl& decl = option({}, std::move(value_name), value, std::move(help));
  decl.required = true;
  return decl;
}

OptionDecl& CommandSpec::positional(std::string value_name, std::optional<std::string>& value,
                                    std::string help) {
  return option({}, std::move(value_name), value, std::move(help));
}

OptionDecl& CommandSpec::positionals(std::string value_name, std::vector<std::string>& values,
                                     std::string help) {
  return option({}, std::move(value_name), values, std::move(help));
}

CommandSpec& CommandSpec::subcommand(std::string name, std::string summary) {
  return subcommands_.emplace_back(std::move(name), std::move(summary));
}

}  // namespace oidc_audit::cli
