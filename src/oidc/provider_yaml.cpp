#include "oidc/provider_yaml.h"

#include <algorithm>

#include "base/strings.h"

namespace oidc_audit::oidc::provider_yaml {

using document::Member;
using document::Value;

Error wrong(const std::string& place, const std::string& why) {
  return Error(ErrorKind::configuration, (place.empty() ? std::string() : place + ": ") + why);
}

Result<void> check_keys(Value mapping, const std::string& place,
                        std::initializer_list<std::string_view> known) {
  if (!mapping.exists()) return {};
  if (!mapping.is_mapping()) return wrong(place, "there must be a mapping here");
  const std::vector<std::string_view> words(known);
  for (const Member member : mapping.members()) {
    const std::string_view key = member.key.text();
    if (std::find(words.begin(), words.end(), key) != words.end()) continue;
    Error error = wrong(place, "unknown key `" + std::string(key) + "`");
    if (const auto near = nearest(key, words))
      error = std::move(error).with_hint("did you mean `" + std::string(*near) + "`?");
    return error;
  }
  return {};
}

Result<std::string> text_of(Value mapping, std::string_view key, const std::string& place, bool required) {
  const Value value = mapping.find(key);
  if (!value.exists() || value.is_null()) {
    if (required) return wrong(place, "`" + std::string(key) + "` is missing");
    return std::string();
  }
  if (value.is_mapping() || value.is_sequence())
    return wrong(place + "/" + std::string(key), "there must be text here");
  return std::string(value.text());
}

bool flag_of(Value mapping, std::string_view key) { return mapping.find(key).as_bool().value_or(false); }

std::vector<std::string> texts_of(Value value) {
  std::vector<std::string> out;
  if (value.is_sequence()) {
    for (const Value item : value.items()) out.emplace_back(item.text());
  } else if (value.exists() && !value.is_null()) {
    out.emplace_back(value.text());
  }
  return out;
}

}  // namespace oidc_audit::oidc::provider_yaml
