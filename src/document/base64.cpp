#include "document/base64.h"

#include <cstdint>

namespace oidc_audit::document {

namespace {

int sextet(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  return c == '/' ? 63 : -1;
}

}  // namespace

bool decode_base64(std::string_view text, std::string& out) {
  std::uint32_t bits = 0;
  int count = 0;    // sextets of the current group
  int padding = 0;  // `=` of the last group
  for (const char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    if (c == '=') {
      if (count + ++padding > 4) return false;
      continue;
    }
    const int value = sextet(c);
    if (value < 0 || padding > 0) return false;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    if (++count == 4) {
      for (const unsigned shift : {16U, 8U, 0U}) out += static_cast<char>((bits >> shift) & 0xFFU);
      count = 0;
      bits = 0;
    }
  }
  if (count == 0) return padding == 0;
  if (count == 1 || count + padding != 4) return false;
  out += static_cast<char>((count == 2 ? bits >> 4U : bits >> 10U) & 0xFFU);
  if (count == 3) out += static_cast<char>((bits >> 2U) & 0xFFU);
  return true;
}

}  // namespace oidc_audit::document
