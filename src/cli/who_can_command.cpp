#include <algorithm>
#include <memory>
#include <utility>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/policy_inputs.h"
#include "rbac/access_query.h"
#include "rbac/request.h"

namespace oidc_audit::cli {

namespace {

struct WhoCanOptions {
  PolicyFlags policy;
  std::string verb;
  std::string what;
  std::optional<std::string> namespace_name;
  bool all_namespaces = false;
  std::string subresource;
  std::optional<std::string> api_group;
  bool indirect = false;
};

Result<rbac::AccessQuestion> read_question(const WhoCanOptions& options, const PolicyInputs& loaded,
                                           Context& context) {
  rbac::RequestWords words;
  words.verb = options.verb;
  words.what = options.what;
  words.api_group = options.api_group;
  words.subresource = options.subresource;
  words.namespace_name = options.namespace_name;
  words.all_namespaces = options.all_namespaces;
  ASSIGN_OR_RETURN(rbac::Request request, rbac::read_request(words, *loaded.catalog));
  for (const auto& [message, hint] : request.warnings) context.messages.warning(message, hint);
  for (const auto& [message, hint] : request.hints) context.messages.note(message, hint);
  rbac::AccessQuestion question;
  question.request = std::move(request.attributes);
  question.all_namespaces = options.all_namespaces;
  question.namespaced = request.known == nullptr || request.known->namespaced;
  question.indirect = options.indirect;
  question.masters = !options.policy.no_masters;
  return question;
}

ExitCode answer(const WhoCanOptions& options, const PolicyInputs& loaded, Context& context) {
  auto question = read_question(options, loaded, context);
  if (!question.ok()) return context.fail(question.error());
  const rbac::WhoCan answer = rbac::who_can(*loaded.policy, question.value());
  const report::WhoCanReport report{loaded.inputs.sources, question.value(), answer, subject_parser(loaded),
                                    policy_notes(loaded)};
  context.out.write(context.options.output == "json" ? report::who_can_json(report)
                                                     : report::who_can_text(report));
  return ExitCode::ok;
}

ExitCode run_who_can(const WhoCanOptions& given, Context& context) {
  WhoCanOptions options = given;
  options.policy.input.namespace_name = options.namespace_name;
  PolicyInputs loaded;
  if (auto read = load_policy(options.policy, context, loaded); !read.ok()) return context.fail(read.error());
  return for_each_world(options.policy, context, loaded,
                        [&](Context& each) { return answer(options, loaded, each); });
}

}  // namespace

void declare_who_can(CommandSpec& spec) {
  auto options = std::make_shared<WhoCanOptions>();
  spec.description(
      "Lists every user, group and service account that may do something, with the binding and the scope: "
      "the "
      "whole cluster, one namespace, or objects of certain names. With --all-namespaces grants in any "
      "namespace "
      "are listed. With --indirect also those who can make the access theirs: by escalate, bind or "
      "impersonate, "
      "by minting a token of a service account that has it, or by running pods under it.");
  spec.example("Who can read secrets in production?", "who-can get secrets -n prod -f deploy/");
  spec.example("Who can exec into pods anywhere, or get there?",
               "who-can create pods --subresource exec -A --indirect -f deploy/");
  spec.example("Who can read secrets in two live clusters?",
               "who-can get secrets -A --context staging --context prod");
  spec.example("Who can read the metrics of the server?", "who-can get /metrics -f deploy/ -o json");
  spec.output_formats({"text", "json"});
  spec.positional("VERB", options->verb, "get, list, create, ... or an HTTP method for a path");
  spec.positional("RESOURCE", options->what, "TYPE, TYPE.GROUP, TYPE/NAME or a path such as /metrics");
  spec.option("-n,--namespace", "NAMESPACE", options->namespace_name,
              "namespace asked about (default: default), and that of input objects that name none");
  spec.flag("-A,--all-namespaces", options->all_namespaces, "list grants in every namespace");
  spec.option("--subresource", "SUBRESOURCE", options->subresource, "such as log, exec, scale, status");
  spec.option("--api-group", "GROUP", options->api_group, "API group of RESOURCE; \"\" is the core group");
  spec.flag("--indirect", options->indirect, "list, apart, who can make the access theirs");
  add_policy_options(spec, options->policy, true);
  spec.run([options](Context& context) { return run_who_can(*options, context); });
}

}  // namespace oidc_audit::cli
