#include "report/sarif_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/strings.h"
#include "report/sarif_text.h"

namespace oidc_audit::report {

namespace {

constexpr std::size_t kDescriptionLimit = 1000;  // GitHub takes 1024 characters
constexpr std::size_t kTagLimit = 10;
constexpr std::size_t kLinkLimit = 2048;  // GitLab drops what is longer

// GitHub's classes; GitLab's fall out the same (times ten).
std::string_view security_severity(Severity severity) {
  switch (severity) {
    case Severity::critical:
      return "9.5";
    case Severity::high:
      return "8.0";
    case Severity::medium:
      return "5.5";
    case Severity::low:
      return "2.0";
    case Severity::info:
      break;
  }
  return {};
}

std::string_view problem_severity(Severity severity) {
  if (severity >= Severity::high) return "error";
  return severity == Severity::medium ? "warning" : "recommendation";
}

// Rules speak Markdown; what is shown as plain text reads the same.
std::string first_paragraph(std::string_view text) {
  const std::string_view trimmed = trim_ascii(text);
  std::string out = replace_all(trimmed.substr(0, trimmed.find("\n\n")), "\n", " ");
  return out;
}

std::string help_text(const RuleInfo& rule) {
  std::string text(trim_ascii(rule.rationale));
  if (!rule.remediation.empty()) {
    if (!text.empty()) text += "\n\n";
    text += "What to do: ";
    text += trim_ascii(rule.remediation);
  }
  return text.empty() ? rule.title : text;
}

std::string help_markdown(const RuleInfo& rule) {
  std::string text;
  const auto section = [&text](std::string_view heading, std::string_view body) {
    if (trim_ascii(body).empty()) return;
    if (!text.empty()) text += "\n\n";
    text += fmt::format("## {}\n\n{}", heading, trim_ascii(body));
  };
  section("Why", rule.rationale);
  section("What to do", rule.remediation);
  std::string references;
  for (const std::string& reference : rule.references) references += fmt::format("- {}\n", reference);
  section("References", references);
  return text.empty() ? rule.title : text;
}

std::vector<std::string> tags_of(const RuleInfo& rule) {
  std::vector<std::string> tags = {"security", "kubernetes", "rbac", "oidc"};
  for (const std::string& tag : rule.tags) {
    if (std::find(tags.begin(), tags.end(), tag) == tags.end()) tags.push_back(tag);
  }
  if (tags.size() > kTagLimit) tags.resize(kTagLimit);
  return tags;
}

void write_text(JsonWriter& json, std::string_view name, std::string_view text) {
  json.key(name).begin_object().field("text", text).end_object();
}

void write_rule(JsonWriter& json, const RuleInfo& rule) {
  json.begin_object();
  json.field("id", rule.id.str()).field("name", pascal_case(rule.id.str()));
  write_text(json, "shortDescription", sarif_text(as_sentence(rule.title), kDescriptionLimit));
  const std::string paragraph = first_paragraph(rule.rationale);
  write_text(json, "fullDescription",
             sarif_text(as_sentence(paragraph.empty() ? rule.title : paragraph), kDescriptionLimit));
  json.key("help").begin_object();
  json.field("text", help_text(rule)).field("markdown", help_markdown(rule));
  json.end_object();
  const auto link = std::find_if(rule.references.begin(), rule.references.end(), [](const std::string& url) {
    return url.compare(0, 8, "https://") == 0 && url.size() <= kLinkLimit;
  });
  if (link != rule.references.end()) json.field("helpUri", *link);
  const Severity highest = rule.highest.value_or(rule.severity);
  json.key("defaultConfiguration").begin_object().field("level", sarif_level(rule.severity)).end_object();
  json.key("properties").begin_object();
  json.strings("tags", tags_of(rule));
  json.field("precision", to_string(rule.confidence));
  json.field("problem.severity", problem_severity(highest));
  // A string: a number is refused by the upload.
  if (const auto value = security_severity(highest); !value.empty()) json.field("security-severity", value);
  json.strings("oidc-audit/aliases", rule.aliases);
  json.field("oidc-audit/pack", rule.pack);
  json.end_object();
  json.end_object();
}

}  // namespace

std::string_view sarif_level(Severity severity) {
  if (severity >= Severity::high) return "error";
  return severity == Severity::medium ? "warning" : "note";
}

void write_sarif_driver(JsonWriter& json, std::span<const RuleInfo> rules, std::string_view version) {
  json.begin_object();
  json.field("name", "oidc-audit");
  json.field("fullName", fmt::format("oidc-audit {}", version));
  json.field("organization", "oidc-audit");
  json.field("informationUri", OIDC_AUDIT_HOMEPAGE);
  json.field("version", version).field("semanticVersion", version);
  json.key("rules").begin_array();
  for (const RuleInfo& rule : rules) write_rule(json, rule);
  json.end_array();
  json.end_object();
}

}  // namespace oidc_audit::report
