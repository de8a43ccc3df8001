#include "cli/cluster_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "base/process.h"
#include "base/strings.h"
#include "cli/cluster_options.h"
#include "cli/context.h"
#include "cli/version.h"
#include "cluster/api_client.h"
#include "cluster/cluster_reader.h"
#include "cluster/exec_plugin.h"
#include "cluster/kubeconfig.h"
#include "cluster/reviews.h"

namespace oidc_audit::cli {

namespace {

/// Credential plugins of a run, shared by its connections.
struct Plugins {
  std::unique_ptr<Processes> processes;
  std::unique_ptr<cluster::ExecPlugins> plugins;
};

std::string user_agent() {
#if defined(__aarch64__)
  constexpr const char* kMachine = "arm64";
#else
  constexpr const char* kMachine = "amd64";
#endif
  return fmt::format("kubectl-oidc_audit/v{} (linux/{}) kubernetes/unknown", kVersion, kMachine);
}

std::shared_ptr<Plugins> make_plugins(const ClusterOptions& options, const Context& context,
                                      bool stdin_is_input) {
  auto out = std::make_shared<Plugins>();
  out->processes = make_system_processes();
  cluster::ExecOptions exec;
  exec.processes = out->processes.get();
  exec.forbidden = options.no_exec;
  exec.stdin_is_terminal = context.terminal.in_is_terminal;
  exec.stdin_is_input = stdin_is_input;
  out->plugins =
      std::make_unique<cluster::ExecPlugins>(exec, [&clock = context.clock] { return clock.now(); });
  return out;
}

/// Leaves a client nothing to show but the token.
Result<void> show_token(cluster::ClientConfig& config, const std::string& token) {
  if (config.server.starts_with("http://"))
    return Error(ErrorKind::configuration,
                 fmt::format("{} is plain http: a token is not sent over it", config.server),
                 "use an https URL");
  config.token = token;
  config.token_file.clear();
  config.client_certificate_pem.clear();
  config.client_key_pem.clear();
  config.username.clear();
  config.password.clear();
  config.exec.reset();
  config.impersonation = {};
  std::erase_if(config.warnings, [](const std::string& text) { return text.find("the user has") == 0; });
  return {};
}

std::string label_of(const ClusterOptions& options, const cluster::ClientConfig& config) {
  if (!options.label.empty()) return options.label;
  if (!config.context.empty()) return config.context;
  return config.in_cluster ? "in-cluster" : "cluster";
}

Result<std::vector<std::string>> context_names(const ClusterOptions& options, const Context& context) {
  std::vector<std::string> names = options.contexts;
  if (options.all_contexts) {
    ASSIGN_OR_RETURN(cluster::ContextNames all,
                     cluster::list_contexts(options.kube, context.files, context.environment));
    if (all.names.empty())
      return Error(ErrorKind::configuration, "the kubeconfig has no contexts",
                   "`kubectl config get-contexts` lists them");
    names = std::move(all.names);
  }
  if (names.empty()) names.emplace_back();
  std::vector<std::string> once;
  for (std::string& name : names) {
    if (std::find(once.begin(), once.end(), name) == once.end()) once.push_back(std::move(name));
  }
  return once;
}

/// One line on a terminal that is written over again and again, and gone at the end.
class Progress {
 public:
  Progress(const Context& context, std::string label)
      : messages_(context.messages),
        label_(std::move(label)),
        on_(context.terminal.err_is_terminal && !context.messages.quiet()) {}
  ~Progress() {
    if (shown_) messages_.progress("");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void tell(const cluster::ReadProgress& progress) {
    if (!on_) return;
    const auto now = std::chrono::steady_clock::now();
    if (shown_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    shown_ = true;
    messages_.progress(fmt::format("reading {}: {} of {} lists, {} pages, {:.1f} MB", label_,
                                   progress.lists_done, progress.lists, progress.pages,
                                   static_cast<double>(progress.bytes) / 1e6));
  }

 private:
  const Messages& messages_;
  std::string label_;
  bool on_;
  bool shown_ = false;
  std::chrono::steady_clock::time_point last_;
};

}  // namespace

struct ClusterConnection::Parts {
  cluster::ClientConfig config;
  std::shared_ptr<Plugins> plugins;
  std::unique_ptr<cluster::Credentials> credentials;
  std::unique_ptr<cluster::ApiClient> client;
};

ClusterConnection::ClusterConnection(std::string label, std::unique_ptr<Parts> parts)
    : label_(std::move(label)), parts_(std::move(parts)) {}
ClusterConnection::~ClusterConnection() = default;
const cluster::ClientConfig& ClusterConnection::config() const { return parts_->config; }
cluster::ApiClient& ClusterConnection::client() { return *parts_->client; }

Result<std::vector<std::unique_ptr<ClusterConnection>>> choose_clusters(const ClusterOptions& options,
                                                                        Context& context, bool stdin_is_input,
                                                                        std::vector<Error>& unusable,
                                                                        const std::string& token) {
  RETURN_IF_ERROR(check_cluster_options(options));
  ASSIGN_OR_RETURN(const std::vector<std::string> names, context_names(options, context));
  const std::shared_ptr<Plugins> plugins = make_plugins(options, context, stdin_is_input);
  std::vector<std::unique_ptr<ClusterConnection>> out;
  for (const std::string& name : names) {
    cluster::KubeFlags flags = options.kube;
    flags.context = name;
    auto config = cluster::load_client_config(flags, context.files, context.environment);
    if (!config.ok()) {
      if (names.size() == 1) return std::move(config).error();
      Error error = std::move(config).error().with_context(fmt::format("context `{}`", name));
      if (!options.all_contexts) return error;
      unusable.push_back(std::move(error));
      continue;
    }
    if (!token.empty()) RETURN_IF_ERROR(show_token(config.value(), token));
    for (const std::string& warning : config.value().warnings) context.messages.warning(warning);
    auto parts = std::make_unique<ClusterConnection::Parts>();
    parts->config = std::move(config).value();
    parts->plugins = plugins;
    parts->credentials =
        std::make_unique<cluster::Credentials>(parts->config, context.files, *plugins->plugins);
    parts->client = std::make_unique<cluster::ApiClient>(parts->config, *parts->credentials,
                                                         context.environment, user_agent());
    std::string label = label_of(options, parts->config);
    context.messages.verbose(1, fmt::format("cluster {}: {}", label, parts->config.server));
    out.push_back(
        std::unique_ptr<ClusterConnection>(new ClusterConnection(std::move(label), std::move(parts))));
  }
  return out;
}

namespace {

/// Servers since 1.28 tell it; for whoever wonders why something is forbidden.
void tell_who(ClusterConnection& connection, const Context& context) {
  const auto who = cluster::ask_who_am_i(connection.client());
  if (!who.ok()) return;
  context.messages.verbose(1, fmt::format("cluster {}: read as `{}` of [{}]", connection.label(),
                                          who.value().name, join(who.value().groups, ", ")));
}

}  // namespace

Result<cluster::ClusterDump> read_live(ClusterConnection& connection, cluster::ReadPlan plan,
                                       Context& context) {
  plan.context_namespace = connection.config().namespace_name;
  Result<cluster::ClusterDump> read = Error(ErrorKind::network, "");
  {
    Progress progress(context, connection.label());
    plan.progress = [&progress](const cluster::ReadProgress& now) { progress.tell(now); };
    read = cluster::read_cluster(connection.client(), plan);
  }
  if (!read.ok()) return read;
  cluster::ClusterDump& dump = read.value();
  dump.label = connection.label();
  dump.taken_at = format_rfc3339({context.clock.now().seconds, 0});
  for (const std::string& warning : dump.warnings)
    context.messages.warning(fmt::format("cluster {}: {}", dump.label, warning));
  if (context.messages.verbosity() > 0) tell_who(connection, context);
  context.messages.verbose(
      1, fmt::format("cluster {}: server version {}, {} pages read", dump.label,
                     dump.server_version.empty() ? "unknown" : dump.server_version, dump.pages.size()));
  return read;
}

}  // namespace oidc_audit::cli
