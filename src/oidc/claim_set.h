#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace oidc_audit::oidc {

/// The top level of a token's payload as oidc.go keeps it, map[string]json.RawMessage: names are exact, of
/// equal names the last counts, values stay text until they are asked for.
class ClaimSet {
 public:
  ClaimSet() = default;
  /// Fails (malformed) with Go's text when the payload is no JSON object.
  static Result<ClaimSet> parse(std::string_view payload);

  bool has(std::string_view name) const { return claims_.find(name) != claims_.end(); }
  /// JSON text of a claim; nullopt when it is absent.
  std::optional<std::string_view> raw(std::string_view name) const;
  void set(std::string name, std::string json) { claims_[std::move(name)] = std::move(json); }

  /// unmarshalClaim into a string: null is "". Fails with `claim not present` or Go's error of the type.
  Result<std::string> string(std::string_view name) const;
  Result<bool> boolean(std::string_view name) const;
  /// stringOrArray: a string is a list of one, null elements are "".
  Result<std::vector<std::string>> string_or_array(std::string_view name) const;

  /// A claim as people read it: a string as it is, anything else as JSON; nullopt when absent.
  std::optional<std::string> display(std::string_view name) const;

  /// All of it as one JSON object, names sorted.
  std::string to_json() const;

  const std::map<std::string, std::string, std::less<>>& claims() const { return claims_; }

 private:
  std::map<std::string, std::string, std::less<>> claims_;
};

}  // namespace oidc_audit::oidc
