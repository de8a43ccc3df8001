#include <fmt/format.h>

#include <memory>
#include <utility>

#include "cli/cluster_connection.h"
#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/simulate.h"
#include "cli/verify.h"
#include "document/reader.h"
#include "oidc/catalogue.h"
#include "rbac/authorizer.h"
#include "rbac/pattern_access.h"
#include "rbac/request.h"
#include "sim/subject_parts.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMaxReviewBytes = std::size_t{4} << 20;

Result<void> check_usage(const SimulateOptions& options) {
  const int questions =
      (options.what || options.verb ? 1 : 0) + (options.review ? 1 : 0) + (options.requests ? 1 : 0);
  if (questions == 0)
    return Error(ErrorKind::usage, "nothing to ask",
                 "VERB RESOURCE[/NAME], --review FILE or --requests FILE");
  if (questions > 1) return Error(ErrorKind::usage, "a request, --review and --requests exclude each other");
  if (options.verify && !options.policy.input.cluster.wanted())
    return Error(ErrorKind::usage, "--verify asks a server, and none is named",
                 "add --live, or --context NAME");
  if (options.verb && !options.what)
    return Error(ErrorKind::usage, "the resource is missing", "simulate VERB RESOURCE[/NAME] or VERB /PATH");
  if (options.requests && options.identity.given())
    return Error(ErrorKind::usage, "with --requests, each request names its user");
  return {};
}

Result<std::string> read_input(const std::string& path, std::size_t limit, Context& context) {
  if (path == "-") return read_stdin(context);
  return context.files.read(path, limit);
}

/// The one question of a run that is not a batch, with its identity.
struct Question {
  rbac::Attributes request;
  Identity identity;
};

Result<Question> read_review_question(const SimulateOptions& options, PolicyInputs& loaded,
                                      Context& context) {
  const std::string& path = *options.review;
  ASSIGN_OR_RETURN(std::string text, read_input(path, kMaxReviewBytes, context));
  ASSIGN_OR_RETURN(const BufferId buffer, loaded.inputs.sources.add(path, std::move(text)));
  document::ReadOptions read;
  read.format = document::format_of_name(path);
  const document::Stream stream = document::read_documents(loaded.inputs.sources, buffer, read);
  print_issues(loaded.inputs.sources, stream.issues, context);
  if (stream.failed_documents != 0)
    return Error(ErrorKind::malformed, fmt::format("`{}` cannot be read", path));
  if (stream.documents.size() != 1)
    return Error(ErrorKind::configuration, fmt::format("`{}` must hold exactly one review", path));
  auto review = rbac::read_review(stream.documents.front().root);
  if (!review.ok()) {
    const Error error = std::move(review).error().with_context(fmt::format("reading `{}`", path));
    return Error(ErrorKind::configuration, error.message(), error.hint());
  }
  Question question;
  question.request = review.value().attributes;
  if (review.value().self) {
    ASSIGN_OR_RETURN(question.identity, resolve_identity(options.identity, context, &loaded));
    question.request.user = question.identity.user;
  } else {
    if (options.identity.given()) return Error(ErrorKind::usage, "the review names its user itself");
    // Groups of a review are taken literally: no group is added.
    question.identity.user = question.request.user;
    question.identity.notes.emplace_back(
        "groups of a SubjectAccessReview are taken as they are: system:authenticated is not added");
  }
  return question;
}

Result<Question> read_word_question(const SimulateOptions& options, PolicyInputs& loaded, Context& context) {
  Question question;
  ASSIGN_OR_RETURN(question.identity, resolve_identity(options.identity, context, &loaded));
  rbac::RequestWords words;
  words.verb = *options.verb;
  words.what = *options.what;
  words.api_group = options.api_group;
  words.subresource = options.subresource;
  words.namespace_name = options.namespace_name;
  words.all_namespaces = options.all_namespaces;
  ASSIGN_OR_RETURN(rbac::Request request, rbac::read_request(words, *loaded.catalog));
  for (const auto& [message, hint] : request.warnings) context.messages.warning(message, hint);
  for (const auto& [message, hint] : request.hints) context.messages.note(message, hint);
  question.request = std::move(request.attributes);
  question.request.user = question.identity.user;
  return question;
}

void print_answer(report::DecisionReport& answer, const Identity& identity, Context& context) {
  if (context.options.output == "text") {
    context.out.write(identity.authentication_text);
    context.out.write(report::decision_text(answer, context.color_out));
    if (answer.verification) context.out.write(report::verification_text(*answer.verification));
    return;
  }
  const bool lines = context.options.output == "jsonl";
  report::JsonWriter json(lines ? report::JsonWriter::Style::one_line : report::JsonWriter::Style::indented);
  answer.authentication_json = identity.authentication_json;
  report::write_decision(json, answer, "oidc-audit/simulate/1");
  context.out.write(json.take() + "\n");
}

ExitCode answer_question(const SimulateOptions& options, PolicyInputs& loaded, Context& context) {
  if (options.requests) return run_batch(options, loaded, context);

  auto question = options.review ? read_review_question(options, loaded, context)
                                 : read_word_question(options, loaded, context);
  if (!question.ok()) return context.fail(question.error());
  const auto& [request, identity] = question.value();

  rbac::Decision decision;
  AnswerParts parts;
  parts.near_misses = identity.authenticated;
  parts.further_checks = identity.authenticated;
  parts.patterns = options.match == "glob" && identity.authenticated;
  if (identity.source) parts.source = &*identity.source;
  if (identity.authenticated) decision = loaded.authorizer->decide(request, {!options.policy.no_masters});
  report::DecisionReport answer = make_answer(loaded, request, decision, parts, options.policy);
  answer.authenticated = identity.authenticated;
  answer.notes = identity.notes;
  if (identity.authenticated) {
    for (std::string& note : policy_notes(loaded)) answer.notes.push_back(std::move(note));
    if (decision.authorizer != "system:masters")
      for (std::string& note : assumption_notes(loaded, request, decision.allowed))
        answer.notes.push_back(std::move(note));
  }
  const bool doubtful = verify_answer(options, loaded, answer);
  print_answer(answer, identity, context);
  if (doubtful) return ExitCode::unreadable;
  return decision.allowed ? ExitCode::ok : ExitCode::findings;
}

ExitCode run_simulate(const SimulateOptions& given, Context& context) {
  SimulateOptions options = given;
  if (auto settled = settle_impersonation(options.identity, options.policy.input.cluster); !settled.ok())
    return context.fail(settled.error());
  if (auto checked = check_usage(options); !checked.ok()) return context.fail(checked.error());
  options.policy.input.stdin_used =
      options.requests == "-" || options.review == "-" || options.identity.reads_stdin();
  if (auto settled = settle_iam(options.identity.iam, context); !settled.ok())
    return context.fail(settled.error());
  options.policy.input.namespace_name = options.namespace_name;
  options.policy.input.needs_aws_auth = options.identity.iam.needs_aws_auth();
  options.policy.kubernetes_version = options.identity.token.config.kubernetes_version;
  PolicyInputs loaded;
  auto config = load_config(context, loaded.inputs.sources);
  if (!config.ok()) return context.fail(config.error());
  if (auto settled = settle_authentication(config.value(), context, options.identity); !settled.ok())
    return context.fail(settled.error());
  if (auto read = load_policy(options.policy, config.value(), context, loaded); !read.ok())
    return context.fail(read.error());
  return for_each_world(options.policy, context, loaded,
                        [&](Context& each) { return answer_question(options, loaded, each); });
}

}  // namespace

bool verify_answer(const SimulateOptions& options, const PolicyInputs& loaded,
                   report::DecisionReport& answer) {
  if (!options.verify || !answer.authenticated || loaded.cluster == nullptr || !loaded.cluster->connection)
    return false;
  answer.verification = verify_decision(*loaded.cluster->connection, answer.request, answer.decision.allowed);
  return !answer.verification->agrees;
}

report::DecisionReport make_answer(const PolicyInputs& loaded, const rbac::Attributes& request,
                                   const rbac::Decision& decision, const AnswerParts& parts,
                                   const PolicyFlags& flags) {
  report::DecisionReport answer{loaded.inputs.sources, request, decision, {}, {}, {}, {}, {}, {}, true};
  if (!decision.allowed && !decision.authorizer.empty())
    answer.denied_message =
        rbac::denied_message(request, rbac::refusal_reason(decision.reason, loaded.kubernetes_minor));
  if (parts.near_misses && !decision.allowed) {
    sim::ExplainOptions explain;
    explain.source = parts.source;
    answer.near_misses =
        sim::explain_refusal(*loaded.authorizer, request,
                             sim::catalogue_parser(oidc::Catalogue::builtin(), loaded.prefixes), explain);
  }
  if (parts.further_checks && decision.authorizer != "system:masters") {
    for (rbac::SecondaryCheck& check : rbac::secondary_checks(request)) {
      check.attributes.user = request.user;
      const bool allowed = loaded.authorizer->is_allowed(check.attributes, {!flags.no_masters});
      answer.further.push_back({std::move(check), allowed});
    }
  }
  if (parts.patterns) {
    report::ExpanderAnswer expander;
    expander.granted_by = rbac::grants_with_patterns(*loaded.policy, request);
    expander.allowed = !expander.granted_by.empty();
    answer.expander = std::move(expander);
  }
  return answer;
}

void declare_simulate(CommandSpec& spec) {
  auto options = std::make_shared<SimulateOptions>();
  spec.description(
      "Answers whether an identity may do something, exactly as the RBAC authorizer of an API server that "
      "holds the given objects would: with every binding that grants it and the server's own reason, or with "
      "the message of the refusal, what nearly granted it and the smallest fix. VERB and RESOURCE are read "
      "as "
      "`kubectl auth can-i` reads them; RESOURCE may be a path such as /healthz.");
  spec.example(
      "May a pipeline's apply phase create deployments?",
      "simulate create deployments -n prod --user organization:my-org:project:p:workspace:w:run_phase:"
      "apply -f deploy/");
  spec.example("May members of a group read the log of a pod?",
               "simulate get pods/web-0 --subresource log -n prod --user jane --group oidc:dev -f deploy/");
  spec.example("Ask the live cluster, and the server itself",
               "simulate get secrets -n prod --user jane --live --verify");
  spec.example("Many questions at once, one answer a line",
               "simulate --requests requests.jsonl -o jsonl -f deploy/");
  spec.output_formats({"text", "json", "jsonl"});
  spec.positional("VERB", options->verb, "get, list, create, ... or an HTTP method for a path");
  spec.positional("RESOURCE", options->what, "TYPE, TYPE.GROUP, TYPE/NAME or a path such as /healthz");
  spec.option("-n,--namespace", "NAMESPACE", options->namespace_name,
              "namespace asked about (default: default), and that of input objects that name none");
  spec.flag("-A,--all-namespaces", options->all_namespaces, "ask across all namespaces");
  spec.option("--subresource", "SUBRESOURCE", options->subresource, "such as log, exec, scale, status");
  spec.option("--api-group", "GROUP", options->api_group, "API group of RESOURCE; \"\" is the core group");
  spec.option("--review", "FILE", options->review,
              "take the request from a SubjectAccessReview, YAML or JSON");
  spec.option("--requests", "FILE", options->requests, "JSON, one request a line; `-` for standard input");
  spec.flag("--explain", options->explain, "with --requests: near misses too");
  spec.choice("--match", "HOW", {"literal", "glob"}, options->match,
              "glob: answer also what a front-end that expands patterns would do (not Kubernetes)");
  spec.flag("--verify", options->verify,
            "with a live cluster: ask the server itself, by SubjectAccessReview, and tell whether it agrees");
  add_identity_options(spec, options->identity);
  add_policy_options(spec, options->policy, false);
  spec.run([options](Context& context) { return run_simulate(*options, context); });
}

}  // namespace oidc_audit::cli
