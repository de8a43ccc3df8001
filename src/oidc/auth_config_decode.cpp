#include <algorithm>
#include <array>
#include <initializer_list>

#include "base/go_quote.h"
#include "base/strings.h"
#include "document/reader.h"
#include "oidc/auth_config.h"
#include "source/source_manager.h"

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
    std::string token = replace_all(replace_all(name, "~", "~0"), "/", "~1");
    return {joined(indexed), joined(dotted), pointer + "/" + token};
  }
  Place item(std::size_t index) const {
    const std::string number = std::to_string(index);
    return {indexed + "[" + number + "]", dotted, pointer + "/" + number};
  }
};

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

struct StructInfo {
  std::string_view go_name;  // of the struct a field belongs to
  Place place;
};

/// Fills the structures of apiserver/v1 types.go and its older versions from a tree, strictly.
class Decoder {
 public:
  Decoder(AuthConfig& config, std::string_view version, int minor)
      : config_(config), package_(version), minor_(minor) {}

  std::vector<ConfigError> strict;        // unknown fields, in the order of the text
  std::optional<ConfigError> type_error;  // the first one

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
    if (type_error.has_value()) return;
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
    type_error = std::move(error);
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
      strict.push_back(std::move(error));
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

LoadedConfig load_error(std::string text, std::optional<SourceRange> range = {}) {
  LoadedConfig loaded;
  loaded.status = ConfigStatus::load_error;
  ConfigError error;
  error.text = std::move(text);
  error.range = range;
  loaded.errors.push_back(std::move(error));
  return loaded;
}

// The types of the group that the server's scheme knows, with their fields beside apiVersion and kind.
struct OtherKind {
  std::string_view kind;
  std::array<std::string_view, 3> versions;
  std::array<std::string_view, 2> fields;
};
constexpr std::array<OtherKind, 5> kOtherKinds = {
    OtherKind{"AuthorizationConfiguration", {"v1", "v1beta1", "v1alpha1"}, {"authorizers", ""}},
    OtherKind{"AdmissionConfiguration", {"v1", "v1alpha1", ""}, {"plugins", ""}},
    OtherKind{"EncryptionConfiguration", {"v1", "", ""}, {"resources", ""}},
    OtherKind{"EgressSelectorConfiguration", {"v1beta1", "v1alpha1", ""}, {"egressSelections", ""}},
    OtherKind{"TracingConfiguration", {"v1", "v1beta1", "v1alpha1"}, {"endpoint", "samplingRatePerMillion"}}};

bool is_version(std::string_view version, int minor) {
  if (version == "v1") return minor >= 34;
  if (version == "v1beta1") return minor >= 30;
  return version == "v1alpha1";
}

std::string no_kind(std::string_view kind, std::string_view api_version) {
  return "no kind " + go_quote(kind) + " is registered for version " + go_quote(api_version);
}

LoadedConfig wrong_kind(Value root, std::string_view kind, std::string_view api_version,
                        std::string_view version) {
  const auto* other = std::find_if(kOtherKinds.begin(), kOtherKinds.end(), [&](const OtherKind& candidate) {
    return candidate.kind == kind && std::find(candidate.versions.begin(), candidate.versions.end(),
                                               version) != candidate.versions.end();
  });
  if (other == kOtherKinds.end() || !api_version.starts_with("apiserver.config.k8s.io/")) {
    return load_error(no_kind(kind, api_version), root.find("kind").range());
  }
  std::string unknown;
  for (const auto& [key, value] : root.members()) {
    const std::string_view name = key.text();
    if (name == "kind" || name == "apiVersion" ||
        (!name.empty() && (name == other->fields[0] || name == other->fields[1]))) {
      continue;
    }
    unknown += (unknown.empty() ? "unknown field " : ", unknown field ") + go_quote(name);
  }
  if (!unknown.empty()) return load_error("strict decoding error: " + unknown, root.find("kind").range());
  return load_error("expected AuthenticationConfiguration, got *apiserver." + std::string(kind),
                    root.find("kind").range());
}

// The keys that stand twice in the first document, as the YAML decoder of the server lists them.
std::vector<ConfigError> duplicate_keys(const SourceManager& sources, const document::Stream& stream,
                                        SourceRange document) {
  std::vector<ConfigError> errors;
  for (const Issue& issue : stream.issues) {
    if (issue.code != "duplicate-key" || !issue.location.range.has_value()) continue;
    const SourceRange range = *issue.location.range;
    if (range.begin < document.begin || range.begin >= document.end) continue;
    std::string_view key = sources.text(range);
    if (key.size() >= 2 && (key.front() == '"' || key.front() == '\'')) key = key.substr(1, key.size() - 2);
    ConfigError error;
    error.range = range;
    error.field = key;
    error.text = "line " + std::to_string(sources.start(range).line) + ": key " + go_quote(key) +
                 " already set in map";
    errors.push_back(std::move(error));
  }
  std::sort(errors.begin(), errors.end(),
            [](const ConfigError& a, const ConfigError& b) { return a.range->begin < b.range->begin; });
  return errors;
}

// The server's messages quote the whole file. One with members that no AuthenticationConfiguration has is
// something else, of which nothing is quoted: a config.yaml of k3s or a kubeconfig holds tokens.
std::string quotable(Value root, std::string_view text) {
  constexpr std::array<std::string_view, 4> kMembers = {"apiVersion", "kind", "jwt", "anonymous"};
  for (const auto& [key, value] : root.members()) {
    if (std::find(kMembers.begin(), kMembers.end(), key.text()) == kMembers.end()) return "<omitted>";
  }
  return std::string(text);
}

}  // namespace

LoadedConfig decode_auth_config(const SourceManager& sources, BufferId buffer, int kubernetes_minor) {
  if (sources.text(buffer).empty()) return load_error("empty config data");
  document::ReadOptions options;
  options.comments = false;
  return decode_auth_config(sources, document::read_documents(sources, buffer, options), 0, buffer,
                            kubernetes_minor);
}

LoadedConfig decode_auth_config(const SourceManager& sources, const document::Stream& stream,
                                std::size_t index, BufferId buffer, int kubernetes_minor) {
  const std::string_view text = sources.text(buffer);
  const document::Document* const document =
      index < stream.documents.size() ? &stream.documents[index] : nullptr;
  for (const Issue& issue : stream.issues) {
    if (issue.level != IssueLevel::error) continue;
    if (document != nullptr && issue.location.range.has_value() &&
        (issue.location.range->begin >= document->range.end ||
         (index > 0 && issue.location.range->begin < document->range.begin))) {
      continue;  // in another document, which the server never looks at
    }
    std::string where;
    if (issue.location.range.has_value()) {
      where = "line " + std::to_string(sources.start(*issue.location.range).line) + ": ";
    }
    return load_error("yaml: " + where + issue.message, issue.location.range);
  }
  const Value root = document == nullptr ? Value() : document->root;
  if (root.exists() && !root.is_mapping() && !root.is_null()) {
    return load_error(std::string("couldn't get version/kind; json parse error: json: cannot unmarshal ")
                          .append(json_word(root.kind()))
                          .append(" into Go value of type struct { APIVersion string "
                                  "\"json:\\\"apiVersion,omitempty\\\"\"; Kind string "
                                  "\"json:\\\"kind,omitempty\\\"\" }"),
                      root.range());
  }
  for (const std::string_view name : {"apiVersion", "kind"}) {
    const Value value = root.find(name);
    if (value.exists() && !value.is_null() && !value.is_string()) {
      return load_error(std::string("couldn't get version/kind; json parse error: json: cannot unmarshal ")
                            .append(json_word(value.kind()))
                            .append(" into Go struct field .")
                            .append(name)
                            .append(" of type string"),
                        value.range());
    }
  }
  const std::string_view kind = root.find("kind").is_string() ? root.find("kind").text() : std::string_view();
  const std::string_view api_version =
      root.find("apiVersion").is_string() ? root.find("apiVersion").text() : std::string_view();
  if (std::count(api_version.begin(), api_version.end(), '/') > 1) {
    return load_error("unexpected GroupVersion string: " + std::string(api_version),
                      root.find("apiVersion").range());
  }
  if (kind.empty()) return load_error("Object 'Kind' is missing in '" + quotable(root, text) + "'");
  if (api_version.empty()) {
    return load_error("Object 'apiVersion' is missing in '" + quotable(root, text) + "'");
  }
  const std::string_view version = api_version.substr(api_version.find('/') + 1);
  if (kind != "AuthenticationConfiguration") return wrong_kind(root, kind, api_version, version);
  if (!api_version.starts_with("apiserver.config.k8s.io/") || !is_version(version, kubernetes_minor)) {
    return load_error(no_kind(kind, api_version), root.find("apiVersion").range());
  }

  LoadedConfig loaded;
  loaded.config.api_version = api_version;
  loaded.config.range = root.range();
  Decoder decoder(loaded.config, version, kubernetes_minor);
  decoder.top(root);
  if (decoder.type_error.has_value()) {
    loaded.status = ConfigStatus::load_error;
    loaded.errors.push_back(std::move(*decoder.type_error));
    return loaded;
  }
  std::vector<ConfigError> duplicates = duplicate_keys(sources, stream, document->range);
  if (duplicates.empty() && decoder.strict.empty()) return loaded;

  // All of them are one error of the server; each keeps its place.
  loaded.status = ConfigStatus::load_error;
  ConfigError error;
  error.text = "strict decoding error: ";
  bool first = true;
  if (!duplicates.empty()) {
    error.text += "yaml: unmarshal errors:";
    for (const ConfigError& duplicate : duplicates) error.text += "\n  " + duplicate.text;
    error.field = duplicates.front().field;
    error.range = duplicates.front().range;
    first = false;
  }
  for (const ConfigError& unknown : decoder.strict) {
    if (!first) error.text += ", ";
    error.text += unknown.text;
    if (first) {
      error.field = unknown.field;
      error.pointer = unknown.pointer;
      error.range = unknown.range;
    }
    first = false;
  }
  loaded.errors.push_back(std::move(error));
  return loaded;
}

}  // namespace oidc_audit::oidc
