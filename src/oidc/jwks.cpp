#include "oidc/jwks.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <memory>

#include "oidc/go_json.h"
#include "oidc/jwt.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::array<std::string_view, 9> kAlgorithms = {"ES256", "ES384", "ES512", "PS256", "PS384",
                                                         "PS512", "RS256", "RS384", "RS512"};

struct Free {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
  void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
  void operator()(BIGNUM* p) const { BN_free(p); }
  void operator()(OSSL_PARAM* p) const { OSSL_PARAM_free(p); }
  void operator()(OSSL_PARAM_BLD* p) const { OSSL_PARAM_BLD_free(p); }
  void operator()(ECDSA_SIG* p) const { ECDSA_SIG_free(p); }
};
template <typename T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());  // NOLINT: OpenSSL's type of byte
}

struct Curve {
  std::string_view jwk;
  const char* group;
  std::size_t bytes;
};
constexpr std::array<Curve, 3> kCurves = {Curve{"P-256", "prime256v1", 32}, Curve{"P-384", "secp384r1", 48},
                                          Curve{"P-521", "secp521r1", 66}};

const EVP_MD* digest_of(std::string_view alg) {
  if (alg.size() != 5) return nullptr;
  const std::string_view size = alg.substr(2);
  if (size == "256") return EVP_sha256();
  if (size == "384") return EVP_sha384();
  if (size == "512") return EVP_sha512();
  return nullptr;
}

std::size_t ecdsa_half(std::string_view alg) {
  if (alg == "ES256") return 32;
  if (alg == "ES384") return 48;
  return 66;
}

Owned<EVP_PKEY> key_from(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> params(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (params == nullptr || context == nullptr || EVP_PKEY_fromdata_init(context.get()) <= 0 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, params.get()) <= 0) {
    return nullptr;
  }
  return Owned<EVP_PKEY>(key);
}

Owned<BIGNUM> number(std::string_view big_endian) {
  return Owned<BIGNUM>(BN_bin2bn(bytes(big_endian), static_cast<int>(big_endian.size()), nullptr));
}

Owned<EVP_PKEY> rsa_key(std::string_view modulus, std::string_view exponent) {
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  const Owned<BIGNUM> n = number(modulus);
  const Owned<BIGNUM> e = number(exponent);
  if (builder == nullptr || n == nullptr || e == nullptr ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 0 ||
      OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 0) {
    return nullptr;
  }
  return key_from("RSA", builder.get());
}

Owned<EVP_PKEY> ec_key(const Curve& curve, std::string_view x, std::string_view y) {
  std::string point(1, '\x04');
  for (const std::string_view part : {x, y}) {
    point.append(curve.bytes - std::min(curve.bytes, part.size()), '\0');
    point.append(part);
  }
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  if (builder == nullptr ||
      OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.group, 0) == 0 ||
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) ==
          0) {
    return nullptr;
  }
  return key_from("EC", builder.get());
}

// r and s side by side to the DER that OpenSSL wants; empty when it cannot be made.
std::string der_signature(std::string_view raw) {
  const std::size_t half = raw.size() / 2;
  const Owned<ECDSA_SIG> signature(ECDSA_SIG_new());
  Owned<BIGNUM> r = number(raw.substr(0, half));
  Owned<BIGNUM> s = number(raw.substr(half));
  if (signature == nullptr || r == nullptr || s == nullptr) return {};
  if (ECDSA_SIG_set0(signature.get(), r.get(), s.get()) == 0) return {};
  (void)r.release();  // the signature owns them now
  (void)s.release();
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(signature.get(), &der);
  if (size <= 0) return {};
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));  // NOLINT
  OPENSSL_free(der);
  return out;
}

bool verify_with(EVP_PKEY* key, std::string_view alg, std::string_view message, std::string_view signature) {
  const EVP_MD* digest = digest_of(alg);
  if (digest == nullptr) return false;
  const bool ecdsa = alg.front() == 'E';
  if (EVP_PKEY_is_a(key, ecdsa ? "EC" : "RSA") == 0) return false;
  std::string der;
  if (ecdsa) {
    if (signature.size() != 2 * ecdsa_half(alg)) return false;
    der = der_signature(signature);
    if (der.empty()) return false;
    signature = der;
  }
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* parameters = nullptr;  // owned by context
  if (context == nullptr || EVP_DigestVerifyInit(context.get(), &parameters, digest, nullptr, key) <= 0) {
    return false;
  }
  if (alg.front() == 'P' && (EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING) <= 0 ||
                             EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_AUTO) <= 0)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(message),
                          message.size()) == 1;
}

}  // namespace

std::span<const std::string_view> allowed_signing_algs() { return kAlgorithms; }

bool is_allowed_signing_alg(std::string_view alg) {
  return std::find(kAlgorithms.begin(), kAlgorithms.end(), alg) != kAlgorithms.end();
}

bool is_possible_signature(std::string_view alg, std::string_view signature) {
  if (!is_allowed_signing_alg(alg)) return true;
  if (alg.front() == 'E') return signature.size() == 2 * ecdsa_half(alg);
  constexpr std::size_t kSmallestRsa = 64;  // 512 bits; Go refuses keys below 1024
  return signature.size() >= kSmallestRsa;
}

struct KeySet::Impl {
  std::vector<KeyInfo> infos;
  std::vector<Owned<EVP_PKEY>> keys;  // beside infos; null where not usable

  Result<void> add(const JsonValue& key, std::size_t index);
};

KeySet::KeySet() : impl_(std::make_unique<Impl>()) {}
KeySet::~KeySet() = default;
KeySet::KeySet(KeySet&&) noexcept = default;
KeySet& KeySet::operator=(KeySet&&) noexcept = default;

std::span<const KeySet::KeyInfo> KeySet::keys() const { return impl_->infos; }

Result<void> KeySet::Impl::add(const JsonValue& key, std::size_t index) {
  const auto broken = [&](std::string_view why) {
    return Error(ErrorKind::malformed,
                 "key " + std::to_string(index) + " of the key set " + std::string(why));
  };
  if (!key.is(JsonKind::object)) return broken("is not an object");
  const auto text = [&](std::string_view name) -> std::string {
    const auto value = key.find(name);
    return value.has_value() && value->is(JsonKind::string) ? value->string() : std::string();
  };
  const auto decoded = [&](std::string_view name) -> Result<std::string> {
    const std::string encoded = text(name);
    if (encoded.empty()) return broken("has no `" + std::string(name) + "`");
    Result<std::string> value = decode_base64url(encoded);
    if (!value.ok()) return broken("has a `" + std::string(name) + "` that is not base64url");
    return value;
  };
  const std::string type = text("kty");
  KeyInfo info;
  info.id = text("kid");
  Owned<EVP_PKEY> usable;
  if (type == "RSA") {
    ASSIGN_OR_RETURN(const std::string modulus, decoded("n"));
    ASSIGN_OR_RETURN(const std::string exponent, decoded("e"));
    usable = rsa_key(modulus, exponent);
    if (usable == nullptr) return broken("is no valid RSA key");
    info.type = "RSA " + std::to_string(EVP_PKEY_get_bits(usable.get()));
  } else if (type == "EC") {
    const std::string name = text("crv");
    const auto* curve =
        std::find_if(kCurves.begin(), kCurves.end(), [&](const Curve& c) { return c.jwk == name; });
    info.type = "EC " + name;
    if (curve != kCurves.end()) {
      ASSIGN_OR_RETURN(const std::string x, decoded("x"));
      ASSIGN_OR_RETURN(const std::string y, decoded("y"));
      if (x.size() > curve->bytes || y.size() > curve->bytes)
        return broken("has coordinates that are too long");
      usable = ec_key(*curve, x, y);
      if (usable == nullptr) return broken("is no point of its curve");
    }
  } else {
    info.type = type.empty() ? "unknown" : type;
    if (const std::string curve = text("crv"); !curve.empty()) info.type += " " + curve;
  }
  info.usable = usable != nullptr;
  infos.push_back(std::move(info));
  keys.push_back(std::move(usable));
  return {};
}

Result<KeySet> KeySet::parse(std::string_view json) {
  Result<JsonDocument> document = JsonDocument::parse(std::string(json));
  if (!document.ok()) return std::move(document).error().with_context("key set");
  const JsonValue root = document.value().root();
  const auto keys = root.is(JsonKind::object) ? root.find("keys") : std::nullopt;
  if (!keys.has_value() || !keys->is(JsonKind::array)) {
    return Error(ErrorKind::malformed, "the key set has no list `keys`",
                 "a JWKS file is what the issuer serves at its `jwks_uri`");
  }
  KeySet set;
  std::size_t index = 0;
  for (const JsonValue& key : keys->items()) RETURN_IF_ERROR(set.impl_->add(key, index++));
  return set;
}

KeySet::Verdict KeySet::verify(const Jwt& token) const {
  if (token.unknown_critical || !is_allowed_signing_alg(token.algorithm)) return Verdict::bad;
  bool tried = false;
  for (std::size_t i = 0; i < impl_->infos.size(); ++i) {
    if (!token.key_id.empty() && impl_->infos[i].id != token.key_id) continue;
    tried = true;
    if (impl_->keys[i] != nullptr &&
        verify_with(impl_->keys[i].get(), token.algorithm, token.signing_input, token.signature)) {
      return Verdict::good;
    }
  }
  return tried ? Verdict::bad : Verdict::no_such_key;
}

}  // namespace oidc_audit::oidc
