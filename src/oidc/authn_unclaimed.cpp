// Answers without an authenticator: nobody takes the token, or the server does not start.
#include <algorithm>

#include "base/strings.h"
#include "oidc/authn_run.h"
#include "oidc/config_field.h"

namespace oidc_audit::oidc {

namespace {

enum class IssuerDifference { trailing_slash, quotes, scheme, letter_case, well_known, port, spelling };

std::string_view strip_slashes(std::string_view text) {
  while (!text.empty() && text.back() == '/') text.remove_suffix(1);
  return text;
}

std::string_view strip_scheme(std::string_view text) {
  const std::size_t at = text.find("://");
  return at == std::string_view::npos ? text : text.substr(at + 3);
}

// How a configured issuer falls short of a token's, if it comes near at all.
std::optional<IssuerDifference> issuer_difference(std::string_view configured, std::string_view actual) {
  constexpr std::string_view kWellKnown = "/.well-known/openid-configuration";
  if (strip_slashes(configured) == strip_slashes(actual)) return IssuerDifference::trailing_slash;
  if (const auto bare = without_quotes(configured);
      bare.has_value() && strip_slashes(*bare) == strip_slashes(actual)) {
    return IssuerDifference::quotes;
  }
  if (strip_slashes(strip_scheme(configured)) == strip_slashes(strip_scheme(actual)))
    return IssuerDifference::scheme;
  if (to_lower_ascii(strip_slashes(configured)) == to_lower_ascii(strip_slashes(actual))) {
    return IssuerDifference::letter_case;
  }
  if (configured.ends_with(kWellKnown) &&
      strip_slashes(configured.substr(0, configured.size() - kWellKnown.size())) == strip_slashes(actual)) {
    return IssuerDifference::well_known;
  }
  if (replace_all(configured, ":443", "") == replace_all(actual, ":443", "")) return IssuerDifference::port;
  const std::size_t limit = std::min<std::size_t>(std::max<std::size_t>(actual.size() / 8, 1), 8);
  if (actual.size() < 2000 && configured.size() < 2000 && edit_distance(configured, actual, limit) <= limit) {
    return IssuerDifference::spelling;
  }
  return std::nullopt;
}

std::string_view difference_words(IssuerDifference difference) {
  switch (difference) {
    case IssuerDifference::trailing_slash:
      return "they differ by a trailing slash, and issuers are compared byte for byte";
    case IssuerDifference::quotes:
      return "the configured value carries quotes or white space that are part of it";
    case IssuerDifference::scheme:
      return "they differ by the scheme";
    case IssuerDifference::letter_case:
      return "they differ by upper and lower case, and issuers are compared byte for byte";
    case IssuerDifference::well_known:
      return "the configured value is the discovery document's address, not the issuer";
    case IssuerDifference::port:
      return "they differ by the port";
    case IssuerDifference::spelling:
      return "they differ in spelling";
  }
  return "";
}

}  // namespace

void explain_not_mine(const AuthConfig& config, const Credential& credential, AuthenticationResult& result) {
  result.stage = Stage::issuer;
  result.cause = AuthnCause::issuer_not_configured;
  const bool flags = config.origin == ConfigOrigin::flags;
  if (config.jwt.empty()) {
    result.at = flags ? "--oidc-issuer-url" : field_of(config, "jwt").name;
    result.message = "no JWT authenticator is configured, so no token of an external issuer is taken";
    result.fix = result.issuer.empty() ? "configure the issuer"
                 : flags ? "set `--oidc-issuer-url=" + result.issuer + "` and `--oidc-client-id`"
                         : "add an entry to `" + result.at + "` with `issuer.url: " + result.issuer + "`";
    return;
  }
  const std::string& first = config.jwt.front().issuer.url.value;
  if (result.issuer.empty()) {
    result.stage = Stage::token_form;
    result.at = flags ? "--oidc-issuer-url" : field_of(config, "jwt[0].issuer.url").name;
    const bool token = credential.kind == Credential::Kind::token;
    result.message =
        token && !untrusted_payload(credential.text).has_value()
            ? "this is no JWT: three parts of unpadded URL-safe base64 with dots between are wanted"
            : "the payload names no issuer (`iss`) that can be read as a string";
    result.fix = "present an ID token of " + first;
    result.comparisons.push_back({"issuer", first, "(none)"});
    return;
  }
  std::size_t nearest = 0;
  std::optional<IssuerDifference> difference;
  for (std::size_t i = 0; i < config.jwt.size(); ++i) {
    const auto own = issuer_difference(config.jwt[i].issuer.url.value, result.issuer);
    if (own.has_value() && (!difference.has_value() || *own < *difference)) {
      difference = own;
      nearest = i;
    }
  }
  const ConfigField field = field_of(config, "jwt[" + std::to_string(nearest) + "].issuer.url");
  result.at = flags ? "--oidc-issuer-url" : field.name;
  result.range = config.jwt[nearest].issuer.url.range;
  if (!flags) result.pointer = field.pointer;
  std::vector<std::string> configured;
  for (const JwtAuthenticator& jwt : config.jwt) configured.push_back(jwt.issuer.url.value);
  result.comparisons.push_back(
      {"issuer", difference.has_value() ? configured[nearest] : list_text(configured), result.issuer});
  result.message =
      "the token is of issuer `" + result.issuer + "`, and the server is configured for " +
      (difference.has_value() ? "`" + configured[nearest] + "`: " + std::string(difference_words(*difference))
                              : list_text(configured));
  if (flags) {
    result.fix = "set `--oidc-issuer-url=" + result.issuer + "`";
    const std::optional<ConfigText>& prefix = config.jwt[nearest].claim_mappings.username.prefix;
    if (difference == IssuerDifference::trailing_slash && prefix.has_value() &&
        prefix->value == configured[nearest] + "#") {
      result.fix += " (the default username prefix, issuer and `#`, changes with it)";
    }
  } else if (difference.has_value()) {
    result.fix = "set `" + field.name + "` to `" + result.issuer + "`";
  } else if (config.origin == ConfigOrigin::platform) {
    result.fix =
        "use a token of the configured issuer, or set `" + field.name + "` to `" + result.issuer + "`";
  } else {
    result.fix = "add an entry to `jwt` with `issuer.url: " + result.issuer +
                 "`, or use a token of a configured issuer";
  }
}

void explain_configuration(ConfigStatus status, std::span<const ConfigError> errors, const AuthConfig& config,
                           AuthenticationResult& result) {
  result.outcome = status == ConfigStatus::load_error ? Outcome::load_error : Outcome::invalid_config;
  result.stage = Stage::configuration;
  result.cause = AuthnCause::configuration;
  result.error = aggregate(errors);
  for (const ConfigError& error : errors) result.errors.push_back(error.text);
  result.message = "the API server does not start with this configuration";
  if (errors.empty()) return;
  const ConfigError& first = errors.front();
  result.at = !first.flag.empty() ? first.flag : first.field;
  result.pointer = first.pointer;
  result.range = first.range;
  result.fix = "correct " + (result.at.empty() ? std::string("the configuration") : "`" + result.at + "`") +
               ": " + first.text;
  if (first.flag == "--oidc-issuer-url" && !config.jwt.empty()) {
    const std::string& url = config.jwt.front().issuer.url.value;
    if (const auto bare = without_quotes(url)) {
      result.fix = "set `--oidc-issuer-url=" + *bare + "` (without the quotes)";
    } else if (url.starts_with("http://")) {
      result.fix = "set `--oidc-issuer-url=https://" + url.substr(7) + "` (only https is accepted)";
    }
  }
}

}  // namespace oidc_audit::oidc
