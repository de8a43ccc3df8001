#include "oidc/legacy_flags.h"

#include <algorithm>
#include <array>

#include "base/go_quote.h"
#include "base/strings.h"

namespace oidc_audit::oidc {

namespace {

ConfigError flag_error(std::string text, std::string flag, std::optional<SourceRange> range = {}) {
  ConfigError error;
  error.text = std::move(text);
  error.flag = std::move(flag);
  error.range = range;
  return error;
}

ConfigError invalid_argument(const ConfigText& value, const std::string& flag, std::string_view why) {
  return flag_error(
      "invalid argument " + go_quote(value.value) + " for " + go_quote(flag) + " flag: " + std::string(why),
      flag, value.range);
}

std::string_view trim_space(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

// One line of CSV as pflag's string slices read it; nullopt when quotes are wrong.
std::optional<std::vector<std::string>> read_csv(std::string_view text) {
  std::vector<std::string> fields;
  if (text.empty()) return fields;
  std::size_t i = 0;
  for (;;) {
    std::string field;
    if (i < text.size() && text[i] == '"') {
      for (++i;; ++i) {
        if (i >= text.size()) return std::nullopt;
        if (text[i] != '"') {
          field += text[i];
        } else if (i + 1 < text.size() && text[i + 1] == '"') {
          field += text[i++];
        } else {
          break;
        }
      }
      ++i;
      if (i < text.size() && text[i] != ',') return std::nullopt;
    } else {
      for (; i < text.size() && text[i] != ','; ++i) {
        if (text[i] == '"') return std::nullopt;
        field += text[i];
      }
    }
    fields.push_back(std::move(field));
    if (i >= text.size()) return fields;
    ++i;  // the comma
  }
}

struct TextFlag {
  std::string_view name;
  std::optional<ConfigText> LegacyFlags::*member;
};
constexpr std::array<TextFlag, 8> kTextFlags = {
    TextFlag{"oidc-issuer-url", &LegacyFlags::issuer_url},
    TextFlag{"oidc-client-id", &LegacyFlags::client_id},
    TextFlag{"oidc-ca-file", &LegacyFlags::ca_file},
    TextFlag{"oidc-username-claim", &LegacyFlags::username_claim},
    TextFlag{"oidc-username-prefix", &LegacyFlags::username_prefix},
    TextFlag{"oidc-groups-claim", &LegacyFlags::groups_claim},
    TextFlag{"oidc-groups-prefix", &LegacyFlags::groups_prefix},
    TextFlag{"authentication-config", &LegacyFlags::authentication_config}};

void add_required_claim(LegacyFlags& flags, ConfigText value) {
  // component-base MapStringString without comma splitting: one pair a time.
  const std::size_t equals = value.value.find('=');
  if (equals == std::string::npos) {
    flags.errors.push_back(
        invalid_argument(value, "--oidc-required-claim", "malformed pair, expect string=string"));
    return;
  }
  std::string key(trim_space(std::string_view(value.value).substr(0, equals)));
  ConfigText wanted{std::string(trim_space(std::string_view(value.value).substr(equals + 1))), value.range};
  const auto known = std::find_if(flags.required_claims.begin(), flags.required_claims.end(),
                                  [&](const auto& pair) { return pair.first == key; });
  if (known != flags.required_claims.end()) {
    known->second = std::move(wanted);
  } else {
    flags.required_claims.emplace_back(std::move(key), std::move(wanted));
  }
}

void set_flag(LegacyFlags& flags, std::string_view name, ConfigText value) {
  for (const TextFlag& flag : kTextFlags) {
    if (flag.name == name) {
      flags.*flag.member = std::move(value);
      return;
    }
  }
  if (name == "oidc-required-claim") {
    add_required_claim(flags, std::move(value));
  } else if (name == "oidc-signing-algs") {
    std::optional<std::vector<std::string>> read = read_csv(value.value);
    if (!read.has_value()) {
      flags.errors.push_back(invalid_argument(value, "--oidc-signing-algs", "bare \" in non-quoted-field"));
      return;
    }
    if (!flags.signing_algs.has_value()) flags.signing_algs.emplace();  // the first use replaces the default
    for (std::string& alg : *read) flags.signing_algs->push_back(std::move(alg));
  } else if (name == "anonymous-auth") {
    flags.anonymous_auth_given = true;
  } else if (name == "service-account-issuer") {
    flags.service_account_issuers.push_back(std::move(value.value));
  }
}

bool is_known_flag(std::string_view name) {
  return name.starts_with("oidc-") || name == "authentication-config" || name == "anonymous-auth" ||
         name == "service-account-issuer";
}

}  // namespace

bool LegacyFlags::any_oidc() const {
  return issuer_url.has_value() || client_id.has_value() || ca_file.has_value() ||
         username_claim.has_value() || username_prefix.has_value() || groups_claim.has_value() ||
         groups_prefix.has_value() || !required_claims.empty() || signing_algs.has_value();
}

LegacyFlags parse_server_arguments(std::span<const ServerArgument> arguments) {
  LegacyFlags flags;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string_view text = arguments[i].text;
    if (!text.starts_with("--") || text.size() == 2) continue;
    text.remove_prefix(2);
    const std::size_t equals = text.find('=');
    const std::string name = replace_all(text.substr(0, equals), "_", "-");
    if (!is_known_flag(name)) continue;
    if (equals != std::string_view::npos) {
      set_flag(flags, name, {std::string(text.substr(equals + 1)), arguments[i].range});
    } else if (name == "anonymous-auth") {
      set_flag(flags, name, {"true", arguments[i].range});
    } else if (i + 1 < arguments.size()) {
      ++i;
      set_flag(flags, name, {arguments[i].text, arguments[i].range});
    } else {
      flags.errors.push_back(
          flag_error("flag needs an argument: --" + name, "--" + name, arguments[i].range));
    }
  }
  return flags;
}

std::string username_prefix_of_flags(std::string_view flag, std::string_view claim, std::string_view issuer) {
  if (flag == "-") return {};
  if (!flag.empty()) return std::string(flag);
  if (claim == "email") return {};
  return std::string(issuer) + "#";
}

LoadedConfig config_from_flags(const LegacyFlags& flags,
                               const std::function<std::optional<std::string>(const std::string&)>& read_ca) {
  LoadedConfig loaded;
  AuthConfig& config = loaded.config;
  config.origin = ConfigOrigin::flags;
  config.service_account_issuers = flags.service_account_issuers;
  const auto fail = [&](std::string text, std::string flag) {
    loaded.status = ConfigStatus::invalid;
    loaded.errors.push_back(flag_error(std::move(text), std::move(flag)));
  };
  if (!flags.errors.empty()) {
    loaded.status = ConfigStatus::invalid;
    loaded.errors = flags.errors;
    return loaded;
  }
  if (flags.any_oidc() && flags.authentication_config.has_value()) {
    fail("authentication-config file and oidc-* flags are mutually exclusive", "--authentication-config");
    return loaded;
  }
  if (!flags.any_oidc()) return loaded;
  const ConfigText none;
  const ConfigText issuer = flags.issuer_url.value_or(none);
  const ConfigText client = flags.client_id.value_or(none);
  if (issuer.empty() || client.empty()) {
    fail("oidc-issuer-url and oidc-client-id must be specified together when any oidc-* flags are set",
         issuer.empty() ? "--oidc-issuer-url" : "--oidc-client-id");
    return loaded;
  }

  JwtAuthenticator& jwt = config.jwt.emplace_back();
  jwt.issuer.url = issuer;
  jwt.issuer.audiences = {client};
  if (flags.ca_file.has_value() && !flags.ca_file->empty() && read_ca) {
    if (std::optional<std::string> pem = read_ca(flags.ca_file->value)) {
      jwt.issuer.certificate_authority = {std::move(*pem), flags.ca_file->range};
    }
  }
  jwt.claim_mappings.username.claim = flags.username_claim.value_or(ConfigText{"sub", {}});
  const ConfigText prefix = flags.username_prefix.value_or(none);
  jwt.claim_mappings.username.prefix = ConfigText{
      username_prefix_of_flags(prefix.value, jwt.claim_mappings.username.claim.value, issuer.value),
      prefix.range};
  if (flags.groups_claim.has_value() && !flags.groups_claim->empty()) {
    jwt.claim_mappings.groups.claim = *flags.groups_claim;
    jwt.claim_mappings.groups.prefix = flags.groups_prefix.value_or(none);
  }
  for (const auto& [claim, value] : flags.required_claims) {
    ClaimValidationRule& rule = jwt.claim_validation_rules.emplace_back();
    rule.claim = {claim, value.range};
    rule.required_value = value;
  }
  if (flags.signing_algs.has_value()) config.signing_algs = *flags.signing_algs;
  return loaded;
}

}  // namespace oidc_audit::oidc
