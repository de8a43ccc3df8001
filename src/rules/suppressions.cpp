#include "rules/suppressions.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/glob.h"
#include "base/strings.h"
#include "rules/subject_analysis.h"

namespace oidc_audit::rules {
namespace {

constexpr std::string_view kAnnotation = "oidc-audit.dev/ignore";

struct Suppression {
  std::string word;    ///< id or alias, as written
  bool known = false;  ///< some rule is called so
  std::optional<SourceRange> range;
  Location location;
  bool used = false;
};

class Suppressions {
 public:
  Suppressions(const RuleSet& rules, const SourceManager& sources, std::vector<Issue>& issues)
      : rules_(rules), sources_(sources), issues_(issues) {}

  void read_comments(std::span<const document::Comment> comments);
  void read_annotations(const rbac::Inventory& inventory);
  void read_config(const Config& config);
  bool accept(const Finding& finding);
  void report_unused(std::span<const LoadedRule* const> asked);

 private:
  void note(std::string code, std::string message, std::string hint, Location location);
  std::size_t add(std::string_view word, const Location& location);
  std::uint32_t target_line(SourceRange comment) const;

  const RuleSet& rules_;
  const SourceManager& sources_;
  std::vector<Issue>& issues_;
  std::vector<Suppression> all_;
  std::set<std::pair<BufferId, std::uint32_t>> comments_read_;
  std::map<std::pair<BufferId, std::uint32_t>, std::vector<std::size_t>> by_line_;
  std::map<ObjectRef, std::vector<std::size_t>> by_object_;
  struct Configured {
    const ConfigSuppression* config;
    std::size_t index;
  };
  std::vector<Configured> configured_;
};

void Suppressions::note(std::string code, std::string message, std::string hint, Location location) {
  Issue issue;
  issue.code = std::move(code);
  issue.level = IssueLevel::note;
  issue.message = std::move(message);
  issue.hint = std::move(hint);
  issue.location = std::move(location);
  issues_.push_back(std::move(issue));
}

std::size_t Suppressions::add(std::string_view word, const Location& location) {
  Suppression s;
  s.word = std::string(word);
  s.known = rules_.knows(word);
  s.location = location;
  if (!s.known) {
    const auto near = rules_.nearest_id(word);
    note("unknown-suppression", fmt::format("`{}` names no rule to ignore", word),
         near ? fmt::format("did you mean `{}`?", *near) : "`oidc-audit rules list` shows all", location);
  }
  all_.push_back(std::move(s));
  return all_.size() - 1;
}

// The line that a comment speaks of: its own, or when it stands alone, the next that is no comment.
std::uint32_t Suppressions::target_line(SourceRange comment) const {
  const LineColumn start = sources_.start(comment);
  const std::string_view line = trim_ascii(sources_.line(comment.buffer, start.line));
  std::uint32_t target = start.line;
  if (!line.starts_with('#')) return target;
  constexpr std::uint32_t kMostComments = 100;
  for (std::uint32_t i = 0; i < kMostComments; ++i) {
    ++target;
    if (!trim_ascii(sources_.line(comment.buffer, target)).starts_with('#')) break;
  }
  return target;
}

void Suppressions::read_comments(std::span<const document::Comment> comments) {
  for (const document::Comment& comment : comments) {
    const auto parsed = parse_ignore_comment(sources_.text(comment.range));
    if (!parsed || !comments_read_.emplace(comment.range.buffer, comment.range.begin).second) continue;
    Location location;
    location.range = comment.range;
    if (parsed->rules.empty()) {
      note("unknown-suppression", "the comment names no rule", "write `# oidc-audit: ignore[rule-id] reason`",
           location);
      continue;
    }
    if (parsed->reason.empty()) {
      note("suppression-without-reason", "the suppression gives no reason and is not applied",
           "write it behind the bracket", location);
      continue;
    }
    for (const std::string_view rule : parsed->rules) {
      const std::size_t index = add(rule, location);
      by_line_[{comment.range.buffer, target_line(comment.range)}].push_back(index);
    }
  }
}

void Suppressions::read_annotations(const rbac::Inventory& inventory) {
  const auto read = [this](const rbac::Meta& meta) {
    // Whoever may annotate a live object must not be able to hide it from an audit of the cluster.
    if (!meta.cluster.empty()) return;
    for (const auto& [key, value] : meta.annotations) {
      if (key.value != kAnnotation) continue;
      Location location;
      location.object = meta.ref();
      location.pointer = "/metadata/annotations/oidc-audit.dev~1ignore";
      location.range = value.range;
      for (const std::string_view part : split(value.value, ';')) {
        if (trim_ascii(part).empty()) continue;
        const std::size_t colon = part.find(':');
        const std::string_view rule = trim_ascii(part.substr(0, colon));
        if (colon == std::string_view::npos || trim_ascii(part.substr(colon + 1)).empty()) {
          note("suppression-without-reason",
               fmt::format("the suppression of `{}` gives no reason and is not applied", rule),
               "write `rule-id: reason`", location);
          continue;
        }
        by_object_[location.object].push_back(add(rule, location));
      }
    }
  };
  for (const rbac::Role& role : inventory.roles()) read(role.meta);
  for (const rbac::Binding& binding : inventory.bindings()) read(binding.meta);
  for (const rbac::ServiceAccount& account : inventory.service_accounts()) read(account.meta);
  for (const rbac::Namespace& space : inventory.namespaces()) read(space.meta);
}

void Suppressions::read_config(const Config& config) {
  for (const ConfigSuppression& s : config.suppressions) {
    Location location;
    location.range = s.range;
    configured_.push_back({&s, add(s.rule, location)});
  }
}

bool Suppressions::accept(const Finding& finding) {
  bool accepted = false;
  const auto take = [&](std::size_t index) {
    Suppression& s = all_[index];
    const bool named =
        finding.rule.str() == s.word ||
        std::find(finding.aliases.begin(), finding.aliases.end(), s.word) != finding.aliases.end();
    if (!s.known || !named) return;
    s.used = true;
    accepted = true;
  };
  if (finding.location.range && !by_line_.empty()) {
    const SourceRange range = *finding.location.range;
    if (const auto it = by_line_.find({range.buffer, sources_.start(range).line}); it != by_line_.end()) {
      for (const std::size_t index : it->second) take(index);
    }
  }
  if (!by_object_.empty()) {
    if (const auto it = by_object_.find(finding.location.object); it != by_object_.end()) {
      for (const std::size_t index : it->second) take(index);
    }
  }
  for (const Configured& c : configured_) {
    const ConfigSuppression& s = *c.config;
    if (!s.object.empty() && !glob_matches(s.object, to_string(finding.location.object), Glob::star))
      continue;
    if (!s.subject.empty() &&
        (!finding.subject || !glob_matches(s.subject, finding.subject->name, Glob::star)))
      continue;
    if (!s.path.empty() &&
        (!finding.location.range ||
         !glob_matches(s.path, sources_.name(finding.location.range->buffer), Glob::star))) {
      continue;
    }
    take(c.index);
  }
  return accepted;
}

void Suppressions::report_unused(std::span<const LoadedRule* const> asked) {
  for (const Suppression& s : all_) {
    const bool ran = std::any_of(asked.begin(), asked.end(),
                                 [&](const LoadedRule* rule) { return RuleSet::is_named(*rule, s.word); });
    if (s.used || !s.known || !ran) continue;
    note("unused-suppression", fmt::format("`{}` finds nothing here: the suppression is not needed", s.word),
         "remove it", s.location);
  }
}

}  // namespace

std::optional<IgnoreComment> parse_ignore_comment(std::string_view comment) {
  while (comment.starts_with('#')) comment.remove_prefix(1);
  comment = trim_ascii(comment);
  const std::size_t at = comment.find("oidc-audit:");
  if (at == std::string_view::npos) return std::nullopt;
  comment = trim_ascii(comment.substr(at + 11));
  if (!comment.starts_with("ignore")) return std::nullopt;
  comment = trim_ascii(comment.substr(6));
  IgnoreComment out;
  const std::size_t end = comment.find(']');
  if (!comment.starts_with('[') || end == std::string_view::npos) return out;
  for (const std::string_view word : split(comment.substr(1, end - 1), ',')) {
    if (const std::string_view rule = trim_ascii(word); !rule.empty()) out.rules.push_back(rule);
  }
  out.reason = trim_ascii(comment.substr(end + 1));
  return out;
}

bool has_suppressions(const rbac::Inventory& inventory, std::span<const document::Comment> comments,
                      const SourceManager& sources, const Config& config) {
  if (!config.suppressions.empty()) return true;
  for (const std::span<const document::Comment> some : {inventory.comments(), comments}) {
    for (const document::Comment& comment : some) {
      if (parse_ignore_comment(sources.text(comment.range))) return true;
    }
  }
  const auto annotated = [](const auto& object) {
    return std::any_of(object.meta.annotations.begin(), object.meta.annotations.end(),
                       [](const auto& entry) { return entry.first.value == kAnnotation; });
  };
  const auto any = [&](const auto& objects) {
    return std::any_of(objects.begin(), objects.end(), annotated);
  };
  return any(inventory.roles()) || any(inventory.bindings()) || any(inventory.service_accounts()) ||
         any(inventory.namespaces());
}

void apply_suppressions(const RuleSet& rules, std::span<const LoadedRule* const> asked,
                        const rbac::Inventory& inventory, std::span<const document::Comment> comments,
                        const SourceManager& sources, const Config& config, std::vector<Finding>& findings,
                        std::vector<Finding>& suppressed, std::vector<Issue>& issues) {
  Suppressions suppressions(rules, sources, issues);
  suppressions.read_comments(inventory.comments());
  suppressions.read_comments(comments);
  suppressions.read_annotations(inventory);
  suppressions.read_config(config);
  const auto keep = std::stable_partition(findings.begin(), findings.end(), [&](const Finding& finding) {
    return !suppressions.accept(finding);
  });
  suppressed.assign(std::make_move_iterator(keep), std::make_move_iterator(findings.end()));
  findings.erase(keep, findings.end());
  suppressions.report_unused(asked);
}

}  // namespace oidc_audit::rules
