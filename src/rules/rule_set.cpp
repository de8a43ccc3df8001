#include "rules/rule_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/strings.h"
#include "document/reader.h"
#include "oidc/catalogue.h"
#include "rules/embedded_packs.h"
#include "rules/yaml_reader.h"

namespace oidc_audit::rules {
namespace {

constexpr std::size_t kMaxRuleBytes = 1U << 20;  // a rule is a page of text

bool has_error(std::span<const Issue> issues) {
  return std::any_of(issues.begin(), issues.end(),
                     [](const Issue& i) { return i.level == IssueLevel::error; });
}

std::string last_part(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return std::string(slash == std::string_view::npos ? path : path.substr(slash + 1));
}

// Calls `take` with the one document of a buffer; everything else is an issue.
template <typename Take>
void read_one(const SourceManager& sources, BufferId buffer, std::vector<Issue>& issues, Take take) {
  document::ReadOptions options;
  options.format = document::format_of_name(sources.name(buffer));
  document::Stream stream = document::read_documents(sources, buffer, options);
  for (Issue& issue : stream.issues) {
    issue.level = IssueLevel::error;
    issues.push_back(std::move(issue));
  }
  if (stream.documents.size() == 1) {
    take(stream.documents.front().root);
  } else if (issues.empty()) {
    YamlReader("invalid-rule", issues).error(SourceRange{buffer, 0, 0}, "the file must hold one document");
  }
}

PackInfo read_pack(document::Value root, std::string id, std::vector<Issue>& issues) {
  PackInfo pack;
  YamlReader reader("invalid-pack", issues);
  const Key keys[] = {
      {"id", [&](document::Value, document::Value v) { pack.id = reader.text(v, "`id`"); }},
      {"title", [&](document::Value, document::Value v) { pack.title = reader.text(v, "`title`"); }},
      {"description",
       [&](document::Value, document::Value v) {
         pack.description = std::string(trim_ascii(reader.text(v, "`description`")));
       }},
  };
  reader.mapping(root, "a pack", keys);
  if (pack.id.empty()) pack.id = std::move(id);
  return pack;
}

}  // namespace

Severity highest_severity(const Rule& rule) {
  const auto raised = [](Severity base, std::uint8_t adjust) {
    const bool up = (adjust & kAdjustAdmin) != 0 && base != Severity::critical;
    return up ? static_cast<Severity>(static_cast<int>(base) + 1) : base;
  };
  Severity highest = raised(rule.info.severity, rule.adjust);
  for (const SeverityCase& c : rule.severity_cases) {
    highest = std::max(highest, raised(c.then, c.adjust.value_or(rule.adjust)));
  }
  const auto holds = [&rule](Effect e) {
    return std::find(rule.effects.begin(), rule.effects.end(), e) != rule.effects.end();
  };
  const bool only_dead = rule.effects_expression.empty() && !holds(Effect::live) && !holds(Effect::unknown) &&
                         !holds(Effect::open_in_expander);
  if (rule.capped && only_dead) highest = std::min(highest, Severity::medium);
  return highest;
}

RuleSet::RuleSet() : compiler_(std::make_unique<RuleCompiler>()) {}
RuleSet::~RuleSet() = default;
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;

RuleSet RuleSet::builtin() {
  RuleSet set;
  // Their issues are a failing test, not something a user could mend.
  set.add_embedded(embedded::rule_packs());
  return set;
}

void RuleSet::add_rule(Rule rule) {
  auto loaded = std::make_unique<LoadedRule>();
  loaded->filter = prefilter_of(rule);
  loaded->rule = std::move(rule);
  rules_.push_back(std::move(loaded));
}

void RuleSet::finish() {
  std::sort(rules_.begin(), rules_.end(),
            [](const auto& a, const auto& b) { return a->rule.info.id < b->rule.info.id; });
  std::sort(packs_.begin(), packs_.end(), [](const PackInfo& a, const PackInfo& b) { return a.id < b.id; });
  infos_.clear();
  for (const auto& rule : rules_) {
    infos_.push_back(rule->rule.info);
    infos_.back().highest = highest_severity(rule->rule);
  }
}

std::vector<Issue> RuleSet::add_embedded(std::span<const embedded::File> files) {
  std::vector<Issue> issues;
  if (!embedded_sources_) embedded_sources_ = std::make_unique<SourceManager>();
  for (const embedded::File& file : files) {
    const std::vector<std::string_view> parts = split(file.path, '/');
    Result<BufferId> buffer =
        embedded_sources_->add(std::string(file.path) + ".json", std::string(file.json));
    if (!buffer.ok() || parts.size() < 2) continue;
    std::vector<Issue> own;
    read_one(*embedded_sources_, buffer.value(), own, [&](document::Value root) {
      if (parts.back() == "pack.yaml") {
        packs_.push_back(read_pack(root, std::string(parts[parts.size() - 2]), own));
      } else if (parts.back() == "rule.yaml" && parts.size() >= 3) {
        Rule rule = read_rule(root, parts[parts.size() - 3], parts[parts.size() - 2], own);
        if (!has_error(own)) add_rule(std::move(rule));
      }
    });
    issues.insert(issues.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
  }
  finish();
  return issues;
}

Result<std::vector<Issue>> RuleSet::add_directory(const Files& files, const std::string& directory,
                                                  SourceManager& sources) {
  std::vector<Issue> issues;
  const std::string root = directory.size() > 1 && directory.ends_with('/')
                               ? directory.substr(0, directory.size() - 1)
                               : directory;
  if (files.type(root) != FileType::directory) {
    return Error(ErrorKind::configuration, fmt::format("`{}` is no directory of rules", directory));
  }
  std::vector<std::string> pack_directories;
  if (files.type(root + "/pack.yaml") == FileType::file) {
    pack_directories.push_back(root);
  } else {
    ASSIGN_OR_RETURN(const std::vector<DirEntry> entries, files.list(root));
    for (const DirEntry& entry : entries) {
      const std::string path = root + "/" + entry.name;
      if (entry.type == FileType::directory && files.type(path + "/pack.yaml") == FileType::file) {
        pack_directories.push_back(path);
      }
    }
  }
  std::size_t found = 0;
  const auto load = [&](const std::string& path, auto&& take) -> Result<void> {
    ASSIGN_OR_RETURN(std::string text, files.read(path, kMaxRuleBytes));
    ASSIGN_OR_RETURN(const BufferId buffer, sources.add(path, std::move(text)));
    std::vector<Issue> own;
    read_one(sources, buffer, own, [&](document::Value value) { take(value, own); });
    issues.insert(issues.end(), std::make_move_iterator(own.begin()), std::make_move_iterator(own.end()));
    return {};
  };
  for (const std::string& pack_directory : pack_directories) {
    PackInfo pack;
    RETURN_IF_ERROR(load(pack_directory + "/pack.yaml", [&](document::Value value, std::vector<Issue>& own) {
      pack = read_pack(value, last_part(pack_directory), own);
    }));
    ASSIGN_OR_RETURN(const std::vector<DirEntry> entries, files.list(pack_directory));
    for (const DirEntry& entry : entries) {
      const std::string path = pack_directory + "/" + entry.name + "/rule.yaml";
      if (entry.type != FileType::directory || files.type(path) != FileType::file) continue;
      ++found;
      RETURN_IF_ERROR(load(path, [&](document::Value value, std::vector<Issue>& own) {
        Rule rule = read_rule(value, pack.id, entry.name, own);
        const auto same = std::find_if(rules_.begin(), rules_.end(),
                                       [&](const auto& r) { return r->rule.info.id == rule.info.id; });
        if (same != rules_.end()) {
          YamlReader("invalid-rule", own)
              .error(rule.range, fmt::format("rule `{}` is in pack `{}` already", rule.info.id.str(),
                                             (*same)->rule.info.pack));
        }
        RuleCode code;
        if (!has_error(own)) compiler_->compile_condition(rule, code, own);
        if (!has_error(own)) compiler_->compile_rest(rule, code, own);
        if (!has_error(own)) add_rule(std::move(rule));
      }));
    }
    packs_.push_back(std::move(pack));
  }
  if (found == 0) {
    return Error(ErrorKind::configuration, fmt::format("`{}` holds no rules", directory),
                 "a pack is a folder with a pack.yaml and one folder a rule with a rule.yaml");
  }
  finish();
  return issues;
}

bool RuleSet::is_named(const LoadedRule& rule, std::string_view word) {
  const RuleInfo& info = rule.rule.info;
  return info.id.str() == word ||
         std::find(info.aliases.begin(), info.aliases.end(), word) != info.aliases.end();
}

bool RuleSet::knows(std::string_view word) const {
  return std::any_of(rules_.begin(), rules_.end(), [&](const auto& rule) { return is_named(*rule, word); });
}

const LoadedRule* RuleSet::find(std::string_view word) const {
  const LoadedRule* by_alias = nullptr;
  std::size_t count = 0;
  for (const auto& rule : rules_) {
    const RuleInfo& info = rule->rule.info;
    if (info.id.str() == word) return rule.get();
    if (std::find(info.aliases.begin(), info.aliases.end(), word) != info.aliases.end()) {
      by_alias = rule.get();
      ++count;
    }
  }
  return count == 1 ? by_alias : nullptr;
}

std::optional<std::string> RuleSet::nearest_id(std::string_view word) const {
  std::vector<std::string_view> ids;
  for (const auto& rule : rules_) ids.push_back(rule->rule.info.id.str());
  const auto near = nearest(word, ids);
  return near ? std::optional<std::string>(*near) : std::nullopt;
}

bool RuleSet::ready(const LoadedRule& rule, bool all, std::vector<Issue>& issues) const {
  if (rule.broken) return false;
  const std::size_t before = issues.size();
  if (!rule.code.when) compiler_->compile_condition(rule.rule, rule.code, issues);
  if (rule.code.when && all && !rule.code.complete) compiler_->compile_rest(rule.rule, rule.code, issues);
  rule.broken = issues.size() != before;
  return !rule.broken;
}

std::vector<Issue> RuleSet::check() const {
  std::vector<Issue> issues;
  for (const auto& rule : rules_) ready(*rule, true, issues);
  return issues;
}

std::vector<Issue> RuleSet::check_config(const Config& config, const oidc::Catalogue& catalogue) const {
  std::vector<Issue> issues;
  const auto add = [&](std::optional<SourceRange> range, std::string message, std::string hint) {
    Issue issue;
    issue.code = "invalid-configuration";
    issue.level = IssueLevel::error;
    issue.message = std::move(message);
    issue.hint = std::move(hint);
    issue.location.range = range;
    issues.push_back(std::move(issue));
  };
  const auto check_rule = [&](const std::string& id, std::optional<SourceRange> range) {
    if (knows(id)) return;
    const auto near = nearest_id(id);
    add(range, fmt::format("there is no rule `{}`", id),
        near ? fmt::format("did you mean `{}`?", *near) : "`oidc-audit rules list` shows all");
  };
  for (const auto& [id, rule] : config.rules) check_rule(id, rule.range);
  for (const ConfigSuppression& s : config.suppressions) check_rule(s.rule, s.range);
  for (const auto& [provider, tenants] : config.organizations) {
    if (provider == "*" || catalogue.find(provider) != nullptr) continue;
    std::vector<std::string_view> ids;
    for (const oidc::Provider& p : catalogue.providers()) ids.push_back(p.id);
    const auto near = nearest(provider, ids);
    add(config.organizations_range, fmt::format("there is no provider `{}`", provider),
        near ? fmt::format("did you mean `{}`?", *near) : "`oidc-audit providers list` shows all");
  }
  return issues;
}

}  // namespace oidc_audit::rules
