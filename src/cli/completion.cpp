#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/strings.h"
#include "base/unicode.h"
#include "cli/command.h"
#include "cli/global_options.h"
#include "cli/help.h"

namespace oidc_audit::cli {

namespace {

bool is_option_word(std::string_view word) { return word.size() > 1 && word.front() == '-'; }

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

/// A command line on the way: walks the words before the one being typed, then answers for that one.
class Line {
 public:
  explicit Line(const CompletionWorld& world) : world_(world) {
    add_global_options(root_, options_, requests_, true);
    for (const CommandEntry& entry : commands()) {
      root_.subcommand(std::string(entry.name), std::string(entry.summary));
    }
    root_.subcommand(std::string(kHelpName), std::string(kHelpSummary));
    declare_help(help_, help_request_);
    for (const CommandEntry& entry : commands()) {
      help_.subcommand(std::string(entry.name), std::string(entry.summary));
    }
  }

  void take(const std::string& word) {
    if (pending_ != nullptr) {
      given_.add(*pending_, word);
      pending_ = nullptr;
    } else if (behind_dashes_ || !is_option_word(word)) {
      take_word(word);
    } else if (word == "--") {
      behind_dashes_ = true;
    } else if (starts_with(word, "--")) {
      take_long(word);
    } else {
      take_short(word);
    }
  }

  Completion answer(const std::string& word) {
    Completion out;
    if (lost_) return out;
    if (pending_ != nullptr) {
      out = complete_value(*pending_, word, given_, world_);
    } else if (!behind_dashes_ && word.size() > 0 && word.front() == '-') {
      out = answer_option(word);
    } else {
      out = answer_word(word);
    }
    return out;
  }

 private:
  const OptionDecl* find(std::string_view name) const {
    for (const OptionDecl& decl : spec_->options()) {
      if (!decl.positional && std::find(decl.names.begin(), decl.names.end(), name) != decl.names.end())
        return &decl;
    }
    return nullptr;
  }

  void take_long(std::string_view word) {
    const std::size_t equals = word.find('=');
    const OptionDecl* decl = find(word.substr(0, equals));
    if (decl == nullptr) return;
    if (decl->value_name.empty() || equals != std::string_view::npos) {
      given_.add(*decl, equals == std::string_view::npos ? std::string_view() : word.substr(equals + 1));
    } else {
      pending_ = decl;
    }
  }

  // `-qn NAME`, `-nNAME`, `-n=NAME`.
  void take_short(std::string_view word) {
    for (std::size_t i = 1; i < word.size(); ++i) {
      const OptionDecl* decl = find(fmt::format("-{}", word[i]));
      if (decl == nullptr) return;
      if (decl->value_name.empty()) {
        given_.add(*decl, {});
        continue;
      }
      std::string_view value = word.substr(i + 1);
      if (starts_with(value, "=")) value.remove_prefix(1);
      if (i + 1 < word.size()) {
        given_.add(*decl, value);
      } else {
        pending_ = decl;
      }
      return;
    }
  }

  void take_word(const std::string& word) {
    if (positionals_given_ == 0 && !spec_->subcommands().empty() && enter(word)) return;
    // What cannot be run takes no words: only its commands are of use.
    if (spec_->body() == nullptr) lost_ = true;
    ++positionals_given_;
  }

  bool enter(const std::string& word) {
    if (spec_ == &help_ || (spec_ == &root_ && word != kHelpName)) return enter_command(word);
    if (spec_ == &root_) {
      spec_ = &help_;
      helping_ = true;
      return true;
    }
    for (CommandSpec& sub : spec_->subcommands()) {
      if (sub.name() != word) continue;
      spec_ = &sub;
      return true;
    }
    return false;
  }

  bool enter_command(const std::string& word) {
    for (const CommandEntry& entry : commands()) {
      if (entry.name != word) continue;
      top_.emplace(std::string(entry.name), std::string(entry.summary));
      declare(*top_, entry, options_, requests_);
      spec_ = &*top_;
      return true;
    }
    return false;
  }

  const OptionDecl* next_positional() const {
    const OptionDecl* last = nullptr;
    std::size_t index = 0;
    for (const OptionDecl& decl : spec_->options()) {
      if (!decl.positional) continue;
      if (index++ == positionals_given_) return &decl;
      last = &decl;
    }
    return last != nullptr && last->repeatable ? last : nullptr;
  }

  Completion answer_word(const std::string& word) const {
    Completion out;
    const OptionDecl* positional = helping_ ? nullptr : next_positional();
    if (positional != nullptr) out = complete_value(*positional, word, given_, world_);
    if (positionals_given_ == 0 && !behind_dashes_) {
      std::vector<Candidate> names;
      for (const CommandSpec& sub : spec_->subcommands()) names.push_back({sub.name(), sub.summary()});
      keep_matching(names, word);
      out.candidates.insert(out.candidates.begin(), names.begin(), names.end());
    }
    return out;
  }

  Completion answer_option(const std::string& word) const {
    const std::size_t equals = word.find('=');
    if (starts_with(word, "--") && equals != std::string::npos) {
      const OptionDecl* decl = find(std::string_view(word).substr(0, equals));
      if (decl == nullptr || decl->value_name.empty()) return answer_switch(decl, word.substr(equals + 1));
      return complete_value(*decl, std::string_view(word).substr(equals + 1), given_, world_);
    }
    if (word.size() > 2 && word[1] != '-') return answer_attached(word);
    Completion out;
    for (const OptionDecl& decl : spec_->options()) {
      if (decl.hidden || decl.positional || (given_.has(decl) && !decl.repeatable)) continue;
      for (const std::string& name : decl.names) out.candidates.push_back({name, decl.help});
    }
    keep_matching(out.candidates, word);
    std::sort(out.candidates.begin(), out.candidates.end(),
              [](const Candidate& a, const Candidate& b) { return a.value < b.value; });
    return out;
  }

  // `--quiet=`.
  static Completion answer_switch(const OptionDecl* decl, std::string_view prefix) {
    Completion out;
    if (decl != nullptr) out.candidates = {{"true", ""}, {"false", ""}};
    keep_matching(out.candidates, prefix);
    return out;
  }

  // `-ojs`: whole words, since no shell takes such a word apart.
  Completion answer_attached(const std::string& word) const {
    const OptionDecl* decl = find(std::string_view(word).substr(0, 2));
    if (decl == nullptr || decl->value_name.empty()) return {};
    const std::string head = word.substr(0, word[2] == '=' ? 3 : 2);
    Completion out = complete_value(*decl, std::string_view(word).substr(head.size()), given_, world_);
    if (out.directive & (kCompletionExtensions | kCompletionDirectories)) return {};
    for (Candidate& candidate : out.candidates) candidate.value.insert(0, head);
    return out;
  }

  const CompletionWorld& world_;
  GlobalOptions options_;
  Requests requests_;
  HelpRequest help_request_;
  CommandSpec root_{"oidc-audit", ""};
  CommandSpec help_{std::string(kHelpName), std::string(kHelpSummary)};
  std::optional<CommandSpec> top_;
  CommandSpec* spec_ = &root_;
  GivenOptions given_;
  const OptionDecl* pending_ = nullptr;  // its value is the next word
  std::size_t positionals_given_ = 0;
  bool behind_dashes_ = false;
  bool helping_ = false;  // what follows `help` names commands only
  bool lost_ = false;     // behind a command that does not exist
};

}  // namespace

bool GivenOptions::has(const OptionDecl& decl) const {
  // By name: an option given before the command's name is another declaration of the same.
  return !decl.names.empty() && !values(decl.names.back()).empty();
}

std::vector<std::string> GivenOptions::values(std::string_view name) const {
  std::vector<std::string> out;
  for (const auto& [decl, value] : given_) {
    if (std::find(decl->names.begin(), decl->names.end(), name) != decl->names.end()) out.push_back(value);
  }
  return out;
}

std::optional<std::string> GivenOptions::value(std::string_view name) const {
  std::vector<std::string> all = values(name);
  if (all.empty()) return std::nullopt;
  return std::move(all.back());
}

Completion complete(std::span<const std::string> words, const CompletionWorld& world) {
  Line line(world);
  if (words.empty()) return line.answer("");
  for (const std::string& word : words.first(words.size() - 1)) line.take(word);
  return line.answer(words.back());
}

std::string completion_lines(const Completion& completion) {
  std::string out;
  for (const Candidate& candidate : completion.candidates) {
    out += candidate.value;
    // Extensions are no candidates: nothing may stand behind them.
    if (!candidate.description.empty()) out += "\t" + candidate.description;
    out += '\n';
  }
  return out + fmt::format(":{}\n", completion.directive);
}

void keep_matching(std::vector<Candidate>& candidates, std::string_view prefix) {
  const auto printable = [](std::string_view text) { return escape_for_display(text) == text; };
  const auto drop = std::remove_if(candidates.begin(), candidates.end(), [&](const Candidate& candidate) {
    return candidate.value.empty() || !starts_with(candidate.value, prefix) || !printable(candidate.value);
  });
  candidates.erase(drop, candidates.end());
  for (Candidate& candidate : candidates) {
    std::string& text = candidate.description;
    text.erase(std::find(text.begin(), text.end(), '\n'), text.end());
    if (!printable(text)) text.clear();
  }
}

}  // namespace oidc_audit::cli
