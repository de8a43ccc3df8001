#include <set>

#include "base/strings.h"
#include "oidc/go_url.h"
#include "oidc/pem_certificates.h"
#include "oidc/validate_parts.h"

namespace oidc_audit::oidc {

namespace {

void check_url(const ConfigText& value, const std::string& path, bool is_issuer, ConfigErrors& errors) {
  if (is_issuer) {
    std::set<std::string> disallowed(errors.config().service_account_issuers.begin(),
                                     errors.config().service_account_issuers.end());
    if (disallowed.contains(value.value)) {
      std::string list;
      for (const std::string& one : disallowed) list += (list.empty() ? "" : " ") + one;
      errors.invalid(path, value, "URL must not overlap with disallowed issuers: [" + list + "]");
    }
  }
  const GoUrl parsed = parse_go_url(value.value);
  if (!parsed.error.empty()) {
    errors.invalid(path, value, parsed.error);
    return;
  }
  if (parsed.scheme != "https") errors.invalid(path, value, "URL scheme must be https");
  if (parsed.has_user) errors.invalid(path, value, "URL must not contain a username or password");
  if (!parsed.query.empty()) errors.invalid(path, value, "URL must not contain a query");
  if (!parsed.fragment.empty()) errors.invalid(path, value, "URL must not contain a fragment");
}

void check_discovery(const Issuer& issuer, const std::string& path, ConfigErrors& errors) {
  if (issuer.discovery_url.empty()) return;
  const auto trimmed = [](std::string_view text) {
    while (!text.empty() && text.back() == '/') text.remove_suffix(1);
    return text;
  };
  if (!issuer.url.empty() && trimmed(issuer.url.value) == trimmed(issuer.discovery_url.value)) {
    errors.invalid(path, issuer.discovery_url, "discoveryURL must be different from URL");
  }
  check_url(issuer.discovery_url, path, false, errors);
}

void check_audiences(const Issuer& issuer, const std::string& path, std::optional<SourceRange> around,
                     ConfigErrors& errors) {
  const std::string field = path + ".audiences";
  if (issuer.audiences.empty()) {
    errors.required(field, around, "at least one " + field + " is required");
    return;
  }
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < issuer.audiences.size(); ++i) {
    const ConfigText& audience = issuer.audiences[i];
    const std::string at = field + "[" + std::to_string(i) + "]";
    if (audience.empty())
      errors.required(at, audience.range, errors.since(34) ? "" : "audience can't be empty");
    if (!seen.insert(audience.value).second) errors.duplicate(at, audience);
  }
  const ConfigText& policy = issuer.audience_match_policy;
  const bool match_any = policy.value == "MatchAny";
  const auto bad_policy = [&](std::string_view detail) {
    errors.add(path + ".audienceMatchPolicy", place_of(policy, around),
               "Invalid value: " + marshalled(policy.value) + ": " + std::string(detail));
  };
  if (issuer.audiences.size() > 1 && !match_any) {
    bad_policy("audienceMatchPolicy must be MatchAny for multiple audiences");
  }
  if (issuer.audiences.size() == 1 && !policy.empty() && !match_any) {
    bad_policy("audienceMatchPolicy must be empty or MatchAny for single audience");
  }
}

}  // namespace

void validate_issuer(const Issuer& issuer, const std::string& path, std::optional<SourceRange> around,
                     ConfigErrors& errors) {
  const std::optional<SourceRange> own = issuer.range.has_value() ? issuer.range : around;
  if (issuer.url.empty()) {
    errors.required(path + ".url", place_of(issuer.url, own), errors.since(34) ? "" : "URL is required");
  } else {
    check_url(issuer.url, path + ".url", true, errors);
  }
  check_discovery(issuer, path + ".discoveryURL", errors);
  check_audiences(issuer, path, own, errors);
  if (!issuer.certificate_authority.empty()) {
    const std::string problem = certificate_bundle_problem(issuer.certificate_authority.value);
    if (!problem.empty()) {
      errors.invalid(path + ".certificateAuthority", {"<omitted>", issuer.certificate_authority.range},
                     problem);
    }
  }
  const ConfigText& egress = issuer.egress_selector_type;
  if (!egress.empty() && egress.value != "controlplane" && egress.value != "cluster") {
    errors.invalid(path + ".egressSelectorType", egress,
                   "egress selector must be either controlplane or cluster");
  }
}

}  // namespace oidc_audit::oidc
