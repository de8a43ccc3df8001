#include "cli/parser.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <utility>

#include "base/files.h"
#include "base/strings.h"
#include "cli/command.h"

namespace oidc_audit::cli {

namespace {

const OptionDecl* find(const CommandSpec& spec, std::string_view name) {
  for (const OptionDecl& decl : spec.options()) {
    if (!decl.positional && std::find(decl.names.begin(), decl.names.end(), name) != decl.names.end())
      return &decl;
  }
  return nullptr;
}

bool is_option_word(std::string_view word) { return word.size() > 1 && word[0] == '-'; }

/// The words in the one form that CLI11 2.1 reads as pflag would: `--name=value` in two words, since it takes
/// the next word for the value of `--name=`; `-n=value` likewise, since it keeps the `=`. The last word
/// first.
std::vector<std::string> normalise(const CommandSpec& spec, const std::vector<std::string>& words) {
  std::vector<std::string> out;
  bool is_value = false;
  for (const std::string& word : words) {
    const std::size_t equals = word.find('=');
    const bool option = !is_value && is_option_word(word);
    const OptionDecl* decl = option ? find(spec, std::string_view(word).substr(0, equals)) : nullptr;
    const bool takes_value = decl != nullptr && !decl->value_name.empty();
    is_value = takes_value && equals == std::string::npos;
    if (takes_value && equals != std::string::npos) {
      out.push_back(word.substr(0, equals));
      out.push_back(word.substr(equals + 1));
    } else {
      out.push_back(word);
    }
  }
  std::reverse(out.begin(), out.end());
  return out;
}

/// Declares the options of a command to CLI11. The first error of a value's own check is kept in `failure`.
void declare(CLI::App& app, const CommandSpec& spec, std::optional<Error>& failure) {
  app.set_help_flag();
  for (const OptionDecl& decl : spec.options()) {
    if (decl.positional) continue;
    const std::string names = join(decl.names, ",");
    const auto set = [&decl, &failure](const std::string& value) {
      auto result = decl.set(value);
      if (result.ok() || failure) return;
      failure = std::move(result).error().with_context(fmt::format("option `{}`", decl.names.back()));
    };
    if (decl.value_name.empty()) {
      app.add_flag_function(names, [set](std::int64_t count) {
        if (count <= 0) set("false");
        for (; count > 0; --count) set("");
      });
      continue;
    }
    app.add_option_function<std::vector<std::string>>(names,
                                                      [set](const std::vector<std::string>& values) {
                                                        for (const std::string& value : values) set(value);
                                                      })
        ->expected(1)
        ->multi_option_policy(decl.repeatable ? CLI::MultiOptionPolicy::TakeAll
                                              : CLI::MultiOptionPolicy::TakeLast)
        ->allow_extra_args(false);
  }
}

}  // namespace

Parser::Parser(std::span<const std::string> words, const Files& files) : files_(files) {
  const auto dashes = std::find(words.begin(), words.end(), "--");
  unread_.assign(words.begin(), dashes);
  if (dashes != words.end()) behind_dashes_.assign(dashes + 1, words.end());
}

Result<std::optional<std::string>> Parser::next_word(const CommandSpec& spec) {
  if (words_.empty() && !unread_.empty()) RETURN_IF_ERROR(read(spec));
  if (words_.empty() && !behind_dashes_.empty()) {
    words_.assign(behind_dashes_.begin(), behind_dashes_.end());
    behind_dashes_.clear();
  }
  if (words_.empty()) return std::optional<std::string>();
  std::optional<std::string> word = std::move(words_.front());
  words_.pop_front();
  return word;
}

Result<void> Parser::read(const CommandSpec& spec) {
  // Where a subcommand may follow, what stands behind its name is for its own options.
  const bool stop_at_word = spec.body() == nullptr || !spec.subcommands().empty();
  CLI::App app;
  std::optional<Error> failure;
  if (stop_at_word) {
    app.prefix_command();
  } else {
    app.allow_extras();
  }
  declare(app, spec, failure);
  try {
    app.parse(normalise(spec, unread_));
  } catch (const CLI::ArgumentMismatch& error) {
    const OptionDecl* last = unread_.empty() ? nullptr : find(spec, unread_.back());
    if (last == nullptr) return Error(ErrorKind::usage, error.what());
    return Error(ErrorKind::usage,
                 fmt::format("option `{}` needs a value: {}", unread_.back(), last->value_name));
  } catch (const CLI::Error& error) {
    return Error(ErrorKind::usage, error.what());
  }
  if (failure) return *std::move(failure);
  std::vector<std::string> rest = app.remaining();
  unread_.clear();
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (is_option_word(rest[i])) return unknown(spec, rest[i]);
    words_.push_back(std::move(rest[i]));
    if (!stop_at_word) continue;
    unread_.assign(std::make_move_iterator(rest.begin() + static_cast<std::ptrdiff_t>(i) + 1),
                   std::make_move_iterator(rest.end()));
    break;
  }
  return {};
}

Error Parser::unknown(const CommandSpec& spec, std::string_view word) const {
  const std::string_view name = word.substr(0, word.find('='));
  std::string hint;
  if (files_.type(std::string(word)) != FileType::none) {
    hint = fmt::format("to name the file write `./{}`", word);
  } else {
    std::vector<std::string_view> names;
    for (const OptionDecl& decl : spec.options()) {
      if (decl.hidden) continue;
      for (const std::string& candidate : decl.names) {
        if (candidate.size() > 2) names.push_back(candidate);
      }
    }
    // `-output` for `--output` is as near as a misspelt word.
    const std::string wanted = name.substr(0, 2) == "--" ? std::string(name) : fmt::format("-{}", name);
    if (const auto near = nearest(wanted, names)) hint = fmt::format("did you mean `{}`?", *near);
  }
  return Error(ErrorKind::usage, fmt::format("unknown option `{}`", name), std::move(hint));
}

}  // namespace oidc_audit::cli
