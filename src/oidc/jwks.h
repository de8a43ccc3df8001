#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace oidc_audit::oidc {

struct Jwt;

/// The nine algorithms that a kube-apiserver accepts, sorted (oidc.go allowedSigningAlgs).
std::span<const std::string_view> allowed_signing_algs();
bool is_allowed_signing_alg(std::string_view alg);

/// A JSON Web Key Set: the public keys of an issuer.
class KeySet {
 public:
  KeySet();
  ~KeySet();
  KeySet(KeySet&&) noexcept;
  KeySet& operator=(KeySet&&) noexcept;

  /// Reads a key set. Keys of a kind that cannot verify any of the nine algorithms (OKP, oct) are kept by
  /// name only. Fails (malformed) when the text is no key set or a key of a usable kind is broken.
  static Result<KeySet> parse(std::string_view json);

  struct KeyInfo {
    std::string id;
    std::string type;  ///< `RSA 2048`, `EC P-256`, `OKP Ed25519`
    bool usable = false;
  };
  std::span<const KeyInfo> keys() const;

  enum class Verdict { good, no_such_key, bad };
  /// Tries every key whose id is the token's, all of them when it names none, as go-oidc does.
  Verdict verify(const Jwt& token) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Whether a signature of this length can be one at all for the algorithm: exact for ES256, ES384 and
/// ES512, at least 64 bytes for RSA. What is not, no key verifies.
bool is_possible_signature(std::string_view alg, std::string_view signature);

}  // namespace oidc_audit::oidc
