#include <string_view>

#include "document/lazy_stream.h"
#include "oidc/config_source_parts.h"
#include "oidc/platform_config.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {

namespace {

using document::Value;

// Whether some word of each form stands in the text, so that other files are not read for nothing.
bool may_hold_config(const document::LazyStream& documents) {
  const auto has = [&documents](std::string_view word) { return documents.has(word); };
  if (has("AuthenticationConfiguration")) return true;
  if ((has("oidc-") || has("authentication-config")) &&
      (has("kube-apiserver") || has("ClusterConfiguration")))
    return true;
  if (has("issuerUrl") && has("clientId")) return true;                   // EKS
  if (has("ClientConfig") && has("authentication.gke.io/")) return true;  // GKE
  if (has("config.openshift.io/") && (has("Authentication") || has("OAuth"))) return true;
  return has("claimMappings") && has("issuer");  // AKS
}

class Finder {
 public:
  Finder(SourceManager& sources, document::LazyStream& documents, int minor, const ReadNamedFile& read)
      : sources_(sources), documents_(documents), minor_(minor), read_(read) {}

  std::vector<FoundConfig> find() {
    const document::Stream& stream = documents_.stream();
    for (std::size_t i = 0; i < stream.documents.size(); ++i) {
      const Value root = stream.documents[i].root;
      FoundConfig found = headed(root, stream.documents[i].range);
      if (is_auth_config(found.api_version, found.kind)) {
        found.source.loaded = decode_auth_config(sources_, stream, i, documents_.buffer(), minor_);
        out_.push_back(std::move(found));
      } else {
        look_at(root, std::move(found), 0);
      }
    }
    return std::move(out_);
  }

 private:
  // Lists inside lists occur where dumps were joined; deeper ones are nobody's.
  void look_at(Value root, FoundConfig found, int depth) {
    constexpr int kDeepestList = 2;
    if (root.is_mapping() && found.kind.ends_with("List") && depth < kDeepestList) {
      for (const Value item : root.find("items").items()) {
        if (item.is_mapping()) look_at(item, headed(item, item.range()), depth + 1);
      }
      return;
    }
    if (root.is_mapping()) {
      if (const std::optional<FoundArguments> arguments = arguments_of(root)) {
        const LegacyFlags flags = parse_server_arguments(arguments->arguments);
        if (!flags.any_oidc() && !flags.authentication_config) return;
        found.source = from_arguments(sources_, *arguments, minor_, read_);
        name_form(root, found);
        out_.push_back(std::move(found));
        return;
      }
    }
    if (!is_platform_config(root)) return;
    std::optional<ConfigSource> source = read_platform_config(root);
    if (!source) return;
    found.source = std::move(*source);
    name_form(root, found);
    out_.push_back(std::move(found));
  }

  SourceManager& sources_;
  document::LazyStream& documents_;
  int minor_;
  const ReadNamedFile& read_;
  std::vector<FoundConfig> out_;
};

}  // namespace

FoundConfig headed(Value root, SourceRange range) {
  FoundConfig found;
  found.range = range;
  if (!root.is_mapping()) return found;
  found.api_version = std::string(root.find("apiVersion").text());
  found.kind = std::string(root.find("kind").text());
  found.name = std::string(root.at_pointer("/metadata/name").text());
  return found;
}

void name_form(Value root, FoundConfig& found) {
  if (!found.kind.empty()) return;
  if (found.source.kind == ConfigSourceKind::distribution) {
    found.kind = "config.yaml";
  } else if (found.source.kind == ConfigSourceKind::eks_identity_provider) {
    found.kind = "IdentityProviderConfig";
    Value oidc = root.at_pointer("/identityProviderConfig/oidc");
    if (!oidc.exists()) oidc = root.find("oidc");
    found.name = std::string(oidc.find("identityProviderConfigName").text());
  } else if (found.source.kind == ConfigSourceKind::aks_jwt_authenticator) {
    found.kind = "JWTAuthenticator";
    found.name = std::string(root.find("name").text());
  }
}

std::vector<FoundConfig> find_configs(SourceManager& sources, document::LazyStream& documents,
                                      int kubernetes_minor, const ReadNamedFile& read_named) {
  if (!may_hold_config(documents)) return {};
  return Finder(sources, documents, kubernetes_minor, read_named).find();
}

}  // namespace oidc_audit::oidc
