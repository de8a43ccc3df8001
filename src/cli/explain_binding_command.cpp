#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/strings.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/policy_inputs.h"
#include "rbac/policy.h"
#include "rbac/resources.h"
#include "rbac/role_facts.h"

namespace oidc_audit::cli {

namespace {

struct ExplainOptions {
  PolicyFlags policy;
  std::string name;
  std::optional<std::string> namespace_name;
};

/// `[KIND/][NAMESPACE/]NAME` taken apart. Names of bindings hold no `/`.
struct BindingName {
  std::optional<rbac::BindingKind> kind;
  std::optional<std::string> namespace_name;
  std::string name;
};

std::optional<rbac::BindingKind> binding_kind(std::string_view text) {
  const std::string lower = to_lower_ascii(text);
  if (lower == "rolebinding" || lower == "rolebindings" || lower == "rb")
    return rbac::BindingKind::role_binding;
  if (lower == "clusterrolebinding" || lower == "clusterrolebindings" || lower == "crb")
    return rbac::BindingKind::cluster_role_binding;
  return std::nullopt;
}

Result<BindingName> read_name(const std::string& text) {
  const std::vector<std::string_view> parts = split(text, '/');
  BindingName name;
  std::size_t at = 0;
  if (parts.size() > 1) {
    name.kind = binding_kind(parts[0]);
    if (name.kind) at = 1;
  }
  if (parts.size() - at > 2 || parts.back().empty())
    return Error(ErrorKind::usage, fmt::format("`{}` is not of the form [KIND/][NAMESPACE/]NAME", text));
  if (parts.size() - at == 2) name.namespace_name = std::string(parts[at]);
  name.name = std::string(parts.back());
  return name;
}

/// Index into the policy's bindings.
Result<std::size_t> find_binding(const rbac::Policy& policy, const BindingName& name, bool incomplete) {
  std::vector<std::size_t> found;
  std::vector<std::string_view> names;
  for (std::size_t i = 0; i < policy.bindings().size(); ++i) {
    const rbac::Binding& binding = *policy.bindings()[i];
    names.push_back(binding.meta.name.value);
    if (binding.meta.name != name.name) continue;
    if (name.kind && binding.kind != *name.kind) continue;
    if (name.namespace_name && binding.meta.namespace_name != *name.namespace_name) continue;
    found.push_back(i);
  }
  if (found.size() == 1) return found.front();
  if (found.empty()) {
    const auto near = nearest(name.name, names);
    // It may stand in what could not be read.
    return Error(incomplete ? ErrorKind::unreadable : ErrorKind::usage,
                 fmt::format("the input{} holds no binding `{}`",
                             incomplete ? ", as far as it could be read," : "", name.name),
                 near ? fmt::format("did you mean `{}`?", *near) : std::string());
  }
  std::string choices;
  for (std::size_t i = 0; i < found.size() && i < 5; ++i)
    choices += fmt::format("{}{}", i == 0 ? "" : ", ",
                           oidc_audit::to_string(policy.bindings()[found[i]]->meta.ref()));
  return Error(ErrorKind::usage, fmt::format("`{}` names {} bindings", name.name, found.size()),
               "name one of them: " + choices);
}

report::ExplainedSubject explain_subject(const rbac::Binding& binding, std::size_t number) {
  const rbac::Subject& subject = binding.subjects[number];
  const bool namespaced = binding.kind == rbac::BindingKind::role_binding;
  report::ExplainedSubject out{number, {}, true};
  switch (subject.kind) {
    case rbac::SubjectKind::user:
      out.effect = "the user of exactly this name";
      if (subject.name.value.find('*') != std::string_view::npos)
        out.effect += "; `*` is an ordinary character, no pattern";
      if (subject.name.value.starts_with("system:serviceaccount:"))
        out.effect += ", that is a service account";
      return out;
    case rbac::SubjectKind::group:
      out.effect = "every member of exactly this group";
      if (subject.name == "system:authenticated") out.effect = "everybody who is authenticated";
      if (subject.name == "system:unauthenticated") out.effect = "everybody who presents no credentials";
      if (subject.name == "system:masters")
        out.effect = "members of system:masters, who are allowed everything before RBAC is asked";
      if (subject.name.value.find('*') != std::string_view::npos)
        out.effect += "; `*` is an ordinary character, no pattern";
      return out;
    case rbac::SubjectKind::service_account: {
      std::string_view place = subject.namespace_name.value;
      if (place.empty() && namespaced) place = binding.meta.namespace_name.value;
      if (place.empty()) {
        out.matches = false;
        out.effect = "nobody: a ServiceAccount needs a namespace here";
        return out;
      }
      out.effect = fmt::format("the user `system:serviceaccount:{}:{}`{}", place, subject.name.value,
                               subject.namespace_name.empty() ? " (namespace of the binding)" : "");
      return out;
    }
    case rbac::SubjectKind::other:
      break;
  }
  out.matches = false;
  out.effect =
      fmt::format("nobody: kind `{}` is not one of User, Group, ServiceAccount", subject.kind_text.value);
  return out;
}

/// What of a rule cannot work through this binding.
std::string limits_of(const rbac::PolicyRule& rule, const rbac::Binding& binding,
                      const rbac::ResourceCatalog& catalog) {
  std::vector<std::string> limits;
  const bool namespaced = binding.kind == rbac::BindingKind::role_binding;
  if (namespaced && !rule.non_resource_urls.empty()) limits.emplace_back("a RoleBinding grants no paths");
  std::string cluster_scoped;
  if (namespaced) {
    for (const rbac::Text& group : rule.api_groups) {
      for (const rbac::Text& resource : rule.resources) {
        const std::string_view plural = resource.value.substr(0, resource.value.find('/'));
        const rbac::ApiResource* const known = catalog.find(group.value, plural);
        if (known == nullptr || known->namespaced || known->is_virtual || plural == "namespaces") continue;
        cluster_scoped += fmt::format("{}{}", cluster_scoped.empty() ? "" : ", ", resource.value);
        if (cluster_scoped.size() > 200) break;
      }
    }
  }
  if (!cluster_scoped.empty())
    limits.push_back(cluster_scoped + ": cluster-scoped, out of reach of a RoleBinding");
  if (!rule.resource_names.empty()) {
    const auto has = [&rule](std::string_view verb) {
      return std::any_of(rule.verbs.begin(), rule.verbs.end(),
                         [verb](const rbac::Text& t) { return t.value == verb || t.value == "*"; });
    };
    if (has("create") || has("deletecollection"))
      limits.emplace_back("names never match create by POST or deletecollection");
    if (has("list") || has("watch"))
      limits.emplace_back("list and watch only with a metadata.name field selector");
  }
  return join(limits, "; ");
}

std::string level_of(const rbac::Role& role, bool cluster_wide) {
  const rbac::RoleFacts facts = rbac::role_facts(role);
  if (facts.grants_nothing) return "grants nothing";
  if (facts.admin_capable && cluster_wide) return "admin-capable";
  return facts.write_capable ? "write-capable" : "read-only";
}

ExitCode explain(const BindingName& name, const PolicyInputs& loaded, Context& context) {
  auto index = find_binding(*loaded.policy, name, loaded.inputs.incomplete);
  if (!index.ok()) return context.fail(index.error());

  const rbac::Binding& binding = *loaded.policy->bindings()[index.value()];
  const bool cluster_wide = binding.kind == rbac::BindingKind::cluster_role_binding;
  report::BindingReport report{loaded.inputs.sources,
                               binding,
                               loaded.policy->role_of(index.value()),
                               {},
                               {},
                               {},
                               {},
                               {},
                               subject_parser(loaded),
                               policy_notes(loaded)};
  report.scope = cluster_wide ? std::string("the whole cluster")
                              : fmt::format("namespace {}", binding.meta.namespace_name.value);
  for (std::size_t i = 0; i < binding.subjects.size(); ++i)
    report.subjects.push_back(explain_subject(binding, i));
  if (report.role == nullptr) {
    report.missing = rbac::missing_role_text(binding);
    report.level = "grants nothing";
  } else {
    report.level = level_of(*report.role, cluster_wide);
    for (std::size_t i = 0; i < report.role->rules.size(); ++i)
      report.rules.push_back({i, limits_of(report.role->rules[i], binding, *loaded.catalog)});
  }
  context.out.write(context.options.output == "json" ? report::binding_json(report)
                                                     : report::binding_text(report));
  return ExitCode::ok;
}

ExitCode run_explain(const ExplainOptions& given, Context& context) {
  ExplainOptions options = given;
  options.policy.input.namespace_name = options.namespace_name;
  auto name = read_name(options.name);
  if (!name.ok()) return context.fail(name.error());
  PolicyInputs loaded;
  if (auto read = load_policy(options.policy, context, loaded); !read.ok()) return context.fail(read.error());
  return for_each_world(options.policy, context, loaded,
                        [&](Context& each) { return explain(name.value(), loaded, each); });
}

}  // namespace

void declare_explain_binding(CommandSpec& spec) {
  auto options = std::make_shared<ExplainOptions>();
  spec.description(
      "Tells who gets what through one binding, and in which scope: each subject with what it stands for, "
      "the "
      "role with its effective rules, and what of them cannot work through this binding.");
  spec.example("A RoleBinding of one namespace", "explain-binding prod/deployers -f deploy/");
  spec.example("With its kind, where names are ambiguous",
               "explain-binding ClusterRoleBinding/admins -f deploy/");
  spec.output_formats({"text", "json"});
  spec.positional("BINDING", options->name, "[KIND/][NAMESPACE/]NAME");
  spec.option("-n,--namespace", "NAMESPACE", options->namespace_name,
              "namespace of input objects that name none");
  add_policy_options(spec, options->policy, true);
  spec.run([options](Context& context) { return run_explain(*options, context); });
}

}  // namespace oidc_audit::cli
