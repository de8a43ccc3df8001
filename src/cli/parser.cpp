#include "cli/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "base/files.h"
#include "base/strings.h"
#include "cli/command.h"

namespace oidc_audit::cli {

namespace {

const OptionDecl* find(const CommandSpec& spec, std::string_view name) {
  for (const OptionDecl& decl : spec.options()) {
    if (std::find(decl.names.begin(), decl.names.end(), name) != decl.names.end()) return &decl;
  }
  return nullptr;
}

Result<void> set(const OptionDecl& decl, std::string_view name, std::string_view value) {
  auto result = decl.set(value);
  if (result.ok()) return {};
  return std::move(result).error().with_context(fmt::format("option `{}`", name));
}

}  // namespace

Result<std::optional<std::string>> Parser::next_word(const CommandSpec& spec) {
  while (at_ < words_.size()) {
    const std::string& word = words_[at_++];
    if (only_words_ || word.size() < 2 || word[0] != '-') return std::optional<std::string>(word);
    if (word == "--") {
      only_words_ = true;
    } else if (word[1] == '-') {
      RETURN_IF_ERROR(long_option(spec, word));
    } else {
      RETURN_IF_ERROR(short_options(spec, word));
    }
  }
  return std::optional<std::string>();
}

Result<std::string> Parser::value_of(std::string_view name, std::string_view value_name) {
  if (at_ < words_.size()) return words_[at_++];
  return Error(ErrorKind::usage, fmt::format("option `{}` needs a value: {}", name, value_name));
}

Result<void> Parser::long_option(const CommandSpec& spec, std::string_view word) {
  const std::size_t equals = word.find('=');
  const std::string_view name = word.substr(0, equals);
  const OptionDecl* decl = find(spec, name);
  if (decl == nullptr) return unknown(spec, word, name);
  if (equals != std::string_view::npos) return set(*decl, name, word.substr(equals + 1));
  if (decl->value_name.empty()) return set(*decl, name, {});
  ASSIGN_OR_RETURN(const std::string value, value_of(name, decl->value_name));
  return set(*decl, name, value);
}

Result<void> Parser::short_options(const CommandSpec& spec, std::string_view word) {
  for (std::size_t i = 1; i < word.size(); ++i) {
    const std::string name = {'-', word[i]};
    const OptionDecl* decl = find(spec, name);
    if (decl == nullptr) return unknown(spec, word, i == 1 ? word : std::string_view(name));
    std::string_view rest = word.substr(i + 1);
    if (decl->value_name.empty()) {
      if (!rest.empty() && rest[0] == '=') return set(*decl, name, rest.substr(1));
      RETURN_IF_ERROR(set(*decl, name, {}));
      continue;
    }
    if (!rest.empty()) return set(*decl, name, rest[0] == '=' ? rest.substr(1) : rest);
    ASSIGN_OR_RETURN(const std::string value, value_of(name, decl->value_name));
    return set(*decl, name, value);
  }
  return {};
}

Error Parser::unknown(const CommandSpec& spec, std::string_view word, std::string_view name) const {
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
