#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "diag/issue.h"
#include "document/tree.h"

namespace oidc_audit::rules {

/// One key that a mapping may have.
struct Key {
  std::string_view name;
  std::function<void(document::Value key, document::Value value)> read;
};

/// Takes values out of a document that people write (rules, configuration) and keeps what is wrong with it,
/// each problem at its place. Goes on after a problem, so that one run shows them all.
class YamlReader {
 public:
  YamlReader(std::string code, std::vector<Issue>& issues) : code_(std::move(code)), issues_(issues) {}

  void error(document::Value at, std::string message, std::string hint = {});
  void error(SourceRange at, std::string message, std::string hint = {});

  /// Hands each member to its key's reader. Unknown keys are errors with the nearest name as a hint; `what`
  /// names the mapping in messages: "a rule". False when `value` is no mapping (an error).
  bool mapping(document::Value value, std::string_view what, std::span<const Key> keys);

  /// A scalar of any kind as its text; collections and null are errors.
  std::string text(document::Value value, std::string_view what);
  bool boolean(document::Value value, std::string_view what);
  /// A sequence of scalars; a lone scalar counts as a list of one.
  std::vector<std::string> texts(document::Value value, std::string_view what);

  /// One of `words`, by index; an error with a suggestion and nullopt otherwise.
  std::optional<std::size_t> word(document::Value value, std::string_view what,
                                  std::span<const std::string_view> words);

 private:
  std::string code_;
  std::vector<Issue>& issues_;
};

}  // namespace oidc_audit::rules
