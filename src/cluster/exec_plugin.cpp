#include "cluster/exec_plugin.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/process.h"
#include "base/unicode.h"

namespace oidc_audit::cluster {

namespace {

using Json = nlohmann::ordered_json;

std::string interactive_mode(const ExecPlugin& exec) {
  // v1beta1 knows a default, v1 demands a word (validated with the kubeconfig).
  return exec.interactive_mode.empty() ? "IfAvailable" : exec.interactive_mode;
}

/// Text that is JSON already, as a value; null when it is none.
Json parsed(const std::string& text) {
  Json value = Json::parse(text, nullptr, false);
  return value.is_discarded() ? Json() : value;
}

std::string key_of(const ClientConfig& config) {
  const ExecPlugin& exec = *config.exec;
  Json key = {exec.command, exec.args, exec.api_version, interactive_mode(exec)};
  for (const auto& [name, value] : exec.env) key.push_back(name + "=" + value);
  if (exec.provide_cluster_info) key.push_back(exec_info_json(config, false));
  return key.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

}  // namespace

std::string exec_info_json(const ClientConfig& config, bool interactive) {
  Json spec = Json::object();
  if (config.exec->provide_cluster_info) {
    Json cluster = Json::object();
    cluster["server"] = config.server;
    if (!config.tls_server_name.empty()) cluster["tls-server-name"] = config.tls_server_name;
    if (config.insecure_skip_tls_verify) cluster["insecure-skip-tls-verify"] = true;
    if (!config.ca_pem.empty()) cluster["certificate-authority-data"] = encode_base64(config.ca_pem);
    if (!config.proxy_url.empty()) cluster["proxy-url"] = config.proxy_url;
    if (config.disable_compression) cluster["disable-compression"] = true;
    cluster["config"] = parsed(config.exec->cluster_config_json);
    spec["cluster"] = std::move(cluster);
  }
  spec["interactive"] = interactive;
  Json info = Json::object();
  info["kind"] = "ExecCredential";
  info["apiVersion"] = config.exec->api_version;
  info["spec"] = std::move(spec);
  return info.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ExecCredential> read_exec_credential(const std::string& output, const std::string& api_version) {
  const nlohmann::json answer = nlohmann::json::parse(output, nullptr, false);
  const auto bad = [](std::string message) { return Error(ErrorKind::unreadable, std::move(message)); };
  if (answer.is_discarded() || !answer.is_object())
    return bad("it printed something else than an ExecCredential in JSON");
  if (const std::string kind = text_of(answer, "kind"); kind != "ExecCredential")
    return bad(fmt::format("it printed an object of kind `{}`, not ExecCredential",
                           escape_for_display(std::string_view(kind).substr(0, 100))));
  if (const std::string version = text_of(answer, "apiVersion"); version != api_version)
    return bad(fmt::format("it is configured to use {}, and answered in version `{}`", api_version,
                           escape_for_display(std::string_view(version).substr(0, 100))));
  const auto status = answer.find("status");
  if (status == answer.end() || !status->is_object()) return bad("it didn't return a status field");
  ExecCredential out;
  out.token = text_of(*status, "token");
  out.client_certificate_pem = text_of(*status, "clientCertificateData");
  out.client_key_pem = text_of(*status, "clientKeyData");
  if (out.token.empty() && out.client_certificate_pem.empty() && out.client_key_pem.empty())
    return bad("it didn't return a token or cert/key pair");
  if (out.client_certificate_pem.empty() != out.client_key_pem.empty())
    return bad("it returned only certificate or key, not both");
  if (const std::string expiry = text_of(*status, "expirationTimestamp"); !expiry.empty()) {
    const auto time = parse_rfc3339(expiry);
    if (!time.ok()) return bad("its expirationTimestamp is not a time in RFC 3339");
    out.expiry = time.value();
  }
  return out;
}

Result<ExecCredential> ExecPlugins::credential(const ClientConfig& config) {
  const std::lock_guard lock(mutex_);
  Remembered& known = remembered_[key_of(config)];
  if (known.failure) return *known.failure;
  if (known.credential && (!known.credential->expiry || *known.credential->expiry > now_()))
    return *known.credential;
  auto fresh = run(config);
  if (!fresh.ok()) {
    known.failure = fresh.error();
    return fresh;
  }
  known.credential = fresh.value();
  return fresh;
}

void ExecPlugins::forget(const ClientConfig& config) {
  const std::lock_guard lock(mutex_);
  remembered_[key_of(config)].credential.reset();
}

Result<ExecCredential> ExecPlugins::run(const ClientConfig& config) const {
  const ExecPlugin& exec = *config.exec;
  const std::string called = fmt::format("credential plugin `{}`", exec.command);
  if (options_.forbidden || options_.processes == nullptr)
    return Error(ErrorKind::configuration, fmt::format("the user of this context needs the {}, and running "
                                                       "programs is forbidden (--no-exec)",
                                                       called));
  const std::string mode = interactive_mode(exec);
  const bool available = options_.stdin_is_terminal && !options_.stdin_is_input;
  if (mode == "Always" && !available)
    return Error(ErrorKind::configuration,
                 fmt::format("the {} always needs a terminal, and standard input {}", called,
                             options_.stdin_is_input ? "is read as input" : "is none"));
  const bool interactive = available && mode != "Never";
  ProcessRequest request;
  request.program = exec.command;
  request.args = exec.args;
  request.environment = exec.env;
  request.environment.emplace_back("KUBERNETES_EXEC_INFO", exec_info_json(config, interactive));
  request.pass_stdin = interactive;
  auto ran = options_.processes->run(request);
  if (!ran.ok()) return std::move(ran).error().with_context(called);
  const ProcessResult& result = ran.value();
  if (!result.found) {
    std::string hint;
    for (const char c : exec.install_hint) {
      // Line breaks of a hint are its author's; other control codes would reach the terminal.
      if (c == '\n' || c == '\t') {
        hint += ' ';
      } else if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
        hint += c;
      }
    }
    return Error(ErrorKind::unreadable, fmt::format("the {} is not installed: no such program", called),
                 hint.empty() ? "install it, or name its full path in the kubeconfig" : std::move(hint));
  }
  if (result.exit_status != 0)
    return Error(ErrorKind::unreadable,
                 fmt::format("the {} failed with exit status {}", called, result.exit_status));
  auto read = read_exec_credential(result.output, exec.api_version);
  if (!read.ok()) return std::move(read).error().with_context(fmt::format("the {}", called));
  return read;
}

}  // namespace oidc_audit::cluster
