#include <fmt/format.h>

#include <sstream>
#include <utility>

#include "base/strings.h"
#include "base/unicode.h"
#include "cli/context.h"
#include "cli/policy_inputs.h"
#include "rbac/authorizer.h"
#include "rbac/inventory.h"
#include "rbac/policy.h"
#include "rbac/releases.h"
#include "rbac/resources.h"
#include "report/json_writer.h"

namespace oidc_audit::cli {

namespace {

/// Makes `loaded` ready to be asked about the files, or about a cluster.
Result<void> select(const PolicyFlags& flags, Context& context, PolicyInputs& loaded,
                    const ClusterInput* cluster) {
  loaded.cluster = cluster;
  loaded.inventory = cluster != nullptr ? cluster->inventory.get() : loaded.inputs.inventory.get();
  if (cluster != nullptr && !loaded.minor_given) {
    const std::string_view version = cluster->server_version;
    if (const int minor = rbac::minor_of(version.substr(version.starts_with('v') ? 1 : 0)); minor != 0)
      loaded.kubernetes_minor = minor;
  }
  loaded.catalog = std::make_unique<rbac::ResourceCatalog>(loaded.kubernetes_minor);
  for (const rbac::CustomResource& custom : loaded.inventory->custom_resources()) loaded.catalog->add(custom);
  if (cluster != nullptr) {
    for (const BufferId buffer : cluster->discovery)
      RETURN_IF_ERROR(add_discovery(buffer, document::Format::json, context, loaded));
  }
  for (const BufferId buffer : loaded.discovery)
    RETURN_IF_ERROR(
        add_discovery(buffer, document::format_of_name(loaded.inputs.sources.name(buffer)), context, loaded));
  rbac::PolicyOptions options;
  options.builtin = !flags.no_builtin;
  options.aggregate = !flags.no_aggregate;
  if (cluster != nullptr) {
    // A role that a cluster does not have is not there, and the rules it stores are those it goes by.
    const rules::Completeness complete = cluster->complete();
    options.builtin = options.builtin && !(complete.cluster_roles && complete.roles);
    options.aggregate = false;
  }
  options.builtin_bindings = flags.default_bindings;
  options.kubernetes_minor = loaded.kubernetes_minor;
  loaded.authorizer.reset();
  loaded.policy =
      std::make_unique<rbac::Policy>(loaded.inventory->roles(), loaded.inventory->bindings(), options);
  loaded.authorizer = std::make_unique<rbac::Authorizer>(*loaded.policy);
  return {};
}

struct Answer {
  std::string cluster;
  ExitCode status;
  std::string text;
};

Answer ask(const PolicyFlags& flags, Context& context, PolicyInputs& loaded, const ClusterInput& cluster,
           const std::function<ExitCode(Context&)>& body) {
  Answer answer{cluster.label, ExitCode::unreadable, {}};
  if (auto selected = select(flags, context, loaded, &cluster); !selected.ok()) {
    context.messages.error(
        std::move(selected).error().with_context(fmt::format("cluster {}", cluster.label)));
    return answer;
  }
  std::ostringstream text;
  Output captured(text, context.files, {});
  Context inner{context.options, context.in,          captured,         context.messages, context.files,
                context.clock,   context.environment, context.terminal, context.program,  context.color_out,
                context.width};
  answer.status = body(inner);
  answer.text = text.str();
  return answer;
}

std::string combine_lines(const std::vector<Answer>& answers) {
  std::string out;
  for (const Answer& answer : answers) {
    for (const std::string_view line : split(answer.text, '\n')) {
      if (line.empty()) continue;
      report::JsonWriter json(report::JsonWriter::Style::one_line);
      json.begin_object().field("cluster", answer.cluster).key("answer").raw(line).end_object();
      out += json.take() + "\n";
    }
  }
  return out;
}

std::string combine_json(const std::vector<Answer>& answers) {
  report::JsonWriter json;
  json.begin_object().field("schema", "oidc-audit/clusters/1");
  json.key("clusters").begin_array();
  for (const Answer& answer : answers) {
    json.begin_object();
    json.field("cluster", answer.cluster);
    json.field("status", static_cast<std::int64_t>(answer.status));
    json.key("answer");
    const std::string_view text = trim_ascii(answer.text);
    if (text.empty()) {
      json.null();
    } else {
      // Line breaks stand between the parts of a document only: its strings have escapes.
      json.raw(replace_all(text, "\n", "\n      "));
    }
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

std::string combine_text(const std::vector<Answer>& answers) {
  std::string out;
  for (const Answer& answer : answers) {
    if (!out.empty()) out += "\n";
    out += fmt::format("== cluster {} ==\n\n{}", escape_for_display(answer.cluster), answer.text);
  }
  return out;
}

/// A question that one cluster cannot be asked (it lacks the binding, say) counts only if none can.
ExitCode status_of(const std::vector<Answer>& answers) {
  ExitCode status = ExitCode::ok;
  bool all_usage = true;
  for (const Answer& answer : answers) {
    if (answer.status == ExitCode::usage) continue;
    all_usage = false;
    status = worse(status, answer.status);
  }
  return all_usage ? ExitCode::usage : status;
}

}  // namespace

ExitCode for_each_world(const PolicyFlags& flags, Context& context, PolicyInputs& loaded,
                        const std::function<ExitCode(Context&)>& body) {
  const std::vector<ClusterInput>& clusters = loaded.inputs.clusters;
  // Where no cluster answered there is nothing to ask; that was said.
  if (clusters.empty() && flags.input.cluster.wanted()) return ExitCode::unreadable;
  if (!clusters.empty() && loaded.inputs.counts.files != 0)
    return context.fail(Error(ErrorKind::usage, "files and a cluster cannot be asked together",
                              "objects of one say nothing of the other; `drift` compares them"));
  if (clusters.size() <= 1) {
    const auto selected = select(flags, context, loaded, clusters.empty() ? nullptr : &clusters.front());
    if (!selected.ok()) return context.fail(selected.error());
    return with_inputs(body(context), loaded.inputs, flags.input);
  }
  if (flags.input.stdin_used)
    return context.fail(Error(ErrorKind::usage, "standard input can be read for one cluster only",
                              "put it into a file, or name one context"));
  std::vector<Answer> answers;
  for (const ClusterInput& cluster : clusters) answers.push_back(ask(flags, context, loaded, cluster, body));
  const std::string& format = context.options.output;
  const ExitCode status = status_of(answers);
  if (status == ExitCode::usage) return status;
  context.out.write(format == "json"    ? combine_json(answers)
                    : format == "jsonl" ? combine_lines(answers)
                                        : combine_text(answers));
  return with_inputs(status, loaded.inputs, flags.input);
}

}  // namespace oidc_audit::cli
