#include "oidc/claim_set.h"

#include "oidc/go_json.h"

namespace oidc_audit::oidc {

namespace {

Error not_present() { return Error(ErrorKind::malformed, "claim not present"); }

// The text was part of a valid document, so it is valid itself.
Result<JsonDocument> document_of(const std::string& json) { return JsonDocument::parse(json); }

}  // namespace

Result<ClaimSet> ClaimSet::parse(std::string_view payload) {
  ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::parse(std::string(payload)));
  const JsonValue root = document.root();
  ClaimSet set;
  if (root.is(JsonKind::null)) return set;
  if (!root.is(JsonKind::object)) {
    return Error(ErrorKind::malformed, go_unmarshal_error(root.kind(), "oidc.claims"));
  }
  for (const auto& [key, value] : root.members()) set.claims_[key.string()] = std::string(value.raw());
  return set;
}

std::optional<std::string_view> ClaimSet::raw(std::string_view name) const {
  const auto at = claims_.find(name);
  if (at == claims_.end()) return std::nullopt;
  return at->second;
}

Result<std::string> ClaimSet::string(std::string_view name) const {
  const auto at = claims_.find(name);
  if (at == claims_.end()) return not_present();
  ASSIGN_OR_RETURN(const JsonDocument document, document_of(at->second));
  const JsonValue root = document.root();
  if (root.is(JsonKind::string)) return root.string();
  if (root.is(JsonKind::null)) return std::string();
  return Error(ErrorKind::malformed, go_unmarshal_error(root.kind(), "string"));
}

Result<bool> ClaimSet::boolean(std::string_view name) const {
  const auto at = claims_.find(name);
  if (at == claims_.end()) return not_present();
  ASSIGN_OR_RETURN(const JsonDocument document, document_of(at->second));
  const JsonValue root = document.root();
  if (root.is(JsonKind::boolean)) return root.as_bool();
  if (root.is(JsonKind::null)) return false;
  return Error(ErrorKind::malformed, go_unmarshal_error(root.kind(), "bool"));
}

Result<std::vector<std::string>> ClaimSet::string_or_array(std::string_view name) const {
  const auto at = claims_.find(name);
  if (at == claims_.end()) return not_present();
  ASSIGN_OR_RETURN(const JsonDocument document, document_of(at->second));
  const JsonValue root = document.root();
  std::vector<std::string> list;
  if (root.is(JsonKind::null)) return list;
  if (root.is(JsonKind::string)) {
    list.push_back(root.string());
    return list;
  }
  bool all_strings = root.is(JsonKind::array);
  for (const JsonValue& item : root.items()) {
    all_strings = all_strings && (item.is(JsonKind::string) || item.is(JsonKind::null));
    list.push_back(item.string());
  }
  // The error is that of the second attempt, to read a single string.
  if (!all_strings) return Error(ErrorKind::malformed, go_unmarshal_error(root.kind(), "string"));
  return list;
}

std::optional<std::string> ClaimSet::display(std::string_view name) const {
  const auto at = claims_.find(name);
  if (at == claims_.end()) return std::nullopt;
  const Result<JsonDocument> document = document_of(at->second);
  if (document.ok() && document.value().root().is(JsonKind::string)) return document.value().root().string();
  return at->second;
}

std::string ClaimSet::to_json() const {
  std::string out = "{";
  for (const auto& [name, value] : claims_) {
    if (out.size() > 1) out += ',';
    out.append(json_quote(name)).append(":").append(value);
  }
  return out + "}";
}

}  // namespace oidc_audit::oidc
