#include "oidc/pem_certificates.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

#include "base/strings.h"

namespace oidc_audit::oidc {

namespace {

struct Block {
  std::string_view type;
  bool headers = false;
  std::string bytes;
};

// Standard padded base64, white space ignored; nullopt when it is none.
std::optional<std::string> decode_body(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ' && (c < '\t' || c > '\r')) digits += c;
  }
  if (digits.empty() || digits.size() % 4 != 0) return std::nullopt;
  std::string out(digits.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),  // NOLINT
                                   reinterpret_cast<const unsigned char*>(digits.data()),
                                   static_cast<int>(digits.size()));  // NOLINT
  if (size < 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && digits[digits.size() - 1 - padding] == '=') ++padding;
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

// The next block as encoding/pem finds it: what is malformed is passed over.
std::optional<Block> next_block(std::string_view& rest) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  for (;;) {
    std::size_t at = rest.find(kBegin);
    while (at != std::string_view::npos && at > 0 && rest[at - 1] != '\n') at = rest.find(kBegin, at + 1);
    if (at == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(at + kBegin.size());
    const std::size_t line_end = std::min(rest.find('\n'), rest.size());
    std::string_view line = trim_ascii(rest.substr(0, line_end));
    if (!line.ends_with("-----")) continue;
    line.remove_suffix(5);
    const std::string end_line = "-----END " + std::string(line) + "-----";
    const std::size_t end = rest.find("\n" + end_line);
    if (end == std::string_view::npos || end < line_end) continue;
    std::string_view body = rest.substr(line_end, end - line_end);
    Block block;
    block.type = line;
    while (!body.empty() && body.front() == '\n') body.remove_prefix(1);
    for (;;) {
      const std::size_t header_end = body.find('\n');
      const std::string_view header = body.substr(0, header_end);
      if (header.find(':') == std::string_view::npos || header_end == std::string_view::npos) break;
      block.headers = true;
      body.remove_prefix(header_end + 1);
    }
    rest.remove_prefix(end + 1 + end_line.size());
    std::optional<std::string> bytes = decode_body(body);
    if (!bytes.has_value()) continue;
    block.bytes = std::move(*bytes);
    return block;
  }
}

bool is_certificate(const std::string& der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());  // NOLINT: OpenSSL's type of byte
  const unsigned char* const end = at + der.size();
  const std::unique_ptr<X509, void (*)(X509*)> certificate(
      d2i_X509(nullptr, &at, static_cast<long>(der.size())), X509_free);
  return certificate != nullptr && at == end;
}

}  // namespace

std::string certificate_bundle_problem(std::string_view pem) {
  bool found = false;
  std::string_view rest = pem;
  while (const std::optional<Block> block = next_block(rest)) {
    if (block->type != "CERTIFICATE" || block->headers) continue;
    if (!is_certificate(block->bytes)) return "x509: malformed certificate";
    found = true;
  }
  return found ? std::string() : "data does not contain any valid RSA or ECDSA certificates";
}

}  // namespace oidc_audit::oidc
