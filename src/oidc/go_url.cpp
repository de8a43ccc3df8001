#include "oidc/go_url.h"

#include <arpa/inet.h>

#include <optional>

#include "base/go_quote.h"
#include "base/strings.h"

namespace oidc_audit::oidc {

namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_host_byte(char c) {
  return is_letter(c) || is_digit(c) ||
         std::string_view("-_.~!$&'()*+,;=:[]<>\"").find(c) != std::string_view::npos;
}

enum class Encoding { host, zone, other };

unsigned hex_byte(std::string_view two) {
  unsigned value = 0;
  for (const char c : two) {
    value *= 16;
    if (is_digit(c)) {
      value += static_cast<unsigned>(c - '0');
    } else {
      value += (static_cast<unsigned>(static_cast<unsigned char>(c)) & 15U) + 9U;
    }
  }
  return value;
}

// The problem of unescaping, if any; what it yields does not matter here but for hosts.
std::optional<std::string> escape_problem(std::string_view text, Encoding mode,
                                          std::string* decoded = nullptr) {
  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '%') {
      const std::string_view three = text.substr(i, 3);
      if (three.size() < 3 || !is_hex(three[1]) || !is_hex(three[2])) {
        return "invalid URL escape " + go_quote(three);
      }
      const unsigned value = hex_byte(three.substr(1));
      if (mode == Encoding::host && value < 0x80 && three != "%25")
        return "invalid URL escape " + go_quote(three);
      if (mode == Encoding::zone && three != "%25" && value != ' ' &&
          (value >= 0x80 || !is_host_byte(static_cast<char>(value)))) {
        return "invalid URL escape " + go_quote(three);
      }
      if (decoded != nullptr) *decoded += static_cast<char>(value);
      i += 3;
      continue;
    }
    if (mode != Encoding::other && static_cast<unsigned char>(c) < 0x80 && !is_host_byte(c)) {
      return "invalid character " + go_quote(text.substr(i, 1)) + " in host name";
    }
    if (decoded != nullptr) *decoded += c;
    ++i;
  }
  return std::nullopt;
}

bool valid_optional_port(std::string_view port) {
  if (port.empty()) return true;
  if (port.front() != ':') return false;
  for (const char c : port.substr(1)) {
    if (!is_digit(c)) return false;
  }
  return true;
}

std::string invalid_port(std::string_view port) { return "invalid port " + go_quote(port) + " after host"; }

// A literal in brackets: "[::1]:80".
std::optional<std::string> literal_problem(std::string_view host) {
  const std::size_t close = host.rfind(']');
  if (close == std::string_view::npos) return "missing ']' in host";
  const std::string_view port = host.substr(close + 1);
  if (!valid_optional_port(port)) return invalid_port(port);
  const std::string_view inside = host.substr(1, close - 1);
  const std::size_t zone = inside.find("%25");
  std::string address;
  if (auto problem = escape_problem(inside.substr(0, zone), Encoding::host, &address)) return problem;
  std::string zone_text;
  if (zone != std::string_view::npos) {
    if (auto problem = escape_problem(inside.substr(zone), Encoding::zone, &zone_text)) return problem;
  }
  in6_addr six{};
  in_addr four{};
  if (inet_pton(AF_INET6, address.c_str(), &six) == 1) return std::nullopt;
  if (zone_text.empty() && inet_pton(AF_INET, address.c_str(), &four) == 1) return "invalid IP-literal";
  return "invalid host: ParseAddr(" + go_quote(address + zone_text) + "): unable to parse IP";
}

std::optional<std::string> host_problem(std::string_view scheme, std::string_view host) {
  const std::size_t open = host.rfind('[');
  if (open != std::string_view::npos && open > 0) return "invalid IP-literal";
  if (open == 0) return literal_problem(host);
  std::size_t colon = host.find(':');
  if (colon != std::string_view::npos) {
    if (scheme != "http" && scheme != "https") colon = host.rfind(':');
    if (!valid_optional_port(host.substr(colon))) return invalid_port(host.substr(colon));
  }
  return escape_problem(host, Encoding::host);
}

bool valid_userinfo(std::string_view text) {
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c) &&
        std::string_view("-._:~!$&'()*+,;=%@").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

std::optional<std::string> authority_problem(std::string_view authority, GoUrl& url) {
  const std::size_t at = authority.rfind('@');
  const std::string_view host = at == std::string_view::npos ? authority : authority.substr(at + 1);
  if (auto problem = host_problem(url.scheme, host)) return problem;
  url.host = host;
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view user = authority.substr(0, at);
  if (!valid_userinfo(user)) return "net/url: invalid userinfo";
  if (auto problem = escape_problem(user, Encoding::other)) return problem;
  url.has_user = true;
  return std::nullopt;
}

// Splits a scheme off; the problem if it begins with a colon.
std::optional<std::string> take_scheme(std::string_view& rest, GoUrl& url) {
  for (std::size_t i = 0; i < rest.size(); ++i) {
    const char c = rest[i];
    if (is_letter(c)) continue;
    if (is_digit(c) || c == '+' || c == '-' || c == '.') {
      if (i == 0) return std::nullopt;
      continue;
    }
    if (c != ':') return std::nullopt;
    if (i == 0) return "missing protocol scheme";
    url.scheme = to_lower_ascii(rest.substr(0, i));
    rest.remove_prefix(i + 1);
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<std::string> parse_problem(std::string_view text, GoUrl& url) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return "net/url: invalid control character in URL";
  }
  if (text == "*") {
    url.path = "*";
    return std::nullopt;
  }
  std::string_view rest = text;
  if (auto problem = take_scheme(rest, url)) return problem;
  if (const std::size_t mark = rest.find('?'); mark != std::string_view::npos) {
    url.query = rest.substr(mark + 1);
    rest = rest.substr(0, mark);
  }
  if (rest.empty() || rest.front() != '/') {
    if (!url.scheme.empty()) return std::nullopt;  // opaque
    if (rest.substr(0, rest.find('/')).find(':') != std::string_view::npos) {
      return "first path segment in URL cannot contain colon";
    }
  }
  if ((!url.scheme.empty() || rest.substr(0, 3) != "///") && rest.substr(0, 2) == "//") {
    const std::string_view authority = rest.substr(
        2, rest.find('/', 2) == std::string_view::npos ? std::string_view::npos : rest.find('/', 2) - 2);
    rest.remove_prefix(2 + authority.size());
    if (auto problem = authority_problem(authority, url)) return problem;
  }
  url.path = rest;
  return escape_problem(rest, Encoding::other);
}

}  // namespace

GoUrl parse_go_url(std::string_view text) {
  GoUrl url;
  const std::size_t hash = text.find('#');
  const std::string_view front = text.substr(0, hash);
  if (auto problem = parse_problem(front, url)) {
    url.error = "parse " + go_quote(front) + ": " + *problem;
    return url;
  }
  if (hash != std::string_view::npos && hash + 1 < text.size()) {
    url.fragment = text.substr(hash + 1);
    if (auto problem = escape_problem(url.fragment, Encoding::other)) {
      url.error = "parse " + go_quote(text) + ": " + *problem;
    }
  }
  return url;
}

}  // namespace oidc_audit::oidc
