#include "oidc/auth_config_fields.h"

#include <algorithm>
#include <initializer_list>

#include "base/go_quote.h"
#include "base/json_pointer.h"

namespace oidc_audit::oidc {

namespace {

using document::NodeKind;
using document::Value;

// A field as the three notations in use name it.
struct Place {
  std::string indexed;  // jwt[0].issuer.url, of strict errors
  std::string dotted;   // jwt.issuer.url, of type errors
  std::string pointer;  // /jwt/0/issuer/url

  Place child(std::string_view name) const {
    const auto joined = [&](const std::string& front) {
      return front.empty() ? std::string(name) : front + "." + std::string(name);
    };
    return {joined(indexed), joined(dotted), pointer + "/" + pointer_token(name)};
  }
  Place item(std::size_t index) const {
    const std::string number = std::to_string(index);
    return {indexed + "[" + number + "]", dotted, pointer + "/" + number};
  }
};

struct StructInfo {
  std::string_view go_name;  // of the struct a field belongs to
  Place place;
};

/// Fills the structures of apiserver/v1 types.go and its older versions from a tree, strictly.
class Decoder {
 public:
  Decoder(AuthConfig& config, std::string_view version, int minor)
      : config_(config), package_(version), minor_(minor) {}

  FieldErrors errors;

  void top(Value root) {
    const StructInfo info{"AuthenticationConfiguration", {}};
    fields(root, info, {"apiVersion", "kind", "jwt", minor_ >= 31 ? "anonymous" : ""});
    list(root.find("jwt"), info, "jwt", "JWTAuthenticator", config_.jwt,
         [this](Value value, const Place& place, JwtAuthenticator& into) {
           authenticator(value, place, into);
         });
    const Value anonymous = root.find("anonymous");
    if (minor_ >= 31 && object(anonymous, info, "anonymous", "AnonymousAuthConfig")) {
      anonymous_section(anonymous, info.place.child("anonymous"));
    }
  }

 private:
  void fail_type(Value value, const StructInfo& owner, const Place& place, std::string_view go_type) {
    if (errors.type_error.has_value()) return;
    ConfigError error;
    error.field = place.indexed;
    error.pointer = place.pointer;
    error.range = value.range();
    error.text = std::string("json: cannot unmarshal ")
                     .append(json_word(value.kind()))
                     .append(" into Go struct field ")
                     .append(owner.go_name)
                     .append(".")
                     .append(place.dotted)
                     .append(" of type ")
                     .append(go_type);
    errors.type_error = std::move(error);
  }

  std::string qualified(std::string_view type) const {
    return std::string(package_) + "." + std::string(type);
  }

  // Reports the members of a mapping that the structure does not have.
  void fields(Value object, const StructInfo& info, std::initializer_list<std::string_view> known) {
    for (const auto& [key, value] : object.members()) {
      const std::string_view name = key.text();
      if (std::find(known.begin(), known.end(), name) != known.end() && !name.empty()) continue;
      ConfigError error;
      const Place place = info.place.child(name);
      error.field = place.indexed;
      error.pointer = place.pointer;
      error.range = key.range();
      error.text = "unknown field " + go_quote(place.indexed);
      errors.strict.push_back(std::move(error));
    }
  }

  void text(Value owner, const StructInfo& info, std::string_view name, ConfigText& into,
            std::string_view go_type = "string") {
    const Value value = owner.find(name);
    if (!value.exists() || value.is_null()) return;
    if (!value.is_string()) {
      fail_type(value, info, info.place.child(name),
                go_type == "string" ? std::string(go_type) : qualified(go_type));
      return;
    }
    into.value = value.text();
    into.range = value.range();
  }

  void optional_text(Value owner, const StructInfo& info, std::string_view name,
                     std::optional<ConfigText>& into) {
    const Value value = owner.find(name);
    if (!value.exists() || value.is_null()) return;
    ConfigText read;
    text(owner, info, name, read);
    into = std::move(read);
  }

  bool object(Value value, const StructInfo& owner, std::string_view name, std::string_view go_type) {
    if (!value.exists() || value.is_null()) return false;
    if (value.is_mapping()) return true;
    fail_type(value, owner, owner.place.child(name), qualified(go_type));
    return false;
  }

  template <typename T, typename Read>
  void list(Value value, const StructInfo& owner, std::string_view name, std::string_view go_type,
            std::vector<T>& into, Read read) {
    if (!value.exists() || value.is_null()) return;
    const Place place = owner.place.child(name);
    if (!value.is_sequence()) {
      fail_type(value, owner, place, "[]" + qualified(go_type));
      return;
    }
    std::size_t index = 0;
    for (const Value item : value.items()) {
      into.emplace_back();
      const Place at = place.item(index++);
      if (item.is_mapping()) {
        into.back().range = item.range();
        read(item, at, into.back());
      } else if (!item.is_null()) {
        fail_type(item, owner, place, qualified(go_type));
      }
    }
  }

  void texts(Value owner, const StructInfo& info, std::string_view name, std::vector<ConfigText>& into) {
    const Value value = owner.find(name);
    if (!value.exists() || value.is_null()) return;
    const Place place = info.place.child(name);
    if (!value.is_sequence()) {
      fail_type(value, info, place, "[]string");
      return;
    }
    for (const Value item : value.items()) {
      if (!item.is_string() && !item.is_null()) {
        fail_type(item, info, place, "string");
        continue;
      }
      into.push_back({std::string(item.is_null() ? std::string_view() : item.text()), item.range()});
    }
  }

  void authenticator(Value value, const Place& place, JwtAuthenticator& into) {
    const StructInfo info{"JWTAuthenticator", place};
    fields(value, info, {"issuer", "claimValidationRules", "claimMappings", "userValidationRules"});
    const Value issuer_value = value.find("issuer");
    if (object(issuer_value, info, "issuer", "Issuer"))
      issuer(issuer_value, place.child("issuer"), into.issuer);
    list(value.find("claimValidationRules"), info, "claimValidationRules", "ClaimValidationRule",
         into.claim_validation_rules, [this](Value rule, const Place& at, ClaimValidationRule& read) {
           const StructInfo own{"ClaimValidationRule", at};
           fields(rule, own, {"claim", "requiredValue", "expression", "message"});
           text(rule, own, "claim", read.claim);
           text(rule, own, "requiredValue", read.required_value);
           text(rule, own, "expression", read.expression);
           text(rule, own, "message", read.message);
         });
    const Value mappings_value = value.find("claimMappings");
    if (object(mappings_value, info, "claimMappings", "ClaimMappings")) {
      mappings(mappings_value, place.child("claimMappings"), into.claim_mappings);
    }
    list(value.find("userValidationRules"), info, "userValidationRules", "UserValidationRule",
         into.user_validation_rules, [this](Value rule, const Place& at, UserValidationRule& read) {
           const StructInfo own{"UserValidationRule", at};
           fields(rule, own, {"expression", "message"});
           text(rule, own, "expression", read.expression);
           text(rule, own, "message", read.message);
         });
  }

  void issuer(Value value, const Place& place, Issuer& into) {
    const StructInfo info{"Issuer", place};
    into.range = value.range();
    fields(value, info,
           {"url", "discoveryURL", "certificateAuthority", "audiences", "audienceMatchPolicy",
            minor_ >= 34 ? "egressSelectorType" : ""});
    text(value, info, "url", into.url);
    text(value, info, "discoveryURL", into.discovery_url);
    text(value, info, "certificateAuthority", into.certificate_authority);
    texts(value, info, "audiences", into.audiences);
    text(value, info, "audienceMatchPolicy", into.audience_match_policy, "AudienceMatchPolicyType");
    if (minor_ >= 34)
      text(value, info, "egressSelectorType", into.egress_selector_type, "EgressSelectorType");
  }

  void mappings(Value value, const Place& place, ClaimMappings& into) {
    const StructInfo info{"ClaimMappings", place};
    into.range = value.range();
    fields(value, info, {"username", "groups", "uid", "extra"});
    prefixed(value, info, "username", into.username);
    prefixed(value, info, "groups", into.groups);
    const Value uid = value.find("uid");
    if (object(uid, info, "uid", "ClaimOrExpression")) {
      const StructInfo own{"ClaimOrExpression", place.child("uid")};
      into.uid.range = uid.range();
      fields(uid, own, {"claim", "expression"});
      text(uid, own, "claim", into.uid.claim);
      text(uid, own, "expression", into.uid.expression);
    }
    list(value.find("extra"), info, "extra", "ExtraMapping", into.extra,
         [this](Value item, const Place& at, ExtraMapping& read) {
           const StructInfo own{"ExtraMapping", at};
           fields(item, own, {"key", "valueExpression"});
           text(item, own, "key", read.key);
           text(item, own, "valueExpression", read.value_expression);
         });
  }

  void prefixed(Value owner, const StructInfo& info, std::string_view name, PrefixedClaimOrExpression& into) {
    const Value value = owner.find(name);
    if (!object(value, info, name, "PrefixedClaimOrExpression")) return;
    const StructInfo own{"PrefixedClaimOrExpression", info.place.child(name)};
    into.range = value.range();
    fields(value, own, {"claim", "prefix", "expression"});
    text(value, own, "claim", into.claim);
    optional_text(value, own, "prefix", into.prefix);
    text(value, own, "expression", into.expression);
  }

  void anonymous_section(Value value, const Place& place) {
    const StructInfo info{"AnonymousAuthConfig", place};
    AnonymousAuth& into = config_.anonymous.emplace();
    into.range = value.range();
    fields(value, info, {"enabled", "conditions"});
    const Value enabled = value.find("enabled");
    if (enabled.exists() && !enabled.is_null()) {
      if (enabled.as_bool().has_value() && enabled.kind() == NodeKind::boolean) {
        into.enabled = *enabled.as_bool();
      } else {
        fail_type(enabled, info, place.child("enabled"), "bool");
      }
    }
    struct Condition {
      ConfigText path;
      std::optional<SourceRange> range;
    };
    std::vector<Condition> conditions;
    list(value.find("conditions"), info, "conditions", "AnonymousAuthCondition", conditions,
         [this](Value item, const Place& at, Condition& read) {
           const StructInfo own{"AnonymousAuthCondition", at};
           fields(item, own, {"path"});
           text(item, own, "path", read.path);
         });
    for (Condition& condition : conditions) into.paths.push_back(std::move(condition.path));
  }

  AuthConfig& config_;
  std::string_view package_;
  int minor_;
};

}  // namespace

std::string_view json_word(NodeKind kind) {
  switch (kind) {
    case NodeKind::null:
      return "null";
    case NodeKind::boolean:
      return "bool";
    case NodeKind::integer:
    case NodeKind::floating:
      return "number";
    case NodeKind::string:
      return "string";
    case NodeKind::sequence:
      return "array";
    case NodeKind::mapping:
      return "object";
  }
  return "";
}

FieldErrors fill_auth_config(Value root, std::string_view version, int kubernetes_minor, AuthConfig& config) {
  Decoder decoder(config, version, kubernetes_minor);
  decoder.top(root);
  return std::move(decoder.errors);
}

}  // namespace oidc_audit::oidc
