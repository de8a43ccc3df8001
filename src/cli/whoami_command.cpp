#include <memory>
#include <utility>

#include "base/strings.h"
#include "cli/auth_config_key.h"
#include "cli/cluster_options.h"
#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/iam_options.h"
#include "cli/inputs.h"
#include "cli/token_options.h"
#include "cli/verify.h"
#include "oidc/authn_case.h"
#include "oidc/catalogue.h"
#include "report/authn_report.h"
#include "report/json_writer.h"

namespace oidc_audit::cli {

namespace {

constexpr std::size_t kMaxCasesBytes = std::size_t{1} << 30;

struct WhoamiOptions {
  TokenOptions token;
  IamOptions iam;
  std::optional<std::string> cases;
  ClusterOptions cluster;
  bool verify = false;
};

Result<void> check_usage(const WhoamiOptions& options) {
  if (options.verify != options.cluster.wanted())
    return Error(ErrorKind::usage, "--verify and a live cluster go together",
                 "--live --verify shows the token to the server of the current context");
  if (options.verify && options.iam.given())
    return Error(ErrorKind::usage, "--verify shows a token to the server, and an IAM identity is none",
                 "--token-file FILE");
  return check_cluster_options(options.cluster);
}

ExitCode status_of(oidc::Outcome outcome) {
  switch (outcome) {
    case oidc::Outcome::user:
      return ExitCode::ok;
    case oidc::Outcome::rejected:
    case oidc::Outcome::not_mine:
      return ExitCode::findings;
    case oidc::Outcome::invalid_config:
    case oidc::Outcome::load_error:
      return ExitCode::usage;
  }
  return ExitCode::usage;
}

std::string error_line(const std::string& message) {
  report::JsonWriter json(report::JsonWriter::Style::one_line);
  json.begin_object().field("error", message).end_object();
  return json.take() + "\n";
}

/// `--cases`: an answer a line, in order.
ExitCode run_cases(const WhoamiOptions& options, Context& context) {
  const Result<int> minor = kubernetes_minor(options.token.config.kubernetes_version);
  if (!minor.ok()) return context.fail(minor.error());
  Timestamp now = context.clock.now();
  if (options.token.now.has_value()) {
    const Result<Timestamp> given = parse_now(*options.token.now);
    if (!given.ok()) return context.fail(given.error());
    now = given.value();
  }
  const Result<std::string> text =
      *options.cases == "-" ? read_stdin(context) : context.files.read(*options.cases, kMaxCasesBytes);
  if (!text.ok()) return context.fail(text.error());
  ExitCode status = ExitCode::ok;
  std::size_t number = 0;
  std::string_view rest = text.value();
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = trim_ascii(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    ++number;
    if (line.empty()) continue;
    const Result<oidc::CaseAnswer> answer = oidc::answer_case(line, now, minor.value());
    if (answer.ok()) {
      context.out.write(answer.value().to_json() + "\n");
    } else {
      status = ExitCode::unreadable;
      context.out.write(error_line("line " + std::to_string(number) + ": " + answer.error().message()));
    }
  }
  return status;
}

void print(const report::AuthnReport& answer, Context& context) {
  if (context.options.output != "text") return context.out.write(report::whoami_json(answer));
  context.out.write(report::whoami_text(answer));
  if (answer.verification) context.out.write(report::verification_text(*answer.verification));
}

ExitCode run_iam(const IamOptions& options, Context& context) {
  SourceManager sources;
  const Result<oidc::AuthenticationResult> result = authenticate_iam(options, context, sources);
  if (!result.ok()) return context.fail(result.error());
  const oidc::AuthConfig none;
  print({sources, result.value(), none, oidc::kNewestKubernetesMinor, {}, {}}, context);
  return status_of(result.value().outcome);
}

ExitCode run_whoami(const WhoamiOptions& given, Context& context) {
  if (auto checked = check_usage(given); !checked.ok()) return context.fail(checked.error());
  if (given.cases.has_value()) return run_cases(given, context);
  WhoamiOptions options = given;
  LoadedAuthConfig loaded;
  const Result<LoadedConfig> config = load_config(context, loaded.sources);
  if (!config.ok()) return context.fail(config.error());
  if (options.token.given()) {
    if (auto settled = settle_auth_config(config.value(), context, options.token.config); !settled.ok())
      return context.fail(settled.error());
  }
  if (options.iam.given()) {
    if (!options.token.given() && !options.token.config.given()) return run_iam(options.iam, context);
    return context.fail(Error(ErrorKind::usage, "an IAM identity and a token exclude each other",
                              "give --aws-identity, or --token-file or --claims with a configuration"));
  }
  if (options.iam.any()) {
    return context.fail(
        Error(ErrorKind::usage, "mappings of IAM identities need an identity", "--aws-identity ARN"));
  }
  if (!options.token.given()) {
    return context.fail(Error(ErrorKind::usage, "nothing to authenticate",
                              "--token-file FILE or --claims FILE; `-` reads standard input"));
  }
  if (auto read = load_auth_config(options.token.config, context, loaded); !read.ok()) {
    return context.fail(read.error());
  }
  const Result<oidc::AuthenticationResult> result = authenticate(options.token, context, loaded);
  if (!result.ok()) return context.fail(result.error());
  report::AuthnReport answer{
      loaded.sources,
      result.value(),
      loaded.authenticators->config(),
      loaded.authenticators->kubernetes_minor(),
      oidc::show_claims(result.value().claims_json, result.value().issuer, oidc::Catalogue::builtin()),
      loaded.notes};
  if (options.verify) {
    auto verified = verify_identity(options.token, options.cluster, result.value(), context);
    if (!verified.ok()) return context.fail(verified.error());
    answer.verification = std::move(verified).value();
  }
  print(answer, context);
  if (answer.verification && !answer.verification->agrees) return ExitCode::unreadable;
  return status_of(result.value().outcome);
}

}  // namespace

void declare_whoami(CommandSpec& spec) {
  auto options = std::make_shared<WhoamiOptions>();
  spec.description(
      "Says who an API server says a token is: which authenticator takes it, username, uid, groups and "
      "extra; or why "
      "it is answered 401, at which stage, what was expected and what to change where. The configuration is "
      "an "
      "AuthenticationConfiguration, the --oidc-* flags, or a file that holds them. The token, its signature "
      "and "
      "secrets in it are never printed. Status 1: not authenticated; 2: the server would not start.");
  spec.example("Who is this token?",
               "whoami --token-file token.jwt --auth-config auth.yaml --jwks keys.json");
  spec.example(
      "Try claims against the flags of a server",
      "whoami --claims claims.json --oidc-issuer-url=https://app.terraform.io --oidc-client-id=kubernetes");
  spec.example("Who is an IAM role in an EKS cluster?",
               "whoami --aws-identity arn:aws:sts::111122223333:assumed-role/deployer/ci-42 --aws-auth "
               "aws-auth.yaml");
  spec.example("Does the server itself agree?",
               "whoami --token-file token.jwt --auth-config auth.yaml --jwks keys.json --live --verify");
  spec.output_formats({"text", "json", "jsonl"});
  add_token_options(spec, options->token);
  spec.flag(
      "--verify", options->verify,
      "with a live cluster: show the token to its server, by SelfSubjectReview, and tell whether it agrees");
  add_cluster_options(spec, options->cluster, true);
  add_iam_options(spec, options->iam);
  spec.option("--cases", "FILE", options->cases,
              "answer many cases, a JSON object a line; see the documentation");
  spec.run([options](Context& context) { return run_whoami(*options, context); });
}

}  // namespace oidc_audit::cli
