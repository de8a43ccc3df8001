#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/unicode.h"
#include "cli/cluster_connection.h"
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "cli/version.h"
#include "cluster/api_client.h"
#include "cluster/cluster_reader.h"
#include "cluster/snapshot.h"
#include "cluster/snapshot_list.h"
#include "report/json_writer.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;
constexpr std::size_t kMaxUnpackedBytes = std::size_t{4} << 30;

struct SaveOptions {
  ClusterOptions cluster;
  std::string file;
  std::optional<std::string> namespace_name;
  bool allow_partial = false;
};

struct LoadOptions {
  std::string file;
  std::optional<std::string> cluster;
  bool allow_partial = false;
};

std::string size_text(std::size_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

ExitCode run_save(const SaveOptions& options, Context& context) {
  if (!options.cluster.wanted())
    return context.fail(Error(ErrorKind::usage, "no cluster was named", "add --live, or --context NAME"));
  std::vector<Error> unusable;
  auto chosen = choose_clusters(options.cluster, context, false, unusable);
  if (!chosen.ok()) return context.fail(chosen.error());
  cluster::Snapshot snapshot;
  snapshot.tool = std::string(kVersion);
  bool complete = unusable.empty();
  for (const Error& error : unusable) context.messages.error(error);
  SourceManager none;
  cluster::ReadPlan plan;
  plan.kinds = cluster::audited_kinds();
  plan.discovery = true;
  plan.aws_auth = cluster::AwsAuth::if_eks;
  plan.asked_namespace = options.namespace_name.value_or("");
  plan.page_size = static_cast<std::size_t>(options.cluster.chunk_size);
  std::vector<Result<cluster::ClusterDump>> dumps = read_live(chosen.value(), plan, context);
  for (std::size_t i = 0; i < dumps.size(); ++i) {
    Result<cluster::ClusterDump>& dump = dumps[i];
    if (!dump.ok()) {
      const std::string& label = chosen.value()[i]->label();
      context.messages.error(std::move(dump).error().with_context(fmt::format("cluster {}", label)));
      complete = false;
      continue;
    }
    std::vector<Issue> issues;
    for (const cluster::Gap& gap : dump.value().gaps) issues.push_back(gap_issue(gap, dump.value().label));
    print_issues(none, issues, context);
    complete = complete && issues.empty();
    snapshot.clusters.push_back(std::move(dump).value());
  }
  if (snapshot.clusters.empty()) return ExitCode::unreadable;
  const auto packed = cluster::write_snapshot(snapshot);
  if (!packed.ok()) return context.fail(packed.error());
  if (auto written = context.files.write_atomically(options.file, packed.value()); !written.ok())
    return context.fail(std::move(written).error().with_context("writing the snapshot"));
  context.messages.note(fmt::format("{} of {} written to {}", size_text(packed.value().size()),
                                    snapshot.clusters.size() == 1
                                        ? "cluster " + snapshot.clusters.front().label
                                        : fmt::format("{} clusters", snapshot.clusters.size()),
                                    options.file));
  return complete || options.allow_partial ? ExitCode::ok : ExitCode::unreadable;
}

/// Bytes and pages of each resource, in the order of the snapshot.
struct Held {
  std::string resource;
  std::size_t pages = 0;
  std::size_t bytes = 0;
};

std::vector<Held> held_by(const cluster::ClusterDump& dump) {
  std::vector<Held> out;
  const auto add = [&out](const std::string& resource, std::size_t bytes) {
    auto it =
        std::find_if(out.begin(), out.end(), [&](const Held& held) { return held.resource == resource; });
    if (it == out.end()) it = out.insert(out.end(), {resource, 0, 0});
    ++it->pages;
    it->bytes += bytes;
  };
  for (const cluster::ListPage& page : dump.pages) add(page.resource, page.text.size());
  for (const std::string& text : dump.discovery) add("discovery", text.size());
  return out;
}

std::string snapshot_json(const cluster::Snapshot& snapshot) {
  report::JsonWriter json;
  json.begin_object();
  json.field("schema", "oidc-audit/snapshot-load/1");
  json.field("tool", snapshot.tool);
  json.key("clusters").begin_array();
  for (const cluster::ClusterDump& dump : snapshot.clusters) {
    json.begin_object();
    json.field("name", dump.label)
        .field("serverVersion", dump.server_version)
        .field("takenAt", dump.taken_at);
    json.field("complete", dump.gaps.empty());
    json.key("held").begin_array();
    for (const Held& held : held_by(dump)) {
      json.begin_object();
      json.field("resource", held.resource).count("pages", held.pages).count("bytes", held.bytes);
      json.end_object();
    }
    json.end_array();
    json.key("incomplete").begin_array();
    for (const cluster::Gap& gap : dump.gaps) {
      json.begin_object();
      json.field("resource", gap.resource)
          .field("reason", to_string(gap.reason))
          .field("message", gap.message);
      json.strings("namespaces", gap.namespaces).strings("readNamespaces", gap.read_namespaces);
      if (!gap.object.empty()) json.field("object", gap.object);
      json.end_object();
    }
    json.end_array().end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

std::string snapshot_text(const cluster::Snapshot& snapshot) {
  std::string out;
  for (const cluster::ClusterDump& dump : snapshot.clusters) {
    out += fmt::format(
        "cluster {}, server {}, taken at {}\n", escape_for_display(dump.label),
        dump.server_version.empty() ? "of unknown version" : escape_for_display(dump.server_version),
        escape_for_display(dump.taken_at));
    for (const Held& held : held_by(dump))
      out += fmt::format("  {:<22} {:>4} {}  {}\n", escape_for_display(held.resource), held.pages,
                         held.pages == 1 ? "page " : "pages", size_text(held.bytes));
  }
  return out;
}

ExitCode run_load(const LoadOptions& options, Context& context) {
  auto bytes = context.files.read(options.file, kMaxFileBytes);
  if (!bytes.ok()) return context.fail(bytes.error());
  if (!cluster::looks_like_snapshot(bytes.value()))
    return context.fail(Error(ErrorKind::malformed, fmt::format("`{}` is no snapshot", options.file),
                              "snapshots are made by `oidc-audit snapshot save`"));
  auto read = cluster::read_snapshot(bytes.value(), kMaxUnpackedBytes);
  if (!read.ok())
    return context.fail(std::move(read).error().with_context(fmt::format("`{}`", options.file)));
  cluster::Snapshot& snapshot = read.value();
  if (options.cluster) {
    std::erase_if(snapshot.clusters,
                  [&](const cluster::ClusterDump& dump) { return dump.label != *options.cluster; });
    if (snapshot.clusters.empty())
      return context.fail(
          Error(ErrorKind::usage, fmt::format("the snapshot has no cluster `{}`", *options.cluster)));
  }
  SourceManager none;
  bool complete = true;
  for (const cluster::ClusterDump& dump : snapshot.clusters) {
    std::vector<Issue> issues;
    for (const cluster::Gap& gap : dump.gaps) issues.push_back(gap_issue(gap, dump.label));
    print_issues(none, issues, context);
    complete = complete && issues.empty();
  }
  if (context.options.output == "list") {
    if (snapshot.clusters.size() != 1)
      return context.fail(Error(ErrorKind::usage, "a list holds the objects of one cluster",
                                "name it: snapshot load FILE CLUSTER -o list"));
    const auto list = cluster::objects_as_list(snapshot.clusters.front());
    if (!list.ok()) return context.fail(Error(list.error()).with_context(fmt::format("`{}`", options.file)));
    context.out.write(list.value());
  } else {
    context.out.write(context.options.output == "json" ? snapshot_json(snapshot) : snapshot_text(snapshot));
  }
  return complete || options.allow_partial ? ExitCode::ok : ExitCode::unreadable;
}

}  // namespace

void declare_snapshot(CommandSpec& spec) {
  spec.description(
      "Keeps what live clusters hold in one compressed file, so that an audit can be repeated without them. "
      "Commands that read manifests read snapshots too: they are recognised by their content.");

  auto save = std::make_shared<SaveOptions>();
  CommandSpec& save_spec = spec.subcommand("save", "Write what clusters hold to a file");
  save_spec.description(
      "Reads RBAC objects, service accounts, namespaces and the resources of the server, and writes them to "
      "FILE, "
      "whole or not at all. The file holds no credentials and no addresses. What may not be listed is noted "
      "in it.");
  save_spec.example("Save the cluster of the current context", "snapshot save prod.snapshot --live");
  save_spec.example("Look at it later", "scan prod.snapshot");
  save_spec.positional("FILE", save->file, "where to write");
  save_spec.option("-n,--namespace", "NAME", save->namespace_name,
                   "read this namespace alone where not all may be listed");
  save_spec.flag("--allow-partial", save->allow_partial,
                 "let what could not be read not decide the exit status");
  add_cluster_options(save_spec, save->cluster, true);
  save_spec.run([save](Context& context) { return run_save(*save, context); });

  auto load = std::make_shared<LoadOptions>();
  CommandSpec& load_spec = spec.subcommand("load", "Check a snapshot and tell what it holds");
  load_spec.description(
      "Reads a snapshot to its end, checks it, and tells what it holds. -o list prints the objects of one "
      "cluster as "
      "`kubectl get -o json` does.");
  load_spec.example("What is in it?", "snapshot load prod.snapshot");
  load_spec.example("Its objects for another tool", "snapshot load prod.snapshot prod -o list");
  load_spec.output_formats({"text", "json", "list"});
  load_spec.positional("FILE", load->file, "snapshot to read");
  load_spec.positional("CLUSTER", load->cluster, "this cluster of it alone");
  load_spec.flag("--allow-partial", load->allow_partial, "let what it lacks not decide the exit status");
  load_spec.run([load](Context& context) { return run_load(*load, context); });
}

}  // namespace oidc_audit::cli
