#include "cli/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <istream>
#include <utility>

#include "cli/cluster_connection.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/file_finder.h"
#include "cluster/cluster_reader.h"
#include "cluster/snapshot.h"
#include "diag/collector.h"
#include "rbac/inventory.h"
#include "report/report.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxSnapshotBytes = std::size_t{4} << 30;
constexpr std::size_t kShownIssues = 50;
constexpr const char* kGroup = "Input options";

Issue unreadable(const Error& error) {
  Issue issue;
  issue.code = error.kind() == ErrorKind::limit ? "too-large" : "unreadable";
  issue.level = IssueLevel::error;
  issue.message = error.message();
  issue.hint = error.hint();
  return issue;
}

/// Standard input may begin with a JSON value; it has no name to tell by.
document::Format format_of(std::string_view name, std::string_view text, bool is_stdin) {
  if (!is_stdin) return document::format_of_name(name);
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  const bool json = first != std::string_view::npos && (text[first] == '{' || text[first] == '[');
  return json ? document::Format::json : document::Format::yaml;
}

/// Whether there can be a Kubernetes object in it. Text that is not ASCII's superset is left to the reader.
bool may_hold_objects(std::string_view text) {
  return text.find("apiVersion") != std::string_view::npos || text.find('\0') != std::string_view::npos;
}

class InputReader {
 public:
  InputReader(const InputOptions& options, Context& context, Inputs& inputs)
      : options_(options), context_(context), inputs_(inputs) {}

  Result<void> read() {
    inputs_.inventory = std::make_unique<rbac::Inventory>(inputs_.sources, options_.namespace_name);
    std::vector<std::unique_ptr<ClusterConnection>> clusters;
    std::vector<Error> unusable;
    if (options_.cluster.wanted()) {
      const auto& paths = options_.paths;
      const bool stdin_named = std::find(paths.begin(), paths.end(), "-") != paths.end();
      ASSIGN_OR_RETURN(clusters, choose_clusters(options_.cluster, context_,
                                                 stdin_named || options_.stdin_used, unusable));
    }
    FindResult found;
    if (!options_.paths.empty() || !options_.required.empty()) found = read_files();
    for (const Error& error : unusable) {
      ++inputs_.counts.clusters_failed;
      issues_.add(unreadable(error));
    }
    if (!clusters.empty()) RETURN_IF_ERROR(read_clusters(std::move(clusters)));
    finish(found);
    return {};
  }

 private:
  FindResult read_files() {
    FindOptions find;
    find.exclude = options_.exclude;
    find.config_exclude = options_.config_exclude;
    find.config_directory = options_.config_directory;
    find.force_exclude = options_.force_exclude;
    find.no_ignore = options_.no_ignore;
    find.hidden = options_.hidden;
    find.follow = options_.follow;
    find.required = options_.required;
    bool stdin_named = false;
    for (const std::string& path : options_.paths) {
      if (path == "-") {
        stdin_named = true;
      } else {
        find.paths.push_back(path);
      }
    }
    FindResult found = find_files(find, context_.files);
    for (const std::string& remark : found.skipped) context_.messages.verbose(1, remark);
    for (const FindError& error : found.errors) fail(error.error);
    for (const FoundFile& file : found.files) read_file(file);
    if (stdin_named) read_standard_input();
    return found;
  }

  Result<void> read_clusters(std::vector<std::unique_ptr<ClusterConnection>> connections) {
    cluster::ReadPlan plan;
    plan.kinds = options_.all_kinds ? cluster::audited_kinds() : cluster::rbac_kinds();
    plan.discovery = options_.discovery;
    if (options_.needs_aws_auth) {
      plan.aws_auth = cluster::AwsAuth::needed;
    } else if (options_.all_kinds) {
      plan.aws_auth = cluster::AwsAuth::if_eks;
    }
    plan.asked_namespace = options_.cluster_namespace;
    plan.page_size = static_cast<std::size_t>(options_.cluster.chunk_size);
    std::vector<Result<cluster::ClusterDump>> dumps = read_live(connections, plan, context_);
    if (dumps.size() == 1 && !dumps[0].ok() && options_.paths.empty()) return std::move(dumps[0]).error();
    for (std::size_t i = 0; i < dumps.size(); ++i) {
      if (dumps[i].ok()) {
        add_cluster(std::move(dumps[i]).value());
        inputs_.clusters.back().connection = std::move(connections[i]);
        continue;
      }
      ++inputs_.counts.clusters_failed;
      Issue issue = unreadable(dumps[i].error());
      issue.message = fmt::format("cluster {}: {}", connections[i]->label(), issue.message);
      issues_.add(std::move(issue));
    }
    return {};
  }

  void read_file(const FoundFile& file) {
    auto text = context_.files.read(file.path, kMaxFileBytes);
    if (!text.ok()) return fail(text.error());
    if (cluster::looks_like_snapshot(text.value())) return read_snapshot(file.path, text.value());
    add(file.path, file.canonical, std::move(text).value(), false);
  }

  void read_snapshot(const std::string& path, std::string_view bytes) {
    auto snapshot = cluster::read_snapshot(bytes, kMaxSnapshotBytes);
    if (!snapshot.ok()) return fail(std::move(snapshot).error().with_context(fmt::format("`{}`", path)));
    for (cluster::ClusterDump& dump : snapshot.value().clusters) add_cluster(std::move(dump));
  }

  /// Of clusters of one name, as of a snapshot beside the live one, the later get a number.
  void add_cluster(cluster::ClusterDump dump) {
    const std::string name = dump.label;
    const auto is_taken = [this](const std::string& label) {
      return std::any_of(inputs_.clusters.begin(), inputs_.clusters.end(),
                         [&](const ClusterInput& other) { return other.label == label; });
    };
    for (int number = 2; is_taken(dump.label); ++number) dump.label = fmt::format("{} ({})", name, number);
    inputs_.clusters.push_back(take_dump(std::move(dump), inputs_.sources, issues_));
  }

  void read_standard_input() {
    auto text = read_stdin(context_);
    if (!text.ok()) return fail(text.error());
    add(options_.stdin_filename.value_or("-"), {}, std::move(text).value(), true);
  }

  void add(const std::string& name, const std::string& canonical, std::string text, bool is_stdin) {
    auto added = inputs_.sources.add(name, std::move(text));
    if (!added.ok()) return fail(added.error());
    const BufferId buffer = added.value();
    ++inputs_.counts.files;
    inputs_.files.push_back({name, canonical, buffer});
    if (options_.only_manifests && !is_stdin && !may_hold_objects(inputs_.sources.text(buffer))) {
      context_.messages.verbose(1, fmt::format("`{}`: passed over, it holds no Kubernetes object", name));
      return;
    }
    rbac::LoadOptions load;
    load.format = format_of(name, inputs_.sources.text(buffer), is_stdin && !options_.stdin_filename);
    inputs_.inventory->add(buffer, load, issues_);
  }

  void fail(const Error& error) {
    ++inputs_.counts.unreadable;
    issues_.add(unreadable(error));
  }

  void finish(const FindResult& found) {
    inputs_.inventory->finish(issues_);
    const rbac::InventoryCounts& counts = inputs_.inventory->counts();
    if (options_.paths.empty() || !inputs_.clusters.empty()) {
      // Clusters were looked at.
    } else if (inputs_.counts.files == 0 && found.errors.empty() && inputs_.counts.unreadable == 0) {
      Issue issue;
      issue.code = "no-input";
      issue.level = IssueLevel::error;
      issue.message = "no input file was found, so nothing was looked at";
      issue.hint = "directories are searched for *.yaml, *.yml and *.json; -v tells what was left out";
      issues_.add(std::move(issue));
    } else if (counts.templates != 0 && counts.templates >= counts.documents && counts.objects.empty() &&
               !options_.only_manifests) {
      Issue issue;
      issue.code = "only-templates";
      issue.level = IssueLevel::error;
      issue.message = "the input holds nothing but templates, so nothing was looked at";
      issue.hint = "render them first: `helm template CHART | oidc-audit scan -`";
      issues_.add(std::move(issue));
    }
    inputs_.issues = issues_.take_issues();
    inputs_.incomplete = std::any_of(inputs_.issues.begin(), inputs_.issues.end(),
                                     [](const Issue& issue) { return issue.level == IssueLevel::error; });
  }

  const InputOptions& options_;
  Context& context_;
  Inputs& inputs_;
  Collector issues_;
};

bool is_shown(IssueLevel level, const Messages& messages) {
  switch (level) {
    case IssueLevel::error:
      return true;
    case IssueLevel::warning:
      return !messages.quiet();
    case IssueLevel::note:
      break;
  }
  return messages.verbosity() > 0;
}

}  // namespace

Inputs::Inputs() = default;
Inputs::~Inputs() = default;

void add_input_options(CommandSpec& spec, InputOptions& options) {
  spec.option(
          "-f,--filename", "PATH", options.paths,
          "a file, a snapshot, a directory (searched for *.yaml, *.yml, *.json) or `-` for standard input")
      .group = kGroup;
  spec.option("--exclude", "GLOB", options.exclude, "leave out what matches, as a line of .gitignore would")
      .group = kGroup;
  spec.flag("--force-exclude", options.force_exclude, "apply --exclude also to files that are named").group =
      kGroup;
  spec.flag("--only-manifests", options.only_manifests,
            "for hooks, which are given all files of a commit: pass over what cannot be a Kubernetes object, "
            "well-formed or not, and let nothing but templates be no failure")
      .group = kGroup;
  spec.flag("--no-ignore", options.no_ignore, "look also at what .gitignore and .ignore leave out").group =
      kGroup;
  spec.flag("--hidden", options.hidden, "look also at hidden files and directories").group = kGroup;
  spec.flag("-L,--follow", options.follow, "follow symbolic links below directories").group = kGroup;
  spec.option("--stdin-filename", "PATH", options.stdin_filename, "what reports call standard input").group =
      kGroup;
  spec.flag("--allow-partial", options.allow_partial, "let what could not be read not decide the exit status")
      .group = kGroup;
}

Result<std::string> read_stdin(Context& context) {
  if (context.terminal.in_is_terminal) context.messages.note("reading standard input; end it with Ctrl-D");
  std::string text;
  std::size_t filled = 0;
  std::size_t step = std::size_t{1} << 16;
  for (;;) {
    text.resize(filled + step);
    context.in.read(text.data() + filled, static_cast<std::streamsize>(step));
    filled += static_cast<std::size_t>(context.in.gcount());
    if (filled > kMaxFileBytes) {
      return Error(ErrorKind::limit, fmt::format("standard input is larger than {} bytes", kMaxFileBytes));
    }
    if (!context.in) break;
    step = std::max(step, filled / 2);
  }
  if (context.in.bad()) return Error(ErrorKind::unreadable, "standard input could not be read");
  text.resize(filled);
  return text;
}

Result<void> load_inputs(const InputOptions& options, Context& context, Inputs& inputs) {
  RETURN_IF_ERROR(check_cluster_options(options.cluster));
  if (options.paths.empty() && options.required.empty() && !options.cluster.wanted()) {
    return Error(ErrorKind::usage, "no input was named",
                 "name files or directories, `-` for standard input, or a cluster with --live");
  }
  return InputReader(options, context, inputs).read();
}

void print_issues(const SourceManager& sources, const std::vector<Issue>& issues, const Context& context) {
  const Messages& messages = context.messages;
  std::size_t shown = 0;
  std::size_t left_out = 0;
  std::string text;
  for (const Issue& issue : issues) {
    if (!is_shown(issue.level, messages)) continue;
    if (shown >= kShownIssues && messages.verbosity() == 0) {
      ++left_out;
      continue;
    }
    ++shown;
    text += report::issue_text(sources, issue, messages.color());
  }
  if (!text.empty()) messages.line(text.substr(0, text.size() - 1), true);
  if (left_out != 0)
    messages.note(fmt::format("{} more of this kind are not shown", left_out), "-v shows all");
}

void print_issues(const Inputs& inputs, const Context& context) {
  print_issues(inputs.sources, inputs.issues, context);
}

ExitCode with_inputs(ExitCode status, const Inputs& inputs, const InputOptions& options) {
  if (!inputs.incomplete) return status;
  // A part is enough, but nothing is no part.
  const bool nothing = options.cluster.wanted() && inputs.counts.files == 0 &&
                       std::none_of(inputs.clusters.begin(), inputs.clusters.end(),
                                    [](const ClusterInput& cluster) { return cluster.has_anything(); });
  if (options.allow_partial && !nothing) return status;
  return worse(status, ExitCode::unreadable);
}

}  // namespace oidc_audit::cli
