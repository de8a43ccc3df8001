// Named formats (pkg/cel/library/format.go) with the messages of Kubernetes' validation.

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "base/strings.h"
#include "cel/frame.h"
#include "cel/library_object.h"
#include "cel/registry.h"
#include "cel/times.h"
#include "cel/url.h"

namespace oidc_audit::cel {

std::uint64_t format_pattern_size(const Value& format);

namespace {

using Problems = std::vector<std::string>;

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alnum(char c) { return is_lower_alnum(c) || (c >= 'A' && c <= 'Z'); }

/// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
bool is_label(std::string_view text) {
  if (text.empty() || !is_lower_alnum(text.front()) || !is_lower_alnum(text.back())) return false;
  for (const char c : text) {
    if (!is_lower_alnum(c) && c != '-') return false;
  }
  return true;
}

bool is_subdomain(std::string_view text) {
  while (true) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

/// `([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]`
bool is_qualified(std::string_view text) {
  if (text.empty() || !is_alnum(text.front()) || !is_alnum(text.back())) return false;
  for (const char c : text) {
    if (!is_alnum(c) && c != '-' && c != '_' && c != '.') return false;
  }
  return true;
}

std::string too_long(std::size_t limit) {
  return "must be no more than " + std::to_string(limit) + " characters";
}

constexpr std::string_view kLabelMessage =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end with "
    "an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomainMessage =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabel1035Message =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
    "character, "
    "and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kQualifiedMessage =
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    "character "
    "(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValueMessage =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and "
    "end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

Problems check_label(std::string_view text) {
  Problems out;
  if (text.size() > 63) out.push_back(too_long(63));
  if (!is_label(text)) {
    const bool dotted = is_subdomain(text);
    out.emplace_back(dotted ? "must not contain dots" : kLabelMessage);
  }
  return out;
}

Problems check_subdomain(std::string_view text) {
  Problems out;
  if (text.size() > 253) out.push_back(too_long(253));
  if (!is_subdomain(text)) out.emplace_back(kSubdomainMessage);
  return out;
}

Problems check_label_1035(std::string_view text) {
  Problems out;
  if (text.size() > 63) out.push_back(too_long(63));
  if (!is_label(text) || (text[0] >= '0' && text[0] <= '9')) out.emplace_back(kLabel1035Message);
  return out;
}

/// A prefix of a name may end in a dash, which stands for what will follow.
std::string masked(std::string_view text) {
  std::string out(text);
  if (out.size() > 1 && out.back() == '-') out.replace(out.size() - 2, 2, "a");
  return out;
}

Problems check_label_prefix(std::string_view text) { return check_label(masked(text)); }
Problems check_subdomain_prefix(std::string_view text) { return check_subdomain(masked(text)); }
Problems check_label_1035_prefix(std::string_view text) { return check_label_1035(masked(text)); }

Problems check_qualified(std::string_view text) {
  Problems out;
  std::string_view name = text;
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos) {
    if (text.find('/', slash + 1) != std::string_view::npos) {
      return {"a valid label key " + std::string(kQualifiedMessage) +
              " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"};
    }
    const std::string_view prefix = text.substr(0, slash);
    name = text.substr(slash + 1);
    if (prefix.empty()) {
      out.emplace_back("prefix part must be non-empty");
    } else {
      for (const std::string& problem : check_subdomain(prefix)) out.push_back("prefix part " + problem);
    }
  }
  if (name.empty()) {
    out.emplace_back("name part must be non-empty");
  } else if (name.size() > 63) {
    out.push_back("name part " + too_long(63));
  }
  if (!is_qualified(name)) out.push_back("name part " + std::string(kQualifiedMessage));
  return out;
}

Problems check_label_value(std::string_view text) {
  Problems out;
  if (text.size() > 63) out.push_back(too_long(63));
  if (!text.empty() && !is_qualified(text)) out.emplace_back(kLabelValueMessage);
  return out;
}

Problems check_uri(std::string_view text) {
  std::string problem;
  if (is_request_url(text, problem)) return {};
  return {problem};
}

bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

/// 32 hexadecimal digits; each of the four dashes may be missing.
Problems check_uuid(std::string_view text) {
  std::size_t at = 0;
  bool valid = true;
  for (const std::size_t length : {8U, 4U, 4U, 4U, 12U}) {
    if (length != 8 && at < text.size() && text[at] == '-') ++at;
    for (std::size_t i = 0; i < length; ++i, ++at) valid = valid && at < text.size() && is_hex(text[at]);
  }
  if (valid && at == text.size()) return {};
  return {"does not match the UUID format"};
}

/// Standard base64 with padding and at least one group.
Problems check_byte(std::string_view text) {
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  bool valid = !text.empty() && text.size() % 4 == 0;
  for (const char c : text.substr(0, text.size() - padding))
    valid = valid && (is_alnum(c) || c == '+' || c == '/');
  if (valid) return {};
  return {"invalid base64"};
}

bool is_date(std::string_view text) {
  if (text.size() != 10) return false;
  // Year 0 exists here; it has the days of another leap year.
  const std::string year(text.starts_with("0000") ? "2000" : text.substr(0, 4));
  return parse_timestamp(year + std::string(text.substr(4)) + "T00:00:00Z").has_value();
}

Problems check_date(std::string_view text) {
  if (is_date(text)) return {};
  return {"invalid date"};
}

bool two_digits(std::string_view text, std::size_t at) {
  return at + 2 <= text.size() && text[at] >= '0' && text[at] <= '9' && text[at + 1] >= '0' &&
         text[at + 1] <= '9';
}

/// `hh:mm:ss`, perhaps any character and digits, then `z` or an offset (strfmt.IsDateTime).
bool is_clock(std::string_view text) {
  if (!two_digits(text, 0) || text.substr(2, 1) != ":" || !two_digits(text, 3) || text.substr(5, 1) != ":" ||
      !two_digits(text, 6) || text.substr(0, 2) > "23" || text.substr(3, 2) > "59" ||
      text.substr(6, 2) > "59") {
    return false;
  }
  text.remove_prefix(8);
  const auto is_zone = [](std::string_view zone) {
    return zone == "z" || (zone.size() == 6 && (zone[0] == '+' || zone[0] == '-') && two_digits(zone, 1) &&
                           zone[3] == ':' && two_digits(zone, 4));
  };
  if (is_zone(text)) return true;
  std::size_t at = 1;
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at > 1 && is_zone(text.substr(std::min(at, text.size())));
}

Problems check_datetime(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  const std::size_t t = lower.find('t');
  if (t != std::string::npos && is_date(std::string_view(lower).substr(0, t)) &&
      is_clock(std::string_view(lower).substr(t + 1))) {
    return {};
  }
  return {"invalid datetime"};
}

struct Named {
  std::string_view function;
  std::string_view name;
  Problems (*check)(std::string_view);
  std::uint64_t pattern_size;  // as the cost model estimates it
};

constexpr std::array kFormats{
    Named{"dns1123Label", "DNS1123Label", check_label, 30},
    Named{"dns1123Subdomain", "DNS1123Subdomain", check_subdomain, 60},
    Named{"dns1035Label", "DNS1035Label", check_label_1035, 30},
    Named{"qualifiedName", "QualifiedName", check_qualified, 60},
    Named{"dns1123LabelPrefix", "DNS1123LabelPrefix", check_label_prefix, 30},
    Named{"dns1123SubdomainPrefix", "DNS1123SubdomainPrefix", check_subdomain_prefix, 60},
    Named{"dns1035LabelPrefix", "DNS1035LabelPrefix", check_label_1035_prefix, 30},
    Named{"labelValue", "LabelValue", check_label_value, 40},
    Named{"uri", "URI", check_uri, 1103},
    Named{"uuid", "uuid", check_uuid, 70},
    Named{"byte", "byte", check_byte, 84},
    Named{"date", "date", check_date, 71},
    Named{"datetime", "datetime", check_datetime, 71},
};

class Format final : public Object {
 public:
  explicit Format(const Named& named) : named_(named) {}
  std::string_view type_name() const override { return "kubernetes.NamedFormat"; }
  bool equals(const Object& other) const override {
    return other.library_tag() == kFormatTag && static_cast<const Format&>(other).named_.name == named_.name;
  }
  std::string text() const override { return std::string(named_.name); }
  int library_tag() const override { return kFormatTag; }
  const Named& named() const { return named_; }

 private:
  const Named& named_;
};

Value make(const Named& named) { return Value::object(Ref<const Object>(new Format(named))); }

template <std::size_t index>
Value constant(Frame&, const Value*, std::size_t) {
  return make(kFormats[index]);
}

Value named(Frame&, const Value* args, std::size_t) {
  for (const Named& format : kFormats) {
    if (format.function == args[0].as_string()) return Value::optional_of(make(format));
  }
  return Value::optional_none();
}

Value validate(Frame&, const Value* args, std::size_t) {
  const Problems problems = library_object<Format>(args[0]).named().check(args[1].as_string());
  if (problems.empty()) return Value::optional_none();
  std::vector<Value> texts;
  for (const std::string& problem : problems) texts.push_back(Value::string(problem));
  return Value::optional_of(Value::list(std::move(texts), true));
}

#define FORMAT "kubernetes.NamedFormat"
#define FORMAT_ROW(index, name) \
  OverloadRow { "format." name, "format." name, "-> " FORMAT, constant<index>, CostRule::one, false, 31 }

constexpr std::array kRows{
    OverloadRow{"format.named", "format-named", "string -> optional(" FORMAT ")", named, CostRule::one, false,
                31},
    OverloadRow{"validate", "format-validate", "." FORMAT ", string -> optional(list(string))", validate,
                CostRule::k8s_validate, false, 31},
    FORMAT_ROW(0, "dns1123Label"),
    FORMAT_ROW(1, "dns1123Subdomain"),
    FORMAT_ROW(2, "dns1035Label"),
    FORMAT_ROW(3, "qualifiedName"),
    FORMAT_ROW(4, "dns1123LabelPrefix"),
    FORMAT_ROW(5, "dns1123SubdomainPrefix"),
    FORMAT_ROW(6, "dns1035LabelPrefix"),
    FORMAT_ROW(7, "labelValue"),
    FORMAT_ROW(8, "uri"),
    FORMAT_ROW(9, "uuid"),
    FORMAT_ROW(10, "byte"),
    FORMAT_ROW(11, "date"),
    FORMAT_ROW(12, "datetime"),
};
#undef FORMAT_ROW
#undef FORMAT

}  // namespace

std::uint64_t format_pattern_size(const Value& format) {
  if (!format.is(Kind::object) || format.as_object().library_tag() != kFormatTag) return 4;
  return library_object<Format>(format).named().pattern_size;
}

std::span<const OverloadRow> named_format_rows() { return kRows; }

}  // namespace oidc_audit::cel
