#include "oidc/auth_config.h"

#include <algorithm>

namespace oidc_audit::oidc {

bool is_auth_config(std::string_view api_version, std::string_view kind) {
  return kind == "AuthenticationConfiguration" && api_version.starts_with("apiserver.config.k8s.io/");
}

std::string aggregate(std::span<const ConfigError> errors) {
  std::vector<std::string_view> texts;
  for (const ConfigError& error : errors) {
    if (std::find(texts.begin(), texts.end(), error.text) == texts.end()) texts.push_back(error.text);
  }
  if (texts.size() == 1) return std::string(texts.front());
  std::string out = "[";
  for (const std::string_view text : texts) {
    if (out.size() > 1) out += ", ";
    out += text;
  }
  return texts.empty() ? std::string() : out + "]";
}

}  // namespace oidc_audit::oidc
