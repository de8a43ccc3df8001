#include "oidc/discovery.h"

#include "base/go_quote.h"
#include "base/http.h"
#include "base/strings.h"
#include "oidc/auth_config.h"
#include "oidc/go_json.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::string_view kWellKnown = "/.well-known/openid-configuration";
constexpr std::size_t kMaxDocumentBytes = 4U << 20;

Result<std::string> fetch(Http& http, const std::string& url, const std::string& ca_pem) {
  if (!to_lower_ascii(url.substr(0, 8)).starts_with("https://")) {
    return Error(ErrorKind::unsupported, "`" + url + "` is not https and is not fetched");
  }
  HttpRequest request;
  request.url = url;
  request.headers = {{"Accept", "application/json"}};
  request.ca_pem = ca_pem;
  request.max_body_bytes = kMaxDocumentBytes;
  Result<HttpResponse> response = http.get(request);
  if (!response.ok()) return std::move(response).error().with_context("fetching `" + url + "`");
  if (response.value().status != 200) {
    return Error(ErrorKind::network,
                 "`" + url + "` answered with status " + std::to_string(response.value().status));
  }
  return std::move(response).value().body;
}

std::string text_of(const JsonValue& root, std::string_view name) {
  if (!root.is(JsonKind::object)) return {};
  const auto value = root.find(name);
  return value.has_value() && value->is(JsonKind::string) ? value->string() : std::string();
}

}  // namespace

Result<KeySet> discover_keys(const JwtAuthenticator& authenticator, Http& http) {
  const std::string& issuer = authenticator.issuer.url.value;
  const std::string& ca = authenticator.issuer.certificate_authority.value;
  std::string url = authenticator.issuer.discovery_url.value;
  if (url.empty()) {
    url = issuer.ends_with('/') ? issuer.substr(0, issuer.size() - 1) : issuer;
    url += kWellKnown;
  }
  ASSIGN_OR_RETURN(const std::string body, fetch(http, url, ca));
  Result<JsonDocument> document = JsonDocument::parse(body);
  if (!document.ok()) {
    return std::move(document).error().with_context("oidc: failed to decode provider discovery object");
  }
  const JsonValue root = document.value().root();
  const std::string named = text_of(root, "issuer");
  if (named != issuer) {
    return Error(ErrorKind::malformed,
                 "oidc: issuer did not match the issuer returned by provider, expected " + go_quote(issuer) +
                     " got " + go_quote(named),
                 "the server does not start to accept tokens until the two are equal byte for byte");
  }
  const std::string jwks_uri = text_of(root, "jwks_uri");
  if (jwks_uri.empty()) return Error(ErrorKind::malformed, "provider did not return JWKS URL");
  ASSIGN_OR_RETURN(const std::string keys, fetch(http, jwks_uri, ca));
  Result<KeySet> set = KeySet::parse(keys);
  if (!set.ok()) return std::move(set).error().with_context("keys at `" + jwks_uri + "`");
  return set;
}

}  // namespace oidc_audit::oidc
