// A configuration through decoding, validation with all expressions, and back to text; the same text as a
// case of authentication.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "document/lazy_stream.h"
#include "oidc/auth_config_write.h"
#include "oidc/authenticator.h"
#include "oidc/authn_case.h"
#include "oidc/config_source.h"
#include "source/source_manager.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace oidc_audit;                                         // NOLINT: a program of one file
  using namespace oidc_audit::oidc;                                   // NOLINT
  const std::string text(reinterpret_cast<const char*>(data), size);  // NOLINT: bytes as text
  SourceManager sources;
  const auto buffer = sources.add("auth.yaml", text);
  if (!buffer.ok()) return 0;
  document::LazyStream documents(sources, buffer.value());
  ConfigSource source = load_config_source(sources, documents, kNewestKubernetesMinor).source;
  const Authenticators authenticators = Authenticators::from(std::move(source.loaded));
  AuthenticateOptions options;
  options.now.seconds = 1'700'000'000;
  (void)authenticators.authenticate(
      {Credential::Kind::claims, R"({"iss":"https://i","aud":"c","sub":"s","exp":1800000000,"groups":["a"]})",
       ""},
      options);
  if (authenticators.status() == ConfigStatus::valid) {
    // What is valid stays valid when it is written and read again.
    const std::string written = write_auth_config(authenticators.config());
    const auto again = sources.add("again.yaml", written);
    if (!again.ok()) return 0;
    const LoadedConfig read = decode_auth_config(sources, again.value());
    if (read.status != ConfigStatus::valid) std::abort();
    if (read.config.jwt.size() != authenticators.config().jwt.size()) std::abort();
  }
  (void)answer_case(text, Timestamp{});
  return 0;
}
