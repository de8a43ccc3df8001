#include "oidc/claim_change.h"

#include <algorithm>
#include <utility>

#include "base/strings.h"
#include "oidc/go_json.h"

namespace oidc_audit::oidc {

Result<ClaimChange> parse_claim_change(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0 || text.substr(0, equals) == ":") {
    return Error(ErrorKind::usage, "`" + std::string(text) + "` does not set a claim",
                 "NAME=TEXT for a string, NAME:=JSON for any value, NAME:= to take the claim out");
  }
  std::string_view name = text.substr(0, equals);
  const std::string_view value = text.substr(equals + 1);
  if (!name.ends_with(':')) return ClaimChange{std::string(name), json_quote(value)};
  name.remove_suffix(1);
  if (trim_ascii(value).empty()) return ClaimChange{std::string(name), std::nullopt};
  if (const auto parsed = JsonDocument::parse(std::string(value)); !parsed.ok()) {
    return Error(ErrorKind::usage,
                 "claim `" + std::string(name) + "` is given as JSON: " + parsed.error().message(),
                 "NAME=TEXT sets a string");
  }
  return ClaimChange{std::string(name), std::string(value)};
}

Result<std::string> change_claims(std::string payload, std::span<const ClaimChange> changes) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(std::move(payload)));
  const JsonValue root = document.root();
  if (!root.is(JsonKind::object)) {
    return Error(ErrorKind::malformed,
                 "the claims are not a JSON object but " + std::string(to_string(root.kind())));
  }
  std::string out = "{";
  const auto add = [&out](std::string_view key, std::string_view value) {
    if (out.size() > 1) out += ',';
    out.append(key).append(":").append(value);
  };
  for (const auto& [key, value] : root.members()) {
    const std::string name = key.string();
    const bool changed = std::any_of(changes.begin(), changes.end(),
                                     [&name](const ClaimChange& change) { return change.name == name; });
    if (!changed) add(key.raw(), value.raw());
  }
  for (auto at = changes.begin(); at != changes.end(); ++at) {
    const bool again =
        std::any_of(at + 1, changes.end(), [at](const ClaimChange& later) { return later.name == at->name; });
    if (!again && at->json.has_value()) add(json_quote(at->name), *at->json);
  }
  out += '}';
  return out;
}

}  // namespace oidc_audit::oidc
