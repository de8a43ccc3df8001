#include "rules/yaml_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/strings.h"

namespace oidc_audit::rules {
namespace {

std::string list_words(std::span<const std::string_view> words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i != 0) out += i + 1 == words.size() ? " or " : ", ";
    out += fmt::format("`{}`", words[i]);
  }
  return out;
}

}  // namespace

void YamlReader::error(document::Value at, std::string message, std::string hint) {
  error(at.range(), std::move(message), std::move(hint));
}

void YamlReader::error(SourceRange at, std::string message, std::string hint) {
  issues_.push_back(Issue{.code = code_,
                          .level = IssueLevel::error,
                          .message = std::move(message),
                          .hint = std::move(hint),
                          .location = Location{.object = {}, .pointer = {}, .range = at}});
}

bool YamlReader::mapping(document::Value value, std::string_view what, std::span<const Key> keys) {
  if (!value.is_mapping()) {
    error(value, fmt::format("{} must be a mapping, not {}", what, document::to_string(value.kind())));
    return false;
  }
  std::vector<std::string_view> names;
  for (const Key& key : keys) names.push_back(key.name);
  for (const document::Member member : value.members()) {
    const auto it = std::find(names.begin(), names.end(), member.key.text());
    if (it == names.end()) {
      const auto near = nearest(member.key.text(), names);
      error(member.key, fmt::format("`{}` is no key of {}", member.key.text(), what),
            near ? fmt::format("did you mean `{}`?", *near) : fmt::format("it has {}", list_words(names)));
      continue;
    }
    keys[static_cast<std::size_t>(it - names.begin())].read(member.key, member.value);
  }
  return true;
}

std::string YamlReader::text(document::Value value, std::string_view what) {
  using document::NodeKind;
  if (value.is_mapping() || value.is_sequence() || value.is_null()) {
    error(value, fmt::format("{} must be text, not {}", what, document::to_string(value.kind())));
    return {};
  }
  return std::string(value.text());
}

bool YamlReader::boolean(document::Value value, std::string_view what) {
  if (const auto boolean = value.as_bool()) return *boolean;
  error(value, fmt::format("{} must be `true` or `false`", what));
  return false;
}

std::vector<std::string> YamlReader::texts(document::Value value, std::string_view what) {
  std::vector<std::string> out;
  if (!value.is_sequence()) {
    if (value.is_mapping() || value.is_null()) {
      error(value, fmt::format("{} must be a list of texts", what));
      return out;
    }
    out.emplace_back(value.text());
    return out;
  }
  for (const document::Value item : value.items())
    out.push_back(text(item, fmt::format("an item of {}", what)));
  return out;
}

std::optional<std::size_t> YamlReader::word(document::Value value, std::string_view what,
                                            std::span<const std::string_view> words) {
  const std::string_view given = value.text();
  const auto it = std::find(words.begin(), words.end(), given);
  if (it != words.end()) return static_cast<std::size_t>(it - words.begin());
  const auto near = nearest(given, words);
  error(value, fmt::format("{} must be {}, not `{}`", what, list_words(words), given),
        near ? fmt::format("did you mean `{}`?", *near) : std::string());
  return std::nullopt;
}

}  // namespace oidc_audit::rules
