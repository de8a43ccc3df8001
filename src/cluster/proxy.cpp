#include "cluster/proxy.h"

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/strings.h"

namespace oidc_audit::cluster {

namespace {

/// An IP address in 16 bytes, IPv4 mapped into IPv6 so that both compare alike.
using Address = std::array<unsigned char, 16>;

std::optional<Address> parse_address(std::string_view text) {
  const std::string copy(text);
  Address out{};
  in_addr v4{};
  if (::inet_pton(AF_INET, copy.c_str(), &v4) == 1) {
    out[10] = out[11] = 0xFF;
    std::memcpy(out.data() + 12, &v4, 4);
    return out;
  }
  if (::inet_pton(AF_INET6, copy.c_str(), out.data()) == 1) return out;
  return std::nullopt;
}

bool is_v4(const Address& address) {
  static constexpr std::array<unsigned char, 12> kPrefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  return std::memcmp(address.data(), kPrefix.data(), kPrefix.size()) == 0;
}

bool is_loopback(const Address& address) {
  if (is_v4(address)) return address[12] == 127;
  Address one{};
  one[15] = 1;
  return address == one;
}

bool in_network(const Address& address, std::string_view network) {
  const std::size_t slash = network.find('/');
  if (slash == std::string_view::npos) return false;
  const auto base = parse_address(network.substr(0, slash));
  const std::string_view digits = network.substr(slash + 1);
  unsigned bits = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (!base || code != std::errc() || end != digits.data() + digits.size()) return false;
  if (is_v4(*base) != is_v4(address)) return false;
  if (is_v4(*base)) bits += 96;
  if (bits > 128) return false;
  for (unsigned i = 0; i < bits; ++i) {
    const auto mask = static_cast<unsigned>(0x80U >> (i % 8));
    if (((*base)[i / 8] & mask) != (address[i / 8] & mask)) return false;
  }
  return true;
}

struct HostPort {
  std::string host;
  std::string port;
};

/// `host`, `host:port`, `[v6]:port`, `v6`.
HostPort split_host(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    const std::string_view rest = close == std::string_view::npos ? "" : text.substr(close + 1);
    return {std::string(text.substr(1, close - 1)),
            rest.starts_with(':') ? std::string(rest.substr(1)) : std::string()};
  }
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || text.find(':') != colon) return {std::string(text), {}};
  return {std::string(text.substr(0, colon)), std::string(text.substr(colon + 1))};
}

HostPort host_of(std::string_view url) {
  const bool tls = url.starts_with("https://");
  const std::size_t begin = url.find("://");
  std::string_view rest = begin == std::string_view::npos ? url : url.substr(begin + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) rest = rest.substr(at + 1);
  HostPort out = split_host(rest);
  out.host = to_lower_ascii(out.host);
  if (out.port.empty()) out.port = tls ? "443" : "80";
  return out;
}

bool is_listed(const HostPort& target, const std::optional<Address>& address, std::string_view list) {
  for (const std::string_view part : split(list, ',')) {
    const std::string entry = to_lower_ascii(trim_ascii(part));
    if (entry.empty()) continue;
    if (entry == "*") return true;
    if (address && in_network(*address, entry)) return true;
    const HostPort wanted = split_host(entry);
    if (!wanted.port.empty() && wanted.port != target.port) continue;
    if (const auto other = parse_address(wanted.host)) {
      if (address && *other == *address) return true;
      continue;
    }
    // `example.com` covers itself and what is below it, `.example.com` and `*.example.com` only that.
    std::string suffix = wanted.host.starts_with("*.") ? wanted.host.substr(1) : wanted.host;
    const bool below_only = suffix.starts_with('.');
    if (!below_only) {
      if (target.host == suffix) return true;
      suffix.insert(suffix.begin(), '.');
    }
    if (target.host.size() > suffix.size() && target.host.ends_with(suffix)) return true;
  }
  return false;
}

std::string first_of(const GetEnv& env, const char* upper, const char* lower) {
  const std::string value = env(upper).value_or("");
  return value.empty() ? env(lower).value_or("") : value;
}

}  // namespace

std::string proxy_from_environment(const std::string& url, const GetEnv& env) {
  const bool tls = url.starts_with("https://");
  std::string proxy =
      tls ? first_of(env, "HTTPS_PROXY", "https_proxy") : first_of(env, "HTTP_PROXY", "http_proxy");
  if (proxy.empty()) return {};
  const HostPort target = host_of(url);
  const auto address = parse_address(target.host);
  if (target.host == "localhost" || (address && is_loopback(*address))) return {};
  if (is_listed(target, address, first_of(env, "NO_PROXY", "no_proxy"))) return {};
  if (proxy.find("://") == std::string::npos) proxy = "http://" + proxy;
  return proxy;
}

}  // namespace oidc_audit::cluster
