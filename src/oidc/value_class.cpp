#include "oidc/value_class.h"

#include <algorithm>
#include <map>

#include "base/percent_encoding.h"

namespace oidc_audit::oidc {

namespace {

bool is_lower_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

// Lower-case host name with an optional port; no empty label.
bool is_host(std::string_view text) noexcept {
  if (const auto colon = text.find(':'); colon != std::string_view::npos) {
    const std::string_view port = text.substr(colon + 1);
    if (port.empty() || port.size() > 5 ||
        !std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; }))
      return false;
    text = text.substr(0, colon);
  }
  if (text.empty() || text.size() > 253) return false;
  char previous = '.';
  for (const char c : text) {
    const bool alnum = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    if (!alnum && c != '-' && c != '.' && c != '_') return false;
    if ((c == '.' || c == '-') && previous == '.') return false;
    previous = c;
  }
  return previous != '.' && previous != '-';
}

bool is_upper_hex(char c) noexcept { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F'); }

// What Jenkins leaves as it is in the name of a job.
bool is_plain_in_job(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("._~-+@!&'(),=").find(c) != std::string_view::npos;
}

// Calls `take` with each name of a path whose names stand between `/job/`.
template <typename Take>
void each_job(std::string_view path, const Take& take) {
  constexpr std::string_view kBetween = "/job/";
  for (std::size_t at = 0;;) {
    const std::size_t end = path.find(kBetween, at);
    take(path.substr(at, end == std::string_view::npos ? end : end - at));
    if (end == std::string_view::npos) return;
    at = end + kBetween.size();
  }
}

// No name of a job can hold a slash: that of a branch is encoded once to become a name, and once more in the
// URL.
bool is_job_path(std::string_view path) noexcept {
  bool good = true;
  each_job(path, [&good](std::string_view name) {
    good = good && !name.empty();
    for (std::size_t i = 0; good && i < name.size(); ++i) {
      if (is_plain_in_job(name[i])) continue;
      good = name[i] == '%' && i + 2 < name.size() && is_upper_hex(name[i + 1]) &&
             is_upper_hex(name[i + 2]) && name.substr(i + 1, 2) != "2F";
      i += 2;
    }
  });
  return good;
}

// The path of a SPIFFE ID: "/seg/seg", no empty, "." or ".." segment, no slash at the end.
bool is_spiffe_path(std::string_view text) noexcept {
  if (text.empty()) return true;
  if (text.front() != '/') return false;
  std::size_t at = 1;
  while (true) {
    const std::size_t slash = std::min(text.find('/', at), text.size());
    const std::string_view part = text.substr(at, slash - at);
    if (part.empty() || part == "." || part == "..") return false;
    if (slash == text.size()) return true;
    at = slash + 1;
  }
}

void add_escape(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  const auto byte = static_cast<unsigned char>(c);
  out += '%';
  out += kHex[byte >> 4U];
  out += kHex[byte & 0xFU];
}

}  // namespace

std::string jenkins_job_path(std::string_view path) {
  std::string out;
  bool first = true;
  each_job(path, [&](std::string_view name) {
    if (!first) out += "/job/";
    first = false;
    for (const char c : percent_decode(name)) {
      if (is_plain_in_job(c)) {
        out += c;
      } else if (c == '/') {
        out += "%252F";
      } else {
        add_escape(out, c);
      }
    }
  });
  return out;
}

std::string query_escaped(std::string_view text) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
  };
  std::string out;
  for (const char c : percent_decode(text)) {
    if (plain(c) || c == '+') {
      out += c;
    } else if (c == ' ') {
      out += '+';
    } else {
      add_escape(out, c);
    }
  }
  return out;
}

Result<ByteSet> ByteSet::parse(std::string_view spec) {
  ByteSet set;
  const bool negated = !spec.empty() && spec.front() == '^';
  if (negated) spec.remove_prefix(1);
  for (std::size_t i = 0; i < spec.size(); ++i) {
    const auto low = static_cast<unsigned char>(spec[i]);
    if (i + 2 < spec.size() && spec[i + 1] == '-') {
      const auto high = static_cast<unsigned char>(spec[i + 2]);
      if (high < low)
        return Error(ErrorKind::configuration,
                     "the range `" + std::string(spec.substr(i, 3)) + "` is reversed");
      for (unsigned byte = low; byte <= high; ++byte) set.add(static_cast<unsigned char>(byte));
      i += 2;
    } else {
      set.add(low);
    }
  }
  if (!negated) return set;
  ByteSet all;
  for (unsigned byte = 0x20; byte < 0x100; ++byte) {
    if (byte != 0x7F && !set.has(static_cast<char>(byte))) all.add(static_cast<unsigned char>(byte));
  }
  return all;
}

bool is_git_ref(std::string_view text) noexcept {
  if (text.empty() || text.front() == '/' || text.back() == '/' || text.back() == '.' || text == "@")
    return false;
  std::size_t component = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c <= 0x20 || c == 0x7F) return false;
    switch (c) {
      case '~':
      case '^':
      case ':':
      case '?':
      case '*':
      case '[':
      case '\\':
        return false;
      case '.':
        if (i == component || (i + 1 < text.size() && text[i + 1] == '.')) return false;
        break;
      case '@':
        if (i + 1 < text.size() && text[i + 1] == '{') return false;
        break;
      case '/':
        if (i == component || text.substr(component, i - component).ends_with(".lock")) return false;
        component = i + 1;
        break;
      default:
        break;
    }
  }
  return !text.substr(component).ends_with(".lock");
}

bool is_uuid(std::string_view text) noexcept {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_lower_hex(text[i])) return false;
  }
  return true;
}

bool ValueClass::accepts(std::string_view value) const noexcept {
  if (!values.empty()) return std::find(values.begin(), values.end(), value) != values.end();
  if (value.size() < min || (max != 0 && value.size() > max)) return false;
  if (value.empty()) return true;
  if (!first.has(value.front()) || !last.has(value.back())) return false;
  if (!std::all_of(value.begin(), value.end(), [this](char c) { return body.has(c); })) return false;
  switch (check) {
    case Check::none:
      return true;
    case Check::hyphen_digits: {
      const std::size_t dash = value.rfind('-');
      // The platform's oldest ids have more digits than most numbers at the end of a name.
      constexpr std::size_t kFewestDigits = 3;
      return dash != std::string_view::npos && dash > 0 && dash + kFewestDigits < value.size() &&
             std::all_of(value.begin() + static_cast<std::ptrdiff_t>(dash) + 1, value.end(),
                         [](char c) { return c >= '0' && c <= '9'; });
    }
    case Check::git_ref:
      return value.starts_with("refs/") && value.size() > 5 && is_git_ref(value);
    case Check::git_branch:
      return is_git_ref(value);
    case Check::uuid:
      return is_uuid(value);
    case Check::spiffe_path:
      return is_spiffe_path(value);
    case Check::host:
      return is_host(value);
    case Check::job_path:
      return is_job_path(value);
    case Check::job_base:
      return !value.starts_with("job/");
    case Check::url:
      return (value.starts_with("https://") || value.starts_with("http://")) && value.size() > 8;
  }
  return false;
}

namespace {

struct Row {
  const char* name;
  const char* text;
  const char* body;
  const char* first;  // nullptr: as body
  const char* last;   // nullptr: as body
  std::uint32_t min;
  std::uint32_t max;
  ValueClass::Check check;
};

constexpr auto kNone = ValueClass::Check::none;

// What several providers share. `text` is any printable text without the two delimiters in common use.
constexpr Row kRows[] = {
    {"git-ref", "a complete git ref such as `refs/heads/main`", "^ ~^:?*[\\", nullptr, nullptr, 1, 0,
     ValueClass::Check::git_ref},
    {"git-branch", "a git branch or tag name", "^ ~^:?*[\\", nullptr, nullptr, 1, 0,
     ValueClass::Check::git_branch},
    {"uuid", "a lower-case UUID", "0-9a-f-", nullptr, nullptr, 36, 36, ValueClass::Check::uuid},
    {"digits", "decimal digits", "0-9", nullptr, nullptr, 1, 20, kNone},
    {"hex24", "24 lower-case hexadecimal digits", "0-9a-f", nullptr, nullptr, 24, 24, kNone},
    {"hex40", "40 lower-case hexadecimal digits", "0-9a-f", nullptr, nullptr, 40, 40, kNone},
    {"hex64", "64 lower-case hexadecimal digits", "0-9a-f", nullptr, nullptr, 64, 64, kNone},
    {"slug", "letters, digits, `-`, `_` and `.`", "A-Za-z0-9_.-", "A-Za-z0-9_", nullptr, 1, 0, kNone},
    {"word", "letters, digits, `-` and `_`", "A-Za-z0-9_-", nullptr, nullptr, 1, 0, kNone},
    {"dns-label", "lower-case letters, digits and `-`", "a-z0-9-", "a-z0-9", "a-z0-9", 1, 63, kNone},
    {"dns-name", "lower-case letters, digits, `-` and `.`", "a-z0-9.-", "a-z0-9", "a-z0-9", 1, 253, kNone},
    {"host", "a lower-case host name, with a port where needed", "a-z0-9._:-", nullptr, nullptr, 1, 260,
     ValueClass::Check::host},
    {"host-label", "one part of a host name", "a-z0-9-", "a-z0-9", "a-z0-9", 1, 63, kNone},
    {"path", "a URL path", "A-Za-z0-9._~%/+@:-", nullptr, nullptr, 1, 0, kNone},
    {"url", "a URL", "A-Za-z0-9._~%/+@:-", nullptr, nullptr, 1, 0, ValueClass::Check::url},
    {"name", "text without `:`", "^:*?", "^: *?", "^: *?", 1, 0, kNone},
    {"text", "any text", "^*", "^ *", "^ *", 1, 0, kNone},
};

std::map<std::string, ValueClass, std::less<>> make_common() {
  std::map<std::string, ValueClass, std::less<>> classes;
  for (const Row& row : kRows) {
    ValueClass made;
    made.name = row.name;
    made.text = row.text;
    made.body = ByteSet::parse(row.body).value();
    made.first = row.first != nullptr ? ByteSet::parse(row.first).value() : made.body;
    made.last = row.last != nullptr ? ByteSet::parse(row.last).value() : made.body;
    made.min = row.min;
    made.max = row.max;
    made.check = row.check;
    classes.emplace(made.name, std::move(made));
  }
  return classes;
}

}  // namespace

const ValueClass* find_common_class(std::string_view name) {
  static const auto classes = make_common();
  const auto it = classes.find(name);
  return it == classes.end() ? nullptr : &it->second;
}

}  // namespace oidc_audit::oidc
