#include <algorithm>

#include "base/strings.h"
#include "oidc/validate_parts.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kPath =
    "Invalid path (regex used for validation is '[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+')";

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_subdomain(std::string_view text) {
  for (const std::string_view label : split(text, '.')) {
    if (label.empty() || !is_lower_alnum(label.front()) || !is_lower_alnum(label.back())) return false;
    for (const char c : label) {
      if (!is_lower_alnum(c) && c != '-') return false;
    }
  }
  return true;
}

bool is_http_path(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return is_lower_alnum(c) || (c >= 'A' && c <= 'Z') ||
           std::string_view("/-._~%!$&'()*+,;=:").find(c) != std::string_view::npos;
  });
}

// apimachinery IsDomainPrefixedPath
void check_domain_prefixed_path(const ConfigText& key, const std::string& field, ConfigErrors& errors) {
  if (key.empty()) {
    errors.required(field, key.range);
    return;
  }
  const std::size_t slash = key.value.find('/');
  const std::string domain = key.value.substr(0, slash);
  const std::string path = slash == std::string::npos ? std::string() : key.value.substr(slash + 1);
  if (domain.empty() || path.empty()) {
    errors.invalid(field, key, "must be a domain-prefixed path (such as \"acme.io/foo\")");
    return;
  }
  constexpr std::size_t kLongest = 253;
  if (domain.size() > kLongest) {
    errors.invalid(
        field, {domain, key.range},
        errors.since(34) ? "must be no more than 253 bytes" : "must be no more than 253 characters");
  }
  if (!is_subdomain(domain)) errors.invalid(field, {domain, key.range}, kSubdomain);
  if (!is_http_path(path)) errors.invalid(field, {path, key.range}, kPath);
}

}  // namespace

void validate_extra_key(const ConfigText& key, const std::string& field, ConfigErrors& errors) {
  check_domain_prefixed_path(key, field, errors);
  if (to_lower_ascii(key.value) != key.value) {
    errors.invalid(field, key, errors.since(34) ? "must be lowercase" : "key must be lowercase");
  }
  const std::size_t slash = key.value.find('/');
  const std::string_view domain =
      slash == std::string::npos ? std::string_view() : std::string_view(key.value).substr(0, slash);
  if (errors.since(32) && (domain == "kubernetes.io" || domain.ends_with(".kubernetes.io") ||
                           domain == "k8s.io" || domain.ends_with(".k8s.io"))) {
    errors.invalid(field, key, "k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use");
  }
}

}  // namespace oidc_audit::oidc
