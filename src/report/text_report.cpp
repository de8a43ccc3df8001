#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/strings.h"
#include "base/unicode.h"
#include "report/excerpt.h"
#include "report/report.h"

namespace oidc_audit::report {

namespace {

constexpr std::size_t kPiece = 1U << 16U;  // bytes that are passed on at once
constexpr std::string_view kReset = "\x1B[0m";
constexpr std::string_view kBold = "\x1B[1m";
constexpr std::string_view kDim = "\x1B[2m";

std::string_view color_of(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "\x1B[1;35m";
    case Severity::high:
      return "\x1B[1;31m";
    case Severity::medium:
      return "\x1B[1;33m";
    case Severity::low:
      return "\x1B[1;36m";
    case Severity::info:
      break;
  }
  return kDim;
}

std::string_view color_of(IssueLevel level) {
  switch (level) {
    case IssueLevel::error:
      return "\x1B[1;31m";
    case IssueLevel::warning:
      return "\x1B[1;33m";
    case IssueLevel::note:
      break;
  }
  return "\x1B[1;36m";
}

/// Gives back SGR sequences, or nothing when there is to be no color.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string operator()(std::string_view code, std::string_view text) const {
    if (!on_ || text.empty()) return std::string(text);
    return fmt::format("{}{}{}", code, text, kReset);
  }

 private:
  bool on_;
};

// Where something is when it was never text: the object's name, behind that of its cluster.
std::string place_of(const SourceManager& sources, const Location& location) {
  if (location.range) return place_text(sources, *location.range);
  const ObjectRef& object = location.object;
  if (object.cluster.empty()) return escape_for_display(to_string(object));
  return escape_for_display(fmt::format("{}: {}", object.cluster, to_string(object)));
}

// A paragraph with its label, folded to `width` columns. Lines that begin with a blank (YAML to copy) are
// kept as they are.
void append_paragraph(std::string& out, std::string_view label, std::string_view text, int width) {
  const std::string indent(label.size() + 3, ' ');
  bool first = true;
  for (const std::string_view raw : split(text, '\n')) {
    const std::string line = escape_for_display(raw);
    out += first ? fmt::format("  {} ", label) : indent;
    first = false;
    if (width <= 0 || line.empty() || line.front() == ' ') {
      out += line;
    } else {
      int column = static_cast<int>(indent.size());
      bool first_word = true;
      for (const std::string_view word : split(line, ' ')) {
        const int columns = display_width(word);
        if (!first_word && column + 1 + columns > width) {
          out += "\n" + indent;
          column = static_cast<int>(indent.size());
        } else if (!first_word) {
          out += ' ';
          ++column;
        }
        out += word;
        column += columns;
        first_word = false;
      }
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    out += '\n';
  }
}

std::string effects_of(const Finding& finding) {
  std::string out;
  for (const Effect effect : finding.effects) {
    if (!out.empty()) out += ", ";
    out += to_string(effect);
  }
  return out;
}

void append_finding(std::string& out, const ScanReport& report, const Finding& finding,
                    const TextOptions& options) {
  const Paint paint(options.color);
  const std::string_view color = color_of(finding.severity);
  out += fmt::format("{}: {}: {} {}\n", paint(kBold, place_of(report.sources, finding.location)),
                     paint(color, to_string(finding.severity)), escape_for_display(finding.message),
                     paint(kDim, fmt::format("[{}]", escape_for_display(finding.rule.str()))));
  if (finding.location.range) {
    out += source_excerpt(report.sources, *finding.location.range, {options.color, options.width, color});
  }
  const std::string object = escape_for_display(to_string(finding.location.object));
  append_paragraph(out, "in:", fmt::format("{} {}", object, escape_for_display(finding.location.pointer)), 0);
  std::string effect = effects_of(finding);
  effect += fmt::format(" (confidence: {})", to_string(finding.confidence));
  append_paragraph(out, "effect:", effect, options.width);
  if (!finding.remedy.empty()) append_paragraph(out, "fix:", finding.remedy, options.width);
  for (const RelatedLocation& related : finding.related) {
    append_paragraph(
        out, "see:", fmt::format("{}: {}", place_of(report.sources, related.location), related.message),
        options.width);
  }
  if (options.verbose && !finding.aliases.empty()) {
    append_paragraph(out, "also known as:", join(finding.aliases, ", "), options.width);
  }
}

std::string counted(std::size_t count, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", count, count == 1 ? one : many);
}

std::string_view plural_of(std::string_view kind) {
  if (kind == "Role") return "Roles";
  if (kind == "ClusterRole") return "ClusterRoles";
  if (kind == "RoleBinding") return "RoleBindings";
  if (kind == "ClusterRoleBinding") return "ClusterRoleBindings";
  if (kind == "ServiceAccount") return "ServiceAccounts";
  if (kind == "Namespace") return "Namespaces";
  return kind;
}

std::string findings_line(const ScanReport& report) {
  if (report.findings.empty()) {
    // "Clean" is never said of what was not seen.
    if (!report.summary.looked_at_something()) return "nothing was looked at";
    return report.summary.complete ? "no findings" : "no findings in what could be looked at";
  }
  return count_text(report.findings);
}

std::string objects_line(const Summary& summary) {
  std::string out;
  for (const auto& [kind, count] : summary.objects) {
    if (count == 0) continue;
    if (!out.empty()) out += ", ";
    out += counted(count, kind, plural_of(kind));
  }
  if (out.empty()) return "no RBAC objects";
  out += fmt::format("; {}", counted(summary.subjects, "subject", "subjects"));
  if (summary.subjects_external != 0) out += fmt::format(", {} external", summary.subjects_external);
  return out;
}

std::string files_line(const Summary& summary) {
  std::string out = counted(summary.files_read, "file", "files") + " read: ";
  out += counted(summary.documents, "document", "documents");
  const auto add = [&out](std::size_t count, std::string_view one, std::string_view many,
                          std::string_view what) {
    if (count != 0) out += fmt::format(", {} {}", counted(count, one, many), what);
  };
  add(summary.other_objects, "object", "objects", "of other kinds passed over");
  add(summary.templates, "template", "templates", "skipped");
  add(summary.patches, "patch", "patches", "skipped");
  add(summary.documents_failed, "document", "documents", "not readable");
  add(summary.files_unreadable, "path", "paths", "not readable");
  return out;
}

std::string clusters_line(const Summary& summary) {
  std::string out = counted(summary.clusters.size(), "cluster", "clusters") + " read";
  for (std::size_t i = 0; i < summary.clusters.size(); ++i) {
    const ClusterSummary& cluster = summary.clusters[i];
    out += i == 0 ? ": " : ", ";
    out += escape_for_display(cluster.name);
    if (!cluster.server_version.empty())
      out += fmt::format(" ({})", escape_for_display(cluster.server_version));
  }
  if (summary.clusters_failed != 0) out += fmt::format("; {} not readable", summary.clusters_failed);
  return out;
}

void append_summary(std::string& out, const ScanReport& report, const TextOptions& options) {
  const Summary& summary = report.summary;
  if (!report.findings.empty()) out += '\n';
  std::string line = findings_line(report);
  if (summary.below_minimum != 0) {
    line += fmt::format("; {} below --min-severity not shown", summary.below_minimum);
  }
  if (summary.suppressed != 0) line += fmt::format("; {} suppressed", summary.suppressed);
  out += Paint(options.color)(kBold, line) + "\n";
  out += fmt::format("{}; {} run\n", objects_line(summary), counted(summary.rules_run, "rule", "rules"));
  const bool clusters = !summary.clusters.empty() || summary.clusters_failed != 0;
  if (clusters) out += clusters_line(summary) + "\n";
  if (!clusters || summary.files_read != 0 || summary.files_unreadable != 0)
    out += files_line(summary) + "\n";
  if (!summary.complete) out += "not everything could be looked at: see the errors\n";
}

}  // namespace

std::string count_text(std::span<const Finding> findings) {
  const auto counts = count_by_severity(findings);
  std::string parts;
  for (std::size_t i = counts.size(); i-- > 0;) {
    if (counts[i] == 0) continue;
    if (!parts.empty()) parts += ", ";
    parts += fmt::format("{} {}", counts[i], to_string(static_cast<Severity>(i)));
  }
  return fmt::format("{}: {}", counted(findings.size(), "finding", "findings"), parts);
}

std::array<std::size_t, 5> count_by_severity(std::span<const Finding> findings) {
  std::array<std::size_t, 5> counts{};
  for (const Finding& finding : findings) ++counts[static_cast<std::size_t>(finding.severity)];
  return counts;
}

void text_report(const ScanReport& report, const TextOptions& options, const Sink& sink) {
  std::string out;
  for (const Finding& finding : report.findings) {
    if (&finding != &report.findings.front()) out += '\n';
    append_finding(out, report, finding, options);
    if (out.size() < kPiece) continue;
    sink(out);
    out.clear();
  }
  if (options.summary) append_summary(out, report, options);
  sink(out);
}

std::string issue_text(const SourceManager& sources, const Issue& issue, bool color) {
  const Paint paint(color);
  std::string place = place_of(sources, issue.location);
  // An issue of a whole file that could not be opened has no place; its message names the file.
  if (!issue.location.range && issue.location.object == ObjectRef{}) place = "oidc-audit";
  std::string out = fmt::format(
      "{}: {}: {} {}\n", paint(kBold, place), paint(color_of(issue.level), to_string(issue.level)),
      escape_for_display(issue.message), paint(kDim, fmt::format("[{}]", escape_for_display(issue.code))));
  if (!issue.hint.empty()) append_paragraph(out, "hint:", issue.hint, 0);
  for (const RelatedLocation& related : issue.related) {
    append_paragraph(out, "see:", fmt::format("{}: {}", place_of(sources, related.location), related.message),
                     0);
  }
  return out;
}

}  // namespace oidc_audit::report
