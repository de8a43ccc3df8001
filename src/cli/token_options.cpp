#include "cli/token_options.h"

#include <array>
#include <map>
#include <utility>

#include "base/http.h"
#include "base/strings.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "cluster/curl_http.h"
#include "document/lazy_stream.h"
#include "oidc/authn_case.h"
#include "oidc/claim_change.h"
#include "oidc/config_source.h"
#include "oidc/discovery.h"
#include "oidc/go_json.h"
#include "oidc/jwks.h"

namespace oidc_audit::cli {

namespace {

constexpr const char* kConfigGroup = "Authentication of the server";
constexpr const char* kTokenGroup = "Token";
constexpr std::size_t kMaxConfigBytes = std::size_t{16} << 20;
constexpr std::size_t kMaxTokenBytes = std::size_t{4} << 20;

struct ServerFlag {
  const char* name;
  const char* value;
  const char* help;
};
constexpr std::array<ServerFlag, 9> kServerFlags = {
    ServerFlag{"--oidc-issuer-url", "URL", "as given to kube-apiserver"},
    ServerFlag{"--oidc-client-id", "ID", "as given to kube-apiserver: the audience"},
    ServerFlag{"--oidc-ca-file", "FILE", "as given to kube-apiserver; looked at when it is here"},
    ServerFlag{"--oidc-username-claim", "CLAIM", "as given to kube-apiserver; it takes `sub` by default"},
    ServerFlag{"--oidc-username-prefix", "TEXT", "as given to kube-apiserver; `-` means none"},
    ServerFlag{"--oidc-groups-claim", "CLAIM", "as given to kube-apiserver"},
    ServerFlag{"--oidc-groups-prefix", "TEXT", "as given to kube-apiserver; always literal"},
    ServerFlag{"--oidc-required-claim", "CLAIM=VALUE", "as given to kube-apiserver"},
    ServerFlag{"--oidc-signing-algs", "ALGS", "as given to kube-apiserver; it takes RS256 by default"}};

void add_server_flag(CommandSpec& spec, const ServerFlag& flag, std::vector<oidc::ServerArgument>& into) {
  const std::string name = flag.name;
  OptionDecl& declared = spec.custom(
      name, flag.value,
      [name, &into](std::string_view value) -> Result<void> {
        into.push_back({name + "=" + std::string(value), {}});
        return {};
      },
      flag.help);
  declared.group = kConfigGroup;
  declared.repeatable = true;  // the last one counts, as for the server
}

Result<std::string> read_text(Context& context, const std::string& path, std::size_t most) {
  if (path == "-") return read_stdin(context);
  return context.files.read(path, most);
}

std::string trimmed_token(std::string text) {
  const std::string_view bare = trim_ascii(text);
  return std::string(bare);
}

// `[ISSUER=]FILE`, taken apart.
std::pair<std::string, std::string> jwks_path(const std::string& given) {
  const std::size_t equals = given.starts_with("https://") ? given.find('=') : std::string::npos;
  if (equals == std::string::npos) return {{}, given};
  return {given.substr(0, equals), given.substr(equals + 1)};
}

// The keys to verify with: files by issuer, a file for all, or what discovery finds.
class Keys {
 public:
  Result<void> load(const TokenOptions& options, Context& context, const oidc::AuthConfig& config) {
    for (const std::string& given : options.jwks) {
      const auto& [issuer, path] = jwks_path(given);
      ASSIGN_OR_RETURN(const std::string text, read_text(context, path, kMaxConfigBytes));
      Result<oidc::KeySet> keys = oidc::KeySet::parse(text);
      if (!keys.ok()) return std::move(keys).error().with_context("reading `" + path + "`");
      sets_.insert_or_assign(issuer, std::move(keys).value());
    }
    if (options.discover) discovery_ = make_http(config);
    return {};
  }

  const oidc::KeySet* find(const std::string& issuer, std::vector<std::string>& notes) {
    if (const auto at = sets_.find(issuer); at != sets_.end()) return &at->second;
    if (const auto at = sets_.find(std::string()); at != sets_.end()) return &at->second;
    if (!discovery_.has_value()) return nullptr;
    for (const oidc::JwtAuthenticator& jwt : discovery_->config->jwt) {
      if (jwt.issuer.url.value != issuer) continue;
      Result<oidc::KeySet> keys = oidc::discover_keys(jwt, *discovery_->http);
      if (!keys.ok()) {
        notes.push_back(
            "discovery failed, so the signature was not verified (a server that meets the same answers "
            "`oidc: authenticator "
            "not initialized` to every token): " +
            keys.error().message());
        return nullptr;
      }
      return &sets_.insert_or_assign(issuer, std::move(keys).value()).first->second;
    }
    return nullptr;
  }

 private:
  struct Discovery {
    const oidc::AuthConfig* config;
    std::unique_ptr<Http> http;
  };
  static Discovery make_http(const oidc::AuthConfig& config) { return {&config, cluster::make_curl_http()}; }

  std::map<std::string, oidc::KeySet> sets_;
  std::optional<Discovery> discovery_;
};

Result<oidc::DistributedResponses> read_responses(const TokenOptions& options, Context& context) {
  oidc::DistributedResponses responses;
  for (const std::string& given : options.distributed) {
    const std::size_t equals = given.rfind('=');
    if (equals == std::string::npos || equals == 0) {
      return Error(ErrorKind::usage, "`" + given + "` is not ENDPOINT=FILE");
    }
    ASSIGN_OR_RETURN(std::string text, read_text(context, given.substr(equals + 1), kMaxTokenBytes));
    responses[given.substr(0, equals)] = trimmed_token(std::move(text));
  }
  return responses;
}

// A token with such a payload is nobody's, but a file of claims is written by hand: that is a slip to show.
Result<void> check_claims(const std::string& path, const std::string& text) {
  const Result<oidc::JsonDocument> claims = oidc::JsonDocument::parse(text);
  const std::string wanted = "--claims takes the payload of a token: one JSON object";
  if (!claims.ok()) {
    return Error(ErrorKind::malformed, "reading `" + path + "`: " + claims.error().message(), wanted);
  }
  const oidc::JsonKind kind = claims.value().root().kind();
  if (kind == oidc::JsonKind::object) return {};
  return Error(ErrorKind::malformed,
               "reading `" + path + "`: the claims are not a JSON object but " + std::string(to_string(kind)),
               wanted);
}

Result<void> apply_claim_changes(const TokenOptions& options, const std::string& path,
                                 oidc::Credential& credential) {
  if (options.claim_changes.empty()) return {};
  std::vector<oidc::ClaimChange> changes;
  for (const std::string& given : options.claim_changes) {
    ASSIGN_OR_RETURN(oidc::ClaimChange change, oidc::parse_claim_change(given));
    changes.push_back(std::move(change));
  }
  Result<std::string> changed = oidc::change_claims(std::move(credential.text), changes);
  if (!changed.ok()) return std::move(changed).error().with_context("reading `" + path + "`");
  credential.text = std::move(changed).value();
  return {};
}

// What is to be said of --oidc-ca-file. The server takes a flag without a path, and a file without a text,
// for none and trusts the authorities of its machine, which nobody means who writes the flag.
std::optional<std::string> ca_file_note(const oidc::LegacyFlags& flags, const oidc::ReadNamedFile& read) {
  if (!flags.ca_file) return std::nullopt;
  const std::string instead = ", so that the API server trusts the certificate authorities of its machine";
  if (flags.ca_file->empty()) return "--oidc-ca-file names no file" + instead;
  const std::optional<std::string> text = read(flags.ca_file->value);
  if (!text) return "`" + flags.ca_file->value + "` cannot be read here and was not looked at";
  if (text->empty()) return "`" + flags.ca_file->value + "` of --oidc-ca-file is empty" + instead;
  return std::nullopt;
}

}  // namespace

int TokenOptions::stdin_uses() const {
  int uses = 0;
  for (const auto* file : {&token_file, &claims_file, &config.file}) uses += *file == "-" ? 1 : 0;
  for (const std::string& given : jwks) uses += jwks_path(given).second == "-" ? 1 : 0;
  for (const std::string& given : distributed) uses += given.ends_with("=-") ? 1 : 0;
  return uses;
}

void add_auth_config_options(CommandSpec& spec, AuthConfigOptions& options, bool with_file) {
  if (with_file) {
    OptionDecl& file = spec.option(
        "--auth-config", "FILE", options.file,
        "AuthenticationConfiguration; a file with the arguments of a kube-apiserver: static pod "
        "manifest, "
        "kubeadm ClusterConfiguration, config.yaml of k3s or RKE2; the form of a managed platform: "
        "EKS, GKE, "
        "OpenShift, AKS");
    file.group = kConfigGroup;
    file.default_text = "`auth-config` of .oidc-audit.yaml";
  }
  for (const ServerFlag& flag : kServerFlags) add_server_flag(spec, flag, options.server_flags);
  add_server_flag(spec,
                  {"--service-account-issuer", "URL", "as given to kube-apiserver: no issuer may equal it"},
                  options.server_flags);
  spec.option("--kubernetes-version", "1.NN", options.kubernetes_version,
              "release of the server (default: 1." + std::to_string(oidc::kNewestKubernetesMinor) + ")")
      .group = kConfigGroup;
}

void add_token_options(CommandSpec& spec, TokenOptions& options) {
  spec.option("--token-file", "FILE", options.token_file, "encoded token; `-` reads standard input").group =
      kTokenGroup;
  spec.option("--claims", "FILE", options.claims_file,
              "payload of a token as JSON, its signature taken as valid; `-` reads standard input")
      .group = kTokenGroup;
  spec.option(
          "--claim", "NAME=TEXT", options.claim_changes,
          "change a claim of --claims, to see what another token would give; `NAME:=JSON` sets any value, "
          "`NAME:=` takes the claim out")
      .group = kTokenGroup;
  spec.option("--jwks", "[ISSUER=]FILE", options.jwks, "verify the signature with this key set").group =
      kTokenGroup;
  spec.flag("--discover", options.discover, "fetch the issuer's keys over HTTPS and verify the signature")
      .group = kTokenGroup;
  spec.option("--now", "TIME", options.now, "the server's clock, RFC 3339 or Unix seconds (default: now)")
      .group = kTokenGroup;
  spec.option("--distributed-claim", "ENDPOINT=FILE", options.distributed,
              "what the endpoint of a distributed claim answers: a JWT or its payload")
      .group = kTokenGroup;
  add_auth_config_options(spec, options.config);
}

Result<int> kubernetes_minor(const std::optional<std::string>& version) {
  if (!version.has_value()) return oidc::kNewestKubernetesMinor;
  return oidc::parse_kubernetes_version(*version);
}

Result<Timestamp> parse_now(const std::string& text) {
  constexpr std::int64_t kYear10000 = 253'402'300'800;
  const Result<Timestamp> time = parse_time(text);
  if (time.ok() && time.value().seconds >= 0 && time.value().seconds < kYear10000) return time.value();
  return Error(ErrorKind::usage,
               "option `--now`: `" + text + "` is no time" + (time.ok() ? " between 1970 and 9999" : ""),
               "RFC 3339, such as 2026-01-02T03:04:05Z, or Unix seconds");
}

Result<ReadAuthConfig> read_auth_config(const AuthConfigOptions& options, Context& context,
                                        SourceManager& sources) {
  ReadAuthConfig out;
  ASSIGN_OR_RETURN(out.kubernetes_minor, kubernetes_minor(options.kubernetes_version));
  if (!options.given()) {
    return Error(
        ErrorKind::usage, "no configuration of authentication",
        "--auth-config FILE, or the flags of the server: --oidc-issuer-url=URL --oidc-client-id=ID ..., or "
        "`auth-config` in .oidc-audit.yaml");
  }
  const auto read_here = [&context](const std::string& path) -> std::optional<std::string> {
    Result<std::string> text = context.files.read(path, kMaxConfigBytes);
    if (!text.ok()) return std::nullopt;
    return std::move(text).value();
  };
  const oidc::LegacyFlags flags = oidc::parse_server_arguments(options.server_flags);
  if (!options.file.has_value()) {
    std::optional<std::optional<std::string>> ca;  // a pipe can be read once
    const auto read_once = [&](const std::string& path) {
      if (!ca) ca.emplace(read_here(path));
      return *ca;
    };
    out.found = oidc::config_of_flags(oidc::config_from_flags(flags, read_once));
    if (auto note = ca_file_note(flags, read_once)) out.found.source.notes.push_back(std::move(*note));
    return out;
  }
  if (flags.any_oidc()) {
    return Error(ErrorKind::usage, "authentication-config file and oidc-* flags are mutually exclusive",
                 "give --auth-config or the flags");
  }
  ASSIGN_OR_RETURN(std::string text, read_text(context, *options.file, kMaxConfigBytes));
  ASSIGN_OR_RETURN(const BufferId buffer, sources.add(*options.file, std::move(text)));
  document::LazyStream documents(sources, buffer);
  out.found = oidc::load_config_source(sources, documents, out.kubernetes_minor, read_here);
  std::vector<std::string>& issuers = out.found.source.loaded.config.service_account_issuers;
  issuers.insert(issuers.end(), flags.service_account_issuers.begin(), flags.service_account_issuers.end());
  out.buffer = buffer;
  out.comments = documents.stream().comments;
  return out;
}

Result<void> load_auth_config(const AuthConfigOptions& options, Context& context, LoadedAuthConfig& loaded) {
  ASSIGN_OR_RETURN(ReadAuthConfig read, read_auth_config(options, context, loaded.sources));
  loaded.notes = std::move(read.found.source.notes);
  loaded.authenticators = std::make_unique<oidc::Authenticators>(
      oidc::Authenticators::from(std::move(read.found.source.loaded), read.kubernetes_minor));
  return {};
}

Result<std::string> read_token_file(const TokenOptions& options, Context& context) {
  ASSIGN_OR_RETURN(std::string text, read_text(context, *options.token_file, kMaxTokenBytes));
  text = trimmed_token(std::move(text));
  if (text.empty()) return Error(ErrorKind::malformed, "`" + *options.token_file + "` holds no token");
  return text;
}

Result<oidc::AuthenticationResult> authenticate(const TokenOptions& options, Context& context,
                                                const LoadedAuthConfig& loaded) {
  if (options.token_file.has_value() && options.claims_file.has_value()) {
    return Error(ErrorKind::usage, "--token-file and --claims exclude each other");
  }
  if (options.token_file.has_value() && !options.claim_changes.empty()) {
    return Error(ErrorKind::usage, "an encoded token is signed, so its claims cannot be changed",
                 "--claim goes with --claims FILE");
  }
  if (options.stdin_uses() > 1) return Error(ErrorKind::usage, "standard input can be only one of the files");

  oidc::Credential credential;
  credential.kind =
      options.token_file.has_value() ? oidc::Credential::Kind::token : oidc::Credential::Kind::claims;
  if (options.token_file.has_value()) {
    ASSIGN_OR_RETURN(credential.text, read_token_file(options, context));
  } else {
    ASSIGN_OR_RETURN(credential.text, read_text(context, *options.claims_file, kMaxTokenBytes));
    RETURN_IF_ERROR(check_claims(*options.claims_file, credential.text));
    RETURN_IF_ERROR(apply_claim_changes(options, *options.claims_file, credential));
  }

  oidc::AuthenticateOptions authn;
  authn.now = context.clock.now();
  if (options.now.has_value()) {
    ASSIGN_OR_RETURN(authn.now, parse_now(*options.now));
  }
  authn.assume_signature = credential.kind == oidc::Credential::Kind::claims;
  ASSIGN_OR_RETURN(authn.responses, read_responses(options, context));
  Keys keys;
  RETURN_IF_ERROR(keys.load(options, context, loaded.authenticators->config()));
  std::vector<std::string> notes;
  authn.keys = [&](const std::string& issuer) { return keys.find(issuer, notes); };
  oidc::AuthenticationResult result = loaded.authenticators->authenticate(credential, authn);
  result.notes.insert(result.notes.end(), notes.begin(), notes.end());
  return result;
}

}  // namespace oidc_audit::cli
