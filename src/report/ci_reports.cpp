#include "report/ci_reports.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/strings.h"
#include "base/unicode.h"
#include "report/fingerprint.h"
#include "report/json_writer.h"
#include "report/live_place.h"
#include "report/sarif_rules.h"
#include "report/sarif_text.h"

namespace oidc_audit::report {

namespace {

constexpr std::size_t kAnnotationsOfAKind = 10;  // GitHub drops those above
constexpr std::size_t kAnnotationLimit = 4000;   // and cuts text over 4,096 characters

/// A finding with the path that a consumer knows its file by.
struct Entry {
  const Finding* finding;
  std::string path;
};

std::string path_of(const Location& location, const ScanReport& report, std::span<const std::string> paths) {
  if (!location.range) return live_path(location.object);
  const auto buffer = static_cast<std::size_t>(location.range->buffer);
  return buffer < paths.size() ? paths[buffer] : report.sources.name(location.range->buffer);
}

std::vector<Entry> worst_first(const ScanReport& report, std::span<const std::string> paths) {
  std::vector<Entry> entries;
  entries.reserve(report.findings.size());
  for (const Finding& finding : report.findings) {
    entries.push_back({&finding, path_of(finding.location, report, paths)});
  }
  // Findings come in the order of places.
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) { return a.finding->severity > b.finding->severity; });
  return entries;
}

std::string_view codequality_severity(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "blocker";
    case Severity::high:
      return "critical";
    case Severity::medium:
      return "major";
    case Severity::low:
      return "minor";
    case Severity::info:
      break;
  }
  return "info";
}

std::string_view annotation_kind(Severity severity) {
  const std::string_view level = sarif_level(severity);
  return level == "note" ? "notice" : level;
}

std::string shortened(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  text.resize(end);
  return text + "...";
}

/// Of the message of a workflow command; `##[` would start one of the older form anywhere in a line.
std::string command_data(std::string_view text) {
  std::string out = replace_all(text, "%", "%25");
  out = replace_all(out, "\r", "%0D");
  out = replace_all(out, "\n", "%0A");
  return replace_all(out, "##[", "# #[");
}

std::string command_property(std::string_view text) {
  return replace_all(replace_all(command_data(text), ":", "%3A"), ",", "%2C");
}

std::string annotation(const Entry& entry, const ScanReport& report) {
  const Finding& finding = *entry.finding;
  std::string place = fmt::format("file={}", command_property(entry.path));
  if (finding.location.range) {
    const LineColumn start = report.sources.start(*finding.location.range);
    const LineColumn end = report.sources.end(*finding.location.range);
    place += fmt::format(",line={},endLine={},col={},endColumn={}", start.line, end.line, start.column,
                         end.column);
  } else {
    place += ",line=1";
  }
  std::string text = escape_for_display(as_sentence(finding.message));
  if (!finding.remedy.empty()) {
    std::string remedy;
    for (const std::string_view line : split(finding.remedy, '\n')) {
      remedy += fmt::format("{}{}", remedy.empty() ? "" : "\n", escape_for_display(line));
    }
    text += "\nFix: " + remedy;
  }
  return fmt::format(
      "::{} {},title={}::{}\n", annotation_kind(finding.severity), place,
      command_property(fmt::format("{} ({})", finding.rule.str(), to_string(finding.severity))),
      command_data(shortened(std::move(text), kAnnotationLimit)));
}

}  // namespace

std::string gitlab_codequality_report(const ScanReport& report, std::span<const std::string> paths) {
  std::map<std::string, std::size_t> seen;
  JsonWriter json;
  json.begin_array();
  for (const Entry& entry : worst_first(report, paths)) {
    const Finding& finding = *entry.finding;
    std::string fingerprint = binding_fingerprint(finding);
    const std::size_t before = seen[fingerprint]++;
    if (before > 0) fingerprint = sha256_hex(fmt::format("{}#{}", fingerprint, before));
    json.begin_object();
    json.field("description", as_sentence(finding.message));
    json.field("check_name", finding.rule.str());
    json.field("fingerprint", fingerprint);
    json.field("severity", codequality_severity(finding.severity));
    json.key("location").begin_object().field("path", entry.path);
    json.key("lines").begin_object();
    if (finding.location.range) {
      json.count("begin", report.sources.start(*finding.location.range).line);
      json.count("end", report.sources.end(*finding.location.range).line);
    } else {
      json.count("begin", 1);
    }
    json.end_object().end_object().end_object();
  }
  json.end_array();
  return json.take() + "\n";
}

std::string github_report(const ScanReport& report, std::span<const std::string> paths) {
  std::map<std::string_view, std::size_t> told;
  std::string out;
  std::size_t left = 0;
  for (const Entry& entry : worst_first(report, paths)) {
    if (++told[annotation_kind(entry.finding->severity)] > kAnnotationsOfAKind) {
      ++left;
      continue;
    }
    out += annotation(entry, report);
  }
  if (left > 0)
    out += fmt::format("{} more findings are not annotated: a step may annotate {} of each kind\n", left,
                       kAnnotationsOfAKind);
  return out;
}

}  // namespace oidc_audit::report
