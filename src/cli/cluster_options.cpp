#include "cli/cluster_options.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

#include "cli/command.h"

namespace oidc_audit::cli {

namespace {

constexpr const char* kGroup = "Cluster options";

struct Refused {
  std::string_view names;
  std::string_view value_name;
  std::string_view message;
  std::string_view hint;
};

/// Flags that plugins of kubectl are expected to have, and why they are not here.
constexpr std::array kRefused = {
    Refused{"--token", "TOKEN", "a token is not taken from the command line, where everybody can read it",
            "use a user with `token`, `tokenFile` or `exec` in a kubeconfig"},
    Refused{"--username", "NAME", "basic authentication is not taken from the command line",
            "use a user with `username` and `password` in a kubeconfig"},
    Refused{"--password", "PASSWORD", "a password is not taken from the command line",
            "use a user with `username` and `password` in a kubeconfig"},
    Refused{"--cache-dir", "DIR", "--cache-dir is not supported: nothing is cached on disk", ""},
    Refused{"--match-server-version", "", "--match-server-version is not supported",
            "any release of the server is read"},
};

Error refusal(const Refused& refused) {
  return Error(ErrorKind::usage, std::string(refused.message), std::string(refused.hint));
}

bool declares(const CommandSpec& spec, std::string_view name) {
  for (const OptionDecl& decl : spec.options()) {
    for (const std::string& other : decl.names) {
      if (other == name) return true;
    }
  }
  return false;
}

void add_refused(CommandSpec& spec) {
  for (const Refused& refused : kRefused) {
    spec.custom(
            refused.names, std::string(refused.value_name),
            [&refused](std::string_view) -> Result<void> { return refusal(refused); }, "not supported")
        .hidden = true;
  }
  if (declares(spec, "--user")) return;
  spec.custom(
          "--user", "NAME",
          [](std::string_view) -> Result<void> {
            return Error(
                ErrorKind::usage, "--user is the simulated identity of other commands",
                "--kubeconfig-user names a user entry of the kubeconfig, --as whom requests are made as");
          },
          "not supported")
      .hidden = true;
}

Result<void> add_extra(cluster::Impersonation& as, std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0)
    return Error(ErrorKind::usage, fmt::format("`{}` is not of the form KEY=VALUE", text));
  const std::string key(text.substr(0, equals));
  std::string value(text.substr(equals + 1));
  for (auto& [known, values] : as.extra) {
    if (known == key) {
      values.push_back(std::move(value));
      return {};
    }
  }
  as.extra.push_back({key, {}});
  as.extra.back().second.push_back(std::move(value));
  return {};
}

void add_impersonation(CommandSpec& spec, cluster::Impersonation& as) {
  spec.option("--as", "NAME", as.user, "make the requests as this user (impersonation)").group = kGroup;
  spec.option("--as-group", "NAME", as.groups, "make the requests as a member of this group").group = kGroup;
  spec.option("--as-uid", "UID", as.uid, "make the requests as the user with this uid").group = kGroup;
}

}  // namespace

void add_cluster_options(CommandSpec& spec, ClusterOptions& options, bool impersonation) {
  cluster::KubeFlags& kube = options.kube;
  spec.flag("--live", options.live, "read the cluster of the kubeconfig's current context").group = kGroup;
  spec.option("--context", "CONTEXT", options.contexts, "read the cluster of this context").group = kGroup;
  spec.flag("--all-contexts", options.all_contexts, "read the clusters of all contexts").group = kGroup;
  spec.option("--cluster-label", "NAME", options.label,
              "what reports call the cluster; default: its context's name")
      .group = kGroup;
  spec.option("--kubeconfig", "FILE", kube.kubeconfig,
              "read this kubeconfig alone; default: KUBECONFIG, then ~/.kube/config")
      .group = kGroup;
  spec.option("--cluster", "CLUSTER", kube.cluster, "cluster entry of the kubeconfig").group = kGroup;
  spec.option("--kubeconfig-user", "KUBECONFIG-USER", kube.user,
              "user entry of the kubeconfig (kubectl calls it --user, which here is the simulated identity)")
      .group = kGroup;
  spec.option("-s,--server", "URL", kube.server, "address of the API server").group = kGroup;
  if (impersonation) add_impersonation(spec, kube.as);
  OptionDecl& extra = spec.custom(
      "--as-user-extra", "KEY=VALUE", [&kube](std::string_view text) { return add_extra(kube.as, text); },
      "make the requests with this extra value of the user");
  extra.group = kGroup;
  extra.repeatable = true;
  spec.option("--certificate-authority", "FILE", kube.certificate_authority,
              "certificates to trust the server by")
      .group = kGroup;
  spec.option("--client-certificate", "FILE", kube.client_certificate, "certificate to show to the server")
      .group = kGroup;
  spec.option("--client-key", "FILE", kube.client_key, "key of --client-certificate").group = kGroup;
  spec.option("--tls-server-name", "NAME", kube.tls_server_name,
              "name that the server's certificate must have; default: the host")
      .group = kGroup;
  spec.flag("--insecure-skip-tls-verify", kube.insecure_skip_tls_verify,
            "do not verify the server's certificate: whoever is in between reads along")
      .group = kGroup;
  spec.flag("--disable-compression", kube.disable_compression, "ask for answers without gzip").group = kGroup;
  OptionDecl& timeout = spec.option("--request-timeout", "TIME", kube.request_timeout,
                                    "how long one request may take: 30, 30s, 1m30s; 0: for ever");
  timeout.group = kGroup;
  timeout.default_text = "0";
  OptionDecl& chunk = spec.option("--chunk-size", "NUMBER", options.chunk_size, 0,
                                  "objects asked for at once; 0: whole lists");
  chunk.group = kGroup;
  chunk.default_text = "500";
  spec.flag("--no-exec", options.no_exec, "run no credential plugin, whatever the kubeconfig says").group =
      kGroup;
  add_refused(spec);
}

Result<void> check_cluster_options(const ClusterOptions& options) {
  const cluster::KubeFlags& kube = options.kube;
  if (!options.wanted()) {
    const std::array<std::pair<bool, const char*>, 12> given = {{
        {!kube.kubeconfig.empty(), "--kubeconfig"},
        {!kube.cluster.empty(), "--cluster"},
        {!kube.user.empty(), "--kubeconfig-user"},
        {!kube.server.empty(), "--server"},
        {!kube.as.empty(), "--as"},
        {!kube.certificate_authority.empty(), "--certificate-authority"},
        {!kube.client_certificate.empty() || !kube.client_key.empty(), "--client-certificate"},
        {!kube.tls_server_name.empty(), "--tls-server-name"},
        {kube.insecure_skip_tls_verify, "--insecure-skip-tls-verify"},
        {!kube.request_timeout.empty(), "--request-timeout"},
        {!options.label.empty(), "--cluster-label"},
        {options.no_exec, "--no-exec"},
    }};
    for (const auto& [is_given, name] : given) {
      if (is_given)
        return Error(ErrorKind::usage,
                     fmt::format("{} is about a live cluster, and none is to be read", name),
                     "add --live, or --context NAME");
    }
    return {};
  }
  if (options.all_contexts && !options.contexts.empty())
    return Error(ErrorKind::usage, "--context and --all-contexts exclude each other");
  const bool several = options.all_contexts || options.contexts.size() > 1;
  if (several && (!kube.cluster.empty() || !kube.server.empty() || !options.label.empty()))
    return Error(ErrorKind::usage, "--cluster, --server and --cluster-label are about one cluster",
                 "name one context");
  return {};
}

}  // namespace oidc_audit::cli
