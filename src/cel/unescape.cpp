#include "base/unicode.h"
#include "cel/lexer.h"

namespace oidc_audit::cel {
namespace {

unsigned hex_digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return static_cast<unsigned>(c - 'A' + 10);
}

char32_t digits(std::string_view text, unsigned base) {
  char32_t value = 0;
  for (const char c : text) value = value * base + hex_digit(c);
  return value;
}

char simple_escape(char c) {
  switch (c) {
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case 'v':
      return '\v';
    default:
      return c;
  }
}

// CRLF and CR become LF, also in raw literals.
std::string with_unix_newlines(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r') {
      out += text[i];
      continue;
    }
    out += '\n';
    if (i + 1 < text.size() && text[i + 1] == '\n') ++i;
  }
  return out;
}

// The lexer has seen that each escape is complete.
bool append_escape(std::string_view body, std::size_t& at, bool is_bytes, std::string& out,
                   std::string& problem) {
  const char c = body[at + 1];
  char32_t code = 0;
  std::size_t length = 0;
  bool is_unicode = false;
  if (c == 'x' || c == 'X') {
    code = digits(body.substr(at + 2, 2), 16);
    length = 4;
  } else if (c == 'u' || c == 'U') {
    const std::size_t count = c == 'u' ? 4 : 8;
    code = digits(body.substr(at + 2, count), 16);
    length = count + 2;
    is_unicode = true;
  } else if (c >= '0' && c <= '3') {
    code = digits(body.substr(at + 1, 3), 8);
    length = 4;
  } else {
    out += simple_escape(c);
    at += 2;
    return true;
  }
  at += length;
  if (is_unicode && is_bytes) {
    problem = "unable to unescape string";
    return false;
  }
  if (is_unicode && (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))) {
    problem = "invalid unicode code point";
    return false;
  }
  if (is_bytes) {
    out += static_cast<char>(static_cast<unsigned char>(code));
  } else {
    append_utf8(out, code);
  }
  return true;
}

}  // namespace

bool unescape_literal(std::string_view literal, bool is_bytes, std::string& out, std::string& problem) {
  bool raw = false;
  while (!literal.empty() && literal[0] != '"' && literal[0] != '\'') {
    raw = raw || literal[0] == 'r' || literal[0] == 'R';
    literal.remove_prefix(1);
  }
  const bool triple = literal.size() >= 6 && literal[0] == literal[1] && literal[1] == literal[2];
  const std::size_t quote = triple ? 3 : 1;
  const std::string body = with_unix_newlines(literal.substr(quote, literal.size() - 2 * quote));
  if (raw) {
    out = body;
    return true;
  }
  out.clear();
  for (std::size_t at = 0; at < body.size();) {
    if (body[at] != '\\') {
      out += body[at++];
    } else if (!append_escape(body, at, is_bytes, out, problem)) {
      return false;
    }
  }
  return true;
}

}  // namespace oidc_audit::cel
