#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "base/unicode.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/inputs.h"
#include "oidc/catalogue.h"
#include "report/json_writer.h"
#include "rules/docs.h"
#include "rules/fixtures.h"
#include "rules/rule_set.h"

namespace oidc_audit::cli {
namespace {

struct RulesOptions {
  std::vector<std::string> directories;
  std::string id;
  std::string directory;
};

/// The built-in rules and those of --rules; the error was said already when there are none.
std::optional<rules::RuleSet> load(const RulesOptions& options, Context& context, SourceManager& sources) {
  rules::RuleSet set = rules::RuleSet::builtin();
  for (const std::string& directory : options.directories) {
    auto issues = set.add_directory(context.files, directory, sources);
    if (!issues.ok()) {
      context.fail(issues.error());
      return std::nullopt;
    }
    print_issues(sources, issues.value(), context);
    const bool broken = std::any_of(issues.value().begin(), issues.value().end(),
                                    [](const Issue& issue) { return issue.level == IssueLevel::error; });
    if (broken) {
      context.fail(
          Error(ErrorKind::configuration, fmt::format("the rules in `{}` cannot be used", directory)));
      return std::nullopt;
    }
  }
  return set;
}

std::string line(std::string_view label, std::string_view text) {
  return text.empty() ? std::string() : fmt::format("{:<12} {}\n", label, text);
}

std::string indented(std::string_view text) {
  std::string out;
  for (const std::string_view part : split(text, '\n'))
    out += part.empty() ? "\n" : fmt::format("  {}\n", part);
  return out;
}

/// Line breaks kept, everything else made safe to print: packs of users are shown too.
std::string escape_lines(std::string_view text) {
  std::string out;
  for (const std::string_view part : split(text, '\n')) {
    if (!out.empty() || part.data() != text.data()) out += '\n';
    out += escape_for_display(part);
  }
  return out;
}

void write_rule(report::JsonWriter& json, const rules::Rule& rule) {
  const RuleInfo& info = rule.info;
  std::vector<std::string> effects;
  for (const Effect effect : rule.effects) effects.emplace_back(to_string(effect));
  json.begin_object();
  json.field("id", info.id.str()).field("pack", info.pack).field("title", info.title);
  json.field("severity", to_string(info.severity)).field("highest", to_string(rules::highest_severity(rule)));
  json.field("confidence", to_string(info.confidence)).strings("effects", effects);
  json.field("each", rules::to_string(rule.each))
      .field("enabled", rule.enabled_by_default && rule.deprecated.empty());
  json.field("since", info.since).strings("aliases", info.aliases).strings("tags", info.tags);
  json.field("rationale", info.rationale).field("remediation", info.remediation);
  json.field("when", trim_ascii(rule.when.text)).strings("references", info.references);
  if (!rule.deprecated.empty()) json.field("deprecated", rule.deprecated);
  json.end_object();
}

ExitCode run_list(const RulesOptions& options, Context& context) {
  SourceManager sources;
  const auto set = load(options, context, sources);
  if (!set) return ExitCode::usage;
  if (context.options.output == "json") {
    report::JsonWriter json;
    json.begin_object().field("schema", "oidc-audit/rules/1").key("rules").begin_array();
    for (const auto& rule : set->rules()) write_rule(json, rule->rule);
    json.end_array().end_object();
    context.out.write(json.take() + "\n");
    return ExitCode::ok;
  }
  std::size_t width = 0;
  for (const auto& rule : set->rules()) width = std::max(width, rule->rule.info.id.str().size());
  for (const auto& rule : set->rules()) {
    const RuleInfo& info = rule->rule.info;
    const bool off = !rule->rule.enabled_by_default || !rule->rule.deprecated.empty();
    context.out.write(fmt::format("{:<{}}  {:<8}  {}{}\n", info.id.str(), width, to_string(info.severity),
                                  escape_for_display(info.title), off ? " (off by default)" : ""));
  }
  return ExitCode::ok;
}

ExitCode run_show(const RulesOptions& options, Context& context) {
  SourceManager sources;
  const auto set = load(options, context, sources);
  if (!set) return ExitCode::usage;
  // An alias may belong to several rules: all of them are shown.
  std::vector<const rules::Rule*> shown;
  for (const auto& loaded : set->rules()) {
    const RuleInfo& info = loaded->rule.info;
    const bool alias = std::find(info.aliases.begin(), info.aliases.end(), options.id) != info.aliases.end();
    if (info.id.str() == options.id || alias) shown.push_back(&loaded->rule);
  }
  if (shown.empty()) {
    const auto near = set->nearest_id(options.id);
    return context.fail(
        Error(ErrorKind::usage, fmt::format("there is no rule `{}`", options.id),
              near ? fmt::format("did you mean `{}`?", *near) : "`oidc-audit rules list` shows all"));
  }
  if (context.options.output == "json") {
    report::JsonWriter json;
    json.begin_object().field("schema", "oidc-audit/rules/1").key("rules").begin_array();
    for (const rules::Rule* rule : shown) write_rule(json, *rule);
    json.end_array().end_object();
    context.out.write(json.take() + "\n");
    return ExitCode::ok;
  }
  for (std::size_t i = 0; i < shown.size(); ++i) {
    const rules::Rule& rule = *shown[i];
    const RuleInfo& info = rule.info;
    std::string out = i == 0 ? "" : "\n";
    out += fmt::format("{}: {}\n", info.id.str(), info.title);
    out += line("pack", info.pack);
    out += line("severity", fmt::format("{}, at most {}", to_string(info.severity),
                                        to_string(rules::highest_severity(rule))));
    out += line("confidence", to_string(info.confidence));
    out += line("asked of", fmt::format("each {}", rules::to_string(rule.each)));
    out += line("aliases", join(info.aliases, ", "));
    out += line("tags", join(info.tags, ", "));
    out += line("deprecated", rule.deprecated);
    out += fmt::format("\nWhy\n{}\nWhat to do\n{}\nWhen\n{}", indented(info.rationale),
                       indented(info.remediation), indented(trim_ascii(rule.when.text)));
    if (!info.references.empty())
      out += fmt::format("\nReferences\n{}", indented(join(info.references, "\n")));
    context.out.write(escape_lines(out));
  }
  return ExitCode::ok;
}

ExitCode run_test(const RulesOptions& options, Context& context) {
  const auto result = rules::test_fixtures(context.files, options.directory, oidc::Catalogue::builtin());
  if (!result.ok()) return context.fail(result.error());
  const rules::FixtureReport& report = result.value();
  if (context.options.output == "json") {
    report::JsonWriter json;
    json.begin_object().field("schema", "oidc-audit/rules-test/1");
    json.count("rules", report.rules).count("fixtures", report.fixtures).count("marks", report.marks);
    json.key("failures").begin_array();
    for (const rules::FixtureFailure& f : report.failures) {
      json.begin_object()
          .field("rule", f.rule)
          .field("file", f.file)
          .count("line", f.line)
          .field("message", f.message);
      json.end_object();
    }
    json.end_array().end_object();
    context.out.write(json.take() + "\n");
  } else {
    for (const rules::FixtureFailure& f : report.failures) {
      const std::string place = f.line == 0 ? f.file : fmt::format("{}:{}", f.file, f.line);
      context.out.write(fmt::format("{}: {}{}\n", escape_for_display(place), escape_for_display(f.message),
                                    f.rule.empty() ? "" : fmt::format(" [{}]", f.rule)));
    }
    if (!context.options.quiet) {
      context.out.write(fmt::format(
          "{} rules, {} fixtures, {} marks: {}\n", report.rules, report.fixtures, report.marks,
          report.failures.empty() ? "all good" : fmt::format("{} failures", report.failures.size())));
    }
  }
  return report.failures.empty() ? ExitCode::ok : ExitCode::findings;
}

ExitCode run_docs(const RulesOptions& options, Context& context) {
  SourceManager sources;
  const auto set = load(options, context, sources);
  if (!set) return ExitCode::usage;
  for (const auto& [name, text] : rules::rule_pages(*set)) {
    if (auto written = context.files.write_atomically(options.directory + "/" + name, text); !written.ok()) {
      return context.fail(written.error());
    }
  }
  return ExitCode::ok;
}

}  // namespace

void declare_rules(CommandSpec& spec) {
  auto options = std::make_shared<RulesOptions>();
  const auto add_rules = [&options](CommandSpec& command) {
    command.option("--rules", "DIR", options->directories, "also the rules of the packs in DIR");
  };
  spec.description(
      "Shows the rules that a scan asks, tests the fixtures of rule packs and writes their pages. What is in "
      "a rule is "
      "told in docs/writing-rules.md.");
  spec.output_formats({"text", "json"});
  add_rules(spec);
  spec.run([options](Context& context) { return run_list(*options, context); });
  CommandSpec& list = spec.subcommand("list", "List all rules with their severity");
  list.output_formats({"text", "json"});
  add_rules(list);
  list.run([options](Context& context) { return run_list(*options, context); });

  CommandSpec& show = spec.subcommand("show", "Say everything about one rule");
  show.example("By id or by the name that another catalogue gives it", "rules show OR-002");
  show.output_formats({"text", "json"});
  show.positional("RULE", options->id, "id or alias of a rule");
  add_rules(show);
  show.run([options](Context& context) { return run_show(*options, context); });

  CommandSpec& test =
      spec.subcommand("test", "Run the fixtures of a pack, of all packs in a directory or of one rule");
  test.example("A pack of your own", "rules test policy/oidc-rules");
  test.output_formats({"text", "json"});
  test.positional("DIR", options->directory, "folder of packs, of a pack or of a rule");
  test.run([options](Context& context) { return run_test(*options, context); });

  CommandSpec& docs = spec.subcommand("docs", "Write a page for each rule, and an index");
  docs.positional("DIR", options->directory, "existing directory to write to");
  add_rules(docs);
  docs.run([options](Context& context) { return run_docs(*options, context); });
}

}  // namespace oidc_audit::cli
