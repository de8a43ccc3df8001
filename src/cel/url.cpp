#include "cel/url.h"

#include <algorithm>

namespace oidc_audit::cel {
namespace {

enum class Part { path, host, zone, user, query, fragment };

bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'); }
unsigned hex_value(char c) {
  return c <= '9' ? static_cast<unsigned>(c - '0') : static_cast<unsigned>((c | 32) - 'a' + 10);
}
bool is_alnum(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z'); }
bool in(std::string_view set, char c) { return set.find(c) != std::string_view::npos; }

bool should_escape(char c, Part part) {
  if (is_alnum(c)) return false;
  if ((part == Part::host || part == Part::zone) && in("!$&'()*+,;=:[]<>\"", c)) return false;
  if (in("-_.~", c)) return false;
  if (in("$&+,/:;=?@", c)) {
    if (part == Part::path) return c == '?';
    if (part == Part::user) return in("@/?:", c);
    return part == Part::query;
  }
  return !(part == Part::fragment && in("!()*", c));
}

std::string escape(std::string_view text, Part part) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (c == ' ' && part == Part::query) {
      out += '+';
    } else if (should_escape(c, part)) {
      out += '%';
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 15U];
    } else {
      out += c;
    }
  }
  return out;
}

bool unescape(std::string_view text, Part part, std::string& out, std::string& problem) {
  out.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
        problem = "invalid URL escape \"" + std::string(text.substr(i, 3)) + "\"";
        return false;
      }
      const auto byte = static_cast<char>(hex_value(text[i + 1]) << 4U | hex_value(text[i + 2]));
      const bool is_percent = text.substr(i, 3) == "%25";
      const bool bad_host = part == Part::host && hex_value(text[i + 1]) < 8 && !is_percent;
      const bool bad_zone =
          part == Part::zone && !is_percent && byte != ' ' && should_escape(byte, Part::host);
      if (bad_host || bad_zone) {
        problem = "invalid URL escape \"" + std::string(text.substr(i, 3)) + "\"";
        return false;
      }
      out += byte;
      i += 2;
    } else if (c == '+' && part == Part::query) {
      out += ' ';
    } else {
      if ((part == Part::host || part == Part::zone) && static_cast<unsigned char>(c) < 0x80 &&
          should_escape(c, part)) {
        problem = "invalid character \"" + std::string(1, c) + "\" in host name";
        return false;
      }
      out += c;
    }
  }
  return true;
}

bool valid_encoded(std::string_view text, Part part) {
  return std::all_of(text.begin(), text.end(),
                     [part](char c) { return in("!$&'()*+,;=:@[]%", c) || !should_escape(c, part); });
}

bool valid_port(std::string_view port) {
  if (port.empty()) return true;
  return port[0] == ':' && port.find_first_not_of("0123456789", 1) == std::string_view::npos;
}

// An IPv6 address, perhaps with a zone, is all that brackets may hold.
bool is_bracketed_address(std::string_view text) {
  const std::size_t zone = text.find('%');
  if (zone != std::string_view::npos) {
    if (zone + 1 == text.size()) return false;
    text = text.substr(0, zone);
  }
  int groups = 0;
  int gaps = 0;
  std::size_t at = 0;
  if (text.size() < 2 || text.find(':') == std::string_view::npos) return false;
  if (text.starts_with(':') && !text.starts_with("::")) return false;
  while (at < text.size()) {
    if (text.substr(at, 2) == "::") {
      ++gaps;
      at += 2;
      if (at < text.size() && text[at] == ':') return false;
      continue;
    }
    if (text[at] == ':') ++at;
    std::size_t length = 0;
    while (at + length < text.size() && is_hex(text[at + length])) ++length;
    if (at + length < text.size() && text[at + length] == '.') {
      // The last 32 bits as IPv4.
      int parts = 0;
      std::string_view rest = text.substr(at);
      while (true) {
        const std::size_t digits = std::min(rest.find_first_not_of("0123456789"), rest.size());
        if (digits == 0 || digits > 3 || std::stoi(std::string(rest.substr(0, digits))) > 255 ||
            (digits > 1 && rest[0] == '0')) {
          return false;
        }
        ++parts;
        rest.remove_prefix(digits);
        if (rest.empty()) break;
        if (rest[0] != '.') return false;
        rest.remove_prefix(1);
      }
      groups += 2;
      return parts == 4 && (gaps == 1 ? groups < 8 : gaps == 0 && groups == 8);
    }
    if (length == 0 || length > 4) return false;
    ++groups;
    at += length;
    if (at < text.size() && text[at] != ':') return false;
  }
  if (text.ends_with(':') && !text.ends_with("::")) return false;
  return gaps == 1 ? groups < 8 : gaps == 0 && groups == 8;
}

class Parser {
 public:
  Parser(std::string_view text, bool via_request, std::string& problem)
      : rest_(text), via_request_(via_request), problem_(problem) {}

  bool parse(Url& out) {
    for (const char c : rest_) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
        return fail("net/url: invalid control character in URL");
    }
    if (rest_.empty() && via_request_) return fail("empty url");
    if (rest_ == "*") {
      out.path = "*";
      return true;
    }
    if (!scheme(out)) return false;
    if (rest_.ends_with('?') && std::count(rest_.begin(), rest_.end(), '?') == 1) {
      out.force_query = true;
      rest_.remove_suffix(1);
    } else if (const std::size_t mark = rest_.find('?'); mark != std::string_view::npos) {
      out.query = std::string(rest_.substr(mark + 1));
      rest_ = rest_.substr(0, mark);
    }
    if (!rest_.starts_with('/')) {
      if (!out.scheme.empty()) {
        out.opaque = std::string(rest_);
        return true;
      }
      if (via_request_) return fail("invalid URI for request");
      const std::string_view segment = rest_.substr(0, rest_.find('/'));
      if (in(segment, ':')) return fail("first path segment in URL cannot contain colon");
    }
    if ((!out.scheme.empty() || (!via_request_ && !rest_.starts_with("///"))) && rest_.starts_with("//")) {
      std::string_view authority_text = rest_.substr(2);
      const std::size_t slash = authority_text.find('/');
      rest_ = slash == std::string_view::npos ? std::string_view{} : authority_text.substr(slash);
      authority_text = authority_text.substr(0, slash);
      if (!authority(authority_text, out)) return false;
    } else if (!out.scheme.empty() && rest_.starts_with('/')) {
      out.omit_host = true;
    }
    return set_path(out);
  }

 private:
  bool fail(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }

  bool scheme(Url& out) {
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      const char c = rest_[i];
      if ((c | 32) >= 'a' && (c | 32) <= 'z') continue;
      if ((c >= '0' && c <= '9') || in("+-.", c)) {
        if (i == 0) return true;
        continue;
      }
      if (c != ':') return true;
      if (i == 0) return fail("missing protocol scheme");
      out.scheme = std::string(rest_.substr(0, i));
      for (char& letter : out.scheme) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 32);
      }
      rest_.remove_prefix(i + 1);
      return true;
    }
    return true;
  }

  bool authority(std::string_view text, Url& out) {
    const std::size_t at = text.rfind('@');
    if (!host(at == std::string_view::npos ? text : text.substr(at + 1), out)) return false;
    if (at == std::string_view::npos) return true;
    const std::string_view info = text.substr(0, at);
    for (const char c : info) {
      if (!is_alnum(c) && !in("-._:~!$&'()*+,;=%@", c)) return fail("net/url: invalid userinfo");
    }
    out.has_user = true;
    const std::size_t colon = info.find(':');
    if (!unescape(info.substr(0, colon), Part::user, out.user, problem_)) return false;
    if (colon == std::string_view::npos) return true;
    out.password.emplace();
    return unescape(info.substr(colon + 1), Part::user, *out.password, problem_);
  }

  bool invalid_port(std::string_view port) {
    return fail("invalid port \"" + std::string(port) + "\" after host");
  }

  bool host(std::string_view text, Url& out) {
    const std::size_t open = text.rfind('[');
    if (open != std::string_view::npos && open > 0) return fail("invalid IP-literal");
    if (open == 0) {
      const std::size_t close = text.rfind(']');
      if (close == std::string_view::npos) return fail("missing ']' in host");
      if (!valid_port(text.substr(close + 1))) return invalid_port(text.substr(close + 1));
      const std::size_t zone = text.substr(0, close).find("%25");
      std::string name;
      std::string part;
      if (!unescape(text.substr(1, std::min(zone, close) - 1), Part::host, name, problem_)) return false;
      if (zone != std::string_view::npos) {
        if (!unescape(text.substr(zone, close - zone), Part::zone, part, problem_)) return false;
        name += part;
      }
      if (!is_bracketed_address(name))
        return fail("invalid host: ParseAddr(\"" + name + "\"): unable to parse IP");
      if (!unescape(text.substr(close + 1), Part::host, part, problem_)) return false;
      out.host = "[" + name + "]" + part;
      return true;
    }
    if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
      if (!valid_port(text.substr(colon))) return invalid_port(text.substr(colon));
      // Since Go 1.26 one colon is all that a host without brackets may have.
      if (text.find(':') != colon) return invalid_port(text.substr(text.find(':')));
    }
    return unescape(text, Part::host, out.host, problem_);
  }

  bool set_path(Url& out) {
    if (!unescape(rest_, Part::path, out.path, problem_)) return false;
    if (escape(out.path, Part::path) != rest_) out.raw_path = std::string(rest_);
    return true;
  }

  std::string_view rest_;
  bool via_request_;
  std::string& problem_;
};

void wrap(std::string_view text, std::string& problem) {
  problem = "parse \"" + std::string(text) + "\": " + problem;
}

}  // namespace

std::string Url::hostname() const {
  std::string_view name = host;
  const std::size_t colon = name.rfind(':');
  if (colon != std::string_view::npos && valid_port(name.substr(colon))) name = name.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return std::string(name);
}

std::string Url::port() const {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string::npos || !valid_port(std::string_view(host).substr(colon))) return {};
  return host.substr(colon + 1);
}

std::string Url::escaped_path() const {
  if (!raw_path.empty() && valid_encoded(raw_path, Part::path)) {
    std::string plain;
    std::string problem;
    if (unescape(raw_path, Part::path, plain, problem) && plain == path) return raw_path;
  }
  return path == "*" ? "*" : escape(path, Part::path);
}

std::string Url::text() const {
  std::string out;
  if (!scheme.empty()) out += scheme + ":";
  if (!opaque.empty()) {
    out += opaque;
  } else {
    if ((!scheme.empty() || !host.empty() || has_user) && !(omit_host && host.empty() && !has_user)) {
      if (!host.empty() || !path.empty() || has_user) out += "//";
      if (has_user)
        out += escape(user, Part::user) + (password ? ":" + escape(*password, Part::user) : "") + "@";
      if (!host.empty()) out += escape(host, Part::host);
    }
    const std::string shown = escaped_path();
    if (!shown.empty() && shown[0] != '/' && !host.empty()) out += '/';
    out += shown;
  }
  if (force_query || !query.empty()) out += "?" + query;
  if (!fragment.empty()) {
    std::string plain;
    std::string problem;
    const bool as_written = !raw_fragment.empty() && valid_encoded(raw_fragment, Part::fragment) &&
                            unescape(raw_fragment, Part::fragment, plain, problem) && plain == fragment;
    out += "#" + (as_written ? raw_fragment : escape(fragment, Part::fragment));
  }
  return out;
}

std::vector<std::pair<std::string, std::vector<std::string>>> Url::parse_query() const {
  std::vector<std::pair<std::string, std::vector<std::string>>> out;
  std::string_view rest = query;
  while (!rest.empty()) {
    const std::size_t mark = rest.find('&');
    const std::string_view pair = rest.substr(0, mark);
    rest = mark == std::string_view::npos ? std::string_view{} : rest.substr(mark + 1);
    if (pair.empty() || in(pair, ';')) continue;
    const std::size_t equal = pair.find('=');
    std::string name;
    std::string value;
    std::string problem;
    if (!unescape(pair.substr(0, equal), Part::query, name, problem)) continue;
    if (equal != std::string_view::npos && !unescape(pair.substr(equal + 1), Part::query, value, problem))
      continue;
    const auto known =
        std::find_if(out.begin(), out.end(), [&](const auto& entry) { return entry.first == name; });
    if (known != out.end()) {
      known->second.push_back(std::move(value));
    } else {
      out.emplace_back(std::move(name), std::vector<std::string>());
      out.back().second.push_back(std::move(value));
    }
  }
  return out;
}

bool is_request_url(std::string_view text, std::string& problem) {
  Url ignored;
  if (Parser(text, true, problem).parse(ignored)) return true;
  wrap(text, problem);
  return false;
}

std::optional<Url> parse_request_url(std::string_view text, std::string& problem) {
  if (!is_request_url(text, problem)) return std::nullopt;
  Url out;
  const std::size_t hash = text.find('#');
  if (!Parser(text.substr(0, hash), false, problem).parse(out)) {
    wrap(text, problem);
    return std::nullopt;
  }
  if (hash == std::string_view::npos) return out;
  const std::string_view fragment = text.substr(hash + 1);
  if (!unescape(fragment, Part::fragment, out.fragment, problem)) {
    wrap(text, problem);
    return std::nullopt;
  }
  if (escape(out.fragment, Part::fragment) != fragment) out.raw_fragment = std::string(fragment);
  return out;
}

}  // namespace oidc_audit::cel
