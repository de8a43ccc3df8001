// IP addresses and CIDR ranges (pkg/cel/library/ip.go, cidr.go; Go's net/netip).

#include <array>
#include <optional>

#include "cel/frame.h"
#include "cel/library_object.h"
#include "cel/registry.h"

namespace oidc_audit::cel {
namespace {

struct Address {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // the first four for IPv4
  std::size_t size() const { return is_v6 ? 16 : 4; }
  friend bool operator==(const Address&, const Address&) = default;
};

/// Four decimal numbers without leading zeros.
bool parse_v4(std::string_view text, std::uint8_t* out) {
  for (int part = 0; part < 4; ++part) {
    std::size_t length = 0;
    unsigned value = 0;
    while (length < text.size() && text[length] >= '0' && text[length] <= '9') {
      if (length == 3) return false;
      value = value * 10 + static_cast<unsigned>(text[length++] - '0');
    }
    if (length == 0 || value > 255 || (length > 1 && text[0] == '0')) return false;
    out[part] = static_cast<std::uint8_t>(value);
    text.remove_prefix(length);
    if (part < 3) {
      if (!text.starts_with('.')) return false;
      text.remove_prefix(1);
    }
  }
  return text.empty();
}

bool parse_group(std::string_view& text, unsigned& out) {
  std::size_t length = 0;
  out = 0;
  while (length < text.size()) {
    const char c = text[length];
    unsigned digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<unsigned>(c - '0');
    } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
      digit = static_cast<unsigned>((c | 32) - 'a' + 10);
    } else {
      break;
    }
    if (++length > 4) return false;
    out = out * 16 + digit;
  }
  text.remove_prefix(length);
  return length > 0;
}

bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& out) {
  out.fill(0);
  std::size_t at = 0;
  std::size_t gap = 17;
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  while (at < 16) {
    const std::string_view before = text;
    unsigned group = 0;
    if (!parse_group(text, group)) return false;
    if (text.starts_with('.')) {
      if ((gap > 16 && at != 12) || at + 4 > 16 || !parse_v4(before, out.data() + at)) return false;
      text = {};
      at += 4;
      break;
    }
    out[at] = static_cast<std::uint8_t>(group >> 8U);
    out[at + 1] = static_cast<std::uint8_t>(group & 255U);
    at += 2;
    if (text.empty()) break;
    if (!text.starts_with(':') || text.size() == 1) return false;
    text.remove_prefix(1);
    if (text.starts_with(':')) {
      if (gap <= 16) return false;
      gap = at;
      text.remove_prefix(1);
      if (text.empty()) break;
    }
  }
  if (!text.empty()) return false;
  if (at == 16) return gap > 16;
  if (gap > 16) return false;
  const std::size_t moved = at - gap;
  for (std::size_t i = 0; i < moved; ++i) out[15 - i] = out[at - 1 - i];
  for (std::size_t i = gap; i < 16 - moved; ++i) out[i] = 0;
  return true;
}

bool is_mapped_v4(const std::array<std::uint8_t, 16>& bytes) {
  for (std::size_t i = 0; i < 10; ++i) {
    if (bytes[i] != 0) return false;
  }
  return bytes[10] == 255 && bytes[11] == 255;
}

/// Zones and IPv4 addresses inside IPv6 are refused.
std::optional<Address> parse_address(std::string_view text) {
  Address address;
  if (text.find(':') == std::string_view::npos) {
    if (!parse_v4(text, address.bytes.data())) return std::nullopt;
    return address;
  }
  address.is_v6 = true;
  if (!parse_v6(text, address.bytes) || is_mapped_v4(address.bytes)) return std::nullopt;
  return address;
}

std::string v6_text(const std::array<std::uint8_t, 16>& bytes) {
  std::array<unsigned, 8> groups{};
  for (std::size_t i = 0; i < 8; ++i)
    groups[i] = static_cast<unsigned>(bytes[2 * i]) << 8U | bytes[2 * i + 1];
  std::size_t best = 8;
  std::size_t best_length = 1;
  for (std::size_t i = 0; i < 8; ++i) {
    std::size_t length = 0;
    while (i + length < 8 && groups[i + length] == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out += "::";
      i += best_length - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    constexpr std::string_view kHex = "0123456789abcdef";
    bool started = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
      const unsigned digit = (groups[i] >> static_cast<unsigned>(shift)) & 15U;
      started = started || digit != 0 || shift == 0;
      if (started) out += kHex[digit];
    }
  }
  return out;
}

std::string address_text(const Address& address) {
  if (address.is_v6) return v6_text(address.bytes);
  std::string out;
  for (std::size_t i = 0; i < 4; ++i) out += (i > 0 ? "." : "") + std::to_string(address.bytes[i]);
  return out;
}

struct Range {
  Address address;
  unsigned bits = 0;
};

std::optional<Range> parse_range(std::string_view text) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const std::optional<Address> address = parse_address(text.substr(0, slash));
  const std::string_view digits = text.substr(slash + 1);
  if (!address || digits.empty() || digits.size() > 3 || (digits.size() > 1 && digits[0] == '0'))
    return std::nullopt;
  unsigned bits = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    bits = bits * 10 + static_cast<unsigned>(c - '0');
  }
  if (bits > address->size() * 8) return std::nullopt;
  return Range{*address, bits};
}

Address masked(const Range& range) {
  Address out = range.address;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t first = i * 8;
    if (first >= range.bits) {
      out.bytes[i] = 0;
    } else if (range.bits - first < 8) {
      out.bytes[i] &= static_cast<std::uint8_t>(0xFFU << (8 - (range.bits - first)));
    }
  }
  return out;
}

bool contains(const Range& range, const Address& address) {
  return range.address.is_v6 == address.is_v6 && masked(Range{address, range.bits}) == masked(range);
}

class Ip final : public Object {
 public:
  explicit Ip(Address value) : address(value) {}
  std::string_view type_name() const override { return "net.IP"; }
  bool equals(const Object& other) const override {
    return other.library_tag() == kIpTag && static_cast<const Ip&>(other).address == address;
  }
  std::string text() const override { return address_text(address); }
  std::size_t cost_size() const override { return address.size(); }
  int library_tag() const override { return kIpTag; }
  Address address;
};

class Cidr final : public Object {
 public:
  explicit Cidr(Range value) : range(value) {}
  std::string_view type_name() const override { return "net.CIDR"; }
  bool equals(const Object& other) const override {
    if (other.library_tag() != kCidrTag) return false;
    const Range& b = static_cast<const Cidr&>(other).range;
    return b.address == range.address && b.bits == range.bits;
  }
  std::string text() const override { return address_text(range.address) + "/" + std::to_string(range.bits); }
  // Bytes of the address and of the prefix length.
  std::size_t cost_size() const override { return (range.bits + 7) / 8; }
  int library_tag() const override { return kCidrTag; }
  Range range;
};

Value make_ip(const Address& address) { return Value::object(Ref<const Object>(new Ip(address))); }
Value make_cidr(const Range& range) { return Value::object(Ref<const Object>(new Cidr(range))); }
const Address& address_of(const Value& value) { return library_object<Ip>(value).address; }
const Range& range_of(const Value& value) { return library_object<Cidr>(value).range; }

Value ip(Frame&, const Value* args, std::size_t) {
  const std::optional<Address> address = parse_address(args[0].as_string());
  if (address) return make_ip(*address);
  return Value::error("IP Address \"" + std::string(args[0].as_string()) +
                      "\" parse error during conversion from string: not an IP address");
}
Value is_ip(Frame&, const Value* args, std::size_t) {
  return Value::boolean(parse_address(args[0].as_string()).has_value());
}
Value is_canonical(Frame&, const Value* args, std::size_t) {
  const std::optional<Address> address = parse_address(args[0].as_string());
  if (address) return Value::boolean(address_text(*address) == args[0].as_string());
  return Value::error("IP Address \"" + std::string(args[0].as_string()) +
                      "\" parse error during conversion from string: not an IP address");
}
Value to_text(Frame&, const Value* args, std::size_t) { return Value::string(args[0].as_object().text()); }
Value family(Frame&, const Value* args, std::size_t) {
  return Value::int64(address_of(args[0]).is_v6 ? 6 : 4);
}

bool all_zero_until(const Address& address, std::size_t end) {
  for (std::size_t i = 0; i < end; ++i) {
    if (address.bytes[i] != 0) return false;
  }
  return true;
}
bool unspecified(const Address& a) { return all_zero_until(a, a.size()); }
bool loopback(const Address& a) {
  return a.is_v6 ? all_zero_until(a, 15) && a.bytes[15] == 1 : a.bytes[0] == 127;
}
bool multicast(const Address& a) { return a.is_v6 ? a.bytes[0] == 0xFF : (a.bytes[0] & 0xF0U) == 0xE0; }
bool link_local_unicast(const Address& a) {
  return a.is_v6 ? a.bytes[0] == 0xFE && (a.bytes[1] & 0xC0U) == 0x80
                 : a.bytes[0] == 169 && a.bytes[1] == 254;
}
bool link_local_multicast(const Address& a) {
  if (a.is_v6) return a.bytes[0] == 0xFF && (a.bytes[1] & 0x0FU) == 2;
  return a.bytes[0] == 224 && a.bytes[1] == 0 && a.bytes[2] == 0;
}
bool global_unicast(const Address& a) {
  const bool broadcast =
      !a.is_v6 && a.bytes[0] == 255 && a.bytes[1] == 255 && a.bytes[2] == 255 && a.bytes[3] == 255;
  return !broadcast && !unspecified(a) && !loopback(a) && !multicast(a) && !link_local_unicast(a);
}

template <bool (*test)(const Address&)>
Value address_test(Frame&, const Value* args, std::size_t) {
  return Value::boolean(test(address_of(args[0])));
}

Value cidr(Frame&, const Value* args, std::size_t) {
  const std::optional<Range> range = parse_range(args[0].as_string());
  if (range) return make_cidr(*range);
  return Value::error("network address parse error during conversion from string: " +
                      std::string(args[0].as_string()));
}
Value is_cidr(Frame&, const Value* args, std::size_t) {
  return Value::boolean(parse_range(args[0].as_string()).has_value());
}
Value contains_ip(Frame&, const Value* args, std::size_t count) {
  if (args[1].is(Kind::object)) return Value::boolean(contains(range_of(args[0]), address_of(args[1])));
  const std::optional<Address> address = parse_address(args[1].as_string());
  return address ? Value::boolean(contains(range_of(args[0]), *address))
                 : no_such_overload("containsIP", args, count);
}
Value contains_cidr(Frame&, const Value* args, std::size_t count) {
  std::optional<Range> inner;
  if (args[1].is(Kind::object)) {
    inner = range_of(args[1]);
  } else {
    inner = parse_range(args[1].as_string());
  }
  if (!inner) return no_such_overload("containsCIDR", args, count);
  const Range& outer = range_of(args[0]);
  return Value::boolean(outer.bits <= inner->bits && contains(outer, inner->address));
}
Value cidr_ip(Frame&, const Value* args, std::size_t) { return make_ip(range_of(args[0]).address); }
Value cidr_masked(Frame&, const Value* args, std::size_t) {
  return make_cidr(Range{masked(range_of(args[0])), range_of(args[0]).bits});
}
Value prefix_length(Frame&, const Value* args, std::size_t) {
  return Value::int64(static_cast<std::int64_t>(range_of(args[0]).bits));
}

constexpr std::array kRows{
    OverloadRow{"ip", "string_to_ip", "string -> net.IP", ip, CostRule::k8s_tenth, false, 30},
    OverloadRow{"ip", "cidr_ip", ".net.CIDR -> net.IP", cidr_ip, CostRule::one, false, 30},
    OverloadRow{"isIP", "is_ip", "string -> bool", is_ip, CostRule::k8s_tenth, false, 30},
    OverloadRow{"ip.isCanonical", "ip_is_canonical", "string -> bool", is_canonical, CostRule::k8s_fifth,
                false, 30},
    OverloadRow{"string", "ip_to_string", "net.IP -> string", to_text, CostRule::one, false, 30},
    OverloadRow{"family", "ip_family", ".net.IP -> int", family, CostRule::one, false, 30},
    OverloadRow{"isUnspecified", "ip_is_unspecified", ".net.IP -> bool", address_test<unspecified>,
                CostRule::one, false, 30},
    OverloadRow{"isLoopback", "ip_is_loopback", ".net.IP -> bool", address_test<loopback>, CostRule::one,
                false, 30},
    OverloadRow{"isLinkLocalMulticast", "ip_is_link_local_multicast", ".net.IP -> bool",
                address_test<link_local_multicast>, CostRule::one, false, 30},
    OverloadRow{"isLinkLocalUnicast", "ip_is_link_local_unicast", ".net.IP -> bool",
                address_test<link_local_unicast>, CostRule::one, false, 30},
    OverloadRow{"isGlobalUnicast", "ip_is_global_unicast", ".net.IP -> bool", address_test<global_unicast>,
                CostRule::one, false, 30},
    OverloadRow{"cidr", "string_to_cidr", "string -> net.CIDR", cidr, CostRule::k8s_tenth, false, 30},
    OverloadRow{"isCIDR", "is_cidr", "string -> bool", is_cidr, CostRule::k8s_tenth, false, 30},
    OverloadRow{"string", "cidr_to_string", "net.CIDR -> string", to_text, CostRule::one, false, 30},
    OverloadRow{"containsIP", "cidr_contains_ip_string", ".net.CIDR, string -> bool", contains_ip,
                CostRule::k8s_contains_ip, false, 30},
    OverloadRow{"containsIP", "cidr_contains_ip_ip", ".net.CIDR, net.IP -> bool", contains_ip,
                CostRule::k8s_contains_ip, false, 30},
    OverloadRow{"containsCIDR", "cidr_contains_cidr_string", ".net.CIDR, string -> bool", contains_cidr,
                CostRule::k8s_contains_cidr, false, 30},
    OverloadRow{"containsCIDR", "cidr_contains_cidr", ".net.CIDR, net.CIDR -> bool", contains_cidr,
                CostRule::k8s_contains_cidr, false, 30},
    OverloadRow{"masked", "cidr_masked", ".net.CIDR -> net.CIDR", cidr_masked, CostRule::one, false, 30},
    OverloadRow{"prefixLength", "cidr_prefix_length", ".net.CIDR -> int", prefix_length, CostRule::one, false,
                30},
};

}  // namespace

std::span<const OverloadRow> net_rows() { return kRows; }

}  // namespace oidc_audit::cel
