#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/command.h"
#include "cli/config_file.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "cli/rule_options.h"
#include "cli/subject_claims.h"
#include "oidc/catalogue.h"
#include "report/subject_report.h"
#include "rules/engine.h"
#include "rules/rule_set.h"

namespace oidc_audit::cli {
namespace {

struct SubjectOptions {
  std::vector<std::string> names;
  std::string issuer;
  std::string kind = "any";
  std::string claims_file;
  std::vector<std::string> prefixes;
  std::vector<std::string> rule_directories;
  std::optional<std::string> fail_on;
};

ExitCode run_subject(const SubjectOptions& options, Context& context) {
  SourceManager sources;
  auto config = load_config(context, sources);
  if (!config.ok()) return context.fail(config.error());
  std::optional<oidc::Catalogue> own;
  rules::RuleSet set = rules::RuleSet::builtin();
  for (const std::string& directory : options.rule_directories) {
    auto loaded = add_rule_directory(directory, context, sources, set, own);
    if (!loaded.ok()) return context.fail(loaded.error());
  }
  const oidc::Catalogue& catalogue = own ? *own : oidc::Catalogue::builtin();

  std::optional<ClaimTexts> claims;
  if (!options.claims_file.empty()) {
    auto read = read_claim_texts(options.claims_file, context);
    if (!read.ok()) return context.fail(read.error());
    claims = std::move(read).value();
  }
  const oidc::ClaimLookup lookup = [&](std::string_view name) { return claims->find(name); };

  std::vector<std::string> prefixes = options.prefixes;
  for (const std::string& prefix : config.value().config.all_prefixes()) prefixes.push_back(prefix);
  oidc::ParseOptions parse;
  parse.issuer = options.issuer;
  parse.prefixes = prefixes;
  if (claims) parse.claims = &lookup;
  if (options.kind == "user") parse.kind = oidc::NameKind::user;
  if (options.kind == "group") parse.kind = oidc::NameKind::group;

  std::vector<oidc::ParsedName> parsed;
  std::vector<oidc::SubjectFacts> facts;
  parsed.reserve(options.names.size());
  facts.reserve(options.names.size());
  std::vector<report::SubjectEntry> entries;
  const std::optional<Severity> fail_on = parse_severity(options.fail_on.value_or("high"));
  ExitCode exit = ExitCode::ok;
  for (const std::string& name : options.names) {
    parsed.push_back(catalogue.parse(name, parse));
    facts.push_back(catalogue.facts(parsed.back(), parse));
    report::SubjectEntry entry;
    entry.parsed = &parsed.back();
    entry.facts = &facts.back();
    // Rules are asked of the name as it would stand in a binding: with its issuer before it.
    const bool glue = !options.issuer.empty() && parsed.back().prefix.text.empty();
    const std::string bound = glue ? options.issuer + "#" + name : name;
    const auto kind = options.kind == "group" ? rbac::SubjectKind::group : rbac::SubjectKind::user;
    entry.findings = rules::check_subject(set, kind, bound, config.value().config, catalogue);
    for (const Finding& finding : entry.findings) {
      if (fail_on && finding.severity >= *fail_on) exit = ExitCode::findings;
    }
    entries.push_back(std::move(entry));
  }
  const report::SubjectReport report{sources, entries};
  context.out.write(context.options.output == "json" ? report::subject_json(report)
                                                     : report::subject_text(report, context.color_out));
  return exit;
}

}  // namespace

void declare_subject(CommandSpec& spec) {
  auto options = std::make_shared<SubjectOptions>();
  spec.description(
      "Takes subject names of bindings apart: whose tokens carry them, what each part means, where the "
      "tenant is, "
      "what can be renamed or chosen by others, and what is wrong with them. Nothing is asked of a cluster.");
  spec.example("A name with its issuer",
               "subject 'https://gitlab.com#project_path:acme/app:ref_type:branch:ref:main'");
  spec.example(
      "The subject of a token, and who issued it",
      "subject --issuer https://app.terraform.io organization:acme:project:p:workspace:w:run_phase:plan");
  spec.output_formats({"text", "json"});
  spec.option("--issuer", "URL", options->issuer, "issuer of names that carry no prefix");
  spec.choice("--kind", "KIND", {"any", "user", "group"}, options->kind, "what the names are bound as")
      .default_text = "any";
  spec.option("--prefix", "TEXT", options->prefixes, "username or groups prefix of the API server");
  spec.option("--claims", "FILE", options->claims_file,
              "JSON payload of a token, for what the name alone cannot tell; `-` for standard input");
  spec.option("--rules", "DIR", options->rule_directories,
              "also the rule packs in DIR, and the providers in DIR/providers");
  declare_fail_on(spec, options->fail_on);
  spec.positionals("NAME", options->names, "subject name as it stands in a binding").required = true;
  spec.run([options](Context& context) { return run_subject(*options, context); });
}

}  // namespace oidc_audit::cli
