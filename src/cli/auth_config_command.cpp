#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "base/strings.h"
#include "base/unicode.h"
#include "cli/auth_config_key.h"
#include "cli/auth_lint.h"
#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "cli/rule_options.h"
#include "cli/sarif_paths.h"
#include "cli/token_options.h"
#include "cli/version.h"
#include "diag/collector.h"
#include "oidc/auth_config_write.h"
#include "oidc/catalogue.h"
#include "rbac/inventory.h"
#include "report/excerpt.h"
#include "report/json_parts.h"
#include "report/json_writer.h"
#include "report/report.h"
#include "rules/engine.h"

namespace oidc_audit::cli {

namespace {

struct CheckOptions {
  AuthConfigOptions config;
  RuleOptions rules;
};

/// What a check looked at and found, when the report is written. Does not move.
struct Check {
  std::string file;  ///< as reports call it
  Inputs inputs;     ///< the file, for its text and comments
  RunRules rules;
  rules::ServerConfig server;  ///< what is asked about; borrows `authenticators`
  std::unique_ptr<oidc::Authenticators> authenticators;
  std::vector<document::Comment> comments;  ///< of the file
  std::vector<std::string> notes;
  rules::RunResult result;
  ExitCode status = ExitCode::ok;
};

std::string_view status_word(oidc::ConfigStatus status) {
  switch (status) {
    case oidc::ConfigStatus::valid:
      return "valid";
    case oidc::ConfigStatus::load_error:
      return "load_error";
    case oidc::ConfigStatus::invalid:
      return "invalid";
  }
  return "";
}

void add_prefix_notes(const oidc::AuthConfig& config, std::vector<std::string>& notes) {
  for (std::size_t i = 0; i < config.jwt.size(); ++i) {
    for (std::string& note : oidc::odd_prefix_notes(config, i)) notes.push_back(std::move(note));
  }
}

report::ScanReport scan_report(const Check& check) {
  report::Summary summary;
  summary.files_read = check.inputs.counts.files;
  summary.rules_run = check.result.rules_asked;
  summary.suppressed = check.result.suppressed.size();
  summary.below_minimum = rules::hidden_count(check.result);
  return {check.inputs.sources,      check.result.findings, check.result.suppressed, check.result.issues,
          check.rules.rules.infos(), std::move(summary),    std::string(kVersion)};
}

std::string check_json(const Check& check) {
  const oidc::Authenticators& authenticators = *check.authenticators;
  const SourceManager& sources = check.inputs.sources;
  report::JsonWriter json;
  json.begin_object();
  json.field("schema", "oidc-audit/auth-config/1").field("file", check.file);
  json.field("kubernetesVersion", "1." + std::to_string(authenticators.kubernetes_minor()));
  json.field("status", status_word(authenticators.status()));
  json.key("errors").begin_array();
  for (const oidc::ConfigError& error : authenticators.errors()) {
    json.begin_object();
    json.field("text", error.text).field("field", error.field).field("flag", error.flag);
    json.field("pointer", error.pointer);
    json.key("location");
    Location location;
    location.range = error.range;
    report::write_place(json, sources, location);
    json.end_object();
  }
  json.end_array();
  json.key("authenticators").begin_array();
  for (const oidc::JwtAuthenticator& jwt : authenticators.config().jwt) {
    json.begin_object();
    json.field("issuer", jwt.issuer.url.value);
    std::vector<std::string> audiences;
    for (const oidc::ConfigText& audience : jwt.issuer.audiences) audiences.push_back(audience.value);
    json.strings("audiences", audiences);
    json.end_object();
  }
  json.end_array();
  json.key("findings").begin_array();
  for (const Finding& finding : check.result.findings) report::write_finding(json, sources, finding);
  json.end_array();
  json.key("suppressed").begin_array();
  for (const Finding& finding : check.result.suppressed) report::write_finding(json, sources, finding);
  json.end_array();
  json.strings("notes", check.notes);
  json.end_object();
  return json.take() + "\n";
}

// A file that is one scalar is no configuration, perhaps a token: an excerpt would print it and tell nothing.
bool is_all_there_is(const SourceManager& sources, SourceRange range) {
  const std::string_view all = trim_ascii(sources.text(range.buffer));
  return all.size() <= range.end - range.begin && !all.starts_with('{') && !all.starts_with('[');
}

// The file to name where an error has no place in it.
std::string where(const SourceManager& sources, const oidc::ConfigError& error, const std::string& file) {
  return error.range.has_value() ? report::place_text(sources, *error.range) : escape_for_display(file);
}

std::string check_text(const Check& check, const Context& context) {
  const oidc::Authenticators& authenticators = *check.authenticators;
  const SourceManager& sources = check.inputs.sources;
  const std::string& file = check.file;
  std::string out;
  report::ExcerptOptions excerpt;
  excerpt.color = context.color_out;
  excerpt.width = context.width;
  for (const oidc::ConfigError& error : authenticators.errors()) {
    const std::string place = where(sources, error, file);
    // A compilation error goes on with the expression and a caret below it.
    out += place + ": error: " + escape_lines(error.text, "  ") + "\n";
    if (error.range.has_value() && !is_all_there_is(sources, *error.range)) {
      out += report::source_excerpt(sources, *error.range, excerpt);
    }
  }
  report::TextOptions text;
  text.color = context.color_out;
  text.width = context.width;
  text.summary = false;
  text.verbose = context.options.verbosity > 0;
  report::text_report(scan_report(check), text, [&out](std::string_view part) { out += part; });
  const std::size_t count = authenticators.config().jwt.size();
  const std::string shown = escape_for_display(file);
  if (authenticators.status() == oidc::ConfigStatus::valid) {
    out += fmt::format("{}: an API server 1.{} starts with this configuration ({} {})\n", shown,
                       authenticators.kubernetes_minor(), count,
                       count == 1 ? "authenticator" : "authenticators");
  } else {
    out += fmt::format("{}: an API server 1.{} does not start with this configuration\n", shown,
                       authenticators.kubernetes_minor());
  }
  if (!context.options.quiet && !check.result.findings.empty())
    out += report::count_text(check.result.findings) + "\n";
  for (const std::string& note : check.notes) out += "note: " + escape_for_display(note) + "\n";
  return out;
}

std::string check_sarif(const Check& check, Context& context) {
  report::SarifOptions sarif;
  std::vector<std::string> outside;
  sarif.paths = sarif_paths(check.inputs, context.files, {}, outside);
  sarif.category = "oidc-audit/authentication/";
  sarif.exit_code = static_cast<int>(check.status);
  return report::sarif_report(scan_report(check), sarif);
}

// Reads the file as scan would, so that comments and places are there; from flags there is nothing to read.
Result<void> read_configuration(const AuthConfigOptions& options, Context& context, Check& check) {
  Inputs& inputs = check.inputs;
  ASSIGN_OR_RETURN(ReadAuthConfig read, read_auth_config(options, context, inputs.sources));
  inputs.inventory = std::make_unique<rbac::Inventory>(inputs.sources);
  Collector ignored;  // what is wrong is said in the server's words
  if (read.buffer) {
    const Result<std::string> canonical = context.files.canonical(*options.file);
    inputs.files.push_back({check.file, canonical.ok() ? canonical.value() : std::string(), *read.buffer});
    inputs.counts.files = 1;
    rbac::LoadOptions load;
    load.format = document::format_of_name(check.file);
    inputs.inventory->add(*read.buffer, load, ignored);
  }
  inputs.inventory->finish(ignored);
  check.notes = std::move(read.found.source.notes);
  check.comments = std::move(read.comments);
  check.server = rules::server_config(read.found, read.kubernetes_minor);
  check.authenticators = std::make_unique<oidc::Authenticators>(
      oidc::Authenticators::from(std::move(read.found.source.loaded), read.kubernetes_minor));
  check.server.config = &check.authenticators->config();
  return {};
}

ExitCode run_check(const CheckOptions& given, Context& context) {
  CheckOptions options = given;
  Check check;
  auto loaded = load_config(context, check.inputs.sources);
  if (!loaded.ok()) return context.fail(loaded.error());
  LoadedConfig config = std::move(loaded).value();
  if (auto settled = settle_auth_config(config, context, options.config); !settled.ok())
    return context.fail(settled.error());
  if (context.options.output == "sarif" && options.config.file.value_or("-") == "-") {
    return context.fail(
        Error(ErrorKind::usage, "SARIF needs a file to point at", "give the configuration as a file"));
  }
  check.file = options.config.file.value_or("(flags)");
  if (auto read = load_rules(options.rules, config, context, check.inputs.sources, check.rules); !read.ok()) {
    return context.fail(read.error());
  }
  if (auto read = read_configuration(options.config, context, check); !read.ok())
    return context.fail(read.error());
  const oidc::Authenticators& authenticators = *check.authenticators;
  add_prefix_notes(authenticators.config(), check.notes);

  const Thresholds limits = thresholds(options.rules, config.config);
  rules::RunOptions run;
  run.minimum = limits.minimum;
  if (authenticators.status() != oidc::ConfigStatus::load_error) run.servers.push_back(check.server);
  run.comments = check.comments;
  check.result = rules::run(check.rules.rules, *check.inputs.inventory, check.inputs.sources, config.config,
                            check.rules.catalogue(), run);
  print_issues(check.inputs.sources, check.result.issues, context);
  const bool starts = authenticators.status() == oidc::ConfigStatus::valid;
  check.status = starts && !fails(limits, check.result) ? ExitCode::ok : ExitCode::findings;
  if (context.options.output == "sarif") {
    // Why the server does not start is said in the report's notifications.
    for (Issue& issue : config_issues(authenticators, check.server.object)) {
      check.result.issues.push_back(std::move(issue));
    }
    context.out.write(check_sarif(check, context));
  } else {
    context.out.write(context.options.output == "json" ? check_json(check) : check_text(check, context));
  }
  return check.status;
}

ExitCode run_convert(const AuthConfigOptions& given, Context& context) {
  AuthConfigOptions options = given;
  LoadedAuthConfig loaded;
  const Result<LoadedConfig> config = load_config(context, loaded.sources);
  if (!config.ok()) return context.fail(config.error());
  if (auto settled = settle_auth_config(config.value(), context, options); !settled.ok())
    return context.fail(settled.error());
  if (auto read = load_auth_config(options, context, loaded); !read.ok()) return context.fail(read.error());
  const oidc::Authenticators& authenticators = *loaded.authenticators;
  add_prefix_notes(authenticators.config(), loaded.notes);
  if (authenticators.status() != oidc::ConfigStatus::valid) {
    const std::string file = options.file.value_or("(flags)");
    for (const oidc::ConfigError& error : authenticators.errors()) {
      const std::string text =
          where(loaded.sources, error, file) + ": error: " + escape_lines(error.text, "  ");
      context.messages.line(text, true);
    }
    return ExitCode::usage;
  }
  const std::string version = authenticators.kubernetes_minor() >= 34 ? "apiserver.config.k8s.io/v1"
                                                                      : "apiserver.config.k8s.io/v1beta1";
  context.out.write(oidc::write_auth_config(authenticators.config(), version));
  for (const std::string& note : loaded.notes) context.messages.note(note);
  return ExitCode::ok;
}

}  // namespace

void declare_auth_config(CommandSpec& spec) {
  spec.description("Checks and converts the configuration of an API server's authentication by tokens.");

  auto check = std::make_shared<CheckOptions>();
  CommandSpec& check_spec =
      spec.subcommand("check", "Validate a configuration as an API server does, and say what is risky in it");
  check_spec.description(
      "Says whether an API server starts with a configuration, and every error in its words, then which "
      "rules "
      "of this program find it risky: who gets in, under which names, and which rules let nobody in; each at "
      "line "
      "and column. FILE may also be a static pod manifest, a kubeadm ClusterConfiguration or a config.yaml "
      "of k3s "
      "or RKE2 with --oidc-* arguments. Status 1: the server does not start, or there is a finding of the "
      "severity of --fail-on or a higher one.");
  check_spec.example("Does the server start with this?", "auth-config check auth.yaml");
  check_spec.example("And an older one?", "auth-config check auth.yaml --kubernetes-version 1.33");
  check_spec.example("What strangers could do with it, for code scanning",
                     "auth-config check auth.yaml -o sarif --output-file authentication.sarif");
  check_spec.output_formats({"text", "json", "sarif"});
  check_spec.positional("FILE", check->config.file,
                        "configuration; `-` reads standard input; without it, the flags or `auth-config` of "
                        ".oidc-audit.yaml");
  declare_thresholds(check_spec, check->rules);
  declare_rule_choice(check_spec, check->rules);
  add_auth_config_options(check_spec, check->config, false);
  check_spec.run([check](Context& context) { return run_check(*check, context); });

  auto convert = std::make_shared<AuthConfigOptions>();
  CommandSpec& convert_spec =
      spec.subcommand("convert", "Write the AuthenticationConfiguration that --oidc-* flags mean");
  convert_spec.description(
      "Prints the AuthenticationConfiguration that a server makes from its --oidc-* flags, given as options "
      "or found in "
      "the file of --auth-config. Note that a file widens the accepted algorithms to all nine.");
  convert_spec.example(
      "Move from flags to a file",
      "auth-config convert --oidc-issuer-url=https://idp.example --oidc-client-id=kubernetes "
      "--oidc-groups-claim=groups --oidc-groups-prefix=oidc:");
  add_auth_config_options(convert_spec, *convert);
  convert_spec.run([convert](Context& context) { return run_convert(*convert, context); });
}

}  // namespace oidc_audit::cli
