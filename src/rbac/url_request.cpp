// From an HTTP request to attributes, as AS pkg/endpoints/request/requestinfo.go does it.

#include <algorithm>
#include <vector>

#include "base/strings.h"
#include "rbac/request.h"

namespace oidc_audit::rbac {

namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// net/url QueryUnescape; nullopt for a malformed escape.
std::optional<std::string> query_unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

/// First value of a parameter; nullopt when it is absent.
std::optional<std::string> parameter(std::string_view query, std::string_view key) {
  if (query.empty()) return std::nullopt;
  for (const std::string_view pair : split(query, '&')) {
    const std::size_t equals = pair.find('=');
    const std::optional<std::string> name = query_unescape(pair.substr(0, equals));
    if (!name || *name != key) continue;
    return query_unescape(equals == std::string_view::npos ? std::string_view() : pair.substr(equals + 1));
  }
  return std::nullopt;
}

bool is_number(std::string_view text) {
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return !text.empty() && text.size() < 19 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// content/path.go: what a name in a URL may not be.
bool is_path_segment(std::string_view name) {
  return name != "." && name != ".." && name.find('/') == std::string_view::npos &&
         name.find('%') == std::string_view::npos;
}

struct FieldTerm {
  std::string field;
  bool equals = false;
  std::string value;
};

/// fields/selector.go UnescapeValue; nullopt for an escape that is none or an `=` that is not escaped.
std::optional<std::string> unescape_selector_value(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      if (i + 1 == text.size()) return std::nullopt;
      const char next = text[++i];
      if (next != '\\' && next != ',' && next != '=') return std::nullopt;
      out += next;
    } else if (text[i] == '=' || text[i] == ',') {
      return std::nullopt;
    } else {
      out += text[i];
    }
  }
  return out;
}

/// fields/selector.go ParseSelector; nullopt when the text is no selector.
std::optional<std::vector<FieldTerm>> parse_field_selector(std::string_view text) {
  std::vector<FieldTerm> terms;
  std::size_t start = 0;
  const auto take = [&terms](std::string_view part) {
    if (part.empty()) return true;
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (part[i] == '\\') {
        ++i;
        continue;
      }
      std::size_t length = 0;
      if (part.substr(i, 2) == "!=" || part.substr(i, 2) == "==") length = 2;
      if (length == 0 && part[i] == '=') length = 1;
      if (length == 0) continue;
      std::optional<std::string> value = unescape_selector_value(part.substr(i + length));
      if (!value) return false;
      terms.push_back({std::string(part.substr(0, i)), part[i] != '!', std::move(*value)});
      return true;
    }
    return false;
  };
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '\\') {
      ++i;
      continue;
    }
    if (i < text.size() && text[i] != ',') continue;
    if (!take(text.substr(start, i - start))) return std::nullopt;
    start = i + 1;
  }
  return terms;
}

void read_list_options(std::string_view query, Attributes& request) {
  const std::optional<std::string> watch = parameter(query, "watch");
  const std::string flag = watch ? to_lower_ascii(*watch) : std::string("false");
  request.verb = flag == "false" || flag == "0" ? "list" : "watch";
  for (const std::string_view number : {"limit", "timeoutSeconds"})
    if (const std::optional<std::string> value = parameter(query, number); value && !is_number(*value))
      return;
  const std::optional<std::string> selector = parameter(query, "fieldSelector");
  if (!selector) return;
  const std::optional<std::vector<FieldTerm>> terms = parse_field_selector(*selector);
  if (!terms) return;
  for (const FieldTerm& term : *terms) {
    if (term.field != "metadata.name" || !term.equals) continue;
    if (is_path_segment(term.value)) request.name = term.value;
    return;
  }
}

std::string resource_verb(std::string_view method) {
  if (method == "GET" || method == "HEAD") return "get";
  if (method == "POST") return "create";
  if (method == "PUT") return "update";
  if (method == "PATCH") return "patch";
  if (method == "DELETE") return "delete";
  return "";
}

}  // namespace

Attributes request_of_url(std::string_view method, std::string_view path, std::string_view query) {
  Attributes request;
  request.is_resource = false;
  request.path = path;
  request.verb = to_lower_ascii(method);

  std::string_view trimmed = path;
  while (trimmed.starts_with('/')) trimmed.remove_prefix(1);
  while (trimmed.ends_with('/')) trimmed.remove_suffix(1);
  std::vector<std::string_view> parts;
  if (!trimmed.empty()) parts = split(trimmed, '/');
  if (parts.size() < 3 || (parts[0] != "api" && parts[0] != "apis")) return request;
  std::size_t at = 2;
  if (parts[0] == "apis") {
    if (parts.size() < 4) return request;
    request.api_group = parts[1];
    at = 3;
  }

  request.is_resource = true;
  request.path.clear();
  request.verb = resource_verb(method);
  bool path_verb = false;
  bool no_subresource = false;
  if (parts[at] == "watch" || parts[at] == "proxy") {
    if (parts.size() - at < 2) {
      request.is_resource = false;
      request.path = path;
      request.api_group.clear();
      request.verb = to_lower_ascii(method);
      return request;
    }
    request.verb = parts[at];
    no_subresource = parts[at] == "proxy";
    path_verb = true;
    ++at;
  }
  std::vector<std::string_view> rest(parts.begin() + static_cast<std::ptrdiff_t>(at), parts.end());
  if (rest[0] == "namespaces" && rest.size() > 1) {
    request.namespace_name = rest[1];
    if (rest.size() > 2 && rest[2] != "status" && rest[2] != "finalize")
      rest.erase(rest.begin(), rest.begin() + 2);
  }
  request.resource = rest[0];
  if (rest.size() > 1) request.name = rest[1];
  if (rest.size() > 2 && !no_subresource) request.subresource = rest[2];

  if (request.name.empty() && request.verb == "get" && !path_verb) read_list_options(query, request);
  if (rest.size() < 2 && request.verb == "delete") request.verb = "deletecollection";
  return request;
}

}  // namespace oidc_audit::rbac
