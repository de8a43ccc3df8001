#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "document/tree.h"

/// How the files of the provider catalogue are read. Errors (configuration) name the place by its pointer.
namespace oidc_audit::oidc::provider_yaml {

Error wrong(const std::string& place, const std::string& why);

/// Fails unless the value is absent or a mapping whose keys are all known; the word next to an unknown one is
/// offered.
Result<void> check_keys(document::Value mapping, const std::string& place,
                        std::initializer_list<std::string_view> known);

Result<std::string> text_of(document::Value mapping, std::string_view key, const std::string& place,
                            bool required);

bool flag_of(document::Value mapping, std::string_view key);

/// One text or a list of texts.
std::vector<std::string> texts_of(document::Value value);

/// One of a closed set of words.
template <typename Enum, std::size_t N>
Result<Enum> word_of(document::Value mapping, std::string_view key, const std::string& place, Enum fallback,
                     const std::array<std::pair<std::string_view, Enum>, N>& words) {
  const document::Value value = mapping.find(key);
  if (!value.exists()) return fallback;
  std::string choices;
  for (const auto& [word, meaning] : words) {
    if (word == value.text()) return meaning;
    choices += (choices.empty() ? "" : ", ") + std::string(word);
  }
  return wrong(place + "/" + std::string(key),
               "`" + std::string(value.text()) + "` is not one of " + choices);
}

}  // namespace oidc_audit::oidc::provider_yaml
