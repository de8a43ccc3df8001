#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace oidc_audit {
class Files;
}

namespace oidc_audit::cli {

class CommandSpec;

/// Reads the words of a command line against the declarations of a command, as getopt and kubectl's pflag
/// do: `--name value`, `--name=value` (the value may be empty), `-n value`, `-nvalue`, `-n=value`, `-qv`,
/// `--flag=false`, and `--` before words that are no options. Options and other words may be mixed.
class Parser {
 public:
  /// `files` is asked when an unknown option may be meant as the name of a file.
  Parser(std::span<const std::string> words, const Files& files) : words_(words), files_(files) {}

  /// Sets the options of `spec` that come next and gives back the first word that is no option; nullopt
  /// when there is none left. Errors are of kind usage.
  Result<std::optional<std::string>> next_word(const CommandSpec& spec);

 private:
  Result<void> long_option(const CommandSpec& spec, std::string_view word);
  Result<void> short_options(const CommandSpec& spec, std::string_view word);
  Result<std::string> value_of(std::string_view name, std::string_view value_name);
  Error unknown(const CommandSpec& spec, std::string_view word, std::string_view name) const;

  std::span<const std::string> words_;
  const Files& files_;
  std::size_t at_ = 0;
  bool only_words_ = false;  // after `--`
};

}  // namespace oidc_audit::cli
