#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <unordered_map>

#include "base/strings.h"
#include "base/unicode.h"
#include "report/fingerprint.h"
#include "report/json_writer.h"
#include "report/line_hash.h"
#include "report/live_place.h"
#include "report/report.h"
#include "report/sarif_rules.h"
#include "report/sarif_text.h"
#include "report/uri.h"

namespace oidc_audit::report {

namespace {

constexpr std::string_view kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
constexpr std::string_view kRoot = "%SRCROOT%";
constexpr std::size_t kMessageLimit = 2000;  // GitLab drops results with more than 2048 characters
constexpr std::size_t kMoreLimit = 60;       // kept free for how many more there are
constexpr std::size_t kSnippetLimit = 500;

/// Findings of one rule that start on one line of one file: consumers that track them by that line take
/// them for one, so they are one result.
struct Result {
  const Finding* first = nullptr;
  std::vector<const Finding*> more;
  Severity severity = Severity::info;
};

class SarifWriter {
 public:
  SarifWriter(const ScanReport& report, const SarifOptions& options) : report_(report), options_(options) {
    for (std::size_t i = 0; i < report.rules.size(); ++i) rule_index_.emplace(report.rules[i].id.str(), i);
  }

  std::string write() {
    json_.begin_object();
    json_.field("$schema", kSchema).field("version", "2.1.0");
    json_.key("runs").begin_array().begin_object();
    json_.key("tool").begin_object().key("driver");
    write_sarif_driver(json_, report_.rules, report_.version);
    json_.end_object();
    if (!options_.category.empty()) {
      json_.key("automationDetails").begin_object().field("id", options_.category).end_object();
    }
    json_.key("originalUriBaseIds").begin_object().key(kRoot).begin_object();
    json_.key("description").begin_object().field("text", "Root of the repository.").end_object();
    json_.end_object().end_object();
    json_.field("columnKind", "utf16CodeUnits");
    write_invocation();
    json_.key("results").begin_array();
    for (const Result& result : results()) write_result(result);
    json_.end_array();
    json_.end_object().end_array().end_object();
    return json_.take() + "\n";
  }

 private:
  // Worst first, so that a consumer that keeps the first thousands keeps the worst; then by place.
  std::vector<Result> results() const {
    std::vector<Result> all;
    std::map<std::tuple<std::string_view, BufferId, std::uint32_t>, std::size_t> by_line;
    for (const Finding& finding : report_.findings) {
      if (finding.location.range) {
        const auto key = std::tuple(std::string_view(finding.rule.str()), finding.location.range->buffer,
                                    report_.sources.start(*finding.location.range).line);
        const auto [it, fresh] = by_line.emplace(key, all.size());
        if (!fresh) {
          Result& result = all[it->second];
          result.more.push_back(&finding);
          result.severity = std::max(result.severity, finding.severity);
          continue;
        }
      }
      all.push_back({&finding, {}, finding.severity});
    }
    const auto path = [this](const Result& result) { return path_of(result.first->location); };
    std::vector<std::string> paths;
    paths.reserve(all.size());
    for (const Result& result : all) paths.push_back(path(result));
    std::vector<std::size_t> order(all.size());
    std::iota(order.begin(), order.end(), 0U);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      if (all[a].severity != all[b].severity) return all[a].severity > all[b].severity;
      return paths[a] < paths[b];
    });
    std::vector<Result> sorted;
    sorted.reserve(all.size());
    for (const std::size_t i : order) sorted.push_back(std::move(all[i]));
    return sorted;
  }

  std::string path_of(const Location& location) const {
    if (!location.range) return live_path(location.object);
    const auto buffer = static_cast<std::size_t>(location.range->buffer);
    return buffer < options_.paths.size() ? options_.paths[buffer]
                                          : report_.sources.name(location.range->buffer);
  }

  std::string uri_of(const Location& location) const {
    return location.range ? relative_uri(path_of(location)) : live_uri(location.object);
  }

  void write_physical(const Location& location, bool snippet) {
    json_.key("physicalLocation").begin_object();
    json_.key("artifactLocation").begin_object().field("uri", uri_of(location));
    if (location.range) json_.field("uriBaseId", kRoot);
    json_.end_object();
    json_.key("region").begin_object();
    if (location.range) {
      const SourceRange range = *location.range;
      const LineColumn start = report_.sources.utf16_position(range.buffer, range.begin);
      const LineColumn end = report_.sources.utf16_position(range.buffer, range.end);
      json_.field("startLine", static_cast<std::int64_t>(start.line));
      json_.field("startColumn", static_cast<std::int64_t>(start.column));
      json_.field("endLine", static_cast<std::int64_t>(end.line));
      json_.field("endColumn", static_cast<std::int64_t>(end.column));
      const std::string_view text = report_.sources.text(range);
      // Only what is marked: manifests may hold secrets.
      if (snippet && !text.empty() && text.size() <= kSnippetLimit) {
        json_.key("snippet").begin_object().field("text", text).end_object();
      }
    } else {
      json_.field("startLine", std::int64_t{1});
    }
    json_.end_object().end_object();
  }

  void write_logical(const ObjectRef& object) {
    if (object.kind.empty() && object.name.empty()) return;
    json_.key("logicalLocations").begin_array().begin_object();
    json_.field("fullyQualifiedName", object.cluster.empty() ? to_string(object) : live_name(object));
    json_.field("name", object.name).field("kind", "resource");
    json_.end_object().end_array();
  }

  void write_result(const Result& result) {
    const Finding& finding = *result.first;
    json_.begin_object();
    json_.field("ruleId", finding.rule.str());
    if (const auto it = rule_index_.find(finding.rule.str()); it != rule_index_.end()) {
      json_.count("ruleIndex", it->second);
    }
    json_.field("level", sarif_level(result.severity));
    std::vector<const RelatedLocation*> related;
    json_.key("message").begin_object().field("text", message(result, related)).end_object();
    json_.key("locations").begin_array().begin_object();
    write_physical(finding.location, true);
    write_logical(finding.location.object);
    json_.end_object().end_array();
    if (!related.empty()) write_related(related);
    json_.key("partialFingerprints").begin_object();
    const std::string own = binding_fingerprint(finding);
    json_.field("oidcAuditBinding/v1", own);
    json_.field("primaryLocationLineHash", line_hash(finding.location, own));
    json_.end_object();
    write_properties(result);
    json_.end_object();
  }

  static std::string message(const Result& result, std::vector<const RelatedLocation*>& related) {
    std::string text = sarif_text(as_sentence(result.first->message), kMessageLimit - kMoreLimit);
    std::size_t told = 0;
    for (const Finding* finding : result.more) {
      const std::string next = " " + sarif_text(as_sentence(finding->message), kMessageLimit);
      if (text.size() + next.size() > kMessageLimit - kMoreLimit) break;
      text += next;
      ++told;
    }
    if (told < result.more.size())
      text += fmt::format(" And {} more on this line.", result.more.size() - told);
    if (!result.first->remedy.empty()) {
      const std::string fix = "\n" + sarif_text("Fix: " + result.first->remedy, kMessageLimit);
      if (text.size() + fix.size() <= kMessageLimit) text += fix;
    }
    for (const RelatedLocation& other : result.first->related) {
      const std::string link = "\nSee " + sarif_link(other.message, related.size() + 1) + ".";
      if (text.size() + link.size() > kMessageLimit) break;
      text += link;
      related.push_back(&other);
    }
    return text;
  }

  void write_related(const std::vector<const RelatedLocation*>& related) {
    json_.key("relatedLocations").begin_array();
    for (std::size_t i = 0; i < related.size(); ++i) {
      json_.begin_object();
      json_.count("id", i + 1);
      json_.key("message").begin_object();
      json_.field("text", sarif_text(related[i]->message, kMessageLimit));
      json_.end_object();
      write_physical(related[i]->location, false);
      write_logical(related[i]->location.object);
      json_.end_object();
    }
    json_.end_array();
  }

  std::string line_hash(const Location& location, const std::string& own) {
    if (!location.range) return own.substr(0, 16) + ":1";
    const BufferId buffer = location.range->buffer;
    auto it = hashes_.find(static_cast<std::uint32_t>(buffer));
    if (it == hashes_.end()) {
      it = hashes_
               .emplace(static_cast<std::uint32_t>(buffer),
                        primary_location_line_hashes(report_.sources.text(buffer)))
               .first;
    }
    const std::size_t line = report_.sources.start(*location.range).line;
    return it->second[std::min(line, it->second.size()) - 1];
  }

  void write_properties(const Result& result) {
    const Finding& finding = *result.first;
    json_.key("properties").begin_object();
    json_.field("oidc-audit/severity", to_string(result.severity));
    json_.field("oidc-audit/confidence", to_string(finding.confidence));
    json_.key("oidc-audit/effects").begin_array();
    for (const Effect effect : finding.effects) json_.string(to_string(effect));
    json_.end_array();
    json_.field("oidc-audit/object", to_string(finding.location.object));
    json_.field("oidc-audit/pointer", finding.location.pointer);
    json_.end_object();
  }

  void write_invocation() {
    json_.key("invocations").begin_array().begin_object();
    json_.field("executionSuccessful", report_.summary.looked_at_something());
    json_.field("exitCode", static_cast<std::int64_t>(options_.exit_code));
    const bool any = std::any_of(report_.issues.begin(), report_.issues.end(),
                                 [](const Issue& issue) { return issue.level != IssueLevel::note; });
    if (any) {
      json_.key("toolExecutionNotifications").begin_array();
      for (const Issue& issue : report_.issues) {
        if (issue.level != IssueLevel::note) write_notification(issue);
      }
      json_.end_array();
    }
    json_.end_object().end_array();
  }

  // `error` would say that the run itself failed; what could not be read is a warning here.
  void write_notification(const Issue& issue) {
    json_.begin_object();
    json_.key("descriptor").begin_object().field("id", issue.code).end_object();
    json_.field("level", issue.level == IssueLevel::error ? "warning" : "note");
    std::string text = as_sentence(issue.message);
    if (!issue.hint.empty()) text += " Hint: " + issue.hint + ".";
    json_.key("message").begin_object().field("text", sarif_text(text, kMessageLimit)).end_object();
    if (issue.location.range) {
      json_.key("locations").begin_array().begin_object();
      write_physical(issue.location, false);
      json_.end_object().end_array();
    }
    json_.end_object();
  }

  const ScanReport& report_;
  const SarifOptions& options_;
  JsonWriter json_;
  std::unordered_map<std::string_view, std::size_t> rule_index_;
  std::unordered_map<std::uint32_t, std::vector<std::string>> hashes_;
};

}  // namespace

std::string sarif_report(const ScanReport& report, const SarifOptions& options) {
  return SarifWriter(report, options).write();
}

}  // namespace oidc_audit::report
