#include <algorithm>

#include "base/go_quote.h"
#include "base/strings.h"
#include "oidc/authn_run.h"
#include "oidc/claims_view.h"
#include "oidc/go_json.h"
#include "oidc/jwks.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::string_view kVerify = "oidc: verify token: ";
constexpr std::int64_t kNotBeforeLeeway = 60;  // go-oidc verify.go

std::vector<std::string> sorted_texts(const std::vector<ConfigText>& texts) {
  std::vector<std::string> out;
  for (const ConfigText& text : texts) out.push_back(text.value);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

bool any_of(const std::vector<std::string>& wanted, const std::vector<std::string>& got) {
  return std::any_of(got.begin(), got.end(), [&](const std::string& one) {
    return std::find(wanted.begin(), wanted.end(), one) != wanted.end();
  });
}

}  // namespace

std::vector<std::string> AuthnRun::accepted_algorithms() const {
  if (!config_.signing_algs.empty()) return config_.signing_algs;
  if (from_flags()) return {"RS256"};
  std::vector<std::string> all;
  for (const std::string_view alg : allowed_signing_algs()) all.emplace_back(alg);
  return all;
}

void AuthnRun::run(const Credential& credential, const std::string& payload) {
  if (!verify(credential, payload)) return;
  Result<ClaimSet> claims = ClaimSet::parse(payload);
  if (!claims.ok()) {
    refuse_payload("oidc: parse claims: " + claims.error().message());
    return;
  }
  claims_ = std::move(claims).value();
  payload_ = payload;
  if (!expand_distributed_claims()) return;
  if (distributed_) payload_ = claims_.to_json();
  if (std::optional<std::string> clean = replace_invalid_utf8(payload_)) payload_ = std::move(*clean);
  if (distributed_) result_.claims_json = redact_claims(payload_);
  if (username() && groups() && uid() && extra() && required_claims() && claim_rules() && user_rules()) {
    result_.outcome = Outcome::user;
    result_.stage = Stage::done;
    for (std::string& note : odd_prefix_notes(config_, index_)) result_.notes.push_back(std::move(note));
  } else {
    result_.user = UserInfo();
  }
}

bool AuthnRun::verify(const Credential& credential, const std::string& payload) {
  if (Result<ClaimSet> claims = ClaimSet::parse(payload); claims.ok()) claims_ = std::move(claims).value();

  const bool whole = credential.kind == Credential::Kind::token;
  std::optional<Jwt> token;
  if (whole) {
    Result<Jwt> parsed = parse_jwt(credential.text);
    if (!parsed.ok()) {
      return refuse({Stage::token_form, AuthnCause::signature,
                     std::string(kVerify) + "oidc: malformed jwt: " + parsed.error().message(), "",
                     "the header or the signature of the token cannot be read: " + parsed.error().message(),
                     "present the token exactly as the issuer gave it"});
    }
    token = std::move(parsed).value();
  }
  const std::string algorithm = whole ? token->algorithm : credential.algorithm;
  const bool look_at_algorithm = whole || !algorithm.empty();
  // go-oidc 2.5, in Kubernetes since 1.36, looks at the signature before it believes any claim.
  const bool signature_first = since(36) && !options_.claims_before_signature;
  const auto signature = [&] {
    if (look_at_algorithm && !check_algorithm(algorithm)) return false;
    if (whole) return check_signature(*token);
    result_.signature = options_.assume_signature ? SignatureCheck::assumed : SignatureCheck::not_checked;
    return true;
  };
  if (signature_first && !signature()) return false;
  if (!check_claims(payload) || !check_audience_of_one() || !check_times()) return false;
  if (!signature_first && !signature()) return false;
  return check_audiences();
}

bool AuthnRun::check_algorithm(std::string_view algorithm) {
  const std::vector<std::string> accepted = accepted_algorithms();
  if (std::find(accepted.begin(), accepted.end(), algorithm) != accepted.end()) return true;
  return refuse_algorithm(algorithm, std::string(kVerify) +
                                         "oidc: id token signed with unsupported algorithm, expected " +
                                         go_quote_list(accepted) + " got " + go_quote(algorithm));
}

bool AuthnRun::check_signature(const Jwt& token) {
  const KeySet* keys = options_.keys ? options_.keys(jwt_.issuer.url.value) : nullptr;
  if (keys == nullptr) {
    if (token.unknown_critical || !is_possible_signature(token.algorithm, token.signature)) {
      return refuse_signature(
          token,
          std::string(kVerify) +
              "failed to verify signature: square/go-jose: error in cryptographic primitive",
          false);
    }
    result_.signature = options_.assume_signature ? SignatureCheck::assumed : SignatureCheck::not_checked;
    return true;
  }
  const KeySet::Verdict verdict = keys->verify(token);
  if (verdict == KeySet::Verdict::good) {
    result_.signature = SignatureCheck::verified;
    return true;
  }
  return refuse_signature(
      token, std::string(kVerify) + "failed to verify signature: failed to verify id token signature",
      verdict == KeySet::Verdict::no_such_key);
}

bool AuthnRun::check_claims(const std::string& payload) {
  Result<IdToken> decoded = decode_id_token(payload);
  if (!decoded.ok()) {
    return refuse_payload(std::string(kVerify) +
                          "oidc: failed to unmarshal claims: " + decoded.error().message());
  }
  id_token_ = std::move(decoded).value();
  return check_claim_sources();
}

bool AuthnRun::check_claim_sources() {
  for (const auto& [claim, source] : id_token_.claim_names) {
    const bool empty = source.empty();
    if (!empty && id_token_.find_source(source) != nullptr) continue;
    return refuse(
        {Stage::claims, AuthnCause::claim_missing,
         std::string(kVerify) +
             (empty ? "oidc: failed to obtain source from claim name" : "oidc: source does not exist"),
         "",
         "`_claim_names` says that `" + claim + "` comes from a source that `_claim_sources` does not have",
         "have the issuer put the claim into the token itself"});
  }
  return true;
}

bool AuthnRun::check_audience_of_one() {
  if (jwt_.issuer.audiences.size() != 1) return true;
  const std::string& wanted = jwt_.issuer.audiences.front().value;
  if (any_of({wanted}, id_token_.audience)) return true;
  return refuse_audience(std::string(kVerify) + "oidc: expected audience " + go_quote(wanted) + " got " +
                         go_quote_list(id_token_.audience));
}

bool AuthnRun::check_audiences() {
  if (jwt_.issuer.audiences.size() < 2) return true;
  const std::vector<std::string> wanted = sorted_texts(jwt_.issuer.audiences);
  if (any_of(wanted, id_token_.audience)) return true;
  return refuse_audience(std::string(kVerify) + "oidc: expected audience in " + go_quote_list(wanted) +
                         " got " + go_quote_list(id_token_.audience));
}

bool AuthnRun::check_times() {
  const Timestamp now = options_.now;
  if (id_token_.expiry.before(now.seconds, now.nanoseconds)) {
    return refuse_expired(std::string(kVerify) +
                          "oidc: token is expired (Token Expiry: " + id_token_.expiry.to_string() + ")");
  }
  if (id_token_.not_before.has_value() &&
      id_token_.not_before->after(now.seconds + kNotBeforeLeeway, now.nanoseconds)) {
    return refuse_not_yet_valid(std::string(kVerify) + "oidc: current time " +
                                go_time_text(now.seconds, now.nanoseconds) +
                                " before the nbf (not before) time: " + id_token_.not_before->to_string());
  }
  return true;
}

// ----- distributed claims (oidc.go claimResolver)

bool AuthnRun::expand_distributed_claims() {
  const std::string& claim = jwt_.claim_mappings.groups.claim.value;
  if (claim.empty() || claims_.has(claim) || !claims_.has("_claim_names")) return true;
  const auto fail = [&](std::string text, std::string message) {
    return refuse({Stage::distributed_claims, AuthnCause::claim_missing,
                   "oidc: could not expand distributed claims: " + std::move(text), "claimMappings.groups",
                   std::move(message), "have the issuer put `" + claim + "` into the token itself"});
  };
  const auto parsed_names = JsonDocument::parse(std::string(*claims_.raw("_claim_names")));
  if (!claims_.has("_claim_sources")) {
    return fail("oidc: no claim sources", "the token has `_claim_names` and no `_claim_sources`");
  }
  // The claims map is case-sensitive, unlike the structure that was checked before.
  std::optional<std::string> source_name;
  if (parsed_names.ok()) {
    const JsonValue root = parsed_names.value().root();
    if (!root.is(JsonKind::object) && !root.is(JsonKind::null)) {
      return fail("oidc: error parsing distributed claim names: " +
                      go_unmarshal_error(root.kind(), "map[string]string"),
                  "`_claim_names` is not an object");
    }
    if (root.is(JsonKind::object)) {
      if (const auto value = root.find(claim)) source_name = value->string();
    }
  }
  if (!source_name.has_value()) return true;
  const IdToken::Source* source = id_token_.find_source(*source_name);
  if (source == nullptr) {
    return fail("id token _claim_names contained a source " + *source_name + " missing in _claims_sources",
                "the source of `" + claim + "` is missing");
  }
  if (source->endpoint.empty()) return true;  // an aggregated claim, which the server passes over
  return resolve_distributed(claim, source->endpoint);
}

bool AuthnRun::resolve_distributed(const std::string& claim, const std::string& endpoint) {
  auto response = options_.responses.find(endpoint);
  if (response == options_.responses.end()) {
    const std::size_t slash = endpoint.rfind('/');
    response = options_.responses.find(slash == std::string::npos ? endpoint : endpoint.substr(slash + 1));
  }
  const std::string front = "oidc: could not expand distributed claims: ";
  if (response == options_.responses.end()) {
    result_.notes.push_back("the answer of " + endpoint + " was not given, so `" + claim + "` is not known");
    return refuse(
        {Stage::distributed_claims, AuthnCause::claim_missing,
         front + "while getting distributed claim " + go_quote(claim) + ": no answer of " + endpoint +
             " was given",
         "claimMappings.groups",
         "`" + claim + "` is not in the token but at " + endpoint +
             "; the server asks there, and refuses the token unless it is answered with a JWT",
         "have the issuer put `" + claim +
             "` into the token (fewer groups, or application roles), or give the endpoint's answer"});
  }
  // The payload alone may stand for the token.
  const std::string unreadable = trim_ascii(response->second).starts_with('{')
                                     ? std::string()
                                     : untrusted_issuer_error(response->second);
  if (!unreadable.empty()) {
    return refuse({Stage::distributed_claims, AuthnCause::claim_type,
                   front + "getting untrusted issuer from endpoint " + endpoint + " failed for claim " +
                       go_quote(claim) + ": " + unreadable,
                   "", "the answer of " + endpoint + " is no token that can be read",
                   "have the endpoint " + endpoint + " answer with a valid token for this server"});
  }
  std::string payload;
  if (!verify_distributed(endpoint, response->second, payload)) return false;
  Result<ClaimSet> claims = ClaimSet::parse(payload);
  std::optional<std::string_view> value;
  if (claims.ok()) value = claims.value().raw(claim);
  if (!value.has_value()) {
    return refuse({Stage::distributed_claims, AuthnCause::claim_missing,
                   front + "jwt returned by distributed claim endpoint " + go_quote(endpoint) +
                       " did not contain claim: " + claim,
                   "claimMappings.groups", "the answer of " + endpoint + " lacks the claim `" + claim + "`",
                   "have the endpoint return `" + claim + "`"});
  }
  claims_.set(claim, std::string(*value));
  distributed_ = true;
  return true;
}

// The answer is verified against its own issuer with the same audiences. It is a JWT, or its payload alone.
bool AuthnRun::verify_distributed(const std::string& endpoint, const std::string& response,
                                  std::string& payload) {
  payload = untrusted_payload(response).value_or(response);
  const auto fail = [&](AuthnCause cause, std::string text, std::string message) {
    return refuse(
        {Stage::distributed_claims, cause,
         "oidc: could not expand distributed claims: verify distributed claim token: " + std::move(text),
         cause == AuthnCause::audience ? "issuer.audiences" : "", std::move(message),
         "have the endpoint " + endpoint + " answer with a valid token for this server"});
  };
  const Result<IdToken> decoded = decode_id_token(payload);
  if (!decoded.ok()) {
    return fail(AuthnCause::claim_type, "oidc: failed to unmarshal claims: " + decoded.error().message(),
                "the answer of " + endpoint + " is no token that can be read");
  }
  const IdToken& token = decoded.value();
  const std::vector<std::string> wanted = sorted_texts(jwt_.issuer.audiences);
  const bool good_audience = any_of(wanted, token.audience);
  if (!good_audience && wanted.size() == 1) {
    return fail(
        AuthnCause::audience,
        "oidc: expected audience " + go_quote(wanted.front()) + " got " + go_quote_list(token.audience),
        "the answer of " + endpoint + " is for another audience");
  }
  if (token.expiry.before(options_.now.seconds, options_.now.nanoseconds)) {
    return fail(AuthnCause::expired,
                "oidc: token is expired (Token Expiry: " + token.expiry.to_string() + ")",
                "the answer of " + endpoint + " is expired");
  }
  if (!good_audience) {
    return fail(
        AuthnCause::audience,
        "oidc: expected audience in " + go_quote_list(wanted) + " got " + go_quote_list(token.audience),
        "the answer of " + endpoint + " is for another audience");
  }
  return true;
}

}  // namespace oidc_audit::oidc
