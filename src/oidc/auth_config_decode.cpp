#include <algorithm>
#include <array>

#include "base/go_quote.h"
#include "document/reader.h"
#include "oidc/auth_config.h"
#include "oidc/auth_config_fields.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {

namespace {

using document::Value;

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
  document::ReadOptions options;
  options.comments = false;
  return decode_auth_config(sources, document::read_documents(sources, buffer, options), 0, buffer,
                            kubernetes_minor);
}

LoadedConfig decode_auth_config(const SourceManager& sources, const document::Stream& stream,
                                std::size_t index, BufferId buffer, int kubernetes_minor) {
  const std::string_view text = sources.text(buffer);
  if (text.empty()) return load_error("empty config data");
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
  FieldErrors found = fill_auth_config(root, version, kubernetes_minor, loaded.config);
  if (found.type_error.has_value()) {
    loaded.status = ConfigStatus::load_error;
    loaded.errors.push_back(std::move(*found.type_error));
    return loaded;
  }
  std::vector<ConfigError> duplicates = duplicate_keys(sources, stream, document->range);
  if (duplicates.empty() && found.strict.empty()) return loaded;

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
  for (const ConfigError& unknown : found.strict) {
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
