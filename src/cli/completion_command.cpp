#include <memory>
#include <string>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/context.h"

namespace oidc_audit::cli {

void declare_completion(CommandSpec& spec) {
  auto shell = std::make_shared<std::string>();
  spec.description(
      "Prints a script for the shell that completes commands, options, their values, file names, and the "
      "names of rules, providers, contexts and namespaces. `cmake --install` puts the scripts where shells "
      "look for them, with `kubectl_complete-oidc_audit` for `kubectl oidc-audit`. No server is asked and no "
      "credential plugin is run.");
  spec.example("In this bash", "completion bash > ~/.local/share/bash-completion/completions/oidc-audit");
  spec.example("For zsh, in a folder of fpath", "completion zsh > ~/.zfunc/_oidc-audit");
  spec.example("For fish", "completion fish > ~/.config/fish/completions/oidc-audit.fish");
  OptionDecl& word = spec.positional("SHELL", *shell, "which shell");
  word.choices = {"bash", "zsh", "fish"};
  spec.run([shell](Context& context) {
    static const std::vector<std::string> kShells = {"bash", "zsh", "fish"};
    auto known = check_choice(*shell, kShells);
    if (!known.ok()) return context.fail(std::move(known).error().with_context("SHELL"));
    context.out.write(std::string(completion_script(*shell)));
    return ExitCode::ok;
  });
}

}  // namespace oidc_audit::cli
