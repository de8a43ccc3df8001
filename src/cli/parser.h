#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace oidc_audit {
class Files;
}

namespace oidc_audit::cli {

class CommandSpec;

/// Reads the words of a command line against the declarations of a command, with CLI11, in the forms that
/// kubectl's pflag takes: `--name value`, `--name=value` (the value may be empty), `-n value`, `-nvalue`,
/// `-n=value`, `-qv`, `--flag=false`, and `--` before words that are no options. Options and other words may
/// be mixed; of an option given twice the last value counts, unless it is repeatable.
class Parser {
 public:
  /// `files` is asked when an unknown option may be meant as the name of a file.
  Parser(std::span<const std::string> words, const Files& files);

  /// Sets the options of `spec` that come next and gives back the first word that is no option; nullopt
  /// when there is none left. Errors are of kind usage.
  Result<std::optional<std::string>> next_word(const CommandSpec& spec);

 private:
  Result<void> read(const CommandSpec& spec);
  Error unknown(const CommandSpec& spec, std::string_view word) const;

  const Files& files_;
  std::vector<std::string> unread_;         // not yet given to CLI11
  std::deque<std::string> words_;           // read, and no options
  std::vector<std::string> behind_dashes_;  // what stood behind `--`
};

}  // namespace oidc_audit::cli
