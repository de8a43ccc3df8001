#include "base/unicode.h"
#include "report/json_parts.h"
#include "report/report.h"

namespace oidc_audit::report {

namespace {

bool has_clusters(const Summary& summary) {
  return !summary.clusters.empty() || summary.clusters_failed != 0;
}

void write_incomplete(JsonWriter& json, const Summary& summary) {
  json.begin_array();
  for (const ClusterSummary& cluster : summary.clusters) {
    for (const MissingList& missing : cluster.incomplete) {
      json.begin_object();
      json.field("cluster", cluster.name);
      json.field("resource", missing.resource);
      json.field("reason", missing.reason);
      json.field("message", missing.message);
      json.strings("namespaces", missing.namespaces);
      json.strings("readNamespaces", missing.read_namespaces);
      json.end_object();
    }
  }
  json.end_array();
}

void write_summary(JsonWriter& json, const ScanReport& report) {
  const Summary& summary = report.summary;
  json.begin_object();
  json.field("complete", summary.complete);
  json.key("findings").begin_object();
  const auto counts = count_by_severity(report.findings);
  for (std::size_t i = counts.size(); i-- > 0;) json.count(to_string(static_cast<Severity>(i)), counts[i]);
  json.end_object();
  json.count("suppressed", summary.suppressed);
  json.count("belowMinimum", summary.below_minimum);
  json.key("files").begin_object();
  json.count("read", summary.files_read).count("unreadable", summary.files_unreadable);
  json.end_object();
  json.key("documents").begin_object();
  json.count("read", summary.documents).count("failed", summary.documents_failed);
  json.count("templatesSkipped", summary.templates).count("patchesSkipped", summary.patches);
  json.end_object();
  json.key("objects").begin_object();
  for (const auto& [kind, count] : summary.objects) json.count(kind, count);
  json.end_object();
  json.count("otherObjects", summary.other_objects);
  json.key("subjects").begin_object();
  json.count("total", summary.subjects).count("external", summary.subjects_external);
  json.end_object();
  json.count("rules", summary.rules_run);
  if (has_clusters(summary)) {
    json.key("clusters").begin_array();
    for (const ClusterSummary& cluster : summary.clusters) {
      json.begin_object();
      json.field("name", cluster.name);
      json.field("serverVersion", cluster.server_version);
      json.field("takenAt", cluster.taken_at);
      json.field("complete", cluster.incomplete.empty());
      json.end_object();
    }
    json.end_array();
    json.count("clustersUnreadable", summary.clusters_failed);
  }
  json.end_object();
}

}  // namespace

void write_finding(JsonWriter& json, const SourceManager& sources, const Finding& finding) {
  json.begin_object();
  json.field("rule", finding.rule.str());
  json.strings("aliases", finding.aliases);
  json.field("severity", to_string(finding.severity));
  json.field("confidence", to_string(finding.confidence));
  json.key("effects").begin_array();
  for (const Effect effect : finding.effects) json.string(to_string(effect));
  json.end_array();
  json.field("message", finding.message);
  json.field("remedy", finding.remedy);
  json.key("object");
  write_object(json, finding.location.object);
  json.field("pointer", finding.location.pointer);
  json.key("location");
  write_place(json, sources, finding.location);
  json.key("related");
  write_related(json, sources, finding.related);
  json.end_object();
}

void write_object(JsonWriter& json, const ObjectRef& object) {
  json.begin_object();
  json.field("apiVersion", object.api_version);
  json.field("kind", object.kind);
  json.field("namespace", object.namespace_name);
  json.field("name", object.name);
  if (!object.cluster.empty()) json.field("cluster", object.cluster);
  json.end_object();
}

void write_place(JsonWriter& json, const SourceManager& sources, const Location& location) {
  if (!location.range) {
    json.null();
    return;
  }
  const LineColumn start = sources.start(*location.range);
  const LineColumn end = sources.end(*location.range);
  json.begin_object();
  json.field("file", sources.name(location.range->buffer));
  json.field("line", static_cast<std::int64_t>(start.line));
  json.field("column", static_cast<std::int64_t>(start.column));
  json.field("endLine", static_cast<std::int64_t>(end.line));
  json.field("endColumn", static_cast<std::int64_t>(end.column));
  json.end_object();
}

void write_related(JsonWriter& json, const SourceManager& sources, std::span<const RelatedLocation> related) {
  json.begin_array();
  for (const RelatedLocation& other : related) {
    json.begin_object();
    json.key("object");
    write_object(json, other.location.object);
    json.field("pointer", other.location.pointer);
    json.key("location");
    write_place(json, sources, other.location);
    json.field("message", other.message);
    json.end_object();
  }
  json.end_array();
}

void write_issue(JsonWriter& json, const SourceManager& sources, const Issue& issue) {
  json.begin_object();
  json.field("code", issue.code);
  json.field("level", to_string(issue.level));
  json.field("message", issue.message);
  json.field("hint", issue.hint);
  json.key("location");
  write_place(json, sources, issue.location);
  json.key("related");
  write_related(json, sources, issue.related);
  json.end_object();
}

void json_report(const ScanReport& report, const Sink& sink) {
  constexpr std::size_t kPiece = 1U << 16U;  // bytes that are passed on at once
  JsonWriter json;
  const auto findings = [&](std::span<const Finding> all) {
    for (const Finding& finding : all) {
      write_finding(json, report.sources, finding);
      if (json.text().size() >= kPiece) sink(json.take());
    }
  };
  json.begin_object();
  json.field("schema", "oidc-audit/scan/1");
  json.field("version", report.version);
  json.key("findings").begin_array();
  findings(report.findings);
  json.end_array();
  json.key("suppressed").begin_array();
  findings(report.suppressed);
  json.end_array();
  json.key("issues").begin_array();
  for (const Issue& issue : report.issues) write_issue(json, report.sources, issue);
  json.end_array();
  if (has_clusters(report.summary)) {
    json.key("incomplete");
    write_incomplete(json, report.summary);
  }
  json.key("summary");
  write_summary(json, report);
  json.end_object();
  sink(json.take() + "\n");
}

}  // namespace oidc_audit::report
