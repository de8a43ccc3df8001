#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/run.h"

namespace oidc_audit::cli {

struct OptionDecl;

/// What a shell may put in place of the word that is being typed.
struct Candidate {
  std::string value;
  std::string description;  ///< one line, may be empty
};

/// What the shell is to do with the candidates, as Cobra's directives say it (cobra completions.go,
/// ShellCompDirective), which kubectl's completion of plugins understands too. Added up.
enum CompletionDirective : int {
  kCompletionDefault = 0,     ///< file names, when there are no candidates
  kCompletionError = 1,       ///< nothing of this is of use
  kCompletionNoSpace = 2,     ///< the word goes on behind the candidate
  kCompletionNoFiles = 4,     ///< never file names
  kCompletionExtensions = 8,  ///< the candidates are extensions of the files to offer
  kCompletionDirectories = 16,
};

struct Completion {
  std::vector<Candidate> candidates;
  int directive = kCompletionNoFiles;
};

/// What completion may look at: files (a kubeconfig, rule packs that --rules names) and the environment.
/// Nothing is run and no server is asked.
struct CompletionWorld {
  const Files& files;
  const Environment& environment;
};

/// Options of the line so far, by which later values depend on earlier ones (`--kubeconfig F --context`).
class GivenOptions {
 public:
  void add(const OptionDecl& decl, std::string_view value) { given_.emplace_back(&decl, value); }
  bool has(const OptionDecl& decl) const;
  /// The last value given to the option of that name; nullopt: not given.
  std::optional<std::string> value(std::string_view name) const;
  std::vector<std::string> values(std::string_view name) const;

 private:
  std::vector<std::pair<const OptionDecl*, std::string>> given_;
};

/// Candidates for the last of `words`, the words behind the program's name. The one source that the scripts
/// of all shells and kubectl ask, by `oidc-audit __complete WORD...`. In `--name=val` candidates are values
/// alone, as Cobra has it. Never fails: where nothing can be said, there are no candidates.
Completion complete(std::span<const std::string> words, const CompletionWorld& world);

/// The same as text: a candidate a line, its description behind a tab, and `:DIRECTIVE` last.
std::string completion_lines(const Completion& completion);

/// Candidates for the value of an option or positional argument, of which `prefix` is typed: its choices,
/// else what the placeholder stands for (`FILE`, `RULE`, `CONTEXT`); see completion_values.cpp.
Completion complete_value(const OptionDecl& decl, std::string_view prefix, const GivenOptions& given,
                          const CompletionWorld& world);

/// Whether completion knows what this placeholder of an option or argument stands for.
bool is_known_placeholder(std::string_view placeholder);

/// Keeps what starts with `prefix`, and drops what cannot stand on a command line: kubeconfig files and rule
/// packs are input, and a name may hold line breaks or escape sequences.
void keep_matching(std::vector<Candidate>& candidates, std::string_view prefix);

/// The script that makes a shell (`bash`, `zsh`, `fish`) ask __complete; empty for another shell.
std::string_view completion_script(std::string_view shell);

}  // namespace oidc_audit::cli
