#include "report/drift_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/unicode.h"
#include "report/excerpt.h"
#include "report/json_parts.h"

namespace oidc_audit::report {

namespace {

using rbac::DriftChange;
using rbac::DriftEffect;
using rbac::DriftEntry;

std::string_view words_of(const DriftEntry& entry) {
  switch (entry.effect) {
    case DriftEffect::more:
      return "the cluster gives more than the files";
    case DriftEffect::less:
      return "the cluster gives less than the files";
    case DriftEffect::both:
      return "the cluster gives more and less than the files";
    case DriftEffect::none:
      break;
  }
  return "without effect on permissions";
}

std::string_view words_of(DriftChange change) {
  switch (change) {
    case DriftChange::differs:
      return "differs";
    case DriftChange::only_in_files:
      return "is not in the cluster";
    case DriftChange::only_live:
      break;
  }
  return "is in no file";
}

void write_entry(JsonWriter& json, const SourceManager& sources, const std::string& cluster,
                 const DriftEntry& entry) {
  json.begin_object();
  json.field("cluster", cluster);
  json.key("object");
  write_object(json, entry.object);
  json.field("change", to_string(entry.change));
  json.field("effect", to_string(entry.effect));
  json.strings("more", entry.more);
  json.strings("less", entry.less);
  json.key("declared");
  if (entry.declared) {
    write_place(json, sources, *entry.declared);
  } else {
    json.null();
  }
  json.end_object();
}

std::string entry_text(const SourceManager& sources, const std::string& cluster, const DriftEntry& entry,
                       bool color) {
  const std::string_view bold = color ? "\x1B[1m" : "";
  const std::string_view plain = color ? "\x1B[0m" : "";
  std::string out = fmt::format("{}{}{} {}: {}", bold,
                                escape_for_display(fmt::format("{}: {}", cluster, to_string(entry.object))),
                                plain, words_of(entry.change), words_of(entry));
  if (entry.declared && entry.declared->range)
    out += fmt::format(" (declared at {})", place_text(sources, *entry.declared->range));
  out += '\n';
  for (const std::string& line : entry.more) out += fmt::format("  + {}\n", escape_for_display(line));
  for (const std::string& line : entry.less) out += fmt::format("  - {}\n", escape_for_display(line));
  return out;
}

std::string summary_of(const ClusterDrift& cluster) {
  const auto count = [&](DriftEffect effect) {
    return std::count_if(cluster.drift.entries.begin(), cluster.drift.entries.end(),
                         [effect](const DriftEntry& entry) { return entry.effect == effect; });
  };
  std::string out =
      fmt::format("{}: {} of {} declared objects are as declared", escape_for_display(cluster.cluster),
                  cluster.drift.same, cluster.drift.compared);
  if (!cluster.drift.entries.empty())
    out +=
        fmt::format("; {} with more, {} with less, {} with both, {} without effect", count(DriftEffect::more),
                    count(DriftEffect::less), count(DriftEffect::both), count(DriftEffect::none));
  if (cluster.drift.unknown_namespace != 0)
    out += fmt::format("; {} name no namespace and were not compared", cluster.drift.unknown_namespace);
  if (!cluster.complete) out += "; not everything could be read";
  return out + "\n";
}

}  // namespace

std::string drift_json(const DriftReport& report) {
  JsonWriter json;
  json.begin_object().field("schema", "oidc-audit/drift/1");
  json.key("drift").begin_array();
  for (const ClusterDrift& cluster : report.clusters) {
    for (const DriftEntry& entry : cluster.drift.entries)
      write_entry(json, report.sources, cluster.cluster, entry);
  }
  json.end_array();
  json.key("clusters").begin_array();
  for (const ClusterDrift& cluster : report.clusters) {
    json.begin_object();
    json.field("name", cluster.cluster).field("serverVersion", cluster.server_version);
    json.field("complete", cluster.complete);
    json.count("compared", cluster.drift.compared).count("same", cluster.drift.same);
    json.count("unknownNamespace", cluster.drift.unknown_namespace);
    json.end_object();
  }
  json.end_array().end_object();
  return json.take() + "\n";
}

std::string drift_text(const DriftReport& report, bool color) {
  std::string out;
  for (const ClusterDrift& cluster : report.clusters) {
    for (const DriftEntry& entry : cluster.drift.entries)
      out += entry_text(report.sources, cluster.cluster, entry, color);
    if (!out.empty()) out += '\n';
    out += summary_of(cluster);
  }
  return out;
}

}  // namespace oidc_audit::report
