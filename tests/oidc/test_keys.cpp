#include "oidc/test_keys.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <stdexcept>
#include <vector>

#include "oidc/jwt.h"

namespace oidc_audit::oidc::test {

struct TestKey::Impl {
  EVP_PKEY* key = nullptr;
  ~Impl() { EVP_PKEY_free(key); }
};

namespace {

std::string number(EVP_PKEY* key, const char* name, int bytes) {
  BIGNUM* value = nullptr;
  if (EVP_PKEY_get_bn_param(key, name, &value) != 1) throw std::runtime_error(name);
  const int size = bytes > 0 ? bytes : BN_num_bytes(value);
  std::string out(static_cast<std::size_t>(size), '\0');
  BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()), size);  // NOLINT
  BN_free(value);
  return out;
}

int curve_bytes(const std::string& curve) {
  if (curve == "P-256") return 32;
  return curve == "P-384" ? 48 : 66;
}

const EVP_MD* digest(std::string_view alg) {
  if (alg.ends_with("256")) return EVP_sha256();
  return alg.ends_with("384") ? EVP_sha384() : EVP_sha512();
}

}  // namespace

TestKey::TestKey(std::string id, std::string curve, std::unique_ptr<Impl> impl)
    : id_(std::move(id)), curve_(std::move(curve)), impl_(std::move(impl)) {}
TestKey::~TestKey() = default;
TestKey::TestKey(TestKey&&) noexcept = default;

TestKey TestKey::rsa(std::string id, int bits) {
  auto impl = std::make_unique<Impl>();
  impl->key = EVP_RSA_gen(static_cast<unsigned>(bits));
  return {std::move(id), "", std::move(impl)};
}

TestKey TestKey::ec(std::string id, std::string curve) {
  auto impl = std::make_unique<Impl>();
  impl->key = EVP_EC_gen(curve.c_str());
  return {std::move(id), std::move(curve), std::move(impl)};
}

std::string TestKey::jwk() const {
  const auto encoded = [&](const char* name, int bytes) {
    return encode_base64url(number(impl_->key, name, bytes));
  };
  if (curve_.empty()) {
    return R"({"kty":"RSA","use":"sig","kid":")" + id_ + R"(","n":")" + encoded(OSSL_PKEY_PARAM_RSA_N, 0) +
           R"(","e":")" + encoded(OSSL_PKEY_PARAM_RSA_E, 0) + "\"}";
  }
  const int bytes = curve_bytes(curve_);
  return R"({"kty":"EC","kid":")" + id_ + R"(","crv":")" + curve_ + R"(","x":")" +
         encoded(OSSL_PKEY_PARAM_EC_PUB_X, bytes) + R"(","y":")" + encoded(OSSL_PKEY_PARAM_EC_PUB_Y, bytes) +
         "\"}";
}

std::string TestKey::sign(std::string_view alg, std::string_view message) const {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_PKEY_CTX* parameters = nullptr;
  EVP_DigestSignInit(context, &parameters, digest(alg), nullptr, impl_->key);
  if (alg.starts_with("PS")) {
    EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
    EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
  }
  const auto* in = reinterpret_cast<const unsigned char*>(message.data());  // NOLINT
  std::size_t size = 0;
  EVP_DigestSign(context, nullptr, &size, in, message.size());
  std::vector<unsigned char> out(size);
  if (EVP_DigestSign(context, out.data(), &size, in, message.size()) != 1) throw std::runtime_error("sign");
  EVP_MD_CTX_free(context);
  if (curve_.empty()) return {out.begin(), out.begin() + static_cast<std::ptrdiff_t>(size)};
  const unsigned char* at = out.data();
  ECDSA_SIG* signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size));
  const int half = curve_bytes(curve_);
  std::vector<unsigned char> raw(static_cast<std::size_t>(2 * half));
  BN_bn2binpad(ECDSA_SIG_get0_r(signature), raw.data(), half);
  BN_bn2binpad(ECDSA_SIG_get0_s(signature), raw.data() + half, half);
  ECDSA_SIG_free(signature);
  return {raw.begin(), raw.end()};
}

std::string TestKey::token(std::string_view alg, std::string_view payload) const {
  const std::string header = R"({"alg":")" + std::string(alg) + R"(","kid":")" + id_ + "\"}";
  const std::string input = encode_base64url(header) + "." + encode_base64url(payload);
  return input + "." + encode_base64url(sign(alg, input));
}

std::string jwks(std::initializer_list<std::string> keys) {
  std::string out = R"({"keys":[)";
  for (const std::string& key : keys) out += (out.back() == '[' ? "" : ",") + key;
  return out + "]}";
}

}  // namespace oidc_audit::oidc::test
