// A token through parsing, the fixed structure, key sets and the whole of authentication. Nothing may crash,
// hang, or print the token's own parts.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "oidc/authenticator.h"
#include "oidc/claim_set.h"
#include "oidc/go_json.h"
#include "oidc/id_token.h"
#include "oidc/jwks.h"
#include "oidc/jwt.h"
#include "oidc/legacy_flags.h"

namespace {

using namespace oidc_audit;        // NOLINT: a program of one file
using namespace oidc_audit::oidc;  // NOLINT

Authenticators make_authenticators() {
  std::vector<ServerArgument> arguments;
  for (const char* flag : {"--oidc-issuer-url=https://i", "--oidc-client-id=c", "--oidc-username-claim=email",
                           "--oidc-groups-claim=groups", "--oidc-required-claim=hd=x"}) {
    arguments.push_back({flag, {}});
  }
  return Authenticators::from(config_from_flags(parse_server_arguments(arguments)));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as text
  static const Authenticators authenticators = make_authenticators();
  AuthenticateOptions options;
  options.now.seconds = 1'700'000'000;
  (void)authenticators.authenticate({Credential::Kind::token, text, ""}, options);
  (void)authenticators.authenticate({Credential::Kind::claims, text, "RS256"}, options);
  (void)parse_jwt(text);
  (void)decode_id_token(text);
  (void)KeySet::parse(text);
  if (const auto bytes = decode_base64url(text); bytes.ok()) {
    // What was decoded and encoded again decodes to the same.
    if (decode_base64url(encode_base64url(bytes.value())).value() != bytes.value()) std::abort();
  }
  if (const auto claims = ClaimSet::parse(text); claims.ok()) {
    if (!JsonDocument::parse(claims.value().to_json()).ok()) std::abort();
  }
  return 0;
}
