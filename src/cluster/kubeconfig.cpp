#include "cluster/kubeconfig.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>

#include "base/files.h"
#include "base/strings.h"
#include "cluster/kubeconfig_file.h"

namespace oidc_audit::cluster {

namespace {

constexpr std::size_t kMaxFileBytes = 16U << 20;
constexpr const char* kServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

Result<KubeconfigFile> read_file(const Files& files, const std::string& path) {
  ASSIGN_OR_RETURN(std::string text, files.read(path, kMaxFileBytes));
  return read_kubeconfig(path, std::move(text));
}

std::vector<std::string> paths_from_environment(const GetEnv& env) {
  std::vector<std::string> paths;
  const std::string list = env("KUBECONFIG").value_or("");
  if (list.empty()) {
    if (const auto home = env("HOME"); home && !home->empty()) paths.push_back(*home + "/.kube/config");
    return paths;
  }
  for (const std::string_view path : split(list, ':')) {
    if (!path.empty() && std::find(paths.begin(), paths.end(), path) == paths.end()) paths.emplace_back(path);
  }
  return paths;
}

/// The merged configuration; `found` tells whether any file was there.
struct Loaded {
  KubeconfigFile config;
  bool found = false;
};

Result<Loaded> load(const KubeFlags& flags, const Files& files, const GetEnv& env) {
  Loaded loaded;
  if (!flags.kubeconfig.empty()) {
    ASSIGN_OR_RETURN(loaded.config, read_file(files, flags.kubeconfig));
    loaded.found = true;
    return loaded;
  }
  for (const std::string& path : paths_from_environment(env)) {
    if (files.type(path) == FileType::none) continue;
    ASSIGN_OR_RETURN(KubeconfigFile file, read_file(files, path));
    merge_kubeconfig(loaded.config, std::move(file));
    loaded.found = true;
  }
  return loaded;
}

template <typename Entry>
const Entry* find(const std::vector<Entry>& entries, const std::string& name) {
  const auto it =
      std::find_if(entries.begin(), entries.end(), [&](const Entry& e) { return e.name == name; });
  return it == entries.end() ? nullptr : &*it;
}

template <typename Entry>
Error missing(std::string_view what, const std::string& name, const std::vector<Entry>& entries,
              std::string_view why) {
  std::vector<std::string_view> names;
  for (const Entry& entry : entries) names.push_back(entry.name);
  std::string hint;
  if (const auto near = nearest(name, names)) hint = fmt::format("did you mean `{}`?", *near);
  return Error(ErrorKind::configuration, fmt::format("{} `{}` does not exist{}", what, name, why),
               std::move(hint));
}

/// All that is wrong with what the files and flags came down to, as client-go collects it.
class Problems {
 public:
  void add(std::string text) { texts_.push_back(std::move(text)); }
  Result<void> result() const {
    if (texts_.empty()) return {};
    return Error(ErrorKind::configuration, "kubeconfig: " + join(texts_, "; "));
  }

 private:
  std::vector<std::string> texts_;
};

bool is_dns_label(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-' || text.back() == '-') return false;
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
}

void take_file(const Files& files, const std::string& path, std::string& into, Problems& problems,
               std::string_view what) {
  if (path.empty()) return;
  auto text = files.read(path, kMaxFileBytes);
  if (!text.ok()) {
    problems.add(fmt::format("{}: {}", what, text.error().message()));
  } else if (text.value().empty()) {
    problems.add(fmt::format("{}: `{}` is empty", what, path));
  } else {
    into = std::move(text).value();
  }
}

void resolve_cluster(ClientConfig& out, const ClusterEntry& entry, const KubeFlags& flags, const Files& files,
                     Problems& problems) {
  out.server = flags.server.empty() ? entry.server : flags.server;
  out.tls_server_name = flags.tls_server_name;
  if (flags.tls_server_name.empty() && flags.server.empty()) out.tls_server_name = entry.tls_server_name;
  out.proxy_url = entry.proxy_url;
  out.disable_compression = entry.disable_compression || flags.disable_compression;
  out.insecure_skip_tls_verify = entry.insecure_skip_tls_verify;
  std::string ca_file = entry.certificate_authority;
  std::string ca_data = entry.certificate_authority_data;
  if (!flags.certificate_authority.empty() || flags.insecure_skip_tls_verify) {
    // A flag about trust replaces all that the file says about it.
    out.insecure_skip_tls_verify = flags.insecure_skip_tls_verify;
    ca_file = flags.certificate_authority;
    ca_data.clear();
  }
  if (out.server.empty()) problems.add("the cluster names no server");
  if (!ca_file.empty() && !ca_data.empty()) {
    problems.add("both certificate-authority and certificate-authority-data are set");
  }
  take_file(files, ca_file, ca_data, problems, "certificate-authority");
  out.ca_pem = std::move(ca_data);
  if (out.insecure_skip_tls_verify && !out.ca_pem.empty()) {
    problems.add("a certificate authority is set together with insecure-skip-tls-verify");
  }
  const auto scheme_of = [](const std::string& url) { return url.substr(0, url.find("://")); };
  if (!out.proxy_url.empty()) {
    const std::string scheme = scheme_of(out.proxy_url);
    if (scheme == out.proxy_url || (scheme != "http" && scheme != "https" && scheme != "socks5")) {
      problems.add("proxy-url is not a URL with scheme http, https or socks5");
    }
  }
  if (!out.server.empty() && scheme_of(out.server) == out.server) out.server = "https://" + out.server;
  while (out.server.size() > 1 && out.server.back() == '/') out.server.pop_back();
  if (out.insecure_skip_tls_verify) {
    out.warnings.push_back(
        fmt::format("the certificate of {} is not verified (insecure-skip-tls-verify)", out.server));
  }
}

void check_exec(const ExecPlugin& exec, Problems& problems) {
  if (exec.command.empty()) problems.add("exec names no command");
  if (exec.api_version.empty()) problems.add("exec names no apiVersion");
  const bool v1 = exec.api_version == "client.authentication.k8s.io/v1";
  const bool v1beta1 = exec.api_version == "client.authentication.k8s.io/v1beta1";
  if (!exec.api_version.empty() && !v1 && !v1beta1) {
    problems.add(fmt::format("exec apiVersion `{}` is neither client.authentication.k8s.io/v1 nor /v1beta1",
                             exec.api_version));
  }
  const std::string& mode = exec.interactive_mode;
  if (mode.empty() && v1) problems.add("exec names no interactiveMode");
  if (!mode.empty() && mode != "Never" && mode != "IfAvailable" && mode != "Always") {
    problems.add(fmt::format("exec interactiveMode `{}` is none of Never, IfAvailable, Always", mode));
  }
  for (const auto& [name, value] : exec.env) {
    if (name.empty()) problems.add("an environment entry of exec has no name");
  }
}

void resolve_user(ClientConfig& out, const UserEntry& entry, const KubeFlags& flags, const Files& files,
                  Problems& problems) {
  std::string cert_file = entry.client_certificate;
  std::string key_file = entry.client_key;
  std::string cert = entry.client_certificate_data;
  std::string key = entry.client_key_data;
  if (!flags.client_certificate.empty()) {
    cert_file = flags.client_certificate;
    cert.clear();
  }
  if (!flags.client_key.empty()) {
    key_file = flags.client_key;
    key.clear();
  }
  if (!cert_file.empty() && !cert.empty())
    problems.add("both client-certificate and client-certificate-data are set");
  if (!key_file.empty() && !key.empty()) problems.add("both client-key and client-key-data are set");
  take_file(files, cert_file, cert, problems, "client-certificate");
  take_file(files, key_file, key, problems, "client-key");
  if (!cert.empty() && key.empty()) problems.add("a client certificate is set without its key");
  if (!entry.auth_provider.empty()) {
    problems.add(
        fmt::format("auth-provider `{}` is no longer supported: use an exec credential plugin "
                    "(kubelogin for oidc and azure, gke-gcloud-auth-plugin for gcp)",
                    entry.auth_provider));
  }
  const int methods =
      (entry.token.empty() && entry.token_file.empty() ? 0 : 1) + (entry.username.empty() ? 0 : 1);
  if (methods > 1) problems.add("more than one authentication method is set: token and basic");
  if (entry.exec) check_exec(*entry.exec, problems);
  out.client_certificate_pem = std::move(cert);
  out.client_key_pem = std::move(key);
  out.token = entry.token;
  out.token_file = entry.token_file;
  out.username = entry.username;
  out.password = entry.password;
  // A plugin is not run when other credentials are there.
  if (entry.exec && methods == 0 && out.client_certificate_pem.empty()) out.exec = entry.exec;
}

void resolve_impersonation(ClientConfig& out, const Impersonation& from_file, const Impersonation& from_flags,
                           Problems& problems) {
  out.impersonation = from_file;
  if (!from_flags.user.empty()) out.impersonation.user = from_flags.user;
  if (!from_flags.uid.empty()) out.impersonation.uid = from_flags.uid;
  if (!from_flags.groups.empty()) out.impersonation.groups = from_flags.groups;
  if (!from_flags.extra.empty()) out.impersonation.extra = from_flags.extra;
  if (out.impersonation.user.empty() && !out.impersonation.empty()) {
    problems.add("a uid, groups or extra are impersonated without a user");
  }
}

Result<void> finish(ClientConfig& out, const KubeFlags& flags) {
  if (!flags.namespace_name.empty()) out.namespace_name = flags.namespace_name;
  if (!flags.request_timeout.empty()) {
    ASSIGN_OR_RETURN(out.request_timeout_ms, parse_timeout(flags.request_timeout));
  }
  const bool plain = out.server.rfind("http://", 0) == 0;
  const bool secrets =
      !out.token.empty() || !out.token_file.empty() || !out.username.empty() || out.exec.has_value();
  if (plain && (secrets || !out.impersonation.empty())) {
    return Error(
        ErrorKind::configuration,
        fmt::format("{} is plain http: credentials and impersonation are not sent over it", out.server),
        "use an https URL");
  }
  // Both would be asked about as system:anonymous, and be refused or, worse, be given a part.
  if (!out.username.empty()) {
    out.warnings.push_back(
        "the user has a password: kube-apiserver takes none since 1.19, and answers as to an anonymous user");
  } else if (!plain && !secrets && out.client_certificate_pem.empty()) {
    out.warnings.push_back("the user has no credentials: the server answers as to an anonymous user");
  }
  return {};
}

Result<ClientConfig> in_cluster_config(const KubeFlags& flags, const Files& files, const GetEnv& env) {
  const std::string host = env("KUBERNETES_SERVICE_HOST").value_or("");
  const std::string port = env("KUBERNETES_SERVICE_PORT").value_or("");
  const std::string folder = kServiceAccountFolder;
  if (host.empty() || port.empty() || files.type(folder + "/token") == FileType::none) {
    return Error(ErrorKind::configuration, "no cluster is configured",
                 "use --kubeconfig, the environment variable KUBECONFIG, or --context");
  }
  ClientConfig out;
  out.in_cluster = true;
  out.server =
      fmt::format("https://{}:{}", host.find(':') == std::string::npos ? host : "[" + host + "]", port);
  out.token_file = folder + "/token";
  if (auto ca = files.read(folder + "/ca.crt", kMaxFileBytes); ca.ok()) out.ca_pem = std::move(ca).value();
  if (!flags.server.empty()) out.server = flags.server;
  if (!flags.certificate_authority.empty()) {
    ASSIGN_OR_RETURN(out.ca_pem, files.read(flags.certificate_authority, kMaxFileBytes));
  }
  if (const auto pod = env("POD_NAMESPACE"); pod && !pod->empty()) {
    out.namespace_name = *pod;
  } else if (auto text = files.read(folder + "/namespace", 1024); text.ok()) {
    const std::string_view name = trim_ascii(text.value());
    if (!name.empty()) out.namespace_name = name;
  }
  Problems problems;
  resolve_impersonation(out, {}, flags.as, problems);
  RETURN_IF_ERROR(problems.result());
  RETURN_IF_ERROR(finish(out, flags));
  return out;
}

}  // namespace

Result<long> parse_timeout(const std::string& text) {
  const auto bad = [&] {
    return Error(ErrorKind::usage, fmt::format("`{}` is not a duration", text),
                 "write it like 30s, 1m30s or 500ms");
  };
  if (text == "0") return 0L;
  double total = 0;
  std::string_view rest = text;
  if (rest.empty()) return bad();
  while (!rest.empty()) {
    double value = 0;
    const auto [end, code] =
        std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    if (code != std::errc() || value < 0) return bad();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    double unit = 0;
    const auto take = [&](std::string_view name, double milliseconds) {
      if (unit != 0 || !rest.starts_with(name)) return;
      unit = milliseconds;
      rest.remove_prefix(name.size());
    };
    if (rest.empty() && total == 0) unit = 1000;
    take("ms", 1);
    take("h", 3'600'000);
    take("m", 60'000);
    take("s", 1000);
    if (unit == 0) return bad();
    total += value * unit;
    if (total > 1e9) return bad();
  }
  return static_cast<long>(total);
}

Result<ContextNames> list_contexts(const KubeFlags& flags, const Files& files, const GetEnv& env) {
  ASSIGN_OR_RETURN(const Loaded loaded, load(flags, files, env));
  ContextNames out;
  for (const ContextEntry& entry : loaded.config.contexts) out.names.push_back(entry.name);
  out.current = loaded.config.current_context;
  return out;
}

Result<KubeconfigFile> merged_kubeconfig(const KubeFlags& flags, const Files& files, const GetEnv& env) {
  ASSIGN_OR_RETURN(Loaded loaded, load(flags, files, env));
  return std::move(loaded).config;
}

Result<ClientConfig> load_client_config(const KubeFlags& flags, const Files& files, const GetEnv& env) {
  ASSIGN_OR_RETURN(const Loaded loaded, load(flags, files, env));
  const KubeconfigFile& config = loaded.config;
  const bool named = !flags.context.empty() || !flags.cluster.empty() || !flags.user.empty();
  if (!loaded.found && !named) return in_cluster_config(flags, files, env);

  ContextEntry context;
  const std::string name = flags.context.empty() ? config.current_context : flags.context;
  if (name.empty() && flags.cluster.empty()) {
    return Error(ErrorKind::configuration, "no context is chosen: current-context is empty",
                 "use --context; `kubectl config get-contexts` lists them");
  }
  if (!name.empty()) {
    const ContextEntry* entry = find(config.contexts, name);
    if (entry == nullptr) return missing("context", name, config.contexts, "");
    context = *entry;
  }
  if (!flags.cluster.empty()) context.cluster = flags.cluster;
  if (!flags.user.empty()) context.user = flags.user;

  ClientConfig out;
  out.context = name;
  const std::string why = name.empty() ? "" : fmt::format(" (named by context `{}`)", name);
  const ClusterEntry* cluster = find(config.clusters, context.cluster);
  if (cluster == nullptr) return missing("cluster", context.cluster, config.clusters, why);
  static const UserEntry kNobody;
  const UserEntry* user = context.user.empty() ? &kNobody : find(config.users, context.user);
  if (user == nullptr) return missing("user", context.user, config.users, why);

  Problems problems;
  resolve_cluster(out, *cluster, flags, files, problems);
  resolve_user(out, *user, flags, files, problems);
  if (out.exec) out.exec->cluster_config_json = cluster->exec_config_json;
  resolve_impersonation(out, user->as, flags.as, problems);
  if (!context.namespace_name.empty()) {
    if (!is_dns_label(context.namespace_name))
      problems.add(fmt::format("namespace `{}` is not a DNS label", context.namespace_name));
    out.namespace_name = context.namespace_name;
  }
  RETURN_IF_ERROR(problems.result());
  RETURN_IF_ERROR(finish(out, flags));
  return out;
}

}  // namespace oidc_audit::cluster
