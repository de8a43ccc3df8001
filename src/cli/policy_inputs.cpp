#include "cli/policy_inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/token_options.h"
#include "document/reader.h"
#include "oidc/catalogue.h"
#include "rbac/authorizer.h"
#include "rbac/builtins.h"
#include "rbac/inventory.h"
#include "rbac/policy.h"
#include "rbac/resources.h"

namespace oidc_audit::cli {

namespace {

constexpr const char* kGroup = "Authorizer options";
constexpr std::size_t kShownNotes = 12;
constexpr std::size_t kMaxDiscoveryBytes = std::size_t{64} << 20;

/// Webhooks before RBAC may deny, others anywhere may allow (reload.go, union.go).
void add_chain_notes(const rbac::Inventory& inventory, bool allowed, std::vector<std::string>& notes) {
  const auto configurations = inventory.others("AuthorizationConfiguration");
  if (configurations.empty()) {
    notes.emplace_back(
        allowed ? "assumes that RBAC is among the server's authorizers, that none before it denies, and that "
                  "admission agrees"
                : "assumes that no other authorizer of the server allows it");
    return;
  }
  std::string chain;
  std::vector<std::string> before;
  std::vector<std::string> others;
  bool rbac_seen = false;
  for (const document::Value authorizer : configurations.back()->value.find("authorizers").items()) {
    const std::string type(authorizer.find("type").text());
    const std::string name(authorizer.find("name").text());
    chain += fmt::format("{}{} `{}`", chain.empty() ? "" : ", ", type, name);
    if (type == "RBAC") {
      rbac_seen = true;
      continue;
    }
    if (type == "Webhook" && !rbac_seen) before.push_back(name);
    if (type != "Node" && type != "AlwaysDeny") others.push_back(fmt::format("{} `{}`", type, name));
  }
  notes.push_back(fmt::format("the server asks, in this order: {}", chain));
  if (!rbac_seen)
    notes.emplace_back("RBAC is not among the server's authorizers: this answer does not count");
  if (allowed) {
    for (const std::string& name : before)
      notes.push_back(
          fmt::format("subject to the webhook `{}`, which is asked before RBAC and may deny", name));
  } else {
    for (const std::string& name : others) notes.push_back(fmt::format("{} may allow it all the same", name));
  }
}

void add_default_binding_note(const PolicyInputs& loaded, const rbac::Attributes& request,
                              std::vector<std::string>& notes) {
  std::set<std::string> present;
  for (const rbac::Binding* binding : loaded.policy->bindings())
    if (binding->kind == rbac::BindingKind::cluster_role_binding) present.emplace(binding->meta.name.value);
  for (const rbac::Binding& binding : rbac::builtin_policy(loaded.kubernetes_minor).bindings) {
    if (binding.kind != rbac::BindingKind::cluster_role_binding) continue;
    if (present.count(std::string(binding.meta.name.value)) != 0) continue;
    const bool applies = std::any_of(
        binding.subjects.begin(), binding.subjects.end(),
        [&](const rbac::Subject& subject) { return rbac::subject_applies(subject, request.user, {}); });
    const rbac::Role* const role = rbac::find_builtin_cluster_role(binding.role_ref.name.value);
    if (!applies || role == nullptr) continue;
    const bool grants =
        std::any_of(role->rules.begin(), role->rules.end(),
                    [&](const rbac::PolicyRule& rule) { return rbac::rule_allows(rule, request); });
    if (!grants) continue;
    notes.push_back(
        fmt::format("the default ClusterRoleBinding `{}`, which the input lacks, grants this on an "
                    "ordinary server; --default-bindings counts it",
                    binding.meta.name.value));
    return;
  }
}

}  // namespace

Result<void> add_discovery(BufferId buffer, document::Format format, Context& context, PolicyInputs& loaded) {
  document::ReadOptions options;
  options.format = format;
  document::Stream stream = document::read_documents(loaded.inputs.sources, buffer, options);
  const std::string& name = loaded.inputs.sources.name(buffer);
  if (stream.failed_documents != 0 || stream.documents.empty()) {
    print_issues(loaded.inputs.sources, stream.issues, context);
    return Error(ErrorKind::malformed, fmt::format("`{}` cannot be read as discovery data", name));
  }
  for (const document::Document& document : stream.documents) {
    auto added = loaded.catalog->add_discovery(document.root);
    if (!added.ok()) return std::move(added).error().with_context(fmt::format("reading `{}`", name));
  }
  return {};
}

PolicyInputs::PolicyInputs() = default;
PolicyInputs::~PolicyInputs() = default;

void add_policy_options(CommandSpec& spec, PolicyFlags& flags, bool impersonation) {
  add_input_options(spec, flags.input);
  add_cluster_options(spec, flags.input.cluster, impersonation);
  spec.option("--discovery", "FILE", flags.discovery,
              "resources of the server, as `kubectl get --raw /apis/GROUP/VERSION` prints them")
      .group = kGroup;
  spec.flag("--default-bindings", flags.default_bindings,
            "count the default bindings of Kubernetes that the input lacks")
      .group = kGroup;
  spec.flag("--no-builtin", flags.no_builtin, "take no default role of Kubernetes that the input lacks")
      .group = kGroup;
  spec.flag("--no-aggregate", flags.no_aggregate, "use the rules of aggregated ClusterRoles as they stand")
      .group = kGroup;
  spec.flag("--no-masters", flags.no_masters, "ask RBAC alone, also for members of system:masters").group =
      kGroup;
}

Result<void> load_policy(const PolicyFlags& flags, Context& context, PolicyInputs& loaded) {
  ASSIGN_OR_RETURN(const LoadedConfig config, load_config(context, loaded.inputs.sources));
  return load_policy(flags, config, context, loaded);
}

Result<void> load_policy(const PolicyFlags& flags, const LoadedConfig& config, Context& context,
                         PolicyInputs& loaded) {
  if (flags.input.cluster.wanted() && !flags.input.paths.empty())
    return Error(ErrorKind::usage, "files and a live cluster cannot be asked together",
                 "objects of one say nothing of the other; `drift` compares them");
  loaded.prefixes = config.config.all_prefixes();
  std::optional<std::string> version = flags.kubernetes_version;
  if (!version && !config.config.kubernetes_version.empty()) version = config.config.kubernetes_version;
  loaded.minor_given = version.has_value();
  ASSIGN_OR_RETURN(loaded.kubernetes_minor, kubernetes_minor(version));
  InputOptions input = flags.input;
  input.config_exclude = config.config.exclude;
  input.config_directory = config.directory;
  input.cluster_namespace = input.namespace_name.value_or("");
  input.all_kinds = false;
  input.discovery = true;
  if (!input.namespace_name && !config.config.namespace_name.empty())
    input.namespace_name = config.config.namespace_name;
  RETURN_IF_ERROR(load_inputs(input, context, loaded.inputs));
  print_issues(loaded.inputs, context);
  for (const std::string& path : flags.discovery) {
    ASSIGN_OR_RETURN(std::string text, context.files.read(path, kMaxDiscoveryBytes));
    ASSIGN_OR_RETURN(const BufferId buffer, loaded.inputs.sources.add(path, std::move(text)));
    loaded.discovery.push_back(buffer);
  }
  return {};
}

std::vector<std::string> policy_notes(const PolicyInputs& loaded) {
  std::vector<std::string> notes;
  if (loaded.cluster != nullptr) {
    for (const cluster::Gap& gap : loaded.cluster->gaps) {
      if (!gap.object.empty()) continue;  // grants nothing by itself
      notes.push_back(fmt::format("not all {} could be read: what they grant is missing here", gap.resource));
    }
  }
  std::size_t unknown = 0;
  for (const rbac::PolicyNote& note : loaded.policy->notes()) {
    if (note.kind == rbac::PolicyNote::Kind::unknown_namespace) {
      ++unknown;
    } else if (note.kind == rbac::PolicyNote::Kind::stored_rules && loaded.cluster != nullptr) {
      // That a server's rules are its rules goes without saying.
    } else {
      notes.push_back(note.message);
    }
  }
  if (unknown != 0)
    notes.push_back(
        fmt::format("{} namespaced object{} name{} no namespace and take{} no part; -n says where "
                    "they go",
                    unknown, unknown == 1 ? "" : "s", unknown == 1 ? "s" : "", unknown == 1 ? "s" : ""));
  if (notes.size() > kShownNotes) {
    const std::size_t more = notes.size() - kShownNotes;
    notes.resize(kShownNotes);
    notes.push_back(fmt::format("{} more remarks of this kind", more));
  }
  return notes;
}

std::vector<std::string> assumption_notes(const PolicyInputs& loaded, const rbac::Attributes& request,
                                          bool allowed) {
  std::vector<std::string> notes;
  // What a cluster has is all there is.
  const bool whole = loaded.cluster != nullptr && loaded.cluster->complete().bindings;
  if (!allowed && !whole) add_default_binding_note(loaded, request, notes);
  const std::vector<std::string>& groups = request.user.groups;
  if (request.user.name.starts_with("system:node:") &&
      std::find(groups.begin(), groups.end(), "system:nodes") != groups.end())
    notes.emplace_back(
        "this identity is a node's: the Node authorizer decides with live objects; only the RBAC "
        "part is answered here");
  add_chain_notes(*loaded.inventory, allowed, notes);
  return notes;
}

report::SubjectParser subject_parser(const PolicyInputs& loaded) {
  return [&loaded](std::string_view name) {
    report::ParsedSubject out;
    oidc::ParseOptions options;
    options.prefixes = loaded.prefixes;
    const oidc::ParsedName parsed = oidc::Catalogue::builtin().parse(name, options);
    const oidc::Candidate* const best = parsed.recognised();
    if (best == nullptr || best->provider == nullptr) return out;
    out.provider = best->provider->id;
    out.kind = best->kind;
    out.tenant_name = best->tenant.name;
    out.tenant_value = best->tenant.value.value_or("");
    for (const oidc::Segment& segment : best->segments) {
      const bool seen = std::any_of(out.segments.begin(), out.segments.end(),
                                    [&](const auto& known) { return known.first == segment.name; });
      if (!seen) out.segments.emplace_back(std::string(segment.name), std::string(segment.value));
    }
    return out;
  };
}

}  // namespace oidc_audit::cli
