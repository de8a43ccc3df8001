#include "oidc/claims_view.h"

#include <charconv>

#include "base/strings.h"
#include "base/time.h"
#include "oidc/catalogue.h"
#include "oidc/claim_set.h"
#include "oidc/go_json.h"

namespace oidc_audit::oidc {

namespace {

bool is_time_claim(std::string_view name) {
  return name == "exp" || name == "iat" || name == "nbf" || name == "auth_time" || name == "updated_at";
}

std::string with_date(std::string_view number) {
  std::int64_t seconds = 0;
  const auto [end, failure] = std::from_chars(number.data(), number.data() + number.size(), seconds);
  constexpr std::int64_t kLatest = 253'402'300'799;  // 9999-12-31
  if (failure != std::errc() || end != number.data() + number.size() || seconds < 0 || seconds > kLatest) {
    return std::string(number);
  }
  return std::string(number) + " (" + format_rfc3339({seconds, 0}) + ")";
}

void take_apart(ShownClaim& claim, const std::string& value, std::string_view issuer, const ClaimSet& set,
                const Catalogue& catalogue) {
  const ClaimLookup lookup = [&](std::string_view name) { return set.display(name); };
  ParseOptions options;
  options.issuer = issuer;
  options.claims = &lookup;
  const ParsedName parsed = catalogue.parse(value, options);
  const Candidate* candidate = parsed.recognised();
  if (candidate == nullptr || candidate->provider == nullptr) return;
  claim.provider = candidate->provider->title + " (" + candidate->kind + ")";
  for (const Segment& segment : candidate->segments) {
    claim.segments.emplace_back(std::string(segment.name), std::string(segment.value));
  }
}

}  // namespace

std::vector<ShownClaim> show_claims(std::string_view redacted_json, std::string_view issuer,
                                    const Catalogue& catalogue) {
  std::vector<ShownClaim> shown;
  const Result<ClaimSet> set = ClaimSet::parse(redacted_json);
  if (!set.ok()) return shown;
  for (const auto& [name, raw] : set.value().claims()) {
    ShownClaim claim;
    claim.name = name;
    claim.value = set.value().display(name).value_or(std::string());
    if (is_time_claim(name)) {
      claim.value = with_date(claim.value);
    } else if (name == "sub" || name == "subject") {
      take_apart(claim, claim.value, issuer, set.value(), catalogue);
    }
    shown.push_back(std::move(claim));
  }
  return shown;
}

}  // namespace oidc_audit::oidc
