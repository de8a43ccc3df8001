// IP addresses and CIDR ranges (pkg/cel/library/ip.go, cidr.go; Go's net/netip).

#include <array>
#include <optional>

#include "cel/frame.h"
#include "cel/library_object.h"
#include "cel/registry.h"
#include "cel/text_util.h"
#include "cel/traits.h"

namespace oidc_audit::cel {
namespace {

struct Address {
  bool is_v6 = false;
  std::array<std::uint8_t, 16> bytes{};  // the first four for IPv4
  std::size_t size() const { return is_v6 ? 16 : 4; }
  friend bool operator==(const Address&, const Address&) = default;
};

/// Why Go's net/netip refuses an address: what is wrong, and where.
struct Refusal {
  std::string_view what;
  std::string_view at;
};

bool refuse(Refusal& out, std::string_view what, std::string_view at = {}) {
  out = {what, at};
  return false;
}

/// Four decimal numbers without leading zeros.
bool parse_v4(std::string_view text, std::uint8_t* out, Refusal& why) {
  int part = 0;
  unsigned value = 0;
  std::size_t digits = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      if (digits == 1 && value == 0) return refuse(why, "IPv4 field has octet with leading zero");
      value = value * 10 + static_cast<unsigned>(c - '0');
      ++digits;
      if (value > 255) return refuse(why, "IPv4 field has value >255");
      continue;
    }
    if (c != '.') return refuse(why, "unexpected character", text.substr(i));
    if (digits == 0 || i + 1 == text.size())
      return refuse(why, "IPv4 field must have at least one digit", text.substr(i));
    if (part == 3) return refuse(why, "IPv4 address too long");
    out[part++] = static_cast<std::uint8_t>(value);
    value = 0;
    digits = 0;
  }
  if (part < 3) return refuse(why, "IPv4 address too short");
  out[3] = static_cast<std::uint8_t>(value);
  return true;
}

bool parse_group(std::string_view& text, unsigned& out, Refusal& why) {
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
    if (++length > 4) return refuse(why, "each group must have 4 or less digits", text);
    out = out * 16 + digit;
  }
  if (length == 0) return refuse(why, "each colon-separated field must have at least one digit", text);
  text.remove_prefix(length);
  return true;
}

bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& out, Refusal& why) {
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
    if (!parse_group(text, group, why)) return false;
    if (text.starts_with('.')) {
      if (gap > 16 && at != 12) {
        return refuse(why, "embedded IPv4 address must replace the final 2 fields of the address", before);
      }
      if (at + 4 > 16) {
        return refuse(why, "too many hex fields to fit an embedded IPv4 at the end of the address", before);
      }
      if (!parse_v4(before, out.data() + at, why)) return false;
      text = {};
      at += 4;
      break;
    }
    out[at] = static_cast<std::uint8_t>(group >> 8U);
    out[at + 1] = static_cast<std::uint8_t>(group & 255U);
    at += 2;
    if (text.empty()) break;
    if (!text.starts_with(':')) return refuse(why, "unexpected character, want colon", text);
    if (text.size() == 1) return refuse(why, "colon must be followed by more characters", text);
    text.remove_prefix(1);
    if (text.starts_with(':')) {
      if (gap <= 16) return refuse(why, "multiple :: in address", text);
      gap = at;
      text.remove_prefix(1);
      if (text.empty()) break;
    }
  }
  if (!text.empty()) return refuse(why, "trailing garbage after address", text);
  if (at == 16) {
    return gap > 16 || refuse(why, "the :: must expand to at least one field of zeros");
  }
  if (gap > 16) return refuse(why, "address string too short");
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

/// What net/netip says of a text as an address; empty when it is one. The zone is cut off.
std::string address_failure(std::string_view text, Address& out, std::string_view& zone) {
  Refusal why{"unable to parse IP", {}};
  bool good = false;
  const std::size_t first = text.find_first_of(".:%");
  if (first != std::string_view::npos && text[first] == '.') {
    good = parse_v4(text, out.bytes.data(), why);
  } else if (first != std::string_view::npos && text[first] == '%') {
    why.what = "missing IPv6 address";
  } else if (first != std::string_view::npos) {
    out.is_v6 = true;
    const std::size_t percent = text.find('%');
    if (percent != std::string_view::npos) zone = text.substr(percent + 1);
    if (percent != std::string_view::npos && zone.empty()) {
      why.what = "zone must be a non-empty string";
    } else {
      good = parse_v6(text.substr(0, percent), out.bytes, why);
    }
  }
  if (good) return {};
  std::string failure = "ParseAddr(" + quote(text) + "): " + std::string(why.what);
  if (!why.at.empty()) failure += " (at " + quote(why.at) + ")";
  return failure;
}

/// Zones and IPv4 addresses inside IPv6 are refused (ip.go parseIPAddr).
std::optional<Address> parse_address(std::string_view text, std::string* failure = nullptr) {
  Address address;
  std::string_view zone;
  std::string problem = address_failure(text, address, zone);
  if (!problem.empty()) {
    problem = "IP Address " + quote(text) + " parse error during conversion from string: " + problem;
  } else if (!zone.empty()) {
    problem = "IP address " + quote(text) + " with zone value is not allowed";
  } else if (address.is_v6 && is_mapped_v4(address.bytes)) {
    problem = "IPv4-mapped IPv6 address " + quote(text) + " is not allowed";
  }
  if (problem.empty()) return address;
  if (failure != nullptr) *failure = std::move(problem);
  return std::nullopt;
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

/// What net/netip says of a text as a prefix; empty when it is one.
std::string range_failure(std::string_view text, Range& out) {
  const std::size_t slash = text.rfind('/');
  if (slash == std::string_view::npos) return "no '/'";
  std::string_view zone;
  std::string problem = address_failure(text.substr(0, slash), out.address, zone);
  if (!problem.empty()) return problem;
  if (!zone.empty()) return "IPv6 zones cannot be present in a prefix";
  const std::string_view digits = text.substr(slash + 1);
  const bool numeric = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!numeric || digits.size() > 18 || (digits.size() > 1 && digits[0] == '0')) {
    return "bad bits after slash: " + quote(digits);
  }
  std::uint64_t bits = 0;
  for (const char c : digits) bits = bits * 10 + static_cast<std::uint64_t>(c - '0');
  if (bits > out.address.size() * 8) return "prefix length out of range";
  out.bits = static_cast<unsigned>(bits);
  return {};
}

std::optional<Range> parse_range(std::string_view text, std::string* failure = nullptr) {
  constexpr std::string_view kWhat = "network address parse error during conversion from string: ";
  Range range;
  std::string problem = range_failure(text, range);
  if (!problem.empty()) {
    // The API server wraps the error twice.
    problem = std::string(kWhat) + std::string(kWhat) + "netip.ParsePrefix(" + quote(text) + "): " + problem;
  } else if (range.address.is_v6 && is_mapped_v4(range.address.bytes)) {
    problem = std::string(kWhat) + "IPv4-mapped IPv6 address " + quote(text) + " is not allowed";
  }
  if (problem.empty()) return range;
  if (failure != nullptr) *failure = std::move(problem);
  return std::nullopt;
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
  std::string failure;
  const std::optional<Address> address = parse_address(args[0].as_string(), &failure);
  if (address) return make_ip(*address);
  return Value::error(std::move(failure));
}
Value is_ip(Frame&, const Value* args, std::size_t) {
  return Value::boolean(parse_address(args[0].as_string()).has_value());
}
Value is_canonical(Frame&, const Value* args, std::size_t) {
  std::string failure;
  const std::optional<Address> address = parse_address(args[0].as_string(), &failure);
  if (address) return Value::boolean(address_text(*address) == args[0].as_string());
  return Value::error(std::move(failure));
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
  std::string failure;
  const std::optional<Range> range = parse_range(args[0].as_string(), &failure);
  if (range) return make_cidr(*range);
  return Value::error(std::move(failure));
}
Value is_cidr(Frame&, const Value* args, std::size_t) {
  return Value::boolean(parse_range(args[0].as_string()).has_value());
}
Value contains_ip(Frame&, const Value* args, std::size_t) {
  if (args[1].is(Kind::object)) return Value::boolean(contains(range_of(args[0]), address_of(args[1])));
  const std::optional<Address> address = parse_address(args[1].as_string());
  return address ? Value::boolean(contains(range_of(args[0]), *address)) : plain_no_such_overload();
}
Value contains_cidr(Frame&, const Value* args, std::size_t) {
  std::optional<Range> inner;
  std::string failure;
  if (args[1].is(Kind::object)) {
    inner = range_of(args[1]);
  } else {
    inner = parse_range(args[1].as_string(), &failure);
  }
  if (!inner) return Value::error(std::move(failure));
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
