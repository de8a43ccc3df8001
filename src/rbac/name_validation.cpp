#include <fmt/format.h>

#include <algorithm>

#include "rbac/validation.h"

namespace oidc_audit::rbac {

namespace {

constexpr std::size_t kMaxLabel = 63;
constexpr std::size_t kMaxSubdomain = 253;

constexpr std::string_view kLabelText =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start "
    "and end "
    "with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kSubdomainText =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start "
    "and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kNameText =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
constexpr std::string_view kLabelValueText =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start "
    "and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

bool is_lower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool is_alphanumeric(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

bool is_label(std::string_view text) {
  if (text.empty() || !is_lower(text.front()) || !is_lower(text.back())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || c == '-'; });
}

bool is_subdomain(std::string_view text) {
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!is_label(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool is_qualified_part(std::string_view text) {
  if (text.empty() || !is_alphanumeric(text.front()) || !is_alphanumeric(text.back())) return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_alphanumeric(c) || c == '-' || c == '_' || c == '.'; });
}

void add_length(std::vector<std::string>& out, std::string_view what, std::size_t size, std::size_t most) {
  if (size > most) out.push_back(fmt::format("{}must be no more than {} characters", what, most));
}

}  // namespace

std::vector<std::string> path_segment_problems(std::string_view name) {
  if (name == ".") return {"may not be '.'"};
  if (name == "..") return {"may not be '..'"};
  std::vector<std::string> out;
  if (name.find('/') != std::string_view::npos) out.emplace_back("may not contain '/'");
  if (name.find('%') != std::string_view::npos) out.emplace_back("may not contain '%'");
  return out;
}

std::vector<std::string> dns1123_label_problems(std::string_view name) {
  std::vector<std::string> out;
  add_length(out, "", name.size(), kMaxLabel);
  if (!is_label(name)) out.emplace_back(kLabelText);
  return out;
}

std::vector<std::string> dns1123_subdomain_problems(std::string_view name) {
  std::vector<std::string> out;
  add_length(out, "", name.size(), kMaxSubdomain);
  if (!is_subdomain(name)) out.emplace_back(kSubdomainText);
  return out;
}

std::vector<std::string> qualified_name_problems(std::string_view name) {
  std::vector<std::string> out;
  const std::size_t slash = name.find('/');
  std::string_view part = name;
  if (slash != std::string_view::npos) {
    const std::string_view prefix = name.substr(0, slash);
    part = name.substr(slash + 1);
    if (part.find('/') != std::string_view::npos) {
      out.emplace_back(
          "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end "
          "with an "
          "alphanumeric character with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')");
      return out;
    }
    if (prefix.empty()) {
      out.emplace_back("prefix part must be non-empty");
    } else {
      for (const std::string& problem : dns1123_subdomain_problems(prefix))
        out.push_back("prefix part " + problem);
    }
  }
  if (part.empty()) {
    out.emplace_back("name part must be non-empty");
  } else {
    add_length(out, "name part ", part.size(), kMaxLabel);
  }
  if (!is_qualified_part(part)) out.emplace_back(kNameText);
  return out;
}

std::vector<std::string> label_value_problems(std::string_view value) {
  std::vector<std::string> out;
  add_length(out, "", value.size(), kMaxLabel);
  if (!value.empty() && !is_qualified_part(value)) out.emplace_back(kLabelValueText);
  return out;
}

}  // namespace oidc_audit::rbac
