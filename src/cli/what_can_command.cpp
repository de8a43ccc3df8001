#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/identity.h"
#include "cli/policy_inputs.h"
#include "rbac/access_query.h"
#include "rbac/attributes.h"

namespace oidc_audit::cli {

namespace {

struct WhatCanOptions {
  PolicyFlags policy;
  IdentityOptions identity;
  std::optional<std::string> subject;
  std::optional<std::string> namespace_name;
};

/// Whose rules are listed.
struct Subject {
  Identity identity;
  bool groups_alone = false;
};

/// `User:NAME`, `Group:NAME`, `ServiceAccount:NAMESPACE:NAME` or `ServiceAccount:NAMESPACE/NAME`.
Result<Subject> read_subject(const std::string& text, bool exact_groups) {
  const std::size_t colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  const std::string name = colon == std::string::npos ? std::string() : text.substr(colon + 1);
  if (name.empty())
    return Error(ErrorKind::usage, fmt::format("`{}` is not of the form Kind:NAME", text),
                 "User:NAME, Group:NAME or ServiceAccount:NAMESPACE:NAME");
  Subject subject;
  if (kind == "Group") {
    subject.groups_alone = true;
    subject.identity.user.groups = {name};
    return subject;
  }
  if (kind == "User") {
    subject.identity.user.name = name;
  } else if (kind == "ServiceAccount") {
    const std::size_t split = name.find_first_of(":/");
    if (split == std::string::npos || split == 0 || split + 1 == name.size())
      return Error(ErrorKind::usage, fmt::format("`{}` names no namespace", text),
                   "ServiceAccount:NAMESPACE:NAME");
    subject.identity.user.name =
        fmt::format("system:serviceaccount:{}:{}", name.substr(0, split), name.substr(split + 1));
  } else {
    return Error(ErrorKind::usage,
                 fmt::format("subject kind `{}` is not one of User, Group, ServiceAccount", kind));
  }
  if (!exact_groups) rbac::add_implicit_groups(subject.identity.user, true);
  return subject;
}

Result<Subject> who(const WhatCanOptions& options, Context& context, PolicyInputs* loaded) {
  if (options.subject) {
    if (options.identity.given())
      return Error(ErrorKind::usage, "--subject and --user or --group exclude each other");
    return read_subject(*options.subject, options.identity.exact_groups);
  }
  Subject subject;
  if (!options.identity.user && !options.identity.groups.empty() && !options.identity.iam.any()) {
    subject.groups_alone = true;
    subject.identity.user.groups = options.identity.groups;
    return subject;
  }
  ASSIGN_OR_RETURN(subject.identity, resolve_identity(options.identity, context, loaded));
  return subject;
}

ExitCode answer(const WhatCanOptions& options, const Subject& subject, const PolicyInputs& loaded,
                Context& context) {
  const Identity& identity = subject.identity;
  if (!identity.authenticated) {
    context.out.write(context.options.output == "json" ? identity.authentication_json + "\n"
                                                       : identity.authentication_text);
    return ExitCode::findings;
  }

  std::optional<std::string_view> only;
  if (options.namespace_name) only = *options.namespace_name;
  rbac::WhatCan found =
      rbac::what_can(*loaded.authorizer, identity.user, only ? &*only : nullptr, subject.groups_alone);
  if (options.policy.no_masters) found.masters = false;
  report::WhatCanReport report{loaded.inputs.sources,  identity.user,       subject.groups_alone, found,
                               subject_parser(loaded), policy_notes(loaded)};
  for (const std::string& note : identity.notes) report.notes.push_back(note);
  if (subject.groups_alone)
    report.notes.emplace_back(
        "what the group gives by itself; its members have more through system:authenticated and their own "
        "names");
  if (context.options.output == "json") {
    context.out.write(report::what_can_json(report));
  } else {
    context.out.write(identity.authentication_text);
    context.out.write(context.options.output == "matrix" ? report::what_can_matrix(report)
                                                         : report::what_can_text(report));
  }
  return ExitCode::ok;
}

ExitCode run_what_can(const WhatCanOptions& given, Context& context) {
  WhatCanOptions options = given;
  options.policy.input.namespace_name = options.namespace_name;
  options.policy.input.needs_aws_auth = options.identity.iam.needs_aws_auth();
  options.policy.kubernetes_version = options.identity.token.config.kubernetes_version;
  if (auto settled = settle_impersonation(options.identity, options.policy.input.cluster); !settled.ok())
    return context.fail(settled.error());
  options.policy.input.stdin_used = options.identity.reads_stdin();
  if (auto settled = settle_iam(options.identity.iam, context); !settled.ok())
    return context.fail(settled.error());
  PolicyInputs loaded;
  auto config = load_config(context, loaded.inputs.sources);
  if (!config.ok()) return context.fail(config.error());
  if (auto settled = settle_authentication(config.value(), context, options.identity); !settled.ok())
    return context.fail(settled.error());
  std::optional<Subject> known;
  if (!options.identity.iam.any()) {
    auto subject = who(options, context, nullptr);
    if (!subject.ok()) return context.fail(subject.error());
    known = std::move(subject).value();
  }
  if (auto read = load_policy(options.policy, config.value(), context, loaded); !read.ok())
    return context.fail(read.error());
  return for_each_world(options.policy, context, loaded, [&](Context& each) {
    if (known) return answer(options, *known, loaded, each);
    // Who an IAM identity is may be told by the objects themselves.
    auto subject = who(options, each, &loaded);
    if (!subject.ok()) return each.fail(subject.error());
    return answer(options, subject.value(), loaded, each);
  });
}

}  // namespace

void declare_what_can(CommandSpec& spec) {
  auto options = std::make_shared<WhatCanOptions>();
  spec.description(
      "Lists everything that an identity may do: cluster-wide and in each namespace, or in one namespace "
      "with "
      "-n, with the binding that each rule comes from (-o json). -o matrix prints a line a resource and a "
      "column a verb.");
  spec.example(
      "What may a GitHub workflow do?",
      "what-can --user https://token.actions.githubusercontent.com#repo:my-org/my-repo:ref:refs/heads/"
      "main -f deploy/");
  spec.example("What does membership in a group give?",
               "what-can --group oidc:developers -o matrix -f deploy/");
  spec.example("What may a service account do?", "what-can --subject ServiceAccount:ci:builder -f deploy/");
  spec.output_formats({"text", "json", "matrix"});
  spec.option("--subject", "KIND:NAME", options->subject,
              "User:NAME, Group:NAME or ServiceAccount:NAMESPACE:NAME instead of --user and --group");
  spec.option("-n,--namespace", "NAMESPACE", options->namespace_name,
              "this namespace and cluster-wide only; also that of input objects that name none");
  add_identity_options(spec, options->identity);
  add_policy_options(spec, options->policy, false);
  spec.run([options](Context& context) { return run_what_can(*options, context); });
}

}  // namespace oidc_audit::cli
