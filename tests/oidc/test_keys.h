#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace oidc_audit::oidc::test {

/// A key pair made for one test run.
class TestKey {
 public:
  static TestKey rsa(std::string id, int bits = 2048);
  /// `curve`: P-256, P-384 or P-521.
  static TestKey ec(std::string id, std::string curve);
  ~TestKey();
  TestKey(TestKey&&) noexcept;

  const std::string& id() const { return id_; }
  /// The public half as a JSON Web Key.
  std::string jwk() const;
  /// Raw JWS signature (r and s side by side for ECDSA).
  std::string sign(std::string_view alg, std::string_view message) const;
  /// A compact JWS with the header {alg, kid}.
  std::string token(std::string_view alg, std::string_view payload) const;

 private:
  struct Impl;
  TestKey(std::string id, std::string curve, std::unique_ptr<Impl> impl);
  std::string id_;
  std::string curve_;
  std::unique_ptr<Impl> impl_;
};

/// A key set of these JSON Web Keys.
std::string jwks(std::initializer_list<std::string> keys);

}  // namespace oidc_audit::oidc::test
