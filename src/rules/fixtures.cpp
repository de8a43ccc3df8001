#include "rules/fixtures.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <tuple>

#include "base/strings.h"
#include "document/lazy_stream.h"
#include "oidc/authenticator.h"
#include "oidc/catalogue.h"
#include "oidc/config_source.h"
#include "oidc/iam_mapping.h"
#include "rbac/inventory.h"
#include "rules/engine.h"

namespace oidc_audit::rules {
namespace {

constexpr std::size_t kMaxFixtureBytes = 4U << 20;

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "." : path.substr(0, slash);
}

std::string effects_text(std::span<const Effect> effects) {
  std::string out;
  for (const Effect e : effects) out += fmt::format("{}{}", out.empty() ? "" : ",", to_string(e));
  return out;
}

bool same_effects(std::string_view wanted, std::span<const Effect> effects) {
  std::vector<Effect> list;
  for (const std::string_view word : split(wanted, ',')) {
    const auto effect = parse_effect(trim_ascii(word));
    if (!effect) return false;
    list.push_back(*effect);
  }
  std::sort(list.begin(), list.end());
  return std::equal(list.begin(), list.end(), effects.begin(), effects.end());
}

bool could_ask(Each each, const rbac::Inventory& inventory, std::span<const ServerConfig> servers,
               const oidc::IamMappings& access_entries) {
  const auto some = [&](auto has) {
    return std::any_of(servers.begin(), servers.end(), [&](const ServerConfig& server) {
      return std::any_of(server.config->jwt.begin(), server.config->jwt.end(), has);
    });
  };
  switch (each) {
    case Each::authentication:
      return !servers.empty();
    case Each::authenticator:
    case Each::claim_mapping:
      return some([](const oidc::JwtAuthenticator&) { return true; });
    case Each::validation_rule:
      return some([](const oidc::JwtAuthenticator& jwt) {
        return !jwt.claim_validation_rules.empty() || !jwt.user_validation_rules.empty();
      });
    case Each::subject:
      return std::any_of(inventory.bindings().begin(), inventory.bindings().end(),
                         [](const rbac::Binding& b) { return !b.subjects.empty(); });
    case Each::binding:
      return !inventory.bindings().empty();
    case Each::role:
      return !inventory.roles().empty();
    case Each::role_rule:
      return std::any_of(inventory.roles().begin(), inventory.roles().end(),
                         [](const rbac::Role& r) { return !r.rules.empty(); });
    case Each::object:
      return !inventory.bindings().empty() || !inventory.roles().empty() ||
             !inventory.service_accounts().empty() || !inventory.namespaces().empty();
    case Each::iam_mapping:
      return !access_entries.entries.empty() ||
             std::any_of(inventory.others().begin(), inventory.others().end(),
                         [](const rbac::OtherObject& object) { return oidc::is_aws_auth(object.value); });
  }
  return false;
}

// Why a server would not start with it: a fixture shows what a server takes.
std::vector<std::string> errors_of(const oidc::FoundConfig& found) {
  oidc::LoadedConfig loaded;
  loaded.config = found.source.loaded.config;
  loaded.status = found.source.loaded.status;
  loaded.errors = found.source.loaded.errors;
  const oidc::Authenticators authenticators = oidc::Authenticators::from(std::move(loaded));
  std::vector<std::string> out;
  for (const oidc::ConfigError& error : authenticators.errors()) out.push_back(error.text);
  return out;
}

class FixtureRun {
 public:
  FixtureRun(const Files& files, const RuleSet& rules, const oidc::Catalogue& catalogue,
             FixtureReport& report)
      : files_(files), rules_(rules), catalogue_(catalogue), report_(report) {}

  void test_rule(const LoadedRule& rule, const std::string& folder);

 private:
  void test_file(const LoadedRule& rule, const std::string& path, bool bad);
  void compare(const LoadedRule& rule, const std::string& path, bool bad, const SourceManager& sources,
               const rbac::Inventory& inventory, const RunResult& result);
  std::optional<Config> config_for(const LoadedRule& rule, const std::string& path, SourceManager& sources);
  void fail(const LoadedRule& rule, const std::string& file, std::uint32_t line, std::string message) {
    report_.failures.push_back({rule.rule.info.id.str(), file, line, std::move(message)});
  }

  const Files& files_;
  const RuleSet& rules_;
  const oidc::Catalogue& catalogue_;
  FixtureReport& report_;
};

std::optional<Config> FixtureRun::config_for(const LoadedRule& rule, const std::string& path,
                                             SourceManager& sources) {
  const std::string config_path = path.substr(0, path.rfind('.')) + ".config.yaml";
  if (files_.type(config_path) != FileType::file) return Config();
  Result<std::string> text = files_.read(config_path, kMaxFixtureBytes);
  if (!text.ok()) {
    fail(rule, config_path, 0, text.error().message());
    return std::nullopt;
  }
  Result<BufferId> buffer = sources.add(config_path, std::move(text).value());
  if (!buffer.ok()) return std::nullopt;
  ConfigResult result = read_config(sources, buffer.value());
  for (const Issue& issue : result.issues) {
    fail(rule, config_path, issue.location.range ? sources.start(*issue.location.range).line : 0,
         issue.message);
  }
  if (!result.ok()) return std::nullopt;
  return std::move(result.config);
}

void FixtureRun::test_file(const LoadedRule& rule, const std::string& path, bool bad) {
  ++report_.fixtures;
  SourceManager sources;
  const std::optional<Config> config = config_for(rule, path, sources);
  if (!config) return;
  Result<std::string> text = files_.read(path, kMaxFixtureBytes);
  if (!text.ok()) return fail(rule, path, 0, text.error().message());
  Result<BufferId> buffer = sources.add(path, std::move(text).value());
  if (!buffer.ok()) return fail(rule, path, 0, buffer.error().message());
  rbac::Inventory inventory(sources, config->namespace_name.empty()
                                         ? std::nullopt
                                         : std::optional<std::string>(config->namespace_name));
  Collector collector;
  rbac::LoadOptions options;
  options.format = document::format_of_name(path);
  inventory.add(buffer.value(), options, collector);
  inventory.finish(collector);
  for (const Issue& issue : collector.take_issues()) {
    // What the API server would refuse may be the very thing a fixture shows.
    if (issue.level != IssueLevel::error) continue;
    fail(rule, path, issue.location.range ? sources.start(*issue.location.range).line : 0, issue.message);
  }
  document::LazyStream documents(sources, buffer.value());
  const std::vector<oidc::FoundConfig> found =
      oidc::find_configs(sources, documents, oidc::kNewestKubernetesMinor);
  RunOptions run_options;
  for (const oidc::FoundConfig& one : found) {
    for (const std::string& error : errors_of(one)) fail(rule, path, sources.start(*one.range).line, error);
    run_options.servers.push_back(server_config(one, oidc::kNewestKubernetesMinor));
  }
  if (run_options.servers.size() == 1) run_options.servers.front().joined = true;
  oidc::IamMappings access_entries;
  oidc::find_access_entries(documents, access_entries);
  run_options.access_entries = &access_entries;
  if (!could_ask(rule.rule.each, inventory, run_options.servers, access_entries)) {
    return fail(
        rule, path, 0,
        fmt::format("it holds nothing that a rule for each {} is asked of", to_string(rule.rule.each)));
  }
  run_options.only_rule = rule.rule.info.id.str();
  const RunResult result = run(rules_, inventory, sources, *config, catalogue_, run_options);
  for (const Issue& issue : result.issues) {
    if (issue.level != IssueLevel::note) fail(rule, path, 0, issue.message);
  }
  compare(rule, path, bad, sources, inventory, result);
}

void FixtureRun::compare(const LoadedRule& rule, const std::string& path, bool bad,
                         const SourceManager& sources, const rbac::Inventory& inventory,
                         const RunResult& result) {
  const std::string& id = rule.rule.info.id.str();
  std::multimap<std::uint32_t, Mark> marks;
  for (const document::Comment& comment : inventory.comments()) {
    for (Mark& mark : parse_marks(sources.text(comment.range))) {
      const std::uint32_t line = sources.start(comment.range).line;
      if (mark.rule != id) {
        fail(rule, path, line,
             fmt::format("the mark is for `{}`, and the fixture runs `{}` alone", mark.rule, id));
      } else {
        ++report_.marks;
        marks.emplace(line, std::move(mark));
      }
    }
  }
  if (bad && marks.empty()) fail(rule, path, 0, "a bad fixture needs a mark: `# finding: " + id + "`");
  if (!bad && !marks.empty()) fail(rule, path, marks.begin()->first, "a good fixture has no marks");
  for (const Finding& finding : result.findings) {
    const std::uint32_t line = finding.location.range ? sources.start(*finding.location.range).line : 0;
    const std::string got = fmt::format("{} {}", to_string(finding.severity), effects_text(finding.effects));
    const auto [begin, end] = marks.equal_range(line);
    const auto it = std::find_if(begin, end, [&](const auto& entry) {
      const Mark& mark = entry.second;
      return (mark.severity.empty() || mark.severity == to_string(finding.severity)) &&
             (mark.effects.empty() || same_effects(mark.effects, finding.effects));
    });
    if (it != end) {
      marks.erase(it);
    } else if (begin != end) {
      fail(rule, path, line,
           fmt::format("it is reported as {}, and marked as {} {}", got, begin->second.severity,
                       begin->second.effects));
      marks.erase(begin);
    } else {
      fail(rule, path, line, fmt::format("it is reported and not marked ({}): {}", got, finding.message));
    }
    if (finding.message.empty()) fail(rule, path, line, "the message is empty");
  }
  for (const auto& [line, mark] : marks) fail(rule, path, line, "it is marked and not reported");
}

void FixtureRun::test_rule(const LoadedRule& rule, const std::string& folder) {
  std::size_t bad = 0, good = 0;
  const Result<std::vector<DirEntry>> entries = files_.list(folder);
  if (!entries.ok()) return fail(rule, folder, 0, entries.error().message());
  for (const DirEntry& entry : entries.value()) {
    if (entry.type != FileType::file || entry.name == "rule.yaml" || entry.name.ends_with(".config.yaml"))
      continue;
    const bool is_bad = entry.name == "bad.yaml" || entry.name.starts_with("bad-");
    const bool is_good = entry.name == "good.yaml" || entry.name.starts_with("good-");
    const bool readable = entry.name.ends_with(".yaml") || entry.name.ends_with(".json");
    if ((!is_bad && !is_good) || !readable) {
      fail(rule, folder + "/" + entry.name, 0,
           "it is no fixture: their names are bad.yaml, bad-*.yaml, good.yaml, good-*.yaml");
      continue;
    }
    ++(is_bad ? bad : good);
    test_file(rule, folder + "/" + entry.name, is_bad);
  }
  if (bad == 0) fail(rule, folder, 0, "the rule has no bad fixture");
  if (good == 0) fail(rule, folder, 0, "the rule has no good fixture");
}

}  // namespace

std::vector<Mark> parse_marks(std::string_view comment) {
  std::vector<Mark> out;
  constexpr std::string_view kWord = "finding:";
  for (std::size_t at = comment.find(kWord); at != std::string_view::npos; at = comment.find(kWord, at)) {
    at += kWord.size();
    const std::size_t end = std::min(comment.find('#', at), comment.size());
    Mark mark;
    for (const std::string_view word : split(comment.substr(at, end - at), ' ')) {
      if (word.empty()) continue;
      if (mark.rule.empty()) {
        mark.rule = word;
      } else if (mark.severity.empty() && parse_severity(word)) {
        mark.severity = word;
      } else {
        mark.effects += word;
      }
    }
    out.push_back(std::move(mark));
  }
  return out;
}

Result<FixtureReport> test_fixtures(const Files& files, const std::string& directory,
                                    const oidc::Catalogue& catalogue) {
  std::string root = directory;
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  std::string only;
  if (files.type(root + "/rule.yaml") == FileType::file) {
    only = root;
    root = parent_of(root);
  }
  RuleSet rules;
  SourceManager sources;
  ASSIGN_OR_RETURN(const std::vector<Issue> issues, rules.add_directory(files, root, sources));
  FixtureReport report;
  for (const Issue& issue : issues) {
    FixtureFailure failure;
    failure.message = issue.hint.empty() ? issue.message : fmt::format("{} ({})", issue.message, issue.hint);
    if (issue.location.range) {
      failure.file = sources.name(issue.location.range->buffer);
      const LineColumn start = sources.start(*issue.location.range);
      failure.line = start.line;
      failure.message = fmt::format("column {}: {}", start.column, failure.message);
      if (!only.empty() && !failure.file.starts_with(only + "/")) continue;
    }
    report.failures.push_back(std::move(failure));
  }
  FixtureRun fixtures(files, rules, catalogue, report);
  const bool one_pack = files.type(root + "/pack.yaml") == FileType::file;
  for (const auto& rule : rules.rules()) {
    const RuleInfo& info = rule->rule.info;
    // The folder bears the rule's id; the pack's folder need not bear the pack's.
    std::string folder = root + "/" + info.id.str();
    if (!one_pack) {
      ASSIGN_OR_RETURN(const std::vector<DirEntry> packs, files.list(root));
      for (const DirEntry& pack : packs) {
        const std::string candidate = root + "/" + pack.name + "/" + info.id.str();
        if (files.type(candidate + "/rule.yaml") == FileType::file) folder = candidate;
      }
    }
    if (!only.empty() && folder != only) continue;
    ++report.rules;
    report.rule_ids.push_back(info.id.str());
    fixtures.test_rule(*rule, folder);
  }
  std::stable_sort(report.failures.begin(), report.failures.end(),
                   [](const FixtureFailure& a, const FixtureFailure& b) {
                     return std::tie(a.rule, a.file, a.line) < std::tie(b.rule, b.file, b.line);
                   });
  return report;
}

}  // namespace oidc_audit::rules
