#include <algorithm>
#include <array>

#include "base/encoded_token.h"
#include "base/strings.h"
#include "oidc/claims_view.h"
#include "oidc/go_json.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::string_view kHidden = "(hidden)";

bool is_secret_name(std::string_view name) {
  static constexpr std::array<std::string_view, 12> kNames = {
      "access_token", "refresh_token", "id_token", "token",  "client_secret", "password",
      "secret",       "nonce",         "at_hash",  "c_hash", "s_hash",        "jwt"};
  const std::string lower = to_lower_ascii(name);
  return std::find(kNames.begin(), kNames.end(), lower) != kNames.end();
}

}  // namespace

std::string redact_claims(std::string_view json) {
  const Result<JsonDocument> document = JsonDocument::parse(std::string(json));
  if (!document.ok()) return {};
  struct Open {
    JsonValue value;
    bool secret;
  };
  const std::string& text = document.value().text();
  std::vector<std::pair<std::size_t, std::size_t>> cuts;
  std::vector<Open> open{{document.value().root(), false}};
  while (!open.empty()) {
    const Open at = open.back();
    open.pop_back();
    if (at.value.is(JsonKind::object)) {
      for (const auto& [key, value] : at.value.members()) {
        open.push_back({value, at.secret || is_secret_name(key.string())});
      }
    } else if (at.value.is(JsonKind::array)) {
      for (const JsonValue& item : at.value.items()) open.push_back({item, at.secret});
    } else if (at.value.is(JsonKind::string) && (at.secret || looks_like_token(at.value.string()))) {
      const auto begin = static_cast<std::size_t>(at.value.raw().data() - text.data());
      cuts.emplace_back(begin, begin + at.value.raw().size());
    }
  }
  std::sort(cuts.begin(), cuts.end());
  std::string out;
  std::size_t done = 0;
  for (const auto& [begin, end] : cuts) {
    out.append(text, done, begin - done).append("\"").append(kHidden).append("\"");
    done = end;
  }
  return out.append(text, done);
}

}  // namespace oidc_audit::oidc
