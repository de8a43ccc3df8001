#include "oidc/subject.h"

#include <algorithm>

namespace oidc_audit::oidc {

std::string_view to_string(IssuerScope scope) {
  switch (scope) {
    case IssuerScope::shared:
      return "shared";
    case IssuerScope::tenant_host:
      return "tenant-host";
    case IssuerScope::tenant_path:
      return "tenant-path";
    case IssuerScope::self_hosted:
      return "self-hosted";
  }
  return {};
}

std::string_view to_string(Likelihood likelihood) {
  switch (likelihood) {
    case Likelihood::issuer:
      return "issuer";
    case Likelihood::possible_host:
      return "possible-host";
    case Likelihood::grammar:
      return "grammar";
    case Likelihood::passed_on:
      return "passed-on";
    case Likelihood::shape:
      return "shape";
  }
  return {};
}

std::string_view to_string(PrefixKind kind) {
  switch (kind) {
    case PrefixKind::none:
      return "none";
    case PrefixKind::issuer:
      return "issuer";
    case PrefixKind::configured:
      return "configured";
    case PrefixKind::platform:
      return "platform";
    case PrefixKind::guessed:
      return "guessed";
    case PrefixKind::malformed:
      return "malformed";
  }
  return {};
}

std::string_view to_string(PrefixProblem problem) {
  switch (problem) {
    case PrefixProblem::none:
      return "none";
    case PrefixProblem::missing_scheme:
      return "missing-scheme";
    case PrefixProblem::plain_http:
      return "plain-http";
    case PrefixProblem::extra_trailing_slash:
      return "extra-trailing-slash";
    case PrefixProblem::missing_trailing_slash:
      return "missing-trailing-slash";
    case PrefixProblem::upper_case_host:
      return "upper-case-host";
    case PrefixProblem::missing_path:
      return "missing-path";
    case PrefixProblem::impossible_path:
      return "impossible-path";
    case PrefixProblem::second_hash:
      return "second-hash";
    case PrefixProblem::wrong_separator:
      return "wrong-separator";
    case PrefixProblem::empty_subject:
      return "empty-subject";
  }
  return {};
}

std::string_view to_string(Departure departure) {
  switch (departure) {
    case Departure::truncated:
      return "truncated";
    case Departure::impossible_value:
      return "impossible-value";
    case Departure::wrong_case:
      return "wrong-case";
    case Departure::unexpected_text:
      return "unexpected-text";
    case Departure::missing_start:
      return "missing-start";
    case Departure::wildcard:
      return "wildcard";
  }
  return {};
}

std::string_view to_string(WildcardPlace place) {
  switch (place) {
    case WildcardPlace::unknown:
      return "unknown";
    case WildcardPlace::before_tenant:
      return "before-tenant";
    case WildcardPlace::in_tenant:
      return "in-tenant";
    case WildcardPlace::after_tenant_text:
      return "after-tenant-text";
    case WildcardPlace::later:
      return "later";
  }
  return {};
}

namespace {

const Segment* find_segment(const std::vector<Segment>& segments, std::string_view name) noexcept {
  const auto it = std::find_if(segments.begin(), segments.end(),
                               [&](const Segment& segment) { return segment.name == name; });
  return it == segments.end() ? nullptr : &*it;
}

}  // namespace

const Segment* Candidate::find(std::string_view name) const noexcept { return find_segment(segments, name); }

const Segment* NearMatch::find(std::string_view name) const noexcept { return find_segment(segments, name); }

bool NearMatch::has(Departure departure) const noexcept {
  return std::any_of(flaws.begin(), flaws.end(),
                     [&](const Flaw& flaw) { return flaw.departure == departure; });
}

const Candidate* ParsedName::recognised() const noexcept {
  if (candidates.empty() || candidates.front().likelihood == Likelihood::shape) return nullptr;
  return &candidates.front();
}

std::string_view ParsedName::keep(std::string text) {
  kept_.push_back(std::make_unique<std::string>(std::move(text)));
  return *kept_.back();
}

}  // namespace oidc_audit::oidc
