#include "document/base64.h"
#include "oidc/platform_reader.h"

namespace oidc_audit::oidc {

namespace {

using document::Value;

// The text of a certificate authority: base64 of PEM, or PEM itself.
void certificate_authority(PlatformReader& reader, const PlatformValue& oidc, const std::string& path,
                           JwtAuthenticator& jwt) {
  ConfigText data = reader.text(oidc, "certificateAuthorityData", path + ".issuer.certificateAuthority");
  if (data.empty()) return;
  std::string pem;
  if (data.value.find("-----BEGIN") == std::string::npos && document::decode_base64(data.value, pem))
    data.value = std::move(pem);
  jwt.issuer.certificate_authority = std::move(data);
}

void authenticator(PlatformReader& reader, const PlatformValue& oidc) {
  JwtAuthenticator& jwt = reader.add_authenticator(oidc.value);
  const std::string path = reader.path();
  jwt.issuer.url = reader.text(oidc, "issuerURI", path + ".issuer.url");
  const ConfigText client = reader.text(oidc, "clientID", path + ".issuer.audiences");
  if (!client.empty()) jwt.issuer.audiences = {client};
  certificate_authority(reader, oidc, path, jwt);

  PrefixedClaimOrExpression& username = jwt.claim_mappings.username;
  username.range = oidc.value.range();
  username.claim = reader.text(oidc, "userClaim", path + ".claimMappings.username");
  if (username.claim.empty()) username.claim.value = "sub";
  username.prefix = reader.text(oidc, "userPrefix", path + ".claimMappings.username.prefix");
  if (!oidc.value.find("userPrefix").exists()) {
    reader.note("`" + oidc.name +
                ".userPrefix` is not set, and what Identity Service puts there by default is not known for "
                "certain: names are shown without a prefix; set it");
  }
  const ConfigText groups = reader.text(oidc, "groupsClaim", path + ".claimMappings.groups");
  // `groupPrefix`, without the s.
  const ConfigText prefix = reader.text(oidc, "groupPrefix", path + ".claimMappings.groups.prefix");
  if (!groups.empty()) {
    jwt.claim_mappings.groups.claim = groups;
    jwt.claim_mappings.groups.prefix = prefix;
    jwt.claim_mappings.groups.range = groups.range;
  }
  const PlatformValue misspelt = oidc.find("groupsPrefix");
  if (misspelt.value.exists())
    reader.note("`" + misspelt.name + "` is not read: the field is called `groupPrefix`");
}

}  // namespace

bool read_gke_config(Value root, ConfigSource& into) {
  if (root.find("kind").text() != "ClientConfig" ||
      !root.find("apiVersion").text().starts_with("authentication.gke.io/")) {
    return false;
  }
  PlatformReader reader(into, ConfigSourceKind::gke_client_config);
  const PlatformValue top{root, "", ""};
  const PlatformValue spec = top.find("spec");
  const PlatformValue list = spec.find("authentication");
  reader.name("jwt", list, false);
  std::size_t index = 0;
  for (const Value item : list.value.items()) {
    const PlatformValue entry = list.item(index++, item);
    const PlatformValue oidc = entry.find("oidc");
    if (oidc.value.is_mapping()) {
      authenticator(reader, oidc);
      continue;
    }
    std::string others;
    for (const auto& [key, value] : item.members()) {
      if (key.text() != "name" && key.text() != "proxy")
        others += (others.empty() ? "" : ", ") + std::string(key.text());
    }
    reader.note("`" + entry.name + "` is no OIDC provider (" + others + ") and was not looked at");
  }
  if (reader.config().jwt.empty()) {
    into.without_tokens = true;
    reader.unreadable(list, "holds no OIDC provider");
  }
  reader.note(
      "Identity Service for GKE verifies these tokens in a webhook; what it accepts is shown as "
      "kube-apiserver "
      "would decide with the same settings");
  return true;
}

}  // namespace oidc_audit::oidc
