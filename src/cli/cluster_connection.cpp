#include "cli/cluster_connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

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

/// One line on a terminal that is written over again and again, and gone at the end. Told by several threads.
class Progress {
 public:
  Progress(const Context& context, std::string what, std::size_t clusters)
      : messages_(context.messages),
        what_(std::move(what)),
        on_(context.terminal.err_is_terminal && !context.messages.quiet()),
        of_(clusters) {}
  ~Progress() {
    if (shown_) messages_.progress("");
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void tell(std::size_t cluster, const cluster::ReadProgress& progress) {
    if (!on_) return;
    const std::lock_guard lock(mutex_);
    of_[cluster] = progress;
    const auto now = std::chrono::steady_clock::now();
    if (shown_ && now - last_ < std::chrono::milliseconds(100)) return;
    last_ = now;
    shown_ = true;
    cluster::ReadProgress all;
    for (const cluster::ReadProgress& one : of_) {
      all.lists += one.lists;
      all.lists_done += one.lists_done;
      all.pages += one.pages;
      all.bytes += one.bytes;
    }
    messages_.progress(fmt::format("reading {}: {} of {} lists, {} pages, {:.1f} MB", what_, all.lists_done,
                                   all.lists, all.pages, static_cast<double>(all.bytes) / 1e6));
  }

 private:
  const Messages& messages_;
  std::string what_;
  bool on_;
  std::mutex mutex_;
  std::vector<cluster::ReadProgress> of_;
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

constexpr std::size_t kMostAtOnce = 8;

/// Servers since 1.28 tell it; for whoever wonders why something is forbidden.
void add_who(ClusterConnection& connection, cluster::ClusterDump& dump) {
  const auto who = cluster::ask_who_am_i(connection.client());
  if (who.ok())
    dump.remarks.push_back(
        fmt::format("read as `{}` of [{}]", who.value().name, join(who.value().groups, ", ")));
}

Result<cluster::ClusterDump> read_one(ClusterConnection& connection, cluster::ReadPlan plan, bool tell_who) {
  // What is thrown in a thread would end the program.
  try {
    plan.context_namespace = connection.config().namespace_name;
    auto read = cluster::read_cluster(connection.client(), plan);
    if (read.ok() && tell_who) add_who(connection, read.value());
    return read;
  } catch (const std::bad_alloc&) {
    return Error(ErrorKind::limit, "there is not enough memory for what the server answers");
  } catch (const std::exception& exception) {
    return Error(ErrorKind::network, fmt::format("internal error: {}", exception.what()));
  }
}

void print_remarks(const cluster::ClusterDump& dump, const Context& context) {
  for (const std::string& warning : dump.warnings)
    context.messages.warning(fmt::format("cluster {}: {}", dump.label, warning));
  for (const std::string& remark : dump.remarks)
    context.messages.verbose(1, fmt::format("cluster {}: {}", dump.label, remark));
  context.messages.verbose(
      1, fmt::format("cluster {}: server version {}, {} pages read", dump.label,
                     dump.server_version.empty() ? "unknown" : dump.server_version, dump.pages.size()));
}

}  // namespace

std::vector<Result<cluster::ClusterDump>> read_live(
    const std::vector<std::unique_ptr<ClusterConnection>>& connections, const cluster::ReadPlan& plan,
    Context& context) {
  std::vector<Result<cluster::ClusterDump>> out(connections.size(), Error(ErrorKind::network, "not read"));
  {
    const bool tell_who = context.messages.verbosity() > 0;
    Progress progress(
        context,
        connections.size() == 1 ? connections[0]->label() : fmt::format("{} clusters", connections.size()),
        connections.size());
    std::atomic<std::size_t> next{0};
    const auto read_some = [&] {
      for (std::size_t i = next++; i < connections.size(); i = next++) {
        cluster::ReadPlan own = plan;
        own.progress = [&progress, i](const cluster::ReadProgress& now) { progress.tell(i, now); };
        out[i] = read_one(*connections[i], std::move(own), tell_who);
      }
    };
    std::vector<std::thread> others;
    others.reserve(kMostAtOnce);
    try {
      for (std::size_t i = 1; i < std::min(connections.size(), kMostAtOnce); ++i)
        others.emplace_back(read_some);
    } catch (const std::system_error&) {
      // Where no more threads can be had, those that run read the rest.
    }
    read_some();
    for (std::thread& other : others) other.join();
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (!out[i].ok()) continue;
    cluster::ClusterDump& dump = out[i].value();
    dump.label = connections[i]->label();
    dump.taken_at = format_rfc3339({context.clock.now().seconds, 0});
    print_remarks(dump, context);
  }
  return out;
}

}  // namespace oidc_audit::cli
