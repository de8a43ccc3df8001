#include "oidc/authn_case.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "base/strings.h"
#include "oidc/authenticator.h"
#include "oidc/go_json.h"
#include "oidc/jwks.h"
#include "oidc/legacy_flags.h"
#include "source/source_manager.h"

namespace oidc_audit::oidc {

namespace {

constexpr std::string_view kServerMark = "{{.URL}}";
constexpr std::string_view kServerAddress = "https://test-server.invalid";
constexpr std::string_view kGroup = "apiserver.config.k8s.io/";

std::vector<std::string> strings(std::optional<JsonValue> list) {
  std::vector<std::string> out;
  if (!list.has_value()) return out;
  for (const JsonValue& item : list->items()) out.push_back(item.string());
  return out;
}

// Version v1 came with 1.34: what is asked of older servers is sent to them as v1beta1.
std::string for_release(std::string text, int minor) {
  constexpr int kFirstWithV1 = 34;
  if (minor >= kFirstWithV1) return text;
  const std::string v1 = std::string(kGroup) + "v1";
  for (std::size_t at = text.find(v1); at != std::string::npos; at = text.find(v1, at + v1.size())) {
    const std::size_t behind = at + v1.size();
    const bool longer = behind < text.size() && std::isalnum(static_cast<unsigned char>(text[behind])) != 0;
    if (!longer) text.insert(behind, "beta1");
  }
  return text;
}

class Case {
 public:
  Case(JsonValue root, Timestamp now, int minor) : root_(root), now_(now), minor_(minor) {}

  Result<CaseAnswer> run() {
    if (const auto version = root_.find("kubernetes_version")) {
      ASSIGN_OR_RETURN(minor_, parse_kubernetes_version(version->string()));
    }
    if (const auto now = root_.find("now")) {
      const std::string text = now->is(JsonKind::string) ? now->string() : std::string(now->raw());
      ASSIGN_OR_RETURN(now_, parse_time(text));
    }
    ASSIGN_OR_RETURN(LoadedConfig loaded, load());
    if (const auto algs = root_.find("signing_algs")) loaded.config.signing_algs = strings(algs);
    for (std::string& issuer : strings(root_.find("service_account_issuers"))) {
      loaded.config.service_account_issuers.push_back(std::move(issuer));
    }
    const Authenticators authenticators = Authenticators::from(std::move(loaded), minor_);
    const std::optional<Credential> credential = presented();
    if (!credential.has_value() && authenticators.status() == ConfigStatus::valid) {
      CaseAnswer answer;
      answer.outcome = "valid_config";
      return answer;
    }
    return authenticate(authenticators, credential.value_or(Credential{}));
  }

 private:
  Result<LoadedConfig> load() {
    if (const auto flags = root_.find("flags")) {
      std::vector<ServerArgument> arguments;
      for (std::string& flag : strings(flags)) arguments.push_back({std::move(flag), {}});
      return config_from_flags(parse_server_arguments(arguments));
    }
    const auto text = root_.find("config_text");
    const auto object = root_.find("config");
    if (!text.has_value() && !object.has_value()) {
      return Error(ErrorKind::malformed, "the case has none of `config`, `config_text` and `flags`");
    }
    std::string config = text.has_value() ? text->string() : std::string(object->raw());
    ASSIGN_OR_RETURN(const BufferId buffer, sources_.add("config", for_release(std::move(config), minor_)));
    return decode_auth_config(sources_, buffer, minor_);
  }

  std::optional<Credential> presented() const {
    Credential credential;
    if (const auto token = root_.find("raw_token")) {
      credential.kind = Credential::Kind::token;
      credential.text = token->string();
      return credential;
    }
    const auto alg = root_.find("alg");
    credential.algorithm = alg.has_value() ? alg->string() : "RS256";
    if (const auto raw = root_.find("claims_raw")) {
      credential.text = raw->string();
    } else if (const auto claims = root_.find("claims")) {
      credential.text = claims->raw();
    } else {
      return std::nullopt;
    }
    return credential;
  }

  Result<CaseAnswer> authenticate(const Authenticators& authenticators, const Credential& credential) {
    AuthenticateOptions options;
    options.now = now_;
    options.claims_before_signature = true;
    options.assume_signature = credential.kind == Credential::Kind::claims;
    if (const auto responses = root_.find("responses")) {
      for (const auto& [endpoint, response] : responses->members()) {
        options.responses[endpoint.string()] =
            response.is(JsonKind::string) ? response.string() : std::string(response.raw());
      }
    }
    std::optional<KeySet> keys;
    if (const auto jwks = root_.find("jwks")) {
      ASSIGN_OR_RETURN(keys, KeySet::parse(jwks->raw()));
      options.keys = [&keys](const std::string&) { return &*keys; };
    }
    const AuthenticationResult result = authenticators.authenticate(credential, options);
    CaseAnswer answer;
    answer.outcome = to_string(result.outcome);
    answer.user = result.user;
    answer.error = result.error;
    answer.errors = result.errors;
    return answer;
  }

  JsonValue root_;
  Timestamp now_;
  int minor_;
  SourceManager sources_;
};

// Puts what was replaced on the way in back on the way out.
void restore(CaseAnswer& answer, bool older) {
  const auto back = [&](std::string& text) {
    text = replace_all(text, kServerAddress, kServerMark);
    if (older) text = replace_all(text, std::string(kGroup) + "v1beta1", std::string(kGroup) + "v1");
  };
  back(answer.error);
  for (std::string& error : answer.errors) back(error);
  back(answer.user.name);
  back(answer.user.uid);
  for (std::string& group : answer.user.groups) back(group);
  for (auto& [key, values] : answer.user.extra) std::for_each(values.begin(), values.end(), back);
}

void append_list(std::string& out, const std::vector<std::string>& values) {
  out += '[';
  for (std::size_t i = 0; i < values.size(); ++i) out.append(i > 0 ? "," : "").append(json_quote(values[i]));
  out += ']';
}

}  // namespace

std::string CaseAnswer::to_json() const {
  std::string out = "{\"outcome\":" + json_quote(outcome) + ",\"username\":" + json_quote(user.name) +
                    ",\"uid\":" + json_quote(user.uid) + ",\"groups\":";
  append_list(out, user.groups);
  out += ",\"extra\":{";
  bool first = true;
  for (const auto& [key, values] : user.extra) {
    out.append(first ? "" : ",").append(json_quote(key)).append(":");
    append_list(out, values);
    first = false;
  }
  out += "},\"error\":" + json_quote(error);
  if (!errors.empty()) {
    out += ",\"errors\":";
    append_list(out, errors);
  }
  return out + "}";
}

Result<CaseAnswer> answer_case(std::string_view json, Timestamp now, int kubernetes_minor) {
  const bool marked = json.find(kServerMark) != std::string_view::npos;
  Result<JsonDocument> document =
      JsonDocument::parse(marked ? replace_all(json, kServerMark, kServerAddress) : std::string(json));
  if (!document.ok()) return std::move(document).error().with_context("the case is no JSON");
  const JsonValue root = document.value().root();
  if (!root.is(JsonKind::object)) return Error(ErrorKind::malformed, "the case is no JSON object");
  ASSIGN_OR_RETURN(CaseAnswer answer, Case(root, now, kubernetes_minor).run());
  if (marked || kubernetes_minor < 34) restore(answer, kubernetes_minor < 34);
  return answer;
}

Result<int> parse_kubernetes_version(std::string_view text) {
  std::string_view rest = text;
  if (rest.starts_with('v')) rest.remove_prefix(1);
  int minor = 0;
  bool good = rest.starts_with("1.");
  if (good) {
    rest.remove_prefix(2);
    const auto [end, failure] = std::from_chars(rest.data(), rest.data() + rest.size(), minor);
    const std::string_view behind = rest.substr(static_cast<std::size_t>(end - rest.data()));
    good = failure == std::errc() && (behind.empty() || behind.front() == '.');
  }
  if (!good || minor < kOldestKubernetesMinor || minor > kNewestKubernetesMinor) {
    return Error(ErrorKind::usage, "Kubernetes version `" + std::string(text) + "` is not one of 1." +
                                       std::to_string(kOldestKubernetesMinor) + " to 1." +
                                       std::to_string(kNewestKubernetesMinor));
  }
  return minor;
}

}  // namespace oidc_audit::oidc
